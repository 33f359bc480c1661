//! `statement`: a volunteer's account in words, the newest posting first, each with its reason.

use std::fmt::Write;
use std::process::ExitCode;

use baoyulan_ledger::language::Language;
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::proof::Receipt;
use baoyulan_ledger::statement::{PostingReason, RedeemedItem, VolunteerPosting, VolunteerStatement};
use baoyulan_ledger::text::harmless;
use baoyulan_ledger::time::{date_at, date_of};
use baoyulan_ledger::{Ledger, Rejection};
use clap::Args;
use jiff::tz::TimeZone;

use crate::bank::BankArguments;
use crate::locale;
use crate::output::print;
use crate::redeemed::{earning_reversal_words, expired_words, redeemed_words};

#[derive(Debug, Args)]
pub struct StatementArguments {
    /// The card number
    #[arg(long, allow_hyphen_values = true, value_parser = super::card)]
    card: String,
    /// Draws it again, as it was when the journal had so many records: a statement says how many
    #[arg(long, value_name = "SIZE")]
    at: Option<u64>,
}

pub async fn statement(bank: &BankArguments, arguments: &StatementArguments) -> anyhow::Result<ExitCode> {
    bank.read(async |ledger| {
        print(&words(ledger, arguments).await?)?;
        Ok(ExitCode::SUCCESS)
    })
    .await
}

async fn words(ledger: &Ledger, arguments: &StatementArguments) -> anyhow::Result<String> {
    let card = CardNumber::parse(&arguments.card).ok_or(Rejection::CardCheckDigits)?;
    let statement = match arguments.at {
        None => ledger.volunteer_statement(card).await?,
        Some(size) => {
            let (present, _) = ledger.journal_head().await?;
            anyhow::ensure!(size <= present, "the journal has {present} records: choose a size up to that");
            ledger.volunteer_statement_at(card, size).await?
        }
    };
    let statement = statement.ok_or(Rejection::UnknownCard)?;
    let words = Words { language: locale::language().into(), zone: ledger.zone(), now: statement.posted_at };
    Ok(words.statement(card, &statement).trim_end().to_owned())
}

/// The language, the zone and the moment in which the words are true: the moment of the last record, so that they can be said
/// again.
struct Words<'a> {
    language: Language,
    zone: &'a TimeZone,
    now: i64,
}

