//! A whole conversation, word for word: what stands on each screen is kept in `golden.txt`, in three languages.
//!
//! `REDEEM_KIOSK_ACCEPT=1` writes it anew; its change is part of yours.

use std::fmt::Write;
use std::path::Path;

use page_parts::Language;
use redeem_kiosk::app::Input;
use redeem_kiosk::app::answer::{No, Outcome, Print, Trouble};
use redeem_kiosk::app::control::Control;

use super::support::{CARD, Kiosk, PIN, RECEIPT, WORK_CARD, refusal, staff, volunteer};

struct Script {
    kiosk: Kiosk,
    written: String,
}

impl Script {
    fn note(&mut self) -> &mut Self {
        writeln!(self.written, "{}: {}", self.kiosk.screen(), self.kiosk.text()).unwrap();
        self
    }

    fn tap(&mut self, control: Control) -> &mut Self {
        self.kiosk.tap(control);
        self.note()
    }

    fn take(&mut self, input: Input) -> &mut Self {
        self.kiosk.take(input);
        self.note()
    }
}

fn conversation(language: Language) -> String {
    let mut kiosk = Kiosk::online();
    kiosk.tap(Control::Language(language));
    let mut script = Script { kiosk, written: String::new() };
    script.note().tap(Control::Begin);
    script.kiosk.digits(CARD);
    script.tap(Control::Submit);
    script.kiosk.digits(PIN);
    script.tap(Control::Submit);
    script.kiosk.wait(1000);
    script.note().kiosk.identified(volunteer());
    script.note().tap(Control::Help).tap(Control::Back);
    script.tap(Control::Offer("G04".to_owned())).tap(Control::Pieces(2)).tap(Control::Confirm);
    let (id, order) = script.kiosk.stored();
    script.kiosk.take(Input::Stored { id, is_kept: true });
    script.kiosk.wait(1000);
    script.note().take(Input::Answered { id, outcome: Outcome::Unknown(Trouble::NoAnswer, None) });
    script.kiosk.wait_online(30_000);
    script.note().kiosk.accept(id, &order);
    script.note().take(Input::Printed { number: RECEIPT.to_owned(), print: Print::Printed });
    script.tap(Control::Undo).tap(Control::Confirm);
    let (id, order) = script.kiosk.stored();
    script.kiosk.take(Input::Stored { id, is_kept: true }).accept(id, &order);
    script.note().kiosk.wait_online(60_000);
    script.note().tap(Control::Stay).tap(Control::Finish);
    script.kiosk.tap(Control::Language(language)).scan(CARD).scan(WORK_CARD);
    script.note();
    let question = script.kiosk.model.screen.question().unwrap().number;
    script.take(Input::Identified { question, answer: Err(No::Refused(refusal("not_staff"))) });
    script.tap(Control::Home);
    script.kiosk.tap(Control::Language(language)).scan(WORK_CARD);
    let question = script.kiosk.model.screen.question().unwrap().number;
    script.take(Input::Vouched { question, answer: Ok(staff()) }).tap(Control::FindReceipt);
    script.written
}

#[test]
fn the_whole_conversation_is_worded_as_it_was_looked_at() {
    let mut written = String::new();
    for language in Language::ALL {
        writeln!(written, "== {}\n{}", language.tag(), conversation(language)).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replay/golden.txt");
    if std::env::var_os("REDEEM_KIOSK_ACCEPT").is_some() {
        std::fs::write(&file, &written).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap();
    for (new, old) in written.lines().zip(golden.lines()) {
        assert_eq!(new, old);
    }
    assert_eq!(written, golden);
}
