//! Why something was posted, in the reader's language, a line for each part.

use baoyulan_ledger::earn::attendance::exact_points;
use baoyulan_ledger::earn::{Policy, Reason};
use baoyulan_ledger::statement::{PostingReason, RedeemedItem, VolunteerPosting};
use jiff::civil::Date;
use maud::{Markup, html};

use crate::pages::layout::town_words;
use crate::pages::visitor::Visitor;
use crate::pages::words::{Word, Words};

/// What a posting was: its code, a sign, so that nothing is shown by colour alone, and a word.
pub fn kind(posting: &VolunteerPosting) -> (&'static str, &'static str, Word) {
    match &posting.what {
        PostingReason::Attendance(..) => ("attendance", "＋", Word::KindAttendance),
        PostingReason::AttendanceReversal(..) => ("earning_reversal", "↩", Word::KindEarningReversal),
        PostingReason::Redemption(lines) if lines.iter().any(|line| line.pieces < 0) => {
            ("reversal", "↩", Word::KindReversal)
        }
        PostingReason::Redemption(_) => ("redemption", "−", Word::KindRedemption),
        PostingReason::Expiry => ("expiry", "−", Word::KindExpiry),
        PostingReason::Other(_) => ("other", "•", Word::KindOther),
    }
}

pub fn lines(visitor: &Visitor, posting: &VolunteerPosting) -> Vec<Markup> {
    let words = visitor.words;
    match &posting.what {
        PostingReason::Attendance(title, reason, policy) => {
            let mut lines = vec![html! { strong { (town_words(visitor, title)) } }];
            lines.extend(earning(words, reason, policy).into_iter().map(|line| html! { (line) }));
            lines
        }
        PostingReason::AttendanceReversal(title, _) => vec![html! { strong { (town_words(visitor, title)) } }],
        PostingReason::Redemption(redeemed) => {
            let line = |line: &RedeemedItem| {
                html! {
                    strong { (town_words(visitor, &line.name)) } " " (line_words(words, line.pieces, line.points_each))
                }
            };
            redeemed.iter().map(line).collect()
        }
        PostingReason::Expiry => Vec::new(),
        PostingReason::Other(note) if note.is_empty() => Vec::new(),
        PostingReason::Other(note) => vec![town_words(visitor, note)],
    }
}

/// How many pieces there were, and the points for each.
pub fn line_words(words: Words, pieces: i64, points_each: i64) -> String {
    words.with(Word::RedeemedLine, [("pieces", pieces.abs().into()), ("points", points_each.into())])
}

/// How the time was counted, then what was added to it.
fn earning(words: Words, reason: &Reason, policy: &Policy) -> Vec<String> {
    let mut lines = Vec::new();
    if reason.minutes_counted != reason.minutes_credited {
        let (served, counted) = (reason.minutes_credited, reason.minutes_counted);
        lines.push(words.with(Word::ReasonCut, [("served", served.into()), ("counted", counted.into())]));
    }
    lines.extend(time(words, reason, policy));
    let awards = [
        (reason.organiser_points, Word::AwardOrganiser),
        (reason.service_day_points, Word::AwardServiceDay),
        (reason.theme_points, Word::AwardTheme),
    ];
    let awards = awards.into_iter().filter(|(points, _)| *points > 0);
    lines.extend(awards.map(|(points, word)| words.with(word, [("points", points.into())])));
    lines
}

fn time(words: Words, reason: &Reason, policy: &Policy) -> Option<String> {
    let (rule, grade) = (policy.rules.get(&reason.rule)?, policy.grades.get(&reason.grade)?);
    let text = words.with(
        Word::ReasonTime,
        [
            ("hours", hours(reason.minutes_counted).into()),
            ("rate", rule.points_per_hour.into()),
            ("service", rule.coefficient.to_string().into()),
            ("assessment", grade.coefficient.to_string().into()),
        ],
    );
    let points = reason.time_points;
    let exact = exact_points(reason.minutes_counted, rule, grade).map(|exact| exact.to_string());
    let outcome = match exact.filter(|exact| *exact != points.to_string()) {
        Some(exact) => words.with(Word::ReasonRounded, [("exact", exact.into()), ("points", points.into())]),
        None => words.with(Word::ReasonPoints, [("points", points.into())]),
    };
    Some(format!("{text} {outcome}"))
}

/// Hours with up to two decimals. More are not needed, because time counts in half hours.
fn hours(minutes: i64) -> String {
    let text = format!("{}.{:02}", minutes / 60, minutes % 60 * 100 / 60);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A day that programs can read too.
pub fn day(words: Words, date: Date) -> Markup {
    html! { time datetime=(date) { (words.language.day(date)) } }
}

#[cfg(test)]
mod tests {
    #[test]
    fn hours_are_written_without_needless_noughts() {
        for (minutes, text) in [(0, "0"), (30, "0.5"), (45, "0.75"), (60, "1"), (600, "10"), (630, "10.5")] {
            assert_eq!(super::hours(minutes), text);
        }
    }
}
