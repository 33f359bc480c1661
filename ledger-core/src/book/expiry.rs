//! Expiry as a posting: what lies in lots that have expired goes to breakage, and holds that have lapsed are closed.
//!
//! Nobody can spend an expired lot, and a lapsed hold reserves nothing, whether or not a record says so. So an expiry changes no
//! answer about what can be spent: it may run at any time and as often as anybody likes. What a hold in force has reserved stays
//! in its lot. Frozen accounts take an expiry; closed ones are empty.
//!
//! Refused are, in this order: an instant after now, an account or a hold that does not exist, whatever a transaction with
//! breakage is refused for, and an expiry that finds nothing to do (`nothing_expired`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::lot::ExpiresAt;
use super::transaction::{Purpose, entries_with};
use super::{
    Account, AccountId, AccountRow, Address, Class, Commodity, Hold, HoldId, Leg, LegLots, NewAccount, Transaction,
};
use crate::defect::Defect;
use crate::effect::{Effect, Effects, Fact};
use crate::fault::Impossible;
use crate::reject::{Expected, Field, Rejection};
use crate::row::row;
use crate::rule::{Halt, Moment, Rule, account, require};
use crate::slice::Unasked;
use crate::world::World;

row! {
    /// What was left in an expired lot goes to breakage, or comes back from there.
    journal "ledger_sweeps", SweepRow {
        account: AccountId,
        /// `expires_at` of the lot, UTC seconds.
        lot: i64,
        /// Smallest units on the account's normal side: positive where it goes to breakage, negative where it comes back.
        quantity: i64,
        /// What breakage has of this lot afterwards.
        swept: i64,
    }
}

impl Fact for SweepRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        world.swept.put((self.account, self.lot), self.swept);
        Ok(())
    }
}

/// Posts what lies in expired lots of these accounts to breakage, and closes these holds if they have lapsed. What has nothing
/// that is due is passed over.
///
/// Breakage is an account of income for each commodity, `breakage/<commodity>`, which is opened when it is first needed; for a
/// town's points it is `income/points-expired`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expire {
    /// What has expired or lapsed at this instant (UTC seconds) is due; not later than now.
    pub until: i64,
    /// The accounts, in any order.
    pub accounts: Vec<AccountId>,
    /// The holds, in any order.
    pub holds: Vec<HoldId>,
}

impl Account {
    /// What is due in each lot that has expired at `until`: all but what a hold in force at `now` has reserved. On the normal
    /// side, the lot that expired first first; both are UTC seconds.
    pub fn due_lots(&self, until: i64, now: i64) -> impl Iterator<Item = (ExpiresAt, i64)> {
        let kept = move |lot| if Defect::HeldExpires.is_on() { 0 } else { self.reserved_of(lot, now) };
        let free = move |(lot, remaining): (&i64, &i64)| (*lot, remaining - kept(*lot));
        self.lots.range(..=until).map(free).filter(|(_, free)| *free > 0)
    }
}

impl Hold {
    /// Whether something is left in it, although it has lapsed at `until` (UTC seconds).
    pub fn is_lapsed(&self, until: i64) -> bool {
        self.until <= until && self.is_open()
    }
}

/// Where what expires of a commodity goes.
pub(super) fn breakage(world: &World, commodity: &Commodity) -> Result<Address, Impossible> {
    #[cfg(feature = "town")]
    if world.is_town() && *commodity == Commodity::point() {
        return Ok(crate::town::OwnAccount::PointsExpired.address().clone());
    }
    let address = Address::new(&format!("breakage/{}", commodity.as_str()));
    address.ok_or_else(|| Impossible::new(format!("{} is no commodity", commodity.as_str())))
}

/// An account, and what is due in its lots.
struct Due<'a> {
    account: &'a Account,
    lots: Vec<(ExpiresAt, i64)>,
}

