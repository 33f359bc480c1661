//! The hands: each effect is done in a task of its own, and its answer is an input.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use uuid::Uuid;

use super::agent::Inbox;
use super::client::Client;
use super::outbox::{BankKey, Found, KeptBody, Misplaced, Outbox};
use super::paper::{JournalHead, Kind, Line, PaperFault, ReceiptPrinter, Slip};
use crate::app::answer::{No, Poll, Print, Trouble};
use crate::app::commands::Settled;
use crate::app::effect::PrintJob;
use crate::app::model::Rules;
use crate::app::receipt::{Seen, SeenReceipt};
use crate::app::{Effect, Input};
use crate::screens::words::{Word, Words};

/// How long a slip waits for the journal's head; the screen does not wait for either.
const HEAD_PATIENCE: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub struct Hands {
    inbox: Inbox,
    client: Arc<Client>,
    outbox: Outbox,
    printer: Option<ReceiptPrinter>,
    credential: String,
    station_name: String,
    /// Whether what the outbox holds has been read.
    loaded: Arc<AtomicBool>,
}

impl Hands {
    pub fn new(inbox: Inbox, client: Client, outbox: Outbox, printer: Option<ReceiptPrinter>, rules: &Rules) -> Self {
        let (credential, station_name) = (rules.credential.clone(), rules.station_name.clone());
        Self { inbox, client: Arc::new(client), outbox, printer, credential, station_name, loaded: Arc::default() }
    }

    /// Reads what the outbox holds.
    pub fn start(&self) {
        let hands = self.clone();
        tokio::spawn(async move { hands.load().await });
    }

    pub async fn close(&self) {
        self.outbox.close().await;
    }

    pub fn act(&self, effect: Effect, now: i64) {
        let hands = self.clone();
        tokio::spawn(async move {
            if let Some(input) = hands.done(effect, now).await {
                hands.inbox.drop_in(input).await;
            }
        });
    }

    async fn done(&self, effect: Effect, now: i64) -> Option<Input> {
        let client = &self.client;
        Some(match effect {
            Effect::Poll => {
                self.look_at_the_outbox().await;
                Input::Polled(self.poll(now).await)
            }
            Effect::CheckPin { question, card, pin } => {
                Input::Identified { question, answer: client.check_pin(&card, &pin).await }
            }
            Effect::Vouch { question, token, card } => {
                Input::Identified { question, answer: client.vouch(&token, &card).await }
            }
            Effect::KeepVisit { visit } => {
                client.keep_visit(&visit).await;
                return None;
            }
            Effect::EndVisit { visit } => {
                client.end_visit(&visit).await;
                return None;
            }
            Effect::CheckStaff { question, token } => {
                Input::Vouched { question, answer: client.check_staff(&token).await }
            }
            Effect::AskReceipt { question, visit, number } => {
                Input::Found { question, answer: client.receipt(&number, &visit).await.map(Box::new) }
            }
            Effect::Store { id, order, terms } => self.store(id, &KeptBody { order, terms }, now).await,
            Effect::Send { id, order, visit } => Input::Answered { id, outcome: client.send(id, &order, &visit).await },
            Effect::Settle { id, settled, seen } => self.settle(id, &settled, seen.as_ref(), now).await,
            Effect::Forget { id } => {
                self.is_good("forget", self.outbox.forget(id).await).await;
                return None;
            }
            Effect::Told { id } => {
                self.is_good("told", self.outbox.told(id).await).await;
                return None;
            }
            Effect::Probe => return self.probe().await,
            Effect::Print(job) => self.print(*job).await,
            Effect::Note(_) => return None,
        })
    }

    async fn load(&self) {
        let input = match self.outbox.load().await {
            // Several questions may have waited for the file: what it held is taken over once.
            Ok(_) if self.loaded.swap(true, Ordering::SeqCst) => Input::Probed(true),
            Ok(Found { kept, news, seen, keys }) => {
                self.client.know(keys);
                Input::Started { kept, news, seen, is_good: true }
            }
            Err(error) => {
                tracing::error!(reason = %error, "the outbox cannot be opened");
                self.tell_if_gone(&error).await;
                Input::Started { kept: Vec::new(), news: Vec::new(), seen: Seen::default(), is_good: false }
            }
        };
        self.inbox.drop_in(input).await;
    }

    /// What the bank has to say. Its keys are believed from now on only if the next start will know them too.
    async fn poll(&self, now: i64) -> Result<Poll, No> {
        let poll = self.client.poll(now).await?;
        let new = self.client.new_keys(&poll.issuer).await.map_err(No::Trouble)?;
        if !new.is_empty() && !self.is_good("meet", self.outbox.meet(&new).await).await {
            self.inbox.drop_in(Input::Probed(false)).await;
            return Err(No::Trouble(Trouble::Broken));
        }
        for BankKey { issuer, key } in &new {
            tracing::info!(issuer, key = key.id(), "a key of the bank's is known from now on");
        }
        self.client.believe(&poll, new);
        Ok(poll)
    }

    async fn store(&self, id: Uuid, body: &KeptBody, now: i64) -> Input {
        let is_kept = self.is_good("store", self.outbox.store(id, body, &self.credential, now).await).await;
        Input::Stored { id, is_kept }
    }

    async fn settle(&self, id: Uuid, settled: &Settled, seen: Option<&SeenReceipt>, now: i64) -> Input {
        let is_written = self.is_good("settle", self.outbox.settle(id, settled, seen, now).await).await;
        Input::Settled { id, is_written }
    }

