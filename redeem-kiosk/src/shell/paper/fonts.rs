//! The Chinese fonts, and how wide their characters are.
//!
//! Where they are missing, the agent says so at its start and prints nothing: nobody gets a slip of empty boxes. What no font
//! has is printed as 〓, the printers' mark for a missing sort: one for what is one letter or one picture to the eye, of however
//! many characters it is made. What nobody sees, such as what joins them, is not printed.

use std::path::Path;
use std::sync::Arc;

use baoyulan_ledger::text::is_unseen;
use page_parts::Language;
use resvg::usvg::fontdb::{Database, Family, Query, Weight};
use skrifa::MetadataProvider;
use skrifa::instance::{LocationRef, Size};
use unicode_segmentation::UnicodeSegmentation as _;

/// Each language's families, the first found is taken: the same design under its names as a package.
const SIMPLIFIED: [&str; 3] = ["Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC"];
const TRADITIONAL: [&str; 3] = ["Noto Sans CJK TC", "Noto Sans TC", "Source Han Sans TC"];
/// Stands for a character that the font does not have.
const MISSING: char = '〓';

/// There is no font for what has to be printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no font {family} in {place}: install the package fonts-noto-cjk, or name the folder of the fonts")]
pub struct FontMissing {
    /// The family that was looked for first.
    pub family: &'static str,
    /// Where it was looked for.
    pub place: String,
}

/// The fonts, found once at the start.
#[derive(Clone)]
pub struct Fonts {
    database: Arc<Database>,
    simplified: &'static str,
    traditional: &'static str,
}

/// A family at a weight, as the text of an SVG names it.
#[derive(Clone, Copy)]
pub struct Face {
    pub family: &'static str,
    pub is_bold: bool,
}

impl Fonts {
    /// Looks into a file or folder, or without one into those of the system.
    ///
    /// # Errors
    /// [`FontMissing`] if 简体 or 繁體 could not be printed.
    pub fn find(place: Option<&Path>) -> Result<Self, FontMissing> {
        let mut database = Database::new();
        match place {
            Some(folder) if folder.is_dir() => database.load_fonts_dir(folder),
            // What cannot be read is missed below, by its name.
            Some(file) => drop(database.load_font_file(file)),
            None => database.load_system_fonts(),
        }
        let first = |families: [&'static str; 3]| {
            families.into_iter().find(|family| has(&database, family)).ok_or_else(|| FontMissing {
                family: families[0],
                place: place.map_or_else(|| "the system's folders".to_owned(), |place| place.display().to_string()),
            })
        };
        let (simplified, traditional) = (first(SIMPLIFIED)?, first(TRADITIONAL)?);
        Ok(Self { database: Arc::new(database), simplified, traditional })
    }

    /// The face for a language; names are Chinese on English slips too.
    pub fn face(&self, language: Language, is_bold: bool) -> Face {
        let family = match language {
            Language::SimplifiedChinese | Language::English => self.simplified,
            Language::TraditionalChinese => self.traditional,
        };
        Face { family, is_bold }
    }

    /// For resvg.
    pub fn database(&self) -> Arc<Database> {
        Arc::clone(&self.database)
    }

    /// The text as the face can print it, with the width of each character in thousandths of the type size; `None` if the
    /// font is no longer there.
    pub fn set(&self, face: Face, text: &str) -> Option<Vec<(char, usize)>> {
        let weight = if face.is_bold { Weight::BOLD } else { Weight::NORMAL };
        let id = self.database.query(&Query { families: &[Family::Name(face.family)], weight, ..Query::default() })?;
        self.database.with_face_data(id, |data, index| widths(data, index, text))?
    }
}

fn has(database: &Database, family: &str) -> bool {
    database.query(&Query { families: &[Family::Name(family)], ..Query::default() }).is_some()
}

fn widths(data: &[u8], index: u32, text: &str) -> Option<Vec<(char, usize)>> {
    let font = skrifa::FontRef::from_index(data, index).ok()?;
    let characters = font.charmap();
    let units_per_em = usize::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let width = |character: char| {
        let glyph = characters.map(character)?;
        // Without a size these are the font's own whole units.
        let units = metrics.advance_width(glyph)? as usize;
        Some((units * 1000).div_ceil(units_per_em.max(1)))
    };
    let missing = width(MISSING)?;
    let set = |cluster: &str| {
        let seen = cluster.chars().filter_map(seen);
        let mut sorts: Vec<Option<(char, usize)>> =
            seen.map(|character| Some((character, width(character)?))).collect();
        // Of a letter with marks, its marks may be missing; of a picture that begins with one that is missing, nothing is left.
        if let Some(None) = sorts.first() {
            sorts = vec![Some((MISSING, missing))];
        }
        sorts.into_iter().flatten()
    };
    Some(text.graphemes(true).flat_map(set).collect())
}

/// What is seen of a character: every blank is a space, but one that holds a number and its unit together stays.
fn seen(character: char) -> Option<char> {
    match character {
        '\u{a0}' => Some(character),
        _ if character.is_whitespace() => Some(' '),
        _ => Some(character).filter(|character| !is_unseen(*character)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_font_has_is_one_missing_sort_and_what_nobody_sees_is_none() {
        let fonts = Fonts::find(None).unwrap();
        let set = |text: &str| -> String {
            let sorts = fonts.set(fonts.face(Language::SimplifiedChinese, false), text).unwrap();
            sorts.into_iter().map(|(character, _)| character).collect()
        };
        for (text, printed) in [
            ("大米 5\u{a0}kg", "大米 5\u{a0}kg"),
            ("大米\u{3000}5\tkg", "大米 5 kg"),
            ("👩\u{200D}🌾 新米", "〓 新米"),
            ("👍🏽👍", "〓〓"),
            ("👨\u{200D}👩\u{200D}👧\u{200D}👦", "〓"),
            ("🇨🇳", "〓"),
            ("大\u{FE0F}米\u{FE00}", "大米"),
            ("\u{202E}大\u{200B}米\u{FEFF}\0", "大米"),
            ("🏴\u{E0067}\u{E0062}\u{E007F}", "〓"),
            ("\u{FE0F}\u{200D}", ""),
        ] {
            assert_eq!(set(text), printed, "{text:?}");
        }
        assert!(set("1\u{FE0F}\u{20E3}").starts_with('1'));
    }
}
