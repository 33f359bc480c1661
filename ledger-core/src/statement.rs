//! A volunteer's statement: everything posted to their two accounts, newest first, each with its reason in parts.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::book::{Account, AccountId};
use crate::earn::{Policy, Reason};
use crate::fault::Fault;
use crate::people::{CardNumber, CardState, Member};
use crate::store::account::accounts;
use crate::store::attendance::{self, EarningReason};
use crate::store::member::members_by_card;
pub use crate::store::redemption::RedeemedItem;
use crate::store::statement::{StatementLine, StatementPage, statement};
use crate::store::{Conn, policy, redemption};

/// A volunteer's account in full.
#[derive(Debug, Clone)]
pub struct VolunteerStatement {
    /// Who.
    pub member: Member,
    /// Their account of points, with its lots.
    pub points: Account,
    /// Their account of minutes.
    pub minutes: Account,
    /// Everything that was posted to the two, newest first.
    pub postings: Vec<VolunteerPosting>,
}

impl VolunteerStatement {
    /// Whether the card is blocked.
    pub fn is_blocked(&self) -> bool {
        self.member.card_state == CardState::Blocked
    }
}

/// One posting of a volunteer's statement.
#[derive(Debug, Clone)]
pub struct VolunteerPosting {
    /// Its position in the journal.
    pub position: i64,
    /// When it was posted, UTC seconds.
    pub posted_at: i64,
    /// The day it counts for.
    pub effective_day: i64,
    /// Points gained, or given.
    pub points: i64,
    /// Minutes gained.
    pub minutes: i64,
    /// Points after it.
    pub points_after: Option<i64>,
    /// Minutes after it.
    pub minutes_after: Option<i64>,
    /// What it was.
    pub what: PostingReason,
    /// The receipt's token.
    pub receipt: Option<String>,
}

/// What a posting was for, in parts.
#[derive(Debug, Clone)]
pub enum PostingReason {
    /// An attendance: the activity's title, the parts, and the policy that priced it.
    Attendance(String, Reason, Arc<Policy>),
    /// A redemption; in a reversal the pieces are negative.
    Redemption(Vec<RedeemedItem>),
    /// Anything else: the reason that was given with it.
    Other(String),
}

/// Where a page of a volunteer's statement starts: a position in each of the two accounts, −1 where one has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementStart {
    /// In the account of points.
    pub points: i64,
    /// In the account of minutes.
    pub minutes: i64,
}

/// A page of a volunteer's statement, newest first.
#[derive(Debug, Clone)]
pub struct VolunteerStatementPage {
    /// Its postings.
    pub postings: Vec<VolunteerPosting>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<StatementStart>,
}

/// Transactions read at once.
const PAGE_TRANSACTIONS: i64 = 500;

pub(crate) async fn volunteer_statement(
    conn: &mut Conn,
    card: CardNumber,
) -> Result<Option<VolunteerStatement>, Fault> {
    let Some((_, member)) = members_by_card(conn, &[card]).await?.pop() else { return Ok(None) };
    let both = accounts(conn, &[], &[member.points, member.minutes]).await?;
    let account = |number: AccountId| {
        let found = both.iter().find(|account| account.id == number).cloned();
        found.ok_or_else(|| Fault::damaged(format!("account {number}")))
    };
    let (points, minutes) = (account(member.points)?, account(member.minutes)?);
    let mut lines = Vec::new();
    for account in [member.points, member.minutes] {
        let mut start = None;
        loop {
            let page = statement(conn, account, start, PAGE_TRANSACTIONS).await?;
            lines.extend(page.lines);
            match page.next {
                Some(next) => start = Some(next),
                None => break,
            }
        }
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.position));
    let positions: Vec<i64> = lines.iter().map(|line| line.position).collect();
    let reasons = reasons(conn, &positions).await?;
    let postings =
        lines.chunk_by(|left, right| left.position == right.position).map(|lines| posting(lines, &member, &reasons));
    let postings = postings.collect();
    Ok(Some(VolunteerStatement { member, points, minutes, postings }))
}

