//! A volunteer's statement: everything that was posted to their accounts, newest first, each with its reason.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::book::{Account, AccountId};
use crate::earn::{Policy, Reason};
use crate::fault::Fault;
use crate::people::debt;
use crate::people::{CardNumber, CardState, Member};
use crate::store::account::accounts;
use crate::store::attendance::{self, EarningReason};
use crate::store::member::members_by_card;
pub use crate::store::redemption::RedeemedItem;
use crate::store::statement::{StatementLine, StatementPage, statement};
use crate::store::{Conn, policy, redemption};

/// A volunteer's accounts, with everything that was ever posted to them.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct VolunteerStatement {
    pub member: Member,
    /// The account of points, with its lots.
    pub points: Account,
    /// The account of service minutes.
    pub minutes: Account,
    /// Points that were spent and then taken back, because their earning was reversed. Whatever comes in settles them first.
    pub points_owed: i64,
    /// Everything that was posted to any of the accounts, newest first.
    pub postings: Vec<VolunteerPosting>,
}

impl VolunteerStatement {
    /// Whether the volunteer's card is blocked: they cannot spend points until somebody activates it.
    pub fn is_blocked(&self) -> bool {
        self.member.card_state == CardState::Blocked
    }
}

/// What one record of the journal moved in a volunteer's accounts.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct VolunteerPosting {
    /// The record's position in the journal, from 0.
    pub position: i64,
    /// When the record was posted, in UTC seconds.
    pub posted_at: i64,
    /// The day it counts for, in days since 1970-01-01.
    pub effective_day: i64,
    /// Positive if the volunteer gained points, negative if they gave some.
    pub points: i64,
    /// Minutes of service gained; negative if they were taken back.
    pub minutes: i64,
    /// Points by which the volunteer owes more; negative if so many were settled, out of what would have been `points`.
    pub owed: i64,
    /// The balance of points afterwards; `None` if no points moved.
    pub points_after: Option<i64>,
    /// The balance of minutes afterwards; `None` if no minutes moved.
    pub minutes_after: Option<i64>,
    /// What the volunteer owes afterwards; `None` if that did not change.
    pub owed_after: Option<i64>,
    pub what: PostingReason,
    /// The signed token; `None` if there is no receipt.
    pub receipt: Option<String>,
}

/// What a posting was for.
#[derive(Debug, Clone)]
pub enum PostingReason {
    /// An attendance: the activity's title, what it earned and why, and the policy that priced it.
    Attendance(String, Reason, Arc<Policy>),
    /// What an attendance earned is taken back, whole or in part: the activity's title, and its code.
    AttendanceReversal(String, String),
    /// The lines of a redemption. In a reversal the pieces are negative.
    Redemption(Vec<RedeemedItem>),
    /// Anything else, with the reason that the poster gave; it may be empty.
    Other(String),
}

/// Where a page of a volunteer's statement starts: a journal position for each account, or
/// −1 if that account has no older postings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct StatementStart {
    pub points: i64,
    pub minutes: i64,
    pub owed: i64,
}

/// A page of a volunteer's statement, newest first.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct VolunteerStatementPage {
    /// The page's postings, newest first.
    pub postings: Vec<VolunteerPosting>,
    /// Where the next page starts; `None` if this is the last.
    pub next: Option<StatementStart>,
}

/// How many transactions one query reads.
const PAGE_TRANSACTIONS: i64 = 500;

pub(crate) async fn volunteer_statement(
    conn: &mut Conn,
    card: CardNumber,
) -> Result<Option<VolunteerStatement>, Fault> {
    let Some((_, member)) = members_by_card(conn, &[card]).await?.pop() else { return Ok(None) };
    let all = accounts(conn, &[debt::address(&member.pseudonym)], &[member.points, member.minutes]).await?;
    let account = |number: AccountId| {
        let found = all.iter().find(|account| account.id == number).cloned();
        found.ok_or_else(|| Fault::damaged(format!("account {number}")))
    };
    let (points, minutes) = (account(member.points)?, account(member.minutes)?);
    let debts = all.iter().find(|account| account.id != member.points && account.id != member.minutes);
    let mut lines = Vec::new();
    for account in [Some(member.points), Some(member.minutes), debts.map(|debts| debts.id)].into_iter().flatten() {
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
    let points_owed = debts.map_or(0, Account::normal_balance);
    Ok(Some(VolunteerStatement { member, points, minutes, points_owed, postings }))
}

/// Reads up to `postings_max` postings from `start`, or from the newest. `None` if nobody has this card.
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
    let owed = match accounts(conn, &[debt::address(&member.pseudonym)], &[]).await?.pop() {
        Some(debts) => statement(conn, debts.id, start.map(|start| start.owed), limit).await?,
        None => StatementPage { lines: Vec::new(), next: None },
    };
    let mut lines: Vec<StatementLine> = points.lines.iter().chain(&minutes.lines).chain(&owed.lines).cloned().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.position));
    let mut positions: Vec<i64> = lines.iter().map(|line| line.position).collect();
    positions.dedup();
    positions.truncate(postings_max);
    let last = positions.last().copied().unwrap_or(-1);
    lines.retain(|line| line.position >= last);
    // If an account's lines reach beyond this page, the next page starts at the first line left over.
    let rest = |page: &StatementPage| {
        let unread = page.lines.iter().map(|line| line.position).find(|position| *position < last);
        unread.or(page.next).unwrap_or(-1)
    };
    let next = StatementStart { points: rest(&points), minutes: rest(&minutes), owed: rest(&owed) };
    let reasons = reasons(conn, &positions).await?;
    let postings =
        lines.chunk_by(|left, right| left.position == right.position).map(|lines| posting(lines, &member, &reasons));
    Ok(Some(VolunteerStatementPage {
        postings: postings.collect(),
        next: Some(next).filter(|next| next.points >= 0 || next.minutes >= 0 || next.owed >= 0),
    }))
}

/// Finds out what the postings at these positions were for.
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
    for EarningReason { position, title, reason } in attendance::reversed(conn, positions).await? {
        reasons.insert(position, PostingReason::AttendanceReversal(title, reason.activity));
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

/// Joins the lines of one position into one posting. Points and minutes have credit balances, so their signs are turned round.
fn posting(lines: &[StatementLine], member: &Member, reasons: &HashMap<i64, PostingReason>) -> VolunteerPosting {
    let first = &lines[0];
    let sum = |account: AccountId| {
        -lines.iter().filter(|line| line.account == account).map(|line| line.quantity).sum::<i64>()
    };
    // The last lot is listed first, so an account's first line has the balance after all lots.
    let after = |account: AccountId| lines.iter().find(|line| line.account == account).map(|line| -line.balance_after);
    // What is neither points nor minutes is of the account of debts, which has a debit balance.
    let of_debts = |line: &&StatementLine| line.account != member.points && line.account != member.minutes;
    VolunteerPosting {
        position: first.position,
        posted_at: first.posted_at,
        effective_day: first.effective_day,
        points: sum(member.points),
        minutes: sum(member.minutes),
        owed: lines.iter().filter(of_debts).map(|line| line.quantity).sum(),
        points_after: after(member.points),
        minutes_after: after(member.minutes),
        owed_after: lines.iter().find(of_debts).map(|line| line.balance_after),
        what: reasons.get(&first.position).cloned().unwrap_or_else(|| PostingReason::Other(first.note.clone())),
        receipt: first.receipt.clone(),
    }
}
