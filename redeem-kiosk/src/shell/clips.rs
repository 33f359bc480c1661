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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::words::Word;

    #[test]
    fn every_screens_title_is_among_the_clips_to_record() {
        let text = assets::text("clips.txt");
        let lines: Vec<Vec<&str>> =
            text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_whitespace().collect()).collect();
        for (name, title) in lines.iter().filter_map(|line| line.get(0..2).map(|pair| (pair[0], pair[1]))) {
            assert!(Word::ALL.iter().any(|word| word.key() == title), "{name}: {title}");
        }
        for name in [
            "welcome",
            "card",
            "pin",
            "attend",
            "shelf",
            "how-many",
            "check",
            "working",
            "unconfirmed",
            "done",
            "undo-check",
            "undone",
            "refused",
            "unable",
            "help",
            "idle",
            "revoked",
            "desk",
            "lookup",
            "found",
        ] {
            assert!(lines.iter().any(|line| line.first() == Some(&name)), "{name}");
        }
        assert_eq!(manifest().count(), lines.len() * Language::ALL.len());
    }

    #[test]
    fn what_is_no_clip_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("en")).unwrap();
        std::fs::write(folder.path().join("en/welcome.mp3"), "sound").unwrap();
        std::fs::write(folder.path().join("en/secret.txt"), "words").unwrap();
        let clips = Clips::new(Some(folder.path().to_owned()));
        assert_eq!(clips.names().iter().collect::<Vec<_>>(), ["en/welcome.mp3"]);
        assert_eq!(clips.read("en/welcome.mp3").as_deref(), Some(&b"sound"[..]));
        assert_eq!(clips.read("en/secret.txt"), None);
        assert_eq!(clips.read("en/../en/welcome.mp3"), None);
    }
}