impl Words<'_> {
    fn pick<'t>(&self, simplified: &'t str, traditional: &'t str, english: &'t str) -> &'t str {
        match self.language {
            Language::SimplifiedChinese => simplified,
            Language::TraditionalChinese => traditional,
            Language::English => english,
        }
    }

    fn statement(&self, card: CardNumber, statement: &VolunteerStatement) -> String {
        let mut text = String::new();
        for line in self.head(card, statement) {
            let _ = writeln!(text, "{line}");
        }
        for posting in &statement.postings {
            let _ = writeln!(text, "\n{}", self.posting(posting));
            for line in self.reason(posting) {
                let _ = writeln!(text, "    {line}");
            }
        }
        text
    }

    fn head(&self, card: CardNumber, statement: &VolunteerStatement) -> Vec<String> {
        let (points, minutes) = (statement.points.normal_balance(), statement.minutes.normal_balance());
        let lots = &statement.points.lots;
        let usable = statement.points.spendable(self.now);
        let blocked =
            if statement.is_blocked() { self.pick("（已挂失）", "（已掛失）", " (blocked)") } else { "" };
        let (size, time) = (statement.size, self.time());
        let mut head = match self.language {
            Language::SimplifiedChinese => vec![
                format!("积分卡 {card}{blocked}"),
                format!("截至日志的第 {size} 条记录，{time}"),
                format!("服务时长 {}（共 {minutes} 分钟），不会过期", self.hours(minutes)),
                format!("积分余额 {points} 分，可用 {usable} 分"),
            ],
            Language::TraditionalChinese => vec![
                format!("積分卡 {card}{blocked}"),
                format!("截至日誌的第 {size} 筆記錄，{time}"),
                format!("服務時長 {}（共 {minutes} 分鐘），不會過期", self.hours(minutes)),
                format!("積分餘額 {points} 分，可用 {usable} 分"),
            ],
            Language::English => vec![
                format!("card {card}{blocked}"),
                format!("as of {size} records in the journal, the last of {time}"),
                format!("service time {} ({minutes} minutes), which never expires", self.hours(minutes)),
                format!("{points} points, of which {usable} can be spent"),
            ],
        };
        for (expires_at, remaining) in lots.iter().filter(|(_, remaining)| **remaining > 0) {
            // A lot can be spent until just before its instant; people are told the last day.
            let last_day = date_at(expires_at - 1, self.zone);
            let expired = *expires_at <= self.now;
            head.push(match self.language {
                Language::SimplifiedChinese if expired => format!("  {remaining} 分已于 {last_day} 过期"),
                Language::SimplifiedChinese => format!("  {remaining} 分有效期至 {last_day}"),
                Language::TraditionalChinese if expired => format!("  {remaining} 分已於 {last_day} 過期"),
                Language::TraditionalChinese => format!("  {remaining} 分有效期至 {last_day}"),
                Language::English if expired => format!("  {remaining} points expired after {last_day}"),
                Language::English => format!("  {remaining} points can be spent until {last_day}"),
            });
        }
        head.extend(Some(statement.points_owed).filter(|owed| *owed > 0).map(|owed| self.owed(owed)));
        if statement.postings.is_empty() {
            head.push(self.pick("还没有记录", "還沒有記錄", "nothing has been posted yet").to_owned());
        }
        head
    }

    /// The moment on the wall clock in the bank's zone.
    fn time(&self) -> String {
        let moment = jiff::Timestamp::from_second(self.now).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.zone.to_datetime(moment).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    fn owed(&self, owed: i64) -> String {
        match self.language {
            Language::SimplifiedChinese => format!("欠 {owed} 分，以后得的积分先还这些；还清以前不能兑换"),
            Language::TraditionalChinese => format!("欠 {owed} 分，以後得的積分先還這些；還清以前不能兌換"),
            Language::English => {
                format!("{owed} points owed; what is earned settles them first, and until then nothing can be redeemed")
            }
        }
    }

    fn hours(&self, minutes: i64) -> String {
        let (hours, rest) = (minutes / 60, minutes % 60);
        match self.language {
            Language::SimplifiedChinese => format!("{hours} 小时 {rest} 分"),
            Language::TraditionalChinese => format!("{hours} 小時 {rest} 分"),
            Language::English => format!("{hours} h {rest} min"),
        }
    }

    fn posting(&self, posting: &VolunteerPosting) -> String {
        let mut line = date_of(posting.effective_day).to_string();
        if posting.points != 0 {
            let _ = write!(line, "  {} {:+}", self.pick("积分", "積分", "points"), posting.points);
        }
        if posting.minutes != 0 {
            let _ = write!(
                line,
                "  {} {:+} {}",
                self.pick("时长", "時長", "time"),
                posting.minutes,
                self.pick("分钟", "分鐘", "minutes")
            );
        }
        if let Some(after) = posting.points_after {
            let _ =
                write!(line, "  {} {after} {}", self.pick("余额", "餘額", "balance"), self.pick("分", "分", "points"));
        }
        match posting.owed {
            0 => {}
            owed if owed > 0 => {
                let _ = write!(line, "  {} {owed} {}", self.pick("多欠", "多欠", "owed"), self.points());
            }
            settled => {
                let _ = write!(line, "  {} {} {}", self.pick("还欠", "還欠", "settled"), -settled, self.points());
            }
        }
        line
    }

    fn points(&self) -> &'static str {
        self.pick("分", "分", "points")
    }

    fn reason(&self, posting: &VolunteerPosting) -> Vec<String> {
        match &posting.what {
            PostingReason::Attendance(title, reason, policy) => {
                let mut lines = vec![format!("{}({})", harmless(title), reason.activity)];
                lines.extend(reason.lines(policy, self.language));
                lines
            }
            PostingReason::AttendanceReversal(title, activity) => {
                vec![earning_reversal_words(title, activity, self.language)]
            }
            PostingReason::Redemption(redeemed) => {
                let mut lines: Vec<String> = redeemed.iter().map(|line| self.redeemed(line)).collect();
                lines.extend(posting.receipt.as_deref().and_then(|token| self.receipt(token)));
                lines
            }
            PostingReason::Expiry => vec![expired_words(self.language).to_owned()],
            PostingReason::Other(note) if note.is_empty() => Vec::new(),
            PostingReason::Other(note) => vec![harmless(note).into_owned()],
        }
    }

    fn redeemed(&self, line: &RedeemedItem) -> String {
        let verb = if line.pieces < 0 {
            self.pick("冲正", "沖正", "reversed:")
        } else {
            self.pick("兑换", "兌換", "redeemed:")
        };
        format!("{verb} {}", redeemed_words(line, self.language))
    }

    /// The token comes from the bank itself, so it is read without being verified.
    fn receipt(&self, token: &str) -> Option<String> {
        Receipt::read_unverified(token)
            .map(|receipt| format!("{} {}", self.pick("回执", "回執", "receipt"), receipt.number))
    }
}
