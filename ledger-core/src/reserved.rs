//! The addresses that belong to a town in its bank. They are known without the feature `town` too: a program that was built
//! without it may open such a bank, and must leave these accounts alone.

use crate::book::Address;

/// What the town has granted.
pub(crate) const POINTS_GRANTED: &str = "expense/points-granted";
/// What its members have redeemed.
pub(crate) const POINTS_REDEEMED: &str = "income/points-redeemed";
/// What its members have let expire.
pub(crate) const POINTS_EXPIRED: &str = "income/points-expired";
/// The service that its members have given.
pub(crate) const SERVICE_RECEIVED: &str = "expense/service-received";

/// The town's own accounts.
const OWN: [&str; 4] = [POINTS_GRANTED, POINTS_REDEEMED, POINTS_EXPIRED, SERVICE_RECEIVED];

/// Where the accounts of members begin: what they have, and what they owe.
pub(crate) const OF_MEMBERS: &str = "member/";
/// See [`OF_MEMBERS`].
pub(crate) const DEBTS: &str = "receivable/";
/// Where the accounts of pieces begin: at stations, before they came, and after they were handed over.
pub(crate) const STATIONS: &str = "station/";
/// See [`STATIONS`].
pub(crate) const SUPPLY: &str = "supply/";
/// See [`STATIONS`].
pub(crate) const HANDED_OVER: &str = "handed-over/";

/// Whether an address belongs to the town.
pub(crate) fn is_reserved(address: &Address) -> bool {
    let text = address.as_str();
    let begins = [OF_MEMBERS, DEBTS, STATIONS, SUPPLY, HANDED_OVER].iter().any(|beginning| text.starts_with(beginning));
    begins || OWN.contains(&text)
}
