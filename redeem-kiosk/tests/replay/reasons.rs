//! Every reason why not: in each language it has its code, says what happened and what to do, and has the focus.

use page_parts::Language;
use redeem_kiosk::app::Input;
use redeem_kiosk::app::answer::{No, Outcome, Trouble};
use redeem_kiosk::app::control::Control;
use redeem_kiosk::app::receipt::Seen;

use super::moves::another_person_s;
use super::support::{CARD, Kiosk, PIN, WORK_CARD, refusal, refused, staff};

/// Of somebody whose card and PIN were asked for.
fn at_pin(answer: No) -> Kiosk {
    let mut kiosk = Kiosk::online();
    kiosk.scan(CARD).digits(PIN).tap(Control::Submit);
    let question = kiosk.model.screen.question().unwrap().number;
    kiosk.take(Input::Identified { question, answer: Err(answer) });
    kiosk
}

fn at_pin_refused(code: &str) -> Kiosk {
    at_pin(No::Refused(refusal(code)))
}

/// Of an order.
fn ordered(code: &str) -> Kiosk {
    let (mut kiosk, id, _) = Kiosk::sent();
    kiosk.take(Input::Answered { id, outcome: refused(code) });
    kiosk
}

/// Of somebody who wants to take a redemption back.
fn undone(code: &str) -> Kiosk {
    let (mut kiosk, _) = Kiosk::done();
    kiosk.tap(Control::Undo).tap(Control::Confirm);
    let (id, _) = kiosk.stored();
    kiosk.take(Input::Stored { id, is_kept: true }).take(Input::Answered { id, outcome: refused(code) });
    kiosk
}

/// Of a receipt that staff look for.
fn looked_up(code: &str) -> Kiosk {
    let mut kiosk = Kiosk::online();
    kiosk.scan(WORK_CARD);
    let question = kiosk.model.screen.question().unwrap().number;
    kiosk.take(Input::Vouched { question, answer: Ok(staff()) }).tap(Control::FindReceipt).digits("42");
    kiosk.tap(Control::Submit);
    let question = kiosk.model.screen.question().unwrap().number;
    kiosk.take(Input::Found { question, answer: Err(No::Refused(refusal(code))) });
    kiosk
}

fn not_staff() -> Kiosk {
    let mut kiosk = Kiosk::online();
    kiosk.scan(CARD).scan(WORK_CARD);
    let question = kiosk.model.screen.question().unwrap().number;
    kiosk.take(Input::Identified { question, answer: Err(No::Refused(refusal("not_staff"))) });
    kiosk
}

fn typed(card: &str) -> Kiosk {
    let mut kiosk = Kiosk::online();
    kiosk.tap(Control::Begin).digits(card).tap(Control::Submit);
    kiosk
}

fn scanned(text: &str) -> Kiosk {
    let mut kiosk = Kiosk::online();
    kiosk.scan(text);
    kiosk
}

/// Of a kiosk that cannot write, before it has begun.
fn without_outbox() -> Kiosk {
    let mut kiosk = Kiosk::switched_on();
    kiosk
        .take(Input::Started { kept: Vec::new(), news: Vec::new(), seen: Seen::default(), is_good: false })
        .tap(Control::Begin);
    kiosk
}

fn outbox_gone() -> Kiosk {
    let mut kiosk = Kiosk::at_check();
    kiosk.take(Input::OutboxGone).tap(Control::Confirm);
    kiosk
}

/// Of an order whose receipt is another person's.
fn doubted() -> Kiosk {
    let (mut kiosk, id, order) = Kiosk::sent();
    let receipt = another_person_s(kiosk.receipt(id, &order));
    kiosk.take(Input::Answered { id, outcome: Outcome::Accepted(Box::new(receipt)) });
    kiosk
}

/// Of somebody who would begin, at a kiosk that staff have to see to.
fn away(trouble: Trouble) -> Kiosk {
    let mut kiosk = Kiosk::online();
    kiosk.take(Input::Polled(Err(No::Trouble(trouble)))).scan(CARD);
    kiosk
}

fn revoked() -> Kiosk {
    let mut kiosk = Kiosk::online();
    kiosk.take(Input::Polled(Err(No::Denied)));
    kiosk
}

