//! Recorded words, read aloud. Each is within the program, synthesised by `cargo xtask clips`; a station's own recording
//! of the same name takes its place.
//!
//! `assets/clips.txt` lists them, with what they say.

use std::borrow::Cow;
use std::path::PathBuf;

use super::assets;

/// What the clips are: Opus in Ogg.
pub const MEDIA_TYPE: &str = "audio/ogg";

#[derive(Debug, Clone)]
pub struct Clips {
    own_folder: Option<PathBuf>,
}

impl Clips {
    /// The program's, and in front of them those of that folder.
    pub fn new(own_folder: Option<PathBuf>) -> Self {
        Self { own_folder }
    }

    /// The clip of that file name. What is no clip of the program is not looked for in the folder.
    pub fn read(&self, file: &str) -> Option<Cow<'static, [u8]>> {
        let embedded = assets::bytes(&format!("clips/{file}"))?;
        let own = self.own_folder.as_ref().and_then(|folder| std::fs::read(folder.join(file)).ok());
        Some(own.map_or(embedded, Cow::Owned))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::screens::aloud::{Clip, clips};

    const BYTES_MAX: usize = 1_000_000;

    fn line(clip: &Clip) -> String {
        let texts: Vec<&str> =
            [Some(&clip.text), clip.other_text.as_ref()].into_iter().flatten().map(String::as_str).collect();
        format!("{}\t{}\n", clip.name, texts.join("\t"))
    }

    #[test]
    fn the_list_of_clips_has_every_screens_title_and_every_word_of_a_number_as_worded_today() {
        let list: String = clips().iter().map(line).collect();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/clips.txt");
        if std::env::var_os("REDEEM_KIOSK_CLIPS").is_some() {
            std::fs::write(&file, &list).unwrap();
        }
        let names: BTreeSet<String> = clips().into_iter().map(|clip| clip.name).collect();
        assert_eq!(names.len(), clips().len(), "a name stands there twice");
        let kept = std::fs::read_to_string(&file).unwrap();
        assert_eq!(kept, list, "the words have changed: run `cargo xtask clips`");
    }

    /// As the title stands in a file's comment: behind its length.
    fn comment(clip: &Clip) -> Vec<u8> {
        let text = format!("title={}", clip.text);
        let length = u32::try_from(text.len()).unwrap();
        [&length.to_le_bytes(), text.as_bytes()].concat()
    }

    #[test]
    fn every_clip_is_there_and_was_made_from_the_words_of_the_list() {
        let mut bytes_all = 0;
        for clip in clips() {
            let bytes = Clips::new(None).read(&format!("{}.opus", clip.name)).unwrap_or_default();
            assert!(
                bytes.starts_with(b"OggS") && bytes.len() > 500,
                "{} is no clip: run `cargo xtask clips`",
                clip.name
            );
            let comment = comment(&clip);
            assert!(bytes.windows(comment.len()).any(|window| window == comment), "{} says something else", clip.name);
            bytes_all += bytes.len();
        }
        assert!(bytes_all < BYTES_MAX, "{bytes_all} bytes");
    }

    #[test]
    fn a_stations_own_recording_wins_file_by_file_and_what_is_no_clip_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("en")).unwrap();
        std::fs::write(folder.path().join("en/welcome-title.opus"), "own").unwrap();
        std::fs::write(folder.path().join("en/secret.opus"), "words").unwrap();
        let (own, plain) = (Clips::new(Some(folder.path().to_owned())), Clips::new(None));
        assert_eq!(own.read("en/welcome-title.opus").as_deref(), Some(&b"own"[..]));
        assert_eq!(own.read("zh/welcome-title.opus"), plain.read("zh/welcome-title.opus"));
        assert_ne!(plain.read("en/welcome-title.opus").as_deref(), Some(&b"own"[..]));
        for no_clip in ["en/secret.opus", "en/../en/welcome-title.opus", "../kiosk.js", "en/welcome-title"] {
            assert_eq!((own.read(no_clip), plain.read(no_clip)), (None, None), "{no_clip}");
        }
    }
}
