//! Lots: what an account holds, divided by when it expires. The lot that expires first is spent first.

use std::collections::BTreeMap;

/// What tells a lot from the account's others: the first instant, in UTC seconds, at which it can no longer be spent.
pub type ExpiresAt = i64;

/// Adds up what can still be spent at `now` (UTC seconds), in smallest units.
pub fn spendable(lots: &BTreeMap<ExpiresAt, i64>, now: i64) -> i64 {
    lots.range(now + 1..).map(|(_, remaining)| remaining).sum()
}

/// Chooses the lots that pay for `quantity`, the one that expires first first, and how much each gives. `None` if the
/// unexpired lots do not hold that much.
pub fn take(lots: &BTreeMap<ExpiresAt, i64>, quantity: i64, now: i64) -> Option<Vec<(ExpiresAt, i64)>> {
    let mut missing = quantity;
    let mut taken = Vec::new();
    for (&expires_at, &remaining) in lots.range(now + 1..) {
        if missing == 0 {
            break;
        }
        let part = remaining.min(missing);
        if part > 0 {
            taken.push((expires_at, part));
            missing -= part;
        }
    }
    (missing == 0).then_some(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_lot_can_be_spent_until_the_instant_before_it_expires() {
        let lots = BTreeMap::from([(100, 5)]);
        assert_eq!(take(&lots, 5, 99), Some(vec![(100, 5)]));
        assert_eq!(take(&lots, 5, 100), None);
    }

    proptest! {
        #[test]
        fn takes_the_soonest_first_and_all_or_nothing(
            lots in prop::collection::btree_map(0_i64..50, 0_i64..20, 0..8), quantity in 0_i64..100, now in 0_i64..50,
        ) {
            let available = spendable(&lots, now);
            match take(&lots, quantity, now) {
                None => prop_assert!(available < quantity),
                Some(taken) => {
                    prop_assert_eq!(taken.iter().map(|(_, part)| part).sum::<i64>(), quantity);
                    prop_assert!(taken.iter().all(|(expires_at, part)| *expires_at > now && *part > 0));
                    // Only the last lot may keep something.
                    if let Some((last, _)) = taken.last() {
                        for (expires_at, remaining) in lots.range(now + 1..*last) {
                            let part = taken.iter().find(|(lot, _)| lot == expires_at).map_or(0, |(_, part)| *part);
                            prop_assert_eq!(part, *remaining);
                        }
                    }
                }
            }
        }
    }
}
