//! Scenarios that an accountant can read: what is given, what happens when, what then holds, and a trial balance.
//!
//! A scenario is a text file in `books/`. Its first line says what it is about. Then come parts, each with a line at the margin and
//! indented lines below it:
//!
//! ```text
//! given
//!   commodity point
//!   account   fund  equity     point  no floor
//!   account   anna  liability  point  lots
//! when 2026-06-15 12:00
//!   post      fund +100, anna -100 until 2027-01-01   as grant
//!   reverse   grant: fund -200, anna +200             is refused: nothing_left_to_reverse
//! then
//!   anna      has 100, 0 held, 100 to spend
//! trial balance of point      debit  credit
//!   anna                                100
//!   fund                        100
//!                               100     100
//! ```
//!
//! In `given`, `a town` stands for the reference town; its first three members are called anna, berta and carla. Entries are
//! debits with a plus, credits with a minus. Times are those of the town.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests: what fails here fails the test")]

use std::collections::BTreeMap;

use baoyulan_ledger::book::account::{AccountState, Class};
use baoyulan_ledger::book::{Account, Address, Commodity, UndoneEntry};
use baoyulan_ledger::command::{
    CaptureHold, CapturedEntry, Channel, Command, DefineCommodity, LimitedAccounts, NewAccount, NewEntry, PlaceHold,
    Post, ReleaseHold, Reverse, ReverseRedemption, SetAccountState, SetLimit, Side, Window,
};
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::shop::Line;
use baoyulan_ledger::time::parse_local_minute;
use baoyulan_ledger::{AtomicEnvelope, Error, Ledger, NewBank, Options, Posted};

use crate::bank::{CLERK, TestBank, attendance, cards, redeem, reference_town, unkeyed};
use crate::journal::{Tables, assert_whole, recompute};

/// How far the town's clocks are ahead of UTC, in seconds.
const AHEAD: i64 = 8 * 3600;
/// What the first members of the town are called.
const NAMES: [&str; 3] = ["anna", "berta", "carla"];

/// Plays a scenario on a bank; `text` is the file.
pub async fn play(bank: &TestBank, text: &str) {
    let mut story = Story::begin(bank, text).await;
    let mut part = "";
    for (number, line) in text.lines().enumerate().skip(1) {
        let line = line.split(" # ").next().unwrap_or(line).trim_end();
        story.line = number + 1;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with(' ') {
            match part.split(' ').next() {
                Some("given") => story.given(line.trim()).await,
                Some("when") => story.when(line.trim()).await,
                Some("then") => story.then(line.trim()).await,
                Some("trial") => story.trial_line(part, line),
                _ => panic!("line {}: what is this part?", story.line),
            }
        } else {
            story.end_of_trial(part).await;
            part = line;
            if let Some(at) = part.strip_prefix("when ") {
                bank.set_now(instant(at));
            }
        }
    }
    story.end_of_trial(part).await;
    story.end(bank).await;
}

struct Story {
    ledger: Ledger,
    url: String,
    /// What a name stands for: an account's address.
    addresses: BTreeMap<String, Address>,
    cards: BTreeMap<String, String>,
    /// What was posted under a label.
    posted: BTreeMap<String, Posted>,
    /// The lines of the present trial balance: name, debit, credit.
    trial: Vec<(String, i64, i64)>,
    /// The line of the file.
    line: usize,
}

/// An instant in UTC seconds, of `2026-06-15 12:00` or of a day's beginning.
fn instant(text: &str) -> i64 {
    let text = text.trim();
    let text = if text.len() == 10 { format!("{text}T00:00") } else { text.replace(' ', "T") };
    parse_local_minute(&text).unwrap_or_else(|| panic!("{text} is no time")) * 60 - AHEAD
}

/// The words of a line.
fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// What stands before a mark, and what behind it.
fn cut<'a>(text: &'a str, mark: &str) -> (&'a str, Option<&'a str>) {
    text.split_once(mark).map_or((text, None), |(before, behind)| (before.trim(), Some(behind.trim())))
}

