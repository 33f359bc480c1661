//! What a screen reads aloud: its title and its main numbers, as recorded clips that are played one after the other.
//!
//! Clips are words of the screens and of numbers. Nothing else is read: no name, no card, no goods, no receipt's number,
//! so the clips are the same for everybody.

pub mod numbers;

use page_parts::Language;

use super::words::{Word, Words};

/// Who speaks: a set of clips. Both Chinese scripts are read alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// 普通话
    Mandarin,
    /// English
    English,
}

impl Voice {
    pub const ALL: [Self; 2] = [Self::Mandarin, Self::English];

    /// Who reads that language.
    pub fn of(language: Language) -> Self {
        match language {
            Language::SimplifiedChinese | Language::TraditionalChinese => Self::Mandarin,
            Language::English => Self::English,
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Mandarin => "zh",
            Self::English => "en",
        }
    }

    fn languages(self) -> impl Iterator<Item = Language> {
        Language::ALL.into_iter().filter(move |language| Self::of(*language) == self)
    }
}

/// A main number of a screen, between the words that say what it is.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    before: Option<Word>,
    number: i64,
    after: Word,
}

impl Figure {
    pub fn points(before: Word, points: i64) -> Self {
        Self { before: Some(before), number: points, after: Word::Points }
    }

    /// So many seconds until the visit ends.
    pub fn seconds(seconds: i64) -> Self {
        Self { before: None, number: seconds, after: Word::IdleSeconds }
    }

    /// The names of its clips; no names where the number cannot be said.
    fn said(self, voice: Voice) -> Vec<String> {
        let Some(number) = numbers::said(voice, self.number) else { return Vec::new() };
        let number = number.into_iter().map(number_name);
        self.before.map(Word::key).into_iter().chain(number).chain([self.after.key()]).collect()
    }
}

/// The words that stand beside numbers.
const BESIDE: [Word; 9] = [
    Word::ShelfHave,
    Word::HowManyEach,
    Word::HowManyEachTime,
    Word::CheckPoints,
    Word::PointsAfter,
    Word::PointsLeft,
    Word::PointsBack,
    Word::Points,
    Word::IdleSeconds,
];

/// A clip that there must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// `zh/shelf-title`, its file without the ending.
    pub name: String,
    pub text: String,
    /// The same in the other script, where the words are a screen's.
    pub other_text: Option<String>,
}

/// The titles of all screens with a frame. The page for whoever has not started the kiosk has no frame.
fn titles() -> impl Iterator<Item = Word> {
    Word::all().filter(|word| word.key().ends_with("-title") && *word != Word::NoEntryTitle)
}

/// All clips that any screen reads, in any language.
pub fn clips() -> Vec<Clip> {
    let of_voice = |voice| {
        let words = titles().chain(BESIDE).map(move |word| clip_of_word(voice, word));
        words.chain(numbers::words(voice).into_iter().map(move |(name, text)| clip_of_number(voice, name, text)))
    };
    Voice::ALL.into_iter().flat_map(of_voice).collect()
}

fn clip_of_word(voice: Voice, word: Word) -> Clip {
    let text = |language| Words { language }.with(word, [("points", "".into())]).trim().to_owned();
    let mut texts = voice.languages().map(text);
    let name = named(voice, &word.key());
    Clip { name, text: texts.next().unwrap_or_default(), other_text: texts.next() }
}

fn clip_of_number(voice: Voice, name: &str, text: &str) -> Clip {
    Clip { name: named(voice, &number_name(name)), text: text.to_owned(), other_text: None }
}

fn number_name(word: &str) -> String {
    format!("number-{word}")
}

fn named(voice: Voice, name: &str) -> String {
    format!("{}/{name}", voice.folder())
}

/// The addresses of what a screen reads, in order, with a space between them.
pub fn addresses(language: Language, title: Word, figures: &[Figure]) -> String {
    let voice = Voice::of(language);
    let figures = figures.iter().flat_map(|figure| figure.said(voice));
    let names = [title.key()].into_iter().chain(figures);
    names.map(|name| format!("/clips/{}.opus", named(voice, &name))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_reads_its_title_and_its_numbers_with_the_words_beside_them() {
        let figures = [Figure::points(Word::CheckPoints, 300), Figure::points(Word::PointsAfter, 10)];
        let read = |language, figures: &[Figure]| addresses(language, Word::CheckTitle, figures).replace(".opus", "");
        let mandarin = "/clips/zh/check-title /clips/zh/check-points /clips/zh/number-san /clips/zh/number-bai \
            /clips/zh/points /clips/zh/points-after /clips/zh/number-shi /clips/zh/points";
        assert_eq!(read(Language::SimplifiedChinese, &figures), mandarin);
        assert_eq!(read(Language::TraditionalChinese, &figures), mandarin);
        assert_eq!(
            read(Language::English, &figures[1..]),
            "/clips/en/check-title /clips/en/points-after /clips/en/number-ten /clips/en/points"
        );
        assert_eq!(
            read(Language::English, &[Figure::seconds(-1)]),
            "/clips/en/check-title",
            "what cannot be said leaves no words behind"
        );
    }
}