impl Due<'_> {
    /// What goes to breakage, on the account's normal side.
    fn quantity(&self) -> i64 {
        self.lots.iter().map(|(_, free)| free).sum()
    }

    fn leg(&self) -> Leg {
        let lots = self.lots.iter().map(|(lot, free)| (*lot, -free)).collect();
        let quantity = -self.quantity() * self.account.class.normal_sign();
        let lots = LegLots::Exactly(lots);
        Leg { lots, purpose: Purpose::Correction, ..Leg::new(self.account.id, quantity) }
    }
}

impl Expire {
    /// The accounts that have something due, in the order of their numbers.
    fn due<'a>(&self, world: &'a World, now: i64) -> Result<Vec<Due<'a>>, Halt> {
        let mut all = Vec::with_capacity(self.accounts.len());
        for number in self.accounts.iter().collect::<BTreeSet<_>>() {
            let account = world.accounts.get(number)?;
            let account = account.ok_or_else(|| Rejection::UnknownAccount { address: number.to_string() })?;
            let lots: Vec<(ExpiresAt, i64)> = account.due_lots(self.until, now).collect();
            if !lots.is_empty() {
                all.push(Due { account, lots });
            }
        }
        Ok(all)
    }

    /// The holds that have lapsed.
    fn lapsed<'a>(&self, world: &'a World) -> Result<Vec<&'a Hold>, Halt> {
        let mut lapsed = Vec::with_capacity(self.holds.len());
        for number in self.holds.iter().collect::<BTreeSet<_>>() {
            let hold = world.holds.get(number)?;
            let hold = hold.ok_or_else(|| Rejection::UnknownHold { hold: number.to_string() })?;
            lapsed.extend(Some(hold).filter(|hold| hold.is_lapsed(self.until)));
        }
        Ok(lapsed)
    }
}

impl Rule for Expire {
    const KIND: &'static str = "EXPR";

    fn needs(&self, world: &mut World, moment: &Moment) {
        let mut commodities: BTreeSet<Commodity> = BTreeSet::new();
        for number in &self.accounts {
            world.ask_account_number(*number);
            let Some(account) = world.accounts.peek(number) else { continue };
            let lots: Vec<ExpiresAt> = account.due_lots(self.until, moment.now).map(|(lot, _)| lot).collect();
            if !lots.is_empty() && !commodities.contains(&account.commodity) {
                commodities.insert(account.commodity.clone());
            }
            for lot in lots {
                world.swept.ask(&(*number, lot));
            }
        }
        for address in commodities.iter().filter_map(|commodity| breakage(world, commodity).ok()).collect::<Vec<_>>() {
            world.ask_account(&address);
        }
        for hold in &self.holds {
            let Some(accounts) = world.holds.ask(hold).map(Hold::accounts) else { continue };
            for account in accounts.keys() {
                world.ask_account_number(*account);
            }
        }
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        require(self.until <= moment.now, Field::Until, Expected::NotLaterThanNow)?;
        let due = self.due(world, moment.now)?;
        let lapsed = self.lapsed(world)?;
        if due.is_empty() && lapsed.is_empty() {
            return Err(Rejection::NothingExpired.into());
        }
        let mut effects = Effects::default();
        if !due.is_empty() {
            effects = effects.and(posted(world, &due, moment.now)?).and(sweeps(world, &due)?);
        }
        Ok(effects.and(lapsed.into_iter().flat_map(|hold| hold.rows_to(|_, _| 0))))
    }
}

