//! A kiosk without a shell: inputs go in, effects come out, pages are read as text.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use baoyulan_ledger::Rejection;
use jiff::tz::TimeZone;
use page_parts::rejection;
use redeem_kiosk::app::answer::{Admission, Offer, Outcome, Poll, ReceiptFacts, Refusal, Staff, Volunteer};
use redeem_kiosk::app::commands::{Kept, Settled};
use redeem_kiosk::app::control::Control;
use redeem_kiosk::app::model::{Rules, Screen};
use redeem_kiosk::app::order::{Order, OrderLine};
use redeem_kiosk::app::receipt::{Seen, Terms};
use redeem_kiosk::app::secret::Secret;
use redeem_kiosk::app::{Effect, Input, Model, update};
use redeem_kiosk::screens;
use uuid::Uuid;

/// 2026-11-24, nine in the morning at the stations.
pub const MORNING: i64 = 1_795_482_000_000;
pub const CARD: &str = "1000157592";
pub const OTHER_CARD: &str = "1000270985";
pub const PIN: &str = "482913";
pub const NAME: &str = "林*雨";
pub const WORK_CARD: &str = "pb_t1_0123456789abcdef";
pub const PSEUDONYM: &str = "7f3a2b9c";
pub const VISIT: &str = "a-visit";
pub const RECEIPT: &str = "S01-26-000042";

pub fn rules() -> Rules {
    Rules {
        station: "S01".to_owned(),
        station_name: "东紫园".to_owned(),
        credential: "k1".to_owned(),
        device_key: "2lfF4IUairy8quBPfoWJ".to_owned(),
        prints: true,
        idle_warning_ms: 60_000,
        idle_countdown_ms: 20_000,
        undo_ms: 300_000,
        patience_ms: 30_000,
        poll_ms: 5000,
        online_ms: 15_000,
    }
}

pub fn offer(sku: &str, name: &str, points: i64, monthly_limit: i64, pieces_left: i64) -> Offer {
    let is_service = sku.starts_with('V');
    Offer { sku: sku.to_owned(), name: name.to_owned(), points, monthly_limit, pieces_left, is_service }
}

pub fn catalogue() -> Vec<Offer> {
    vec![
        offer("G01", "香皂", 30, 4, 11),
        offer("G04", "毛巾", 60, 2, 12),
        offer("G10", "大米5kg", 300, 1, 5),
        offer("G12", "家用急救包", 350, 1, 9),
        offer("G13", "志愿者马甲", 120, 1, 0),
        offer("V01", "理发一次", 60, 1, 1_000_000),
    ]
}

/// What a good poll tells.
pub fn poll() -> Poll {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    Poll { issuer: "baoyulan".to_owned(), zone, catalogue: catalogue(), journal_size: Some(4300) }
}

pub fn volunteer() -> Volunteer {
    Volunteer {
        name: NAME.to_owned(),
        pseudonym: PSEUDONYM.to_owned(),
        points_spendable: 310,
        pieces_had: BTreeMap::new(),
        is_blocked: false,
    }
}

/// They have shown who they are.
pub fn admitted(volunteer: Volunteer) -> Admission {
    Admission { volunteer, visit: Secret::new(VISIT) }
}

pub fn staff() -> Staff {
    Staff { actor: "teller-1".to_owned(), visit: Secret::new("a-visit-of-staff") }
}

/// The receipt of an order of whom had 310 points.
pub fn receipt_of(order: &Order) -> ReceiptFacts {
    let (lines, points, is_reversal) = match order {
        Order::Redemption { lines, points_shown, .. } => {
            let pieces = |line: &OrderLine| line.pieces;
            let total: i64 = lines.iter().map(pieces).sum();
            (
                lines.iter().map(|line| (line.sku.clone(), line.pieces, points_shown / total)).collect(),
                *points_shown,
                false,
            )
        }
        Order::Reversal { .. } => (vec![("G10".to_owned(), 1, 300)], 300, true),
    };
    let number = if is_reversal { "S01-26-000043" } else { RECEIPT };
    ReceiptFacts {
        number: number.to_owned(),
        issuer: "baoyulan".to_owned(),
        station: "S01".to_owned(),
        subject: PSEUDONYM.to_owned(),
        reverses: String::new(),
        is_reversal,
        token: "head.payload.signature".to_owned(),
        url: "http://points.example/v#head.payload.signature".to_owned(),
        issued_at: MORNING / 1000,
        position: 4321,
        lines,
        points,
        points_left: None,
        is_reversed: false,
        returned: Vec::new(),
    }
}

