//! The bank's first record: the bank itself, its first key, what it counts, and its own accounts.

use crate::book::account::NO_FLOOR;
use crate::book::commodity::{MINUTE, POINT};
use crate::book::{Address, Class, Commodity};
use crate::effect::{AccountRow, BankRow, Effect, Effects, KeyRow};

/// The bank's own accounts: address, class, commodity.
///
/// Points outstanding are what the bank owes its volunteers; granting them is its expense, and redeeming them or letting
/// them expire its income. Service time given is what volunteers have put in.
pub const CHART_OF_ACCOUNTS: [(&str, Class, &str); 4] = [
    ("expense/points-granted", Class::Expense, POINT),
    ("income/points-redeemed", Class::Income, POINT),
    ("income/points-expired", Class::Income, POINT),
    ("expense/service-received", Class::Expense, MINUTE),
];

/// What founding a bank changes.
pub fn found(bank: BankRow, key: KeyRow) -> Effects {
    let mut rows = vec![
        Effect::Bank(bank),
        Effect::Key(key),
        Effect::Commodity(Commodity::minute(), 0),
        Effect::Commodity(Commodity::point(), 0),
    ];
    let accounts = CHART_OF_ACCOUNTS
        .into_iter()
        .filter_map(|(address, class, commodity)| Some((Address::new(address)?, class, Commodity::new(commodity)?)));
    rows.extend(accounts.zip(0..).map(|((address, class, commodity), account)| {
        Effect::Account(AccountRow { account, address, class, commodity, floor: NO_FLOOR, lotted: false })
    }));
    Effects::of(rows)
}

/// One of the bank's own accounts.
pub(super) fn own_account(index: usize) -> Option<Address> {
    CHART_OF_ACCOUNTS.get(index).and_then(|(address, ..)| Address::new(address))
}
