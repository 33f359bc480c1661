//! A volunteer's statement: everything that was posted to their accounts, newest first, each with its reason.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::book::{Account, AccountId, Expire};
use crate::earn::{Policy, Reason};
use crate::fault::Fault;
use crate::people::{CardNumber, CardState, Member, debt};
use crate::rule::Rule as _;
use crate::store::account::accounts;
use crate::store::attendance::{self, EarningReason};
use crate::store::member::{card_state_at, members_by_card};
use crate::store::milestone::{Which, account_at, last_position};
pub use crate::store::redemption::RedeemedItem;
use crate::store::statement::{StatementLine, StatementPage, statement};
use crate::store::{Conn, activity, policy, record, redemption};

/// A volunteer's accounts, with everything that was ever posted to them, as the journal had it at one size. Drawn again at
/// that size it says the same, but for what was erased.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct VolunteerStatement {
    /// How many records the journal had.
    pub size: u64,
    /// When the last of them was posted, in UTC seconds: what can be spent is judged by this.
    pub posted_at: i64,
    /// The volunteer, with the state that the card had.
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
    /// Points that had expired were posted to breakage. Nobody could spend them any more.
    Expiry,
    /// Anything else, with the reason that the poster gave; it may be empty.
    Other(String),
}

/// Where a page of a volunteer's statement starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementFrom {
    /// At the newest posting.
    Newest,
    /// At the newest posting that there was when the journal had so many records.
    Size(u64),
    /// Where the page before it ended.
    Start(StatementStart),
}

impl From<Option<StatementStart>> for StatementFrom {
    fn from(start: Option<StatementStart>) -> Self {
        start.map_or(Self::Newest, Self::Start)
    }
}

/// Where a page of a volunteer's statement ended: a journal position for each account, or
/// −1 if that account has no older postings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct StatementStart {
    /// How many records the journal had when the first page was drawn.
    pub size: u64,
    pub points: i64,
    pub minutes: i64,
    pub owed: i64,
}

/// A page of a volunteer's statement, newest first.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct VolunteerStatementPage {
    /// How many records the journal had when the first page was drawn. Drawn again at that size, all pages say the same, but
    /// for what was erased.
    pub size: u64,
    /// The page's postings, newest first.
    pub postings: Vec<VolunteerPosting>,
    /// Where the next page starts; `None` if this is the last.
    pub next: Option<StatementStart>,
}

/// How many transactions one query reads.
const PAGE_TRANSACTIONS: i64 = 500;

/// Draws a statement as of a size of the journal, or of its present one. `None` if nobody had this card then, or the journal is
/// not that long.
pub(crate) async fn volunteer_statement(
    conn: &mut Conn,
    card: CardNumber,
    size: Option<u64>,
) -> Result<Option<VolunteerStatement>, Fault> {
    let last = match size {
        Some(size) => i64::try_from(size).unwrap_or(i64::MAX) - 1,
        None => record::last(conn).await?,
    };
    let Some((_, mut member)) = members_by_card(conn, &[card]).await?.pop() else { return Ok(None) };
    let points = account_at(conn, Which::Number(member.points), last).await?;
    let minutes = account_at(conn, Which::Number(member.minutes), last).await?;
    let (Some(points), Some(minutes)) = (points, minutes) else { return Ok(None) };
    member.card_state = card_state_at(conn, member.id, last).await?;
    let debts = account_at(conn, Which::Address(&debt::address(&member.pseudonym)), last).await?;
    let debts = debts.map(|debts| debts.account);
    let all = [Some(&points.account), Some(&minutes.account), debts.as_ref()];
    let lines = lines(conn, all.into_iter().flatten()).await?;
    let positions: Vec<i64> = lines.iter().map(|line| line.position).collect();
    let reasons = reasons(conn, &positions, last).await?;
    let postings =
        lines.chunk_by(|left, right| left.position == right.position).map(|lines| posting(lines, &member, &reasons));
    Ok(Some(VolunteerStatement {
        size: last.unsigned_abs() + 1,
        posted_at: points.posted_at,
        postings: postings.collect(),
        member,
        points: points.account,
        minutes: minutes.account,
        points_owed: debts.map_or(0, |debts| debts.normal_balance()),
    }))
}

/// Everything that was posted to the accounts up to the entries that they had last, newest first.
async fn lines(conn: &mut Conn, accounts: impl Iterator<Item = &Account>) -> Result<Vec<StatementLine>, Fault> {
    let mut lines = Vec::new();
    for account in accounts {
        let mut start = Some(account.last_position);
        loop {
            let page = statement(conn, account.id, start, PAGE_TRANSACTIONS).await?;
            lines.extend(page.lines);
            match page.next {
                Some(next) => start = Some(next),
                None => break,
            }
        }
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.position));
    Ok(lines)
}

