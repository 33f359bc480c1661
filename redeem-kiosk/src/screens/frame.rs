//! What all screens look like: head, step, title, the screen itself, and the three ways out in the same places.
//!
//! Every button belongs to one form, which names the step that the page shows. Nothing needs a script.

use baoyulan_ledger::text::harmless;
use maud::{DOCTYPE, Markup, PreEscaped, Render, html};
use page_parts::{Language, TextSize};

use super::aloud::{self, Figure};
use super::reason;
use super::words::{Word, Words, word_list};
use crate::app::Model;
use crate::app::control::Control;
use crate::app::model::{Hitch, Link};
use crate::shell::assets;

word_list! {
    "frame.ftl":
    BankName,
    Station,
    StepOf,
    BackButton,
    HomeButton,
    HelpButton,
    ReadAloudButton,
    LanguageLabel,
    TextSizeLabel,
    TextLarge,
    TextLarger,
    TextLargest,
    StatusStarting,
    StatusOnline,
    StatusAway,
    StatusWaiting,
    AgentAway,
    Code,
    Reference,
    AgainButton,
    Points,
    ErrorHeading,
}

/// Of how many steps a redemption consists.
const STEPS: i64 = 4;

/// A page that is being made.
pub struct Frame<'a> {
    model: &'a Model,
    title: Word,
    hitch: Option<&'a Hitch>,
    refresh_seconds: u32,
    layout: &'static str,
    figures: Vec<Figure>,
}

impl<'a> Frame<'a> {
    pub fn new(model: &'a Model, title: Word) -> Self {
        Self { model, title, hitch: None, refresh_seconds: 10, layout: "", figures: Vec::new() }
    }

    /// Something is waited for: without scripts, the page is fetched again each second.
    pub fn waits(self, waits: bool) -> Self {
        Self { refresh_seconds: if waits { 1 } else { self.refresh_seconds }, ..self }
    }

    /// With what is wrong, above all else.
    pub fn hitch(self, hitch: Option<&'a Hitch>) -> Self {
        Self { hitch, ..self }
    }

    /// Laid out in another way than from top to bottom.
    pub fn layout(self, layout: &'static str) -> Self {
        Self { layout, ..self }
    }

    /// With its main numbers, to be read aloud behind the title.
    pub fn reads(self, figures: impl IntoIterator<Item = Figure>) -> Self {
        Self { figures: figures.into_iter().collect(), ..self }
    }

    /// The page, with that below its title.
    pub fn body(self, body: &Markup) -> Markup {
        let (model, words) = (self.model, words(self.model));
        let size = model.preference.size.code();
        html! {
            (DOCTYPE)
            html lang=(words.language.tag()) class=(format!("text-{size}")) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="format-detection" content="telephone=no";
                    noscript { meta http-equiv="refresh" content=(self.refresh_seconds); }
                    title { (words.say(self.title)) " · " (words.say(Word::BankName)) }
                    link rel="icon" href=(assets::address("magnolia.svg")) type="image/svg+xml";
                    link rel="stylesheet" href=(assets::address("kiosk.css"));
                    script src=(assets::address("kiosk.js")) defer {}
                }
                body data-screen=(super::name(model)) data-revision=(model.revision) data-changes=(model.changes)
                    data-hitch=[self.hitch.map(|hitch| reason::of_hitch(model, hitch).code)] {
                    form #controls method="post" action="/input" {
                        input type="hidden" name="revision" value=(model.revision);
                    }
                    p #agent-away .banner hidden { (words.say(Word::AgentAway)) }
                    (self.head(words))
                    main #main class=(self.layout) {
                        div .heading {
                            h1 #title tabindex="-1" autofocus[self.hitch.is_none()] { (words.say(self.title)) }
                            (step(model, words))
                        }
                        @if let Some(hitch) = self.hitch { (error(model, hitch)) }
                        (body)
                    }
                    (self.foot(words))
                }
            }
        }
    }

    fn head(&self, words: Words) -> Markup {
        let preference = self.model.preference;
        let name = town_words(words, &self.model.rules.station_name);
        let station = around(&name, |mark| words.with(Word::Station, [("station", mark.into())]));
        html! {
            header #head {
                div .where {
                    p #station .station {
                        img src=(assets::address("magnolia.svg")) alt="" width="48" height="48";
                        span { (station) }
                    }
                    (status(self.model, words))
                }
                div .switches {
                    div #languages role="group" aria-label=(words.say(Word::LanguageLabel)) {
                        @for language in Language::ALL {
                            (switch(&Control::Language(language), language == preference.language, &html! {
                                span lang=(language.tag()) { (language.name()) }
                            }))
                        }
                    }
                    div #sizes role="group" aria-label=(words.say(Word::TextSizeLabel)) {
                        @for size in TextSize::ALL {
                            (switch(&Control::Size(size), size == preference.size, &html! { (words.say(size_word(size))) }))
                        }
                    }
                    // It needs a script, which shows it.
                    button #read-aloud .switch type="button" aria-pressed="false" hidden
                        data-clips=(aloud::addresses(words.language, self.title, &self.figures)) {
                        (words.say(Word::ReadAloudButton))
                    }
                }
            }
        }
    }

    fn foot(&self, words: Words) -> Markup {
        html! {
            footer #ways {
                (button(&Control::Back, "way", &html! { (sign("‹")) (words.say(Word::BackButton)) }))
                (button(&Control::Home, "way", &html! { (sign("⌂")) (words.say(Word::HomeButton)) }))
                (button(&Control::Help, "way help", &html! { (sign("?")) (words.say(Word::HelpButton)) }))
            }
        }
    }
}

