//! Draws up the trial balance from the accounts' balances, and compares it with
//! the sums of entries, transactions and lots.

use super::conn::{Conn, Read, all};
use crate::book::Class;
use crate::fault::Fault;

/// The sums for one commodity and one class of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct TrialBalanceLine {
    /// The commodity's code, such as `POINT`.
    pub commodity: String,
    pub class: Class,
    /// The sum of all debit balances, in smallest units.
    pub debits: i128,
    /// The sum of all credit balances, in smallest units.
    pub credits: i128,
}

/// The trial balance, and whether the bank agrees with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalance {
    /// Sorted by commodity and class.
    pub lines: Vec<TrialBalanceLine>,
    /// What does not agree, in English. Empty if the books are right.
    pub disagreements: Vec<String>,
}

// Sums come in two parts, billions and the rest, so that no engine's integers overflow.
const TRIAL_BALANCE: Read = all("SELECT a.commodity, a.class, \
     CAST(SUM(CASE WHEN b.quantity > 0 THEN b.quantity / 1000000000 ELSE 0 END) AS BIGINT), \
     CAST(SUM(CASE WHEN b.quantity > 0 THEN b.quantity % 1000000000 ELSE 0 END) AS BIGINT), \
     CAST(SUM(CASE WHEN b.quantity < 0 THEN b.quantity / 1000000000 ELSE 0 END) AS BIGINT), \
     CAST(SUM(CASE WHEN b.quantity < 0 THEN b.quantity % 1000000000 ELSE 0 END) AS BIGINT) \
     FROM ledger_balances b CROSS JOIN ledger_accounts a WHERE a.account = b.account GROUP BY a.commodity, a.class");
const BALANCES_AGAINST_ENTRIES: Read = all(
    "SELECT a.address, CAST(COALESCE(b.quantity, 0) AS BIGINT), CAST(COALESCE(t.total, 0) AS BIGINT) FROM ledger_accounts a \
     LEFT JOIN ledger_balances b ON b.account = a.account \
     LEFT JOIN (SELECT account, SUM(quantity) AS total FROM ledger_entries GROUP BY account) t ON t.account = a.account \
     WHERE COALESCE(b.quantity, 0) <> COALESCE(t.total, 0) OR b.account IS NULL ORDER BY a.account LIMIT 100",
);
const ENTRIES_WITHOUT_ACCOUNT: Read = all(
    "SELECT CAST(COUNT(*) AS BIGINT) FROM ledger_entries e LEFT JOIN ledger_accounts a ON a.account = e.account WHERE a.account IS NULL",
);
const UNBALANCED_TRANSACTIONS: Read = all(
    "SELECT e.position, a.commodity FROM ledger_entries e CROSS JOIN ledger_accounts a WHERE a.account = e.account \
     GROUP BY e.position, a.commodity HAVING SUM(e.quantity) <> 0 ORDER BY e.position LIMIT 100",
);
const BALANCES_AGAINST_LOTS: Read = all("SELECT a.address FROM ledger_accounts a CROSS JOIN ledger_balances b \
     LEFT JOIN (SELECT account, SUM(remaining) AS total FROM ledger_lots GROUP BY account) l ON l.account = a.account \
     WHERE b.account = a.account AND a.lotted = 1 \
     AND COALESCE(l.total, 0) <> b.quantity * (CASE WHEN a.class IN (1, 5) THEN 1 ELSE -1 END) ORDER BY a.account LIMIT 100");

pub(super) fn reads() -> Vec<Read> {
    vec![
        TRIAL_BALANCE,
        BALANCES_AGAINST_ENTRIES,
        ENTRIES_WITHOUT_ACCOUNT,
        UNBALANCED_TRANSACTIONS,
        BALANCES_AGAINST_LOTS,
    ]
}

/// Draws up the trial balance and checks it against the journal.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn trial_balance(conn: &mut Conn) -> Result<TrialBalance, Fault> {
    let lines = lines(conn).await?;
    let mut disagreements = Vec::new();
    for commodity in lines.chunk_by(|left, right| left.commodity == right.commodity) {
        let (debits, credits) =
            commodity.iter().fold((0, 0), |(debits, credits), line| (debits + line.debits, credits + line.credits));
        if debits != credits {
            disagreements.push(format!("{}: debits {debits}, credits {credits}", commodity[0].commodity));
        }
    }
    compare(conn, &mut disagreements).await?;
    Ok(TrialBalance { lines, disagreements })
}

async fn lines(conn: &mut Conn) -> Result<Vec<TrialBalanceLine>, Fault> {
    let mut lines = Vec::new();
    for row in conn.fetch(&TRIAL_BALANCE, Vec::new()).await? {
        let sum =
            |billions: usize| i128::from(row.integer(billions)) * 1_000_000_000 + i128::from(row.integer(billions + 1));
        let class = row.value(1, "an account's class")?;
        lines.push(TrialBalanceLine { commodity: row.text(0), class, debits: sum(2), credits: -sum(4) });
    }
    lines.sort_by(|left, right| (&left.commodity, left.class).cmp(&(&right.commodity, right.class)));
    Ok(lines)
}

/// Compares balances with entries, transactions with zero, and lots with balances.
async fn compare(conn: &mut Conn, disagreements: &mut Vec<String>) -> Result<(), Fault> {
    for row in conn.fetch(&BALANCES_AGAINST_ENTRIES, Vec::new()).await? {
        let (balance, total) = (row.integer(1), row.integer(2));
        disagreements.push(format!("{}: its balance is {balance}, its entries sum to {total}", row.text(0)));
    }
    let orphans = conn.fetch(&ENTRIES_WITHOUT_ACCOUNT, Vec::new()).await?.first().map_or(0, |row| row.integer(0));
    if orphans > 0 {
        disagreements.push(format!("{orphans} entries name accounts that do not exist"));
    }
    for row in conn.fetch(&UNBALANCED_TRANSACTIONS, Vec::new()).await? {
        let (position, commodity) = (row.integer(0), row.text(1));
        disagreements.push(format!("the transaction at position {position} does not sum to zero in {commodity}"));
    }
    for row in conn.fetch(&BALANCES_AGAINST_LOTS, Vec::new()).await? {
        disagreements.push(format!("{}: its lots do not add up to its balance", row.text(0)));
    }
    Ok(())
}