impl Story {
    async fn begin(bank: &TestBank, text: &str) -> Self {
        let has_town = text.lines().any(|line| line.trim() == "a town");
        let options = if has_town {
            bank.move_reserved();
            bank.options()
        } else {
            let new = NewBank { demo: true, time_zone: "Asia/Shanghai".to_owned(), ..NewBank::new("books") };
            Options { create: Some(new), ..bank.options() }
        };
        let ledger = Ledger::open(bank.url(), options).await.unwrap();
        let (addresses, cards) = (BTreeMap::new(), BTreeMap::new());
        let url = bank.url().to_owned();
        Self { ledger, url, addresses, cards, posted: BTreeMap::new(), trial: Vec::new(), line: 1 }
    }

    async fn end(self, bank: &TestBank) {
        let balance = self.ledger.trial_balance().await.unwrap();
        assert!(balance.disagreements.is_empty(), "{:?}", balance.disagreements);
        assert_eq!(recompute(bank.url()).await, self.ledger.journal_head().await.unwrap());
        self.ledger.close().await;
        assert_whole(bank.url()).await;
    }

    fn address(&self, name: &str) -> Address {
        let known = self.addresses.get(name).cloned().or_else(|| Address::new(name));
        known.unwrap_or_else(|| panic!("line {}: {name}?", self.line))
    }

    async fn given(&mut self, line: &str) {
        match *words(line).as_slice() {
            ["a", "town"] => self.town().await,
            ["commodity", code] => {
                let commodity = Commodity::new(code).unwrap();
                self.post(Command::DefineCommodity(DefineCommodity { commodity, scale: 0 })).await.unwrap();
            }
            ["account", name, class, commodity, ref more @ ..] => {
                let class = match class {
                    "asset" => Class::Asset,
                    "liability" => Class::Liability,
                    "equity" => Class::Equity,
                    "income" => Class::Income,
                    "expense" => Class::Expense,
                    other => panic!("line {}: the class {other}?", self.line),
                };
                let new = NewAccount::new(Address::new(name).unwrap(), class, Commodity::new(commodity).unwrap());
                let floor = if more == ["no", "floor"] { None } else { Some(0) };
                let new = NewAccount { floor, lotted: more == ["lots"], ..new };
                self.post(Command::OpenAccount(new)).await.unwrap();
            }
            _ => panic!("line {}: {line}", self.line),
        }
    }

    async fn town(&mut self) {
        reference_town(&self.ledger).await;
        for (name, card) in NAMES.into_iter().zip(cards()) {
            let account = self.ledger.volunteer_account(CardNumber::parse(&card).unwrap()).await.unwrap().unwrap();
            let pseudonym = account.pseudonym.as_str();
            let address = |text: String| Address::new(&text).unwrap();
            self.addresses.insert(name.to_owned(), address(format!("member/{pseudonym}/points")));
            self.addresses.insert(format!("{name}/minutes"), address(format!("member/{pseudonym}/minutes")));
            self.addresses.insert(format!("{name}/owed"), address(format!("receivable/{pseudonym}/points")));
            self.cards.insert(name.to_owned(), card);
        }
    }

    async fn post(&self, command: Command) -> Result<Posted, Error> {
        self.ledger.post(unkeyed(command)).await
    }

    async fn when(&mut self, line: &str) {
        let (line, refused) = cut(line, " is refused:");
        if line == "expire" {
            self.ledger.expire("night-run", Channel::Host, None, |_, _| {}).await.unwrap();
            return;
        }
        if let Some(commands) = line.strip_prefix("together ") {
            self.together(commands, refused).await;
            return;
        }
        let (line, label) = cut(line, " as ");
        let outcome = match self.command(line) {
            Some(command) => self.post(command).await,
            None => panic!("line {}: {line}", self.line),
        };
        match (outcome, refused) {
            (Ok(posted), None) => {
                label.map(|label| self.posted.insert(label.to_owned(), posted));
            }
            (Err(Error::Rejected(rejection)), Some(code)) => {
                assert_eq!(rejection.code(), code, "line {}: {rejection}", self.line);
            }
            (outcome, _) => panic!("line {}: {line}: {outcome:?}", self.line),
        }
    }

    /// Commands that are posted together or not at all; a refusal says which of them is refused: `below_floor, the third`.
    async fn together(&self, commands: &str, refused: Option<&str>) {
        let commands = commands.split(" | ").map(|command| self.command(command.trim()).unwrap()).collect();
        let outcome = self.ledger.post_atomic(AtomicEnvelope::unkeyed(CLERK, Channel::Host, commands)).await.unwrap();
        let outcome = outcome.map(drop).map_err(|rejected| {
            let place = ["the first", "the second", "the third", "the fourth"][rejected.failed];
            format!("{}, {place}", rejected.rejection.code())
        });
        assert_eq!(outcome, refused.map_or(Ok(()), |refused| Err(refused.to_owned())), "line {}", self.line);
    }

