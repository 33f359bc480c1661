//! A volunteer's account in words and lines, newest first, with the reason of every line.

use std::fmt::Write;
use std::process::ExitCode;

use baoyulan_ledger::book::lot::spendable;
use baoyulan_ledger::earn::Language;
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::proof::Receipt;
use baoyulan_ledger::statement::{PostingReason, VolunteerPosting, VolunteerStatement};
use baoyulan_ledger::time::{date_at, date_of};
use baoyulan_ledger::{Ledger, Rejection};
use jiff::tz::TimeZone;

use crate::arguments::{BankArguments, StatementArguments};
use crate::{clock, print};

pub async fn statement(
    ledger: &Ledger,
    bank: &BankArguments,
    arguments: &StatementArguments,
    language: Option<page_parts::Language>,
) -> anyhow::Result<ExitCode> {
    let card = CardNumber::parse(&arguments.card).ok_or(Rejection::CardCheckDigits)?;
    let statement = ledger.volunteer_statement(card).await?.ok_or(Rejection::UnknownCard)?;
    let words = Words {
        language: match language {
            None | Some(page_parts::Language::SimplifiedChinese) => Language::SimplifiedChinese,
            // It has no words in 繁體, and 简体 is not what was asked for.
            Some(page_parts::Language::TraditionalChinese | page_parts::Language::English) => Language::English,
        },
        zone: ledger.zone(),
        now: clock(bank).now(),
    };
    print(words.statement(card, &statement).trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// In which language, zone and moment the words are.
struct Words<'a> {
    language: Language,
    zone: &'a TimeZone,
    now: i64,
}

impl Words<'_> {
    fn pick<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        match self.language {
            Language::SimplifiedChinese => chinese,
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
        let usable = spendable(lots, self.now);
        let blocked = if statement.is_blocked() { self.pick("(已挂失)", " (blocked)") } else { "" };
        let mut head = match self.language {
            Language::SimplifiedChinese => vec![
                format!("积分卡 {card}{blocked}"),
                format!("服务时长 {}(共 {minutes} 分钟),不会过期", self.hours(minutes)),
                format!("积分余额 {points} 分,可用 {usable} 分"),
            ],
            Language::English => vec![
                format!("card {card}{blocked}"),
                format!("service time {} ({minutes} minutes), which never expires", self.hours(minutes)),
                format!("{points} points, of which {usable} can be spent"),
            ],
        };
        for (expires_at, remaining) in lots.iter().filter(|(_, remaining)| **remaining > 0) {
            // The lot's instant is the first at which it can no longer be spent; people are told the last day.
            let last_day = date_at(expires_at - 1, self.zone);
            let expired = *expires_at <= self.now;
            head.push(match self.language {
                Language::SimplifiedChinese if expired => format!("  {remaining} 分已于 {last_day} 过期"),
                Language::SimplifiedChinese => format!("  {remaining} 分有效期至 {last_day}"),
                Language::English if expired => format!("  {remaining} points expired after {last_day}"),
                Language::English => format!("  {remaining} points can be spent until {last_day}"),
            });
        }
        if statement.postings.is_empty() {
            head.push(self.pick("还没有记录", "nothing has been posted yet").to_owned());
        }
        head
    }

    fn hours(&self, minutes: i64) -> String {
        let (hours, rest) = (minutes / 60, minutes % 60);
        match self.language {
            Language::SimplifiedChinese => format!("{hours} 小时 {rest} 分"),
            Language::English => format!("{hours} h {rest} min"),
        }
    }

    fn posting(&self, posting: &VolunteerPosting) -> String {
        let mut line = date_of(posting.effective_day).to_string();
        if posting.points != 0 {
            let _ = write!(line, "  {} {:+}", self.pick("积分", "points"), posting.points);
        }
        if posting.minutes != 0 {
            let _ =
                write!(line, "  {} {:+} {}", self.pick("时长", "time"), posting.minutes, self.pick("分钟", "minutes"));
        }
        if let Some(after) = posting.points_after {
            let _ = write!(line, "  {} {after} {}", self.pick("余额", "balance"), self.pick("分", "points"));
        }
        line
    }

    fn reason(&self, posting: &VolunteerPosting) -> Vec<String> {
        match &posting.what {
            PostingReason::Attendance(title, reason, policy) => {
                let mut lines = vec![format!("{title}({})", reason.activity)];
                lines.extend(reason.lines(policy, self.language));
                lines
            }
            PostingReason::Redemption(redeemed) => {
                let mut lines: Vec<String> = redeemed.iter().map(|line| self.redeemed(line)).collect();
                lines.extend(posting.receipt.as_deref().and_then(|token| self.receipt(token)));
                lines
            }
            PostingReason::Other(note) if note.is_empty() => Vec::new(),
            PostingReason::Other(note) => vec![note.clone()],
        }
    }

    fn redeemed(&self, line: &(String, i64, i64, String)) -> String {
        let verb = if line.1 < 0 { self.pick("冲正", "reversed:") } else { self.pick("兑换", "redeemed:") };
        format!("{verb} {}", redeemed_words(line, self.language))
    }

    /// The receipt's number. The token comes from the bank itself, so it is read and not verified.
    fn receipt(&self, token: &str) -> Option<String> {
        Receipt::read_unverified(token).map(|receipt| format!("{} {}", self.pick("回执", "receipt"), receipt.number))
    }
}

/// What was redeemed or reversed, how many of it and for how much: name, pieces, points each, SKU.
pub fn redeemed_words((name, pieces, points_each, sku): &(String, i64, i64, String), language: Language) -> String {
    let pieces = pieces.abs();
    match language {
        Language::SimplifiedChinese => format!("{name}({sku})× {pieces},每件 {points_each} 分"),
        Language::English => format!("{pieces} × {name} ({sku}) at {points_each} points"),
    }
}