/// Which step it is of how many.
fn step(model: &Model, words: Words) -> Markup {
    let step = model.screen.step().filter(|_| model.overlay.is_none());
    html! {
        @if let Some(step) = step {
            p #step .step {
                span .dots aria-hidden="true" {
                    @for dot in 1..=STEPS { span class=[(dot <= step).then_some("full")] {} }
                }
                (words.with(Word::StepOf, [("step", step.into()), ("steps", STEPS.into())]))
            }
        }
    }
}

/// The words in the person's language.
pub fn words(model: &Model) -> Words {
    Words { language: model.preference.language }
}

/// A button that presses a control. Its id is the control's spelling.
pub fn button(control: &Control, class: &str, content: &Markup) -> Markup {
    let control = control.to_string();
    html! {
        button id=(control) class=(class) type="submit" form="controls" name="control" value=(control) { (content) }
    }
}

pub fn word_button(words: Words, control: &Control, class: &str, word: Word) -> Markup {
    button(control, class, &html! { (words.say(word)) })
}

fn switch(control: &Control, is_on: bool, content: &Markup) -> Markup {
    let spelling = control.to_string();
    html! {
        button id=(spelling) .switch type="submit" form="controls" name="control" value=(spelling)
            aria-pressed=(if is_on { "true" } else { "false" }) { (content) }
    }
}

/// A sign beside words, which says nothing that they do not say.
pub fn sign(text: &str) -> Markup {
    html! { span .sign aria-hidden="true" { (PreEscaped(text)) } }
}

/// How it stands with the service: a sign and words.
fn status(model: &Model, words: Words) -> Markup {
    let seconds = model.rules.poll_ms / 1000;
    let (class, mark, text) = match model.link {
        Link::Starting => ("waiting", "○", words.say(Word::StatusStarting)),
        Link::Online => ("good", "●", words.say(Word::StatusOnline)),
        Link::Away(_) => ("bad", "▲", words.with(Word::StatusAway, [("seconds", seconds.into())])),
        Link::Revoked => ("bad", "▲", words.say(Word::RevokedTitle)),
    };
    let count = i64::try_from(model.commands.pending.len()).unwrap_or_default();
    html! {
        p #status class=(format!("status {class}")) role="status" {
            (sign(mark)) span #link { (text) }
            @if count > 0 {
                span #waiting { " · " (words.with(Word::StatusWaiting, [("count", count.into())])) }
            }
        }
    }
}

/// What is wrong: what happened and what to do, with a code that staff can look up. It gets the focus.
fn error(model: &Model, hitch: &Hitch) -> Markup {
    let (words, reason) = (words(model), reason::of_hitch(model, hitch));
    html! {
        div #error .notice .bad role="alert" tabindex="-1" autofocus {
            h2 { (sign("!")) (words.say(Word::ErrorHeading)) }
            p { (reason.text) }
            p #code .small { (words.with(Word::Code, [("code", reason.code.into())])) }
        }
    }
}

/// Something that is worth knowing.
pub fn notice(id: &str, mark: &str, text: impl Render) -> Markup {
    html! { p #(id) .notice role="status" { (sign(mark)) span { (text) } } }
}

/// The same of what is not good.
pub fn bad_notice(id: &str, mark: &str, text: impl Render) -> Markup {
    html! { p #(id) .notice .bad role="status" { (sign(mark)) span { (text) } } }
}

pub fn points(words: Words, id: &str, points: i64) -> Markup {
    html! { span #(id) .figure { (words.with(Word::Points, [("points", points.into())])) } }
}

/// Where in a sentence something stands that is marked up.
const MARK: &str = "\u{fffc}";

/// A sentence with that in it, which is marked up; the sentence itself is in the person's language.
pub fn around(inner: &Markup, sentence: impl FnOnce(&'static str) -> String) -> Markup {
    let sentence = sentence(MARK);
    let (before, after) = sentence.split_once(MARK).unwrap_or((&sentence, ""));
    html! { (before) (inner) (after) }
}

/// What the town has written itself, in its own language. It runs in its own direction, and turns nothing else around.
pub fn town_words(words: Words, text: &str) -> Markup {
    let language = (words.language != Language::SimplifiedChinese).then_some("zh-Hans");
    html! { bdi lang=[language] { (harmless(text)) } }
}

fn size_word(size: TextSize) -> Word {
    match size {
        TextSize::Large => Word::TextLarge,
        TextSize::Larger => Word::TextLarger,
        TextSize::Largest => Word::TextLargest,
    }
}