    /// The command that a line says.
    fn command(&self, line: &str) -> Option<Command> {
        let (head, entries) = cut(line, ": ");
        let spoken = words(head);
        Some(match *spoken.as_slice() {
            ["post", ..] => Command::Post(Post { entries: self.entries(line.strip_prefix("post")?) }),
            ["hold", code, "until", ref until @ ..] => {
                // The time has a colon of its own.
                let (_, rest) = line.split_once("until")?;
                let (time, entries) = rest.trim().split_at("2026-06-15 12:00".len());
                debug_assert!(!until.is_empty());
                let entries = self.entries(entries.trim_start_matches(':'));
                Command::PlaceHold(PlaceHold { hold: code.to_owned(), entries, until: instant(time) })
            }
            ["capture", code, ..] => {
                let (parts, keeps) = cut(entries.unwrap_or_default(), ";");
                let entries = entries.map(|_| self.parts(parts)).map(|parts| {
                    let parts = parts.into_iter();
                    parts.map(|(address, quantity)| CapturedEntry { address, quantity }).collect()
                });
                Command::CaptureHold(CaptureHold { hold: code.to_owned(), entries, keep_rest: keeps.is_some() })
            }
            ["release", code] => Command::ReleaseHold(ReleaseHold { hold: code.to_owned() }),
            ["reverse", label] => {
                let entries = entries.map(|entries| self.parts(entries)).map(|parts| {
                    let parts = parts.into_iter();
                    parts.map(|(address, quantity)| UndoneEntry { address, quantity }).collect()
                });
                Command::Reverse(Reverse { position: self.posted(label).position, entries })
            }
            ["limit", code, name, side, quantity, "a", window] => Command::SetLimit(SetLimit {
                limit: code.to_owned(),
                accounts: LimitedAccounts::One(self.address(name)),
                side: if side == "in" { Side::In } else { Side::Out },
                window: match window {
                    "day" => Window::Day,
                    "month" => Window::Month,
                    _ => Window::Year,
                },
                quantity: quantity.parse().ok()?,
            }),
            ["freeze", name] => self.state(name, AccountState::Frozen),
            ["thaw", name] => self.state(name, AccountState::Open),
            ["close", name] => self.state(name, AccountState::Closed),
            [name, "attends", code, day, from, "to", until, grade] => {
                let time = |time: &str| format!("{day}T{time}");
                attendance(code, self.cards.get(name)?, &time(from), &time(until), grade)
            }
            [name, "redeems", pieces, sku, "at", station] => {
                redeem(self.cards.get(name)?, station, sku, pieces.parse().ok()?)
            }
            [_, "returns", label] => {
                let lines = entries.map(|lines| {
                    let line = |line: &str| {
                        let (pieces, sku) = line.trim().split_once(' ').unwrap();
                        Line { sku: sku.trim().to_owned(), pieces: pieces.parse().unwrap() }
                    };
                    lines.split(',').map(line).collect()
                });
                Command::ReverseRedemption(ReverseRedemption { receipt: self.receipt(label), lines })
            }
            _ => return None,
        })
    }

    fn posted(&self, label: &str) -> &Posted {
        self.posted.get(label).unwrap_or_else(|| panic!("line {}: nothing is called {label}", self.line))
    }

