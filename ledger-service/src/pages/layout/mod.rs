//! What all pages have: the head, the choices of language and size, the way back, the title, and the foot.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use baoyulan_ledger::text::harmless;
use maud::{DOCTYPE, Markup, html};
use page_parts::{Language, TextSize};

use crate::pages::assets;
use crate::pages::visitor::Visitor;
use crate::pages::words::{Word, words};

words! {
    "layout.ftl":
    BankName,
    DemoBanner,
    SkipLink,
    TextSizeLabel,
    TextLarge,
    TextLarger,
    TextLargest,
    LanguageLabel,
    FooterNote,
    HomeLink,
    ErrorHeading,
    Reference,
    HoursAndMinutes,
    HoursAlone,
    MinutesAlone,
    OlderButton,
    NewestButton,
}

/// What a title tells at a glance; its words tell it too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Bad,
    /// Nobody knows, or it is neither good nor bad.
    Unsure,
}

impl Tone {
    /// The class of what has this tone.
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Unsure => "unsure",
        }
    }
}

/// A page that is being put together; [`Page::body`] finishes it.
pub struct Page<'a> {
    visitor: &'a Visitor,
    title: String,
    tone: Tone,
    status: StatusCode,
    back: Option<(&'static str, Word)>,
    scripts: Vec<&'static str>,
    headers: Vec<(HeaderName, HeaderValue)>,
    choices_of: Option<&'static str>,
}

impl<'a> Page<'a> {
    pub fn new(visitor: &'a Visitor, title: &str) -> Self {
        let (scripts, headers) = (Vec::new(), Vec::new());
        let (tone, status) = (Tone::Plain, StatusCode::OK);
        Self { visitor, title: title.to_owned(), tone, status, back: None, scripts, headers, choices_of: None }
    }

    pub fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Says at a glance what the title says.
    pub fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    /// Adds a link back, above the title.
    pub fn back(self, address: &'static str, word: Word) -> Self {
        Self { back: Some((address, word)), ..self }
    }

    /// Whoever chooses a language or a size sends this form again: what it was answered is at no address.
    pub fn choices_of(self, form: &'static str) -> Self {
        Self { choices_of: Some(form), ..self }
    }

    /// Adds a script of `assets/`, which runs once the page has been read. Everything works without it.
    pub fn script(mut self, name: &'static str) -> Self {
        self.scripts.push(name);
        self
    }

    pub fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// The page, with this below its title.
    pub fn body(self, body: &Markup) -> Response {
        let markup = self.markup(body);
        let mut response = (self.status, Html(markup.into_string())).into_response();
        response.headers_mut().extend(self.headers);
        response
    }

    fn markup(&self, body: &Markup) -> Markup {
        let words = self.visitor.words;
        html! {
            (DOCTYPE)
            html lang=(words.language.tag()) class=(format!("text-{}", self.visitor.size.code())) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    // Numbers on these pages are not telephone numbers.
                    meta name="format-detection" content="telephone=no";
                    title { (self.title) " · " (words.say(Word::BankName)) }
                    link rel="icon" href="/favicon.svg" type="image/svg+xml";
                    link rel="stylesheet" href=(assets::address("pages.css"));
                    @for script in &self.scripts {
                        script type="module" src=(assets::address(script)) {}
                    }
                }
                body {
                    a .skip href="#title" { (words.say(Word::SkipLink)) }
                    (self.head())
                    main {
                        @if let Some((address, word)) = self.back {
                            p .back { a href=(address) { span aria-hidden="true" { "‹ " } (words.say(word)) } }
                        }
                        h1 #title class=[Some(self.tone.class()).filter(|class| !class.is_empty())] tabindex="-1" { (self.title) }
                        (body)
                    }
                    footer { p { (words.say(Word::FooterNote)) } }
                }
            }
        }
    }

    fn head(&self) -> Markup {
        let words = self.visitor.words;
        html! {
            header {
                a .brand href="/" {
                    img src=(assets::address("magnolia.svg")) alt="" width="40" height="40";
                    span { (words.say(Word::BankName)) }
                }
                @if self.visitor.demo {
                    p #demo .demo { span aria-hidden="true" { "◆ " } (words.say(Word::DemoBanner)) }
                }
                div .choices {
                    nav aria-label=(words.say(Word::TextSizeLabel)) {
                        @for size in TextSize::ALL {
                            (self.choice(self.visitor.size_link(size), size == self.visitor.size, Chosen::Size(size)))
                        }
                    }
                    nav aria-label=(words.say(Word::LanguageLabel)) {
                        @for language in Language::ALL {
                            (self.choice(self.visitor.language_link(language), language == words.language, Chosen::Language(language)))
                        }
                    }
                }
            }
        }
    }

    fn choice(&self, address: String, is_current: bool, chosen: Chosen) -> Markup {
        let current = is_current.then_some("true");
        let (size, language, shown) = match chosen {
            Chosen::Size(size) => (Some(size.code()), None, self.visitor.words.say(size_word(size))),
            Chosen::Language(language) => (None, Some(language.tag()), language.name().into()),
        };
        html! {
            @if let Some(form) = self.choices_of {
                button type="submit" form=(form) formaction=(address) lang=[language] data-text=[size] data-lang=[language]
                    aria-current=[current] { (shown) }
            } @else {
                a href=(address) lang=[language] hreflang=[language] data-text=[size] data-lang=[language]
                    aria-current=[current] { (shown) }
            }
        }
    }
}

/// What is chosen at the head of a page.
#[derive(Clone, Copy)]
enum Chosen {
    Size(TextSize),
    Language(Language),
}

fn size_word(size: TextSize) -> Word {
    match size {
        TextSize::Large => Word::TextLarge,
        TextSize::Larger => Word::TextLarger,
        TextSize::Largest => Word::TextLargest,
    }
}

/// What was wrong with a form. It stands above the form, gets the focus, and says its code.
pub fn error_summary(visitor: &Visitor, text: &str, code: &str) -> Markup {
    let words = visitor.words;
    html! {
        div #error .notice .bad role="alert" tabindex="-1" autofocus {
            h2 { (words.say(Word::ErrorHeading)) }
            p { (text) }
            p .small { (words.with(Word::Reference, [("code", code.into())])) }
        }
    }
}

/// Something that the visitor should know.
pub fn notice(id: &str, text: &str) -> Markup {
    html! { p #(id) .notice role="status" { (text) } }
}

/// Words that the town wrote itself, in its own language. They run in their own direction, and turn nothing else around.
pub fn town_words(visitor: &Visitor, text: &str) -> Markup {
    let language = (visitor.words.language != Language::SimplifiedChinese).then_some("zh-Hans");
    html! { bdi lang=[language] { (harmless(text)) } }
}
