//! Recorded words, read aloud: which there should be stands in `assets/clips.txt`, which there are in the operator's
//! folder. Nothing is offered to be read for which there is no clip.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::assets;
use crate::screens::language::Language;

/// The clips that are there.
#[derive(Debug, Clone, Default)]
pub struct Clips {
    folder: Option<PathBuf>,
    names: BTreeSet<String>,
}

/// Every clip that a kiosk can play, as `<language>/<name>.mp3`.
pub fn manifest() -> impl Iterator<Item = String> {
    let names: Vec<String> = assets::text("clips.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect();
    let file = |language: Language, name: &String| format!("{}/{name}.mp3", language.tag());
    Language::ALL.into_iter().flat_map(move |language| names.clone().into_iter().map(move |name| file(language, &name)))
}

impl Clips {
    /// Looks which are there.
    pub fn new(folder: Option<PathBuf>) -> Self {
        let is_there = |name: &String| folder.as_ref().is_some_and(|folder| folder.join(name).is_file());
        Self { names: manifest().filter(is_there).collect(), folder }
    }

    /// Their names.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// One of them.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        let folder = self.folder.as_ref().filter(|_| self.names.contains(name))?;
        std::fs::read(folder.join(name)).ok()
    }
}
