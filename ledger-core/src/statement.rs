//! A volunteer's statement: everything posted to their two accounts, newest first, each with its reason in parts.

use std::collections::HashMap;
use std::sync::Arc;

use crate::book::Account;
use crate::earn::{Policy, Reason};
use crate::fault::Fault;
use crate::people::{CardNumber, CardState, Member};
use crate::store::read::{self, StatementLine};
use crate::store::{Conn, load};
use crate::world::World;

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
    /// A redemption: name, pieces, points each, SKU; in a reversal the pieces are negative.
    Redemption(Vec<(String, i64, i64, String)>),
    /// Anything else: the reason that was given with it.
    Other(String),
}

/// Transactions read at once.
const PAGE_TRANSACTIONS: i64 = 500;

pub(crate) async fn volunteer_statement(
    conn: &mut Conn,
    card: CardNumber,
) -> Result<Option<VolunteerStatement>, Fault> {
    let mut world = World::default();
    load::cards(conn, &mut world, [card]).await?;
    let Some(member) = world.member_of_card(card).cloned() else { return Ok(None) };
    load::accounts(conn, &mut world, [], [member.points, member.minutes]).await?;
    let account =
        |number: i64| world.accounts.get(&number).cloned().ok_or_else(|| Fault::damaged(format!("account {number}")));
    let (points, minutes) = (account(member.points)?, account(member.minutes)?);
    let mut lines = Vec::new();
    for account in [member.points, member.minutes] {
        let mut start = None;
        loop {
            let page = read::statement(conn, account, start, PAGE_TRANSACTIONS).await?;
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

/// The reasons of postings, by position.
async fn reasons(conn: &mut Conn, positions: &[i64]) -> Result<HashMap<i64, PostingReason>, Fault> {
    let attendances = read::reasons(conn, positions).await?;
    let versions: std::collections::BTreeSet<i64> =
        attendances.iter().map(|(_, _, reason)| reason.policy_version).collect();
    let versions: Vec<i64> = versions.into_iter().collect();
    let policies: HashMap<i64, Arc<Policy>> = read::policies(conn, &versions)
        .await?
        .into_iter()
        .map(|(version, policy)| (version, Arc::new(policy)))
        .collect();
    let mut reasons = HashMap::new();
    for (position, title, reason) in attendances {
        let policy = policies.get(&reason.policy_version).ok_or_else(|| Fault::damaged("an attendance's policy"))?;
        reasons.insert(position, PostingReason::Attendance(title, reason, Arc::clone(policy)));
    }
    for (position, name, pieces, points_each, sku) in read::redeemed(conn, positions).await? {
        let reason = reasons.entry(position).or_insert_with(|| PostingReason::Redemption(Vec::new()));
        if let PostingReason::Redemption(lines) = reason
            && !lines.contains(&(name.clone(), pieces, points_each, sku.clone()))
        {
            lines.push((name, pieces, points_each, sku));
        }
    }
    Ok(reasons)
}

/// The lines of one position, which are of the member's two accounts, as one posting. Both are on the credit side.
fn posting(lines: &[StatementLine], member: &Member, reasons: &HashMap<i64, PostingReason>) -> VolunteerPosting {
    let first = &lines[0];
    let sum =
        |account: i64| -lines.iter().filter(|line| line.account == account).map(|line| line.quantity).sum::<i64>();
    // Lots are listed the last first, so the first line of an account has the balance after all of them.
    let after = |account: i64| lines.iter().find(|line| line.account == account).map(|line| -line.balance_after);
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