/// The entries that post what is due to breakage, one to each of its accounts, and the rows that open those that are not there.
fn posted(world: &World, due: &[Due], now: i64) -> Result<Vec<Effect>, Halt> {
    let mut sums: BTreeMap<&Commodity, i128> = BTreeMap::new();
    for Due { account, .. } in due {
        sums.entry(&account.commodity).or_default();
    }
    let mut legs: Vec<Leg> = due.iter().map(Due::leg).collect();
    for (leg, Due { account, .. }) in legs.iter().zip(due) {
        *sums.entry(&account.commodity).or_default() -= i128::from(leg.quantity);
    }
    let mut opened: Vec<Account> = Vec::new();
    let mut rows = Vec::new();
    // What one side loses and the other side loses too leaves nothing for breakage.
    for (commodity, sum) in sums.into_iter().filter(|(_, sum)| *sum != 0) {
        let quantity = i64::try_from(sum).map_err(|_| Rejection::QuantityOutOfRange)?;
        let address = breakage(world, commodity)?;
        let account = match world.addresses.get(&address)? {
            Some(account) => *account,
            None => {
                let row = new_breakage(world, address, commodity, opened.len());
                opened.push(Account::opened(&row));
                rows.push(Effect::Account(row.clone()));
                row.account
            }
        };
        legs.push(Leg { purpose: Purpose::Correction, ..Leg::new(account, quantity) });
    }
    let entries = entries_with(&legs, now, |number| match opened.iter().find(|account| account.id == number) {
        Some(account) => Ok(Some(account)),
        None => world.accounts.get(&number),
    })?;
    rows.extend(entries);
    Ok(rows)
}

/// The row that opens an account of breakage, after so many others of the same record.
fn new_breakage(world: &World, address: Address, commodity: &Commodity, others: usize) -> AccountRow {
    let account = AccountId(world.next_account.0 + others as i64);
    NewAccount { floor: None, ..NewAccount::new(address, Class::Income, commodity.clone()) }.row(account)
}

/// What breakage has of each lot afterwards.
fn sweeps(world: &World, due: &[Due]) -> Result<Vec<Effect>, Halt> {
    let mut rows = Vec::with_capacity(due.len());
    for Due { account, lots } in due {
        for &(lot, quantity) in lots {
            let before = world.swept.get(&(account.id, lot))?.copied().unwrap_or(0);
            rows.push(sweep(account.id, lot, quantity, before));
        }
    }
    Ok(rows)
}

/// The row that adds so much to what breakage had of a lot before.
pub(super) fn sweep(account: AccountId, lot: ExpiresAt, quantity: i64, before: i64) -> Effect {
    Effect::Sweep(SweepRow { account, lot, quantity, swept: before + quantity })
}

/// Asks what breakage has of the lots in which the record at a position moved something, as far as they have expired.
pub(super) fn ask_swept(world: &mut World, position: i64, now: i64) {
    let Some(transaction) = world.transactions.peek(&position) else { return };
    let expired = transaction.entries.iter().filter(|entry| is_swept(entry.lot, now));
    let expired: Vec<(AccountId, ExpiresAt)> = expired.map(|entry| (entry.account, entry.lot)).collect();
    for lot in expired {
        world.swept.ask(&lot);
        let commodity = world.accounts.peek(&lot.0).map(|account| account.commodity.clone());
        if let Some(address) = commodity.and_then(|commodity| breakage(world, &commodity).ok()) {
            world.ask_account(&address);
        }
    }
}

/// Whether what is taken from a lot at that instant can only go to breakage.
fn is_swept(lot: ExpiresAt, taken_at: i64) -> bool {
    lot != 0 && lot <= taken_at
}

/// What breakage has of each lot after an expiry is reversed, whole or in part.
pub(super) fn unswept(world: &World, expiry: &Transaction, effects: &Effects) -> Result<Vec<Effect>, Halt> {
    let mut rows = Vec::new();
    for row in &effects.rows {
        let Effect::ReversedEntry(row) = row else { continue };
        let quantity = -row.quantity * account(world, row.account)?.class.normal_sign();
        // What an earning of long ago has put into a lot that had expired by then was never swept by it.
        if is_swept(row.lot, expiry.spent_at) && quantity < 0 {
            let before = world.swept.get(&(row.account, row.lot))?.copied().unwrap_or(0);
            rows.push(sweep(row.account, row.lot, quantity, before));
        }
    }
    Ok(rows)
}