    /// An outbox that could not be opened before is read as soon as it can be.
    async fn probe(&self) -> Option<Input> {
        if !self.loaded.load(Ordering::SeqCst) {
            self.load().await;
            return None;
        }
        Some(Input::Probed(self.is_good("probe", self.outbox.probe().await).await))
    }

    /// Nobody should begin where nothing can be kept.
    async fn look_at_the_outbox(&self) {
        if self.outbox.in_place().await.is_err() {
            self.inbox.drop_in(Input::OutboxGone).await;
        }
    }

    async fn tell_if_gone(&self, error: &anyhow::Error) {
        if error.is::<Misplaced>() {
            self.inbox.drop_in(Input::OutboxGone).await;
        }
    }

    /// Whether it worked; if not, why stands in the log. The outbox's own words name no card.
    async fn is_good(&self, work: &str, result: anyhow::Result<()>) -> bool {
        if let Err(error) = &result {
            tracing::error!(work, reason = %error, "the outbox cannot be written");
            self.tell_if_gone(error).await;
        }
        result.is_ok()
    }

    async fn print(&self, job: PrintJob) -> Input {
        let number = job.receipt.number.clone();
        let Some(printer) = &self.printer else { return Input::Printed { number, print: Print::None } };
        // Asked for now that the receipt is in the journal, so that the head covers it.
        let head = self.client.journal_head_after(job.receipt.position);
        let journal = tokio::time::timeout(HEAD_PATIENCE, head).await.ok().flatten();
        if journal.is_none() {
            tracing::info!(receipt = number, "a receipt is printed without the journal's head");
        }
        let print = match printer.print(slip(job, journal, &self.station_name)).await {
            Ok(printed) => {
                if let Some(reason) = printed.without_code {
                    tracing::warn!(receipt = number, %reason, "a receipt was printed without its code");
                }
                Print::Printed
            }
            Err(fault) => {
                tracing::warn!(receipt = number, code = fault.code(), reason = %fault, "the printer has not printed");
                if matches!(fault, PaperFault::OutOfPaper) { Print::NoPaper } else { Print::Failed }
            }
        };
        Input::Printed { number, print }
    }
}

/// The paper says what the receipt says, and where the journal stood.
pub(super) fn slip(job: PrintJob, journal: Option<JournalHead>, station: &str) -> Slip {
    let words = Words { language: job.language };
    let is_partly_returned = job.receipt.is_partly_returned();
    let line = |((_, pieces, points_each), name): ((String, i64, i64), String)| Line { name, pieces, points_each };
    Slip {
        language: job.language,
        title: words.say(Word::BankName),
        receipt_number: job.receipt.number,
        station: station.to_owned(),
        time: words.moment(job.receipt.issued_at, &job.zone),
        kind: if job.receipt.is_reversal { Kind::Reversal } else { Kind::Redemption },
        lines: job.receipt.lines.into_iter().zip(job.names).map(line).collect(),
        points: job.receipt.points,
        points_left: job.receipt.points_left,
        receipt_url: job.receipt.url,
        journal,
        is_reversed: job.receipt.is_reversed,
        is_copy: job.is_copy,
        is_partly_returned,
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use page_parts::Language;

    use super::*;
    use crate::app::answer::ReceiptFacts;

    fn job(is_reversal: bool, language: Language, zone: &str) -> PrintJob {
        let receipt = ReceiptFacts {
            number: "S01-26-000042".to_owned(),
            issuer: "baoyulan".to_owned(),
            station: "S01".to_owned(),
            subject: "7f3a".to_owned(),
            reverses: String::new(),
            is_reversal,
            token: "token".to_owned(),
            url: "https://bank.example/v#token".to_owned(),
            issued_at: 1_795_503_840,
            position: 9,
            lines: vec![("G10".to_owned(), 1, 300), ("G01".to_owned(), 2, 45)],
            points: 390,
            points_left: None,
            is_reversed: false,
            returned: Vec::new(),
        };
        let names = ["大米", "肥皂"].map(str::to_owned).to_vec();
        PrintJob { receipt, names, is_copy: is_reversal, language, zone: TimeZone::get(zone).unwrap() }
    }

    #[test]
    fn the_paper_says_what_the_receipt_says_in_the_words_and_by_the_clocks_of_its_job() {
        let paper = slip(job(false, Language::SimplifiedChinese, "Asia/Shanghai"), None, "东紫园");
        let lines = [("大米", 1, 300), ("肥皂", 2, 45)];
        let lines = lines.map(|(name, pieces, points_each)| Line { name: name.to_owned(), pieces, points_each });
        let expected = Slip {
            language: Language::SimplifiedChinese,
            title: "宝玉兰积分银行".to_owned(),
            receipt_number: "S01-26-000042".to_owned(),
            station: "东紫园".to_owned(),
            time: "2026年11月24日 15:04".to_owned(),
            kind: Kind::Redemption,
            lines: lines.to_vec(),
            points: 390,
            points_left: None,
            receipt_url: "https://bank.example/v#token".to_owned(),
            journal: None,
            is_reversed: false,
            is_partly_returned: false,
            is_copy: false,
        };
        assert!(paper == expected, "{paper:?}: {} {} {}", paper.title, paper.time, paper.receipt_url);

        let head = JournalHead { size: 12, root_start: "9f3c01ab".to_owned() };
        let paper = slip(job(true, Language::English, "UTC"), Some(head.clone()), "东紫园");
        assert_eq!((paper.title.as_str(), paper.time.as_str()), ("Baoyulan points bank", "24 November 2026 07:04 UTC"));
        assert!(paper.kind == Kind::Reversal && paper.is_copy && paper.journal == Some(head));
    }
}