/// Up to `postings_max` postings from `start`, or from the newest; `None` where nobody has the card.
pub(crate) async fn volunteer_statement_page(
    conn: &mut Conn,
    card: CardNumber,
    start: Option<StatementStart>,
    postings_max: usize,
) -> Result<Option<VolunteerStatementPage>, Fault> {
    let Some((_, member)) = members_by_card(conn, &[card]).await?.pop() else { return Ok(None) };
    let limit = i64::try_from(postings_max).unwrap_or(i64::MAX);
    let points = statement(conn, member.points, start.map(|start| start.points), limit).await?;
    let minutes = statement(conn, member.minutes, start.map(|start| start.minutes), limit).await?;
    let mut lines: Vec<StatementLine> = points.lines.iter().chain(&minutes.lines).cloned().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.position));
    let mut positions: Vec<i64> = lines.iter().map(|line| line.position).collect();
    positions.dedup();
    positions.truncate(postings_max);
    let last = positions.last().copied().unwrap_or(-1);
    lines.retain(|line| line.position >= last);
    // What was read of an account and is older than the page is where the next page starts in it.
    let rest = |page: &StatementPage| {
        let unread = page.lines.iter().map(|line| line.position).find(|position| *position < last);
        unread.or(page.next).unwrap_or(-1)
    };
    let next = StatementStart { points: rest(&points), minutes: rest(&minutes) };
    let reasons = reasons(conn, &positions).await?;
    let postings =
        lines.chunk_by(|left, right| left.position == right.position).map(|lines| posting(lines, &member, &reasons));
    Ok(Some(VolunteerStatementPage {
        postings: postings.collect(),
        next: Some(next).filter(|next| next.points >= 0 || next.minutes >= 0),
    }))
}

/// The reasons of postings, by position.
async fn reasons(conn: &mut Conn, positions: &[i64]) -> Result<HashMap<i64, PostingReason>, Fault> {
    let attendances = attendance::reasons(conn, positions).await?;
    let versions: BTreeSet<i64> = attendances.iter().map(|earning| earning.reason.policy_version).collect();
    let versions: Vec<i64> = versions.into_iter().collect();
    let policies: HashMap<i64, Arc<Policy>> = policy::policies(conn, &versions)
        .await?
        .into_iter()
        .map(|in_force| (in_force.version, Arc::new(in_force.policy)))
        .collect();
    let mut reasons = HashMap::new();
    for EarningReason { position, title, reason } in attendances {
        let policy = policies.get(&reason.policy_version).ok_or_else(|| Fault::damaged("an attendance's policy"))?;
        reasons.insert(position, PostingReason::Attendance(title, reason, Arc::clone(policy)));
    }
    for (position, item) in redemption::redeemed(conn, positions).await? {
        let reason = reasons.entry(position).or_insert_with(|| PostingReason::Redemption(Vec::new()));
        if let PostingReason::Redemption(lines) = reason
            && !lines.contains(&item)
        {
            lines.push(item);
        }
    }
    Ok(reasons)
}

/// The lines of one position, which are of the member's two accounts, as one posting. Both are on the credit side.
fn posting(lines: &[StatementLine], member: &Member, reasons: &HashMap<i64, PostingReason>) -> VolunteerPosting {
    let first = &lines[0];
    let sum = |account: AccountId| {
        -lines.iter().filter(|line| line.account == account).map(|line| line.quantity).sum::<i64>()
    };
    // Lots are listed the last first, so the first line of an account has the balance after all of them.
    let after = |account: AccountId| lines.iter().find(|line| line.account == account).map(|line| -line.balance_after);
    VolunteerPosting {
        position: first.position,
        posted_at: first.posted_at,
        effective_day: first.effective_day,
        points: sum(member.points),
        minutes: sum(member.minutes),
        points_after: after(member.points),
        minutes_after: after(member.minutes),
        what: reasons.get(&first.position).cloned().unwrap_or_else(|| PostingReason::Other(first.note.clone())),
        receipt: first.receipt.clone(),
    }
}