/// What is kept with an order of somebody with a visit.
pub fn terms() -> Terms {
    Terms { visit: Secret::new(VISIT), subject: PSEUDONYM.to_owned(), ..Terms::default() }
}

pub fn order(card: &str) -> Order {
    Order::Redemption {
        card: Secret::new(card),
        station: "S01".to_owned(),
        lines: vec![OrderLine { sku: "G10".to_owned(), pieces: 1 }],
        points_shown: 300,
        attended_by: None,
    }
}

pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_f2b1_7c3a_7d1e_9a55_0000_0000_0000 + number * 0x1234_5679)
}

/// A no of that code, with the fields that belong to it.
pub fn refusal(code: &str) -> Refusal {
    /// Making them takes longer than a whole step of a conversation.
    static EXAMPLES: LazyLock<BTreeMap<String, Rejection>> = LazyLock::new(|| {
        // The first of a code stays.
        rejection::examples().into_iter().rev().map(|rejection| (rejection.code(), rejection)).collect()
    });
    match (EXAMPLES.get(code), code) {
        (Some(rejection), _) => Refusal::Rejected(rejection.clone()),
        (None, "pin_wrong") => Refusal::PinWrong,
        (None, "pin_wait") => Refusal::PinWait { seconds: 60 },
        (None, "not_staff") => Refusal::NotStaff,
        (None, "other_station") => Refusal::OtherStation,
        (None, "other_receipt") => Refusal::OtherReceipt,
        (None, "incomplete_receipt") => Refusal::IncompleteReceipt,
        (None, _) => Refusal::Unknown(code.to_owned()),
    }
}

pub fn refused(code: &str) -> Outcome {
    Outcome::Refused(refusal(code))
}

/// A kiosk at which everything is said out loud.
#[derive(Clone)]
pub struct Kiosk {
    pub model: Model,
    pub effects: Vec<Effect>,
    ids: u128,
    /// The orders that were accepted, in their order.
    accepted: Vec<Uuid>,
}

impl Kiosk {
    /// Just switched on; nothing was heard of the service.
    pub fn new() -> Self {
        let mut kiosk = Self::switched_on();
        kiosk.take(Input::Started { kept: Vec::new(), news: Vec::new(), seen: Seen::default(), is_good: true });
        kiosk
    }

    /// Its outbox is not read yet.
    pub fn switched_on() -> Self {
        Self { model: Model::new(rules(), MORNING), effects: Vec::new(), ids: 0, accepted: Vec::new() }
    }

    /// With the service there.
    pub fn online() -> Self {
        let mut kiosk = Self::new();
        kiosk.wait(0);
        kiosk.take(Input::Polled(Ok(poll())));
        kiosk
    }

    /// Started again with what the outbox kept.
    pub fn with_kept(kept: Vec<Kept>) -> Self {
        let mut kiosk = Self::switched_on();
        kiosk.take(Input::Started { kept, news: Vec::new(), seen: Seen::default(), is_good: true });
        kiosk
    }

    /// Takes an input; the effects are its own alone.
    pub fn take(&mut self, input: Input) -> &mut Self {
        if let Input::Answered { id, outcome: Outcome::Accepted(_) } = &input
            && !self.accepted.contains(id)
        {
            self.accepted.push(*id);
        }
        let (model, effects) = update(self.model.clone(), input);
        (self.model, self.effects) = (model, effects);
        self
    }

    pub fn tap(&mut self, control: Control) -> &mut Self {
        self.ids += 1;
        let (revision, fresh) = (self.model.revision, id(self.ids));
        self.take(Input::Tapped { revision, control, fresh })
    }

    pub fn digits(&mut self, digits: &str) -> &mut Self {
        for digit in digits.bytes() {
            self.tap(Control::Digit(digit - b'0'));
        }
        self
    }

    pub fn scan(&mut self, text: &str) -> &mut Self {
        self.take(Input::Scanned(Secret::new(text)))
    }

    /// Lets so many milliseconds pass, the service being asked and answering meanwhile.
    pub fn wait(&mut self, milliseconds: i64) -> &mut Self {
        let now = self.model.times.now + milliseconds;
        self.take(Input::Tick(now))
    }

    /// The same, with a service that is there.
    pub fn wait_online(&mut self, milliseconds: i64) -> &mut Self {
        let end = self.model.times.now + milliseconds;
        while self.model.times.now < end {
            self.wait(500);
            if self.model.is_polling {
                self.take(Input::Polled(Ok(poll())));
            }
        }
        self
    }