/// Reads up to `postings_max` postings. `None` if nobody has this card, or the journal is not that long.
pub(crate) async fn volunteer_statement_page(
    conn: &mut Conn,
    card: CardNumber,
    from: StatementFrom,
    postings_max: usize,
) -> Result<Option<VolunteerStatementPage>, Fault> {
    let Some((_, member)) = members_by_card(conn, &[card]).await?.pop() else { return Ok(None) };
    let Some(start) = start(conn, &member, from).await? else { return Ok(None) };
    let limit = i64::try_from(postings_max).unwrap_or(i64::MAX);
    let points = statement(conn, member.points, Some(start.points), limit).await?;
    let minutes = statement(conn, member.minutes, Some(start.minutes), limit).await?;
    let owed = match accounts(conn, &[debt::address(&member.pseudonym)], &[]).await?.pop() {
        Some(debts) => statement(conn, debts.id, Some(start.owed), limit).await?,
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
    let next = StatementStart { size: start.size, points: rest(&points), minutes: rest(&minutes), owed: rest(&owed) };
    let reasons = reasons(conn, &positions, i64::try_from(start.size).unwrap_or(i64::MAX) - 1).await?;
    let postings =
        lines.chunk_by(|left, right| left.position == right.position).map(|lines| posting(lines, &member, &reasons));
    Ok(Some(VolunteerStatementPage {
        size: start.size,
        postings: postings.collect(),
        next: Some(next).filter(|next| next.points >= 0 || next.minutes >= 0 || next.owed >= 0),
    }))
}

/// The last position of each account. `None` if the journal is not that long.
async fn start(conn: &mut Conn, member: &Member, from: StatementFrom) -> Result<Option<StatementStart>, Fault> {
    let last = match from {
        StatementFrom::Start(start) => return Ok(Some(start)),
        StatementFrom::Newest => record::last(conn).await?,
        StatementFrom::Size(size) => i64::try_from(size).unwrap_or(i64::MAX) - 1,
    };
    let points = last_position(conn, Which::Number(member.points), last).await?;
    let minutes = last_position(conn, Which::Number(member.minutes), last).await?;
    let (Some((_, points)), Some((_, minutes))) = (points, minutes) else { return Ok(None) };
    let owed = last_position(conn, Which::Address(&debt::address(&member.pseudonym)), last).await?;
    let owed = owed.map_or(-1, |(_, owed)| owed);
    Ok(Some(StatementStart { size: last.unsigned_abs() + 1, points, minutes, owed }))
}

/// Finds out what the postings at these positions were for, in the words that the record at `last` knew.
async fn reasons(conn: &mut Conn, positions: &[i64], last: i64) -> Result<HashMap<i64, PostingReason>, Fault> {
    let attendances = attendance::reasons(conn, positions).await?;
    let attendances = worded(conn, attendances, last).await?;
    let reversed = attendance::reversed(conn, positions).await?;
    let reversed = worded(conn, reversed, last).await?;
    let versions: BTreeSet<i64> = attendances.iter().map(|earning| earning.reason.policy_version).collect();
    let versions: Vec<i64> = versions.into_iter().collect();
    let policies: HashMap<i64, Arc<Policy>> = policy::policies(conn, &versions)
        .await?
        .into_iter()
        .map(|in_force| (in_force.version, Arc::new(in_force.policy)))
        .collect();
    let mut reasons = HashMap::new();
    for EarningReason { position, title, reason, .. } in reversed {
        reasons.insert(position, PostingReason::AttendanceReversal(title, reason.activity));
    }
    for EarningReason { position, title, reason, .. } in attendances {
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

/// The earnings with the titles that the record at `last` knew: later records may have given others.
async fn worded(conn: &mut Conn, mut earnings: Vec<EarningReason>, last: i64) -> Result<Vec<EarningReason>, Fault> {
    let renamed = earnings.iter().filter(|earning| earning.title_position > last);
    let renamed: BTreeSet<&str> = renamed.map(|earning| earning.reason.activity.as_str()).collect();
    let titles = activity::titles_at(conn, renamed, last).await?;
    for earning in earnings.iter_mut().filter(|earning| earning.title_position > last) {
        earning.title = titles.get(&earning.activity).cloned().unwrap_or_default();
    }
    Ok(earnings)
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
        what: match reasons.get(&first.position) {
            Some(reason) => reason.clone(),
            None if first.kind == Expire::KIND => PostingReason::Expiry,
            None => PostingReason::Other(first.note.clone()),
        },
        receipt: first.receipt.clone(),
    }
}