    /// The number on a receipt.
    fn receipt(&self, label: &str) -> String {
        let token = self.posted(label).receipt.as_deref().unwrap();
        let payload = data_encoding::BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap().as_bytes()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&payload).unwrap()["rno"].as_str().unwrap().to_owned()
    }

    fn state(&self, name: &str, state: AccountState) -> Command {
        Command::SetAccountState(SetAccountState { address: self.address(name), state })
    }

    /// Entries with their lots and conditions.
    fn entries(&self, text: &str) -> Vec<NewEntry> {
        text.split(',').map(|entry| self.entry(entry.trim())).collect()
    }

    fn entry(&self, text: &str) -> NewEntry {
        let mut spoken = words(text).into_iter();
        let (name, quantity) = (spoken.next().unwrap(), spoken.next().unwrap());
        let mut entry = NewEntry::new(self.address(name), quantity.parse().unwrap());
        while let Some(word) = spoken.next() {
            let mut number = || spoken.next().unwrap();
            entry = match word {
                "until" => entry.expiring_at(instant(number())),
                "carried" => entry.carrying(),
                "min" => entry.with_minimum(number().parse().unwrap()),
                "max" => entry.with_maximum(number().parse().unwrap()),
                other => panic!("line {}: {other}?", self.line),
            };
        }
        entry
    }

    /// Names with quantities alone.
    fn parts(&self, text: &str) -> Vec<(Address, i64)> {
        let part = |part: &str| {
            let (name, quantity) = part.trim().split_once(' ').unwrap();
            (self.address(name), quantity.trim().parse().unwrap())
        };
        text.split(',').map(part).collect()
    }

    async fn account(&self, name: &str) -> Option<Account> {
        self.ledger.account(&self.address(name)).await.unwrap()
    }

    /// `anna has 90, 20 held, 70 to spend`; `anna owes 5`.
    async fn then(&mut self, line: &str) {
        let now = self.ledger.now();
        let (name, said) = line.split_once(' ').unwrap();
        for part in said.split(',') {
            let part = words(part);
            let (number, found) = match *part.as_slice() {
                ["has", number] => (number, self.account(name).await.map_or(0, |account| account.normal_balance())),
                [number, "held"] => (number, self.account(name).await.map_or(0, |account| account.reserved(now))),
                [number, "to", "spend"] => (number, self.account(name).await.map_or(0, |one| one.spendable(now))),
                ["owes", number] => {
                    let owed = self.account(&format!("{name}/owed")).await;
                    (number, owed.map_or(0, |account| account.normal_balance()))
                }
                _ => panic!("line {}: {line}", self.line),
            };
            assert_eq!(number.parse::<i64>().unwrap(), found, "line {}: {line}", self.line);
        }
    }

    /// A line of a trial balance: a number that ends below `debit` is one, another is a credit.
    fn trial_line(&mut self, head: &str, line: &str) {
        let debits_end = head.find("debit").unwrap() + "debit".len();
        let name = line.split_whitespace().next().unwrap();
        let name = if name.parse::<i64>().is_ok() { "" } else { name };
        let (mut debit, mut credit) = (0, 0);
        let start = if name.is_empty() { 0 } else { line.find(name).unwrap() + name.len() };
        let mut end = start;
        for word in line[start..].split_whitespace() {
            end += line[end..].find(word).unwrap() + word.len();
            let side = if end <= debits_end { &mut debit } else { &mut credit };
            *side = word.parse().unwrap();
        }
        self.trial.push((name.to_owned(), debit, credit));
    }

    /// Compares the trial balance that was read with the bank's: the same accounts, the same sums.
    async fn end_of_trial(&mut self, part: &str) {
        let Some(rest) = part.strip_prefix("trial balance of ") else { return };
        let commodity = rest.split_whitespace().next().unwrap();
        let mut written = std::mem::take(&mut self.trial);
        let totals = written.pop().unwrap();
        assert!(totals.0.is_empty(), "line {}: a trial balance ends with its totals", self.line);
        let sums = written.iter().fold((0, 0), |sums, line| (sums.0 + line.1, sums.1 + line.2));
        assert_eq!((sums.0, sums.1), (totals.1, totals.2), "the trial balance before line {}: its totals", self.line);
        assert_eq!(sums.0, sums.1, "the trial balance before line {} does not balance", self.line);
        let found = self.balances(commodity).await;
        let written: BTreeMap<String, i64> =
            written.into_iter().map(|(name, debit, credit)| (name, debit - credit)).collect();
        assert_eq!(written, found, "the trial balance before line {}", self.line);
    }

    /// The balance of every account that has one, by the name that it has here.
    async fn balances(&self, commodity: &str) -> BTreeMap<String, i64> {
        let mut balances = BTreeMap::new();
        let question = format!(
            "SELECT a.address, b.quantity FROM ledger_accounts a, ledger_balances b \
             WHERE b.account = a.account AND a.commodity = '{commodity}' AND b.quantity <> 0"
        );
        for row in Tables::open(&self.url).await.rows(&question).await {
            let address = row[0].text();
            let named = self.addresses.iter().find(|(_, known)| known.as_str() == address);
            let name = named.map_or_else(|| address.to_owned(), |(name, _)| name.clone());
            balances.insert(name, row[1].integer());
        }
        balances
    }
}
