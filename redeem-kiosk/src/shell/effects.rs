//! The hands: each effect is done in a task of its own, and its answer is an input.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use uuid::Uuid;

use super::agent::Inbox;
use super::client::Client;
use super::outbox::Outbox;
use super::paper::{JournalHead, Kind, Line, PaperFault, ReceiptPrinter, Slip};
use crate::app::answer::Print;
use crate::app::commands::Settled;
use crate::app::effect::PrintJob;
use crate::app::model::Rules;
use crate::app::order::Order;
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
            Effect::Poll => Input::Polled(client.poll().await),
            Effect::CheckPin { question, card, pin } => {
                Input::Identified { question, answer: client.check_pin(&card, &pin).await }
            }
            Effect::AskVolunteer { question, card } => {
                Input::Identified { question, answer: client.volunteer(&card).await }
            }
            Effect::CheckStaff { question, token } => {
                Input::Vouched { question, answer: client.check_staff(&token).await }
            }
            Effect::AskReceipt { question, number } => {
                Input::Found { question, answer: client.receipt(&number).await.map(Box::new) }
            }
            Effect::Store { id, order } => self.store(id, &order, now).await,
            Effect::Send { id, order } => Input::Answered { id, outcome: client.send(id, &order).await },
            Effect::Settle { id, settled } => self.settle(id, &settled, now).await,
            Effect::Forget { id } => {
                is_good("forget", self.outbox.forget(id).await);
                return None;
            }
            Effect::Told { id } => {
                is_good("told", self.outbox.told(id).await);
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
            Ok(found) => Input::Started { kept: found.kept, news: found.news, is_good: true },
            Err(error) => {
                tracing::error!(reason = %error, "the outbox cannot be opened");
                Input::Started { kept: Vec::new(), news: Vec::new(), is_good: false }
            }
        };
        self.inbox.drop_in(input).await;
    }

    async fn store(&self, id: Uuid, order: &Order, now: i64) -> Input {
        let is_kept = is_good("store", self.outbox.store(id, order, &self.credential, now).await);
        Input::Stored { id, is_kept }
    }

    async fn settle(&self, id: Uuid, settled: &Settled, now: i64) -> Input {
        Input::Settled { id, is_written: is_good("settle", self.outbox.settle(id, settled, now).await) }
    }

    /// An outbox that could not be opened before is read as soon as it can be.
    async fn probe(&self) -> Option<Input> {
        if !self.loaded.load(Ordering::SeqCst) {
            self.load().await;
            return None;
        }
        Some(Input::Probed(is_good("probe", self.outbox.probe().await)))
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
        is_copy: job.is_copy,
    }
}

/// Whether it worked; if not, why stands in the log. The outbox's own words name no card.
fn is_good(work: &str, result: anyhow::Result<()>) -> bool {
    if let Err(error) = &result {
        tracing::error!(work, reason = %error, "the outbox cannot be written");
    }
    result.is_ok()
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
            is_reversal,
            token: "token".to_owned(),
            url: "https://bank.example/v#token".to_owned(),
            issued_at: 1_795_503_840,
            position: 9,
            lines: vec![("G10".to_owned(), 1, 300), ("G01".to_owned(), 2, 45)],
            points: 390,
            points_left: None,
            is_reversed: false,
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
            is_copy: false,
        };
        assert!(paper == expected, "{paper:?}: {} {} {}", paper.title, paper.time, paper.receipt_url);

        let head = JournalHead { size: 12, root_start: "9f3c01ab".to_owned() };
        let paper = slip(job(true, Language::English, "UTC"), Some(head.clone()), "东紫园");
        assert_eq!((paper.title.as_str(), paper.time.as_str()), ("Baoyulan points bank", "24 November 2026 07:04 UTC"));
        assert!(paper.kind == Kind::Reversal && paper.is_copy && paper.journal == Some(head));
    }
}