    /// Whether the PIN belongs to the card.
    pub fn identified(&mut self, volunteer: Volunteer) -> &mut Self {
        let question = self.model.screen.question().unwrap().number;
        self.take(Input::Identified { question, answer: Ok(admitted(volunteer)) })
    }

    /// Somebody with 310 points before the shelf.
    pub fn at_shelf() -> Self {
        let mut kiosk = Self::online();
        kiosk.scan(CARD).digits(PIN).tap(Control::Submit).identified(volunteer());
        assert_eq!(kiosk.screen(), "shelf");
        kiosk
    }

    /// The same, about to confirm a sack of rice.
    pub fn at_check() -> Self {
        let mut kiosk = Self::at_shelf();
        kiosk.tap(Control::Offer("G10".to_owned()));
        assert_eq!(kiosk.screen(), "check");
        kiosk
    }

    /// The same, after the order is kept and was sent.
    pub fn sent() -> (Self, Uuid, Order) {
        let mut kiosk = Self::at_check();
        kiosk.tap(Control::Confirm);
        let (id, order) = kiosk.stored();
        kiosk.take(Input::Stored { id, is_kept: true });
        assert_eq!(kiosk.sends(), [id]);
        (kiosk, id, order)
    }

    /// The same, with its receipt.
    pub fn done() -> (Self, Uuid) {
        let (mut kiosk, id, order) = Self::sent();
        kiosk.accept(id, &order);
        assert_eq!(kiosk.screen(), "done");
        (kiosk, id)
    }

    pub fn accept(&mut self, id: Uuid, order: &Order) -> &mut Self {
        let receipt = self.receipt(id, order);
        self.take(Input::Answered { id, outcome: Outcome::Accepted(Box::new(receipt)) })
    }

    /// The receipt with which the bank answers that order: the numbers have no gaps, and the same order gets the same.
    pub fn receipt(&self, id: Uuid, order: &Order) -> ReceiptFacts {
        let before = self.accepted.iter().position(|accepted| *accepted == id).unwrap_or(self.accepted.len());
        let before = i64::try_from(before).unwrap();
        let mut receipt = receipt_of(order);
        (receipt.number, receipt.position) = (format!("S01-26-{:06}", 42 + before), 4321 + before);
        receipt.issued_at = self.model.times.now / 1000;
        if let (Order::Reversal { .. }, Some(pending)) = (order, self.model.commands.pending.get(&id)) {
            let terms = &pending.terms;
            (receipt.reverses, receipt.lines) = (terms.reverses.clone(), terms.lines.clone());
            receipt.points = receipt.lines.iter().map(|(_, pieces, points_each)| pieces * points_each).sum();
        }
        receipt
    }

    /// The order that the last input had stored.
    pub fn stored(&self) -> (Uuid, Order) {
        let found = self.effects.iter().find_map(|effect| match effect {
            Effect::Store { id, order, .. } => Some((*id, order.clone())),
            _ => None,
        });
        found.unwrap()
    }

    /// Whether the last input had that order settled so.
    pub fn settles(&self, order: Uuid, end: &Settled) -> bool {
        self.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Settle { id, settled, .. } if *id == order && settled == end))
    }

    /// The orders that the last input had sent.
    pub fn sends(&self) -> Vec<Uuid> {
        let sent = |effect: &Effect| match effect {
            Effect::Send { id, .. } => Some(*id),
            _ => None,
        };
        self.effects.iter().filter_map(sent).collect()
    }

    pub fn screen(&self) -> &'static str {
        screens::name(&self.model)
    }

    pub fn html(&self) -> String {
        screens::view(&self.model).into_string()
    }

    /// What stands on the page between head and foot.
    pub fn text(&self) -> String {
        let html = self.html();
        let main = html.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
        words(main.split_once('>').unwrap().1)
    }

    pub fn is_at_welcome(&self) -> bool {
        self.model.screen == Screen::Welcome && self.model.session.is_none() && self.model.overlay.is_none()
    }

    /// The controls that the page offers.
    pub fn controls(&self) -> Vec<Control> {
        let html = self.html();
        let values = html.split("name=\"control\" value=\"").skip(1);
        values.map(|rest| Control::parse(rest.split('"').next().unwrap()).unwrap()).collect()
    }
}

/// A piece of a page without its tags.
fn words(html: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for character in html.chars() {
        match character {
            '<' => (in_tag, text) = (true, text + " "),
            '>' => in_tag = false,
            _ if !in_tag => text.push(character),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
