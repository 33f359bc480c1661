//! `cargo xtask screenshots` takes every picture and puts it into `target/screenshots`, for you to look at. `--accept`
//! copies the few that the documents show into `docs/screenshots`, where they are committed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

use crate::run::{Outcome, cargo, root, succeed};

const TAKEN: &str = "target/screenshots";
const COMMITTED: &str = "docs/screenshots";

/// Takes all pictures, or with `["kiosk"]` only the kiosk's. With `["--accept"]` it takes none, and copies those that
/// you have looked at.
pub fn run(arguments: &[&str]) -> Outcome {
    if arguments == ["--accept"] {
        return accept();
    }
    succeed(&mut cargo("build --locked --package ledger-service --package redeem-kiosk"))?;
    succeed(cargo("run --locked --package bank-tests --bin screenshots --").args(arguments))?;
    println!("the pictures are in {TAKEN}; `cargo xtask screenshots --accept` copies those that the documents show");
    Ok(())
}

/// Makes `docs/screenshots` hold the pictures that the documents show, as they were last taken, and no others.
fn accept() -> Outcome {
    let shown = shown()?;
    for name in &shown {
        if !root().join(TAKEN).join(name).is_file() {
            return Err(format!("{TAKEN} has no {name}: run `cargo xtask screenshots` first").into());
        }
    }
    for name in committed()?.difference(&shown) {
        fs::remove_file(root().join(COMMITTED).join(name))?;
    }
    for name in &shown {
        shrink(&root().join(TAKEN).join(name), &root().join(COMMITTED).join(name))?;
    }
    println!("{COMMITTED} holds the {} pictures that the documents show", shown.len());
    Ok(())
}

/// Writes the picture in 64 colours: the file is a tenth as large, and the eye sees no difference.
fn shrink(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to.parent().unwrap_or(root()))?;
    let mut pngquant = Command::new("pngquant");
    pngquant.args(["--force", "--speed", "1", "--strip", "--output"]).arg(to).args(["64", "--"]).arg(from);
    succeed(&mut pngquant).map_err(|error| format!("{error}; Debian's package is called pngquant").into())
}

/// The pictures that the README and the documents show, by their paths below `docs/screenshots`.
fn shown() -> io::Result<BTreeSet<String>> {
    let mut shown = BTreeSet::new();
    for file in files(root(), false)?.into_iter().chain(files(&root().join("docs"), true)?) {
        if file.ends_with(".md") {
            shown.extend(pictures_in(&fs::read_to_string(file)?));
        }
    }
    Ok(shown)
}

/// The committed pictures, by the same paths.
fn committed() -> io::Result<BTreeSet<String>> {
    let folder = root().join(COMMITTED);
    let names = files(&folder, true)?.into_iter().filter_map(|file| {
        let name = Path::new(&file).strip_prefix(&folder).ok()?;
        Some(name.to_string_lossy().into_owned())
    });
    Ok(names.collect())
}

/// The targets of links, images and `src` attributes in `screenshots/`, without the name of that folder.
fn pictures_in(document: &str) -> Vec<String> {
    let targets = document.split(['(', ')', '"', '<', '>', ' ', '\n']);
    let pictures = targets.filter_map(|target| {
        let (folder, name) = target.split_once("screenshots/")?;
        (["", "docs/", "../"].contains(&folder) && name.ends_with(".png")).then(|| name.to_owned())
    });
    pictures.collect()
}

/// The files in a folder and, if `is_deep`, in the folders inside it.
fn files(folder: &Path, is_deep: bool) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            found.push(path.to_string_lossy().into_owned());
        } else if is_deep && path.is_dir() {
            found.extend(files(&path, true)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_committed_if_and_only_if_a_document_shows_it() {
        let (shown, committed) = (shown().unwrap(), committed().unwrap());
        let missing: Vec<_> = shown.difference(&committed).collect();
        let unseen: Vec<_> = committed.difference(&shown).collect();
        assert!(missing.is_empty() && unseen.is_empty(), "shown, not committed: {missing:?}; not shown: {unseen:?}");
    }

    #[test]
    fn pictures_are_found_in_links_images_and_attributes() {
        let document = "<img src=\"docs/screenshots/me.png\" width=\"200\">\n\
                        [![home](screenshots/home.png)](../screenshots/kiosk/shelf.png)\n\
                        `target/screenshots/new.png` is not one of them, nor is screenshots/notes.txt";
        assert_eq!(pictures_in(document), ["me.png", "home.png", "kiosk/shelf.png"]);
    }
}