/// All codes of the manual.
fn reasons() -> Vec<(&'static str, Kiosk)> {
    vec![
        ("K01", typed("1000157593")),
        ("K02", typed("12")),
        ("K03", scanned("https://elsewhere.example")),
        ("K10", at_pin_refused("pin_wrong")),
        ("K11", at_pin_refused("pin_wait")),
        ("K12", at_pin_refused("card_blocked")),
        ("K13", not_staff()),
        ("K14", at_pin_refused("unknown_card")),
        ("K15", ordered("no_visit")),
        ("K20", at_pin(No::Trouble(Trouble::NoAnswer))),
        ("K21", at_pin(No::Trouble(Trouble::Busy))),
        ("K22", at_pin(No::Trouble(Trouble::Broken))),
        ("K23", at_pin(No::Trouble(Trouble::Garbled))),
        ("K24", doubted()),
        ("K25", away(Trouble::ClockAhead)),
        ("K26", away(Trouble::UnknownKey)),
        ("K30", ordered("out_of_stock")),
        ("K31", ordered("over_limit")),
        ("K32", ordered("insufficient_points")),
        ("K33", ordered("points_expired")),
        ("K34", ordered("price_changed")),
        ("K39", ordered("something_new")),
        ("K40", undone("already_reversed")),
        ("K41", looked_up("unknown_receipt")),
        ("K42", looked_up("other_station")),
        ("K43", looked_up("other_receipt")),
        ("K44", looked_up("incomplete_receipt")),
        ("K50", without_outbox()),
        ("K51", outbox_gone()),
        ("K60", revoked()),
        ("K61", away(Trouble::OtherCredential)),
    ]
}

/// The codes in the manual's table.
fn manual() -> Vec<String> {
    let manual = include_str!("../../../docs/KIOSK.md");
    let table = manual.split("## What the codes mean").nth(1).unwrap().split("\n## ").next().unwrap();
    let cells = table.lines().filter_map(|line| line.strip_prefix("| K")?.split(" |").next());
    let ends = |code: &str| code.trim_start_matches('K').parse::<u32>().unwrap();
    let codes = cells.flat_map(|cell| cell.split(", ").map(str::to_owned).collect::<Vec<_>>());
    let all = codes.flat_map(|codes| match codes.split_once(" – ") {
        Some((first, last)) => ends(first)..=ends(last),
        None => ends(&codes)..=ends(&codes),
    });
    all.map(|number| format!("K{number:02}")).collect()
}

/// Whether a text says what to do: it asks for something, or says when it goes again.
fn says_what_to_do(text: &str) -> bool {
    ["请", "請", "可以再", "Please"].iter().any(|words| text.contains(words))
}

#[test]
fn every_reason_of_the_manual_is_shown_with_its_code_what_happened_and_what_to_do() {
    let reasons = reasons();
    let mut codes: Vec<String> = manual();
    codes.sort();
    assert_eq!(reasons.iter().map(|(code, _)| (*code).to_owned()).collect::<Vec<_>>(), codes, "of the manual");
    let mut flaws = Vec::new();
    for (code, kiosk) in reasons {
        for language in Language::ALL {
            let mut kiosk = kiosk.clone();
            kiosk.tap(Control::Language(language));
            let (html, text) = (kiosk.html(), kiosk.text());
            let is_hitch = html.contains("id=\"error\"");
            let told = element(&html, if is_hitch { "error" } else { "reason" });
            let mut miss = |what: &str| flaws.push(format!("{code} {}: {what}: {told}", language.tag()));
            if !text.contains(code) {
                miss("no code");
            }
            if told.is_empty() {
                miss("not told");
            }
            // A button in the page's middle is a way out too.
            let main = html.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
            // Everything asks to be read.
            let advice = ["请看一下", "請看一下", "Please note"]
                .iter()
                .fold(text.clone(), |text, words| text.replace(words, ""));
            if !says_what_to_do(&advice) && !main.contains("value=\"again\"") {
                miss("not said what to do");
            }
            if html.matches(" autofocus").count() != 1 || (is_hitch && !focused(&html).contains("id=\"error\"")) {
                miss("no focus, or elsewhere");
            }
        }
    }
    assert!(flaws.is_empty(), "{}", flaws.join("\n"));
}

/// The first tag that has the focus.
fn focused(html: &str) -> &str {
    let before = html.split(" autofocus").next().unwrap();
    &before[before.rfind('<').unwrap()..]
}

/// What stands in the element of that id, with its tags.
fn element<'a>(html: &'a str, id: &str) -> &'a str {
    let rest = html.split(&format!("id=\"{id}\"")).nth(1).unwrap_or_default();
    rest.split_once('>').map_or("", |(_, rest)| rest.split("</p>").next().unwrap())
}
