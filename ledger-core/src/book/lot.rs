//! Lots: what an account holds, divided by when it expires. The lot that expires first is spent first.

/// What tells a lot from the account's others: the first instant, in UTC seconds, at which it can no longer be spent.
pub type ExpiresAt = i64;

/// Chooses the lots that pay for `quantity` out of those that may give, in their order, and how much each gives. `None` if
/// they do not hold that much.
pub fn take(lots: impl IntoIterator<Item = (ExpiresAt, i64)>, quantity: i64) -> Option<Vec<(ExpiresAt, i64)>> {
    let mut missing = quantity;
    let mut taken = Vec::new();
    for (expires_at, free) in lots {
        if missing == 0 {
            break;
        }
        let part = free.min(missing);
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

    proptest! {
        #[test]
        fn takes_the_first_ones_first_and_all_or_nothing(
            lots in prop::collection::btree_map(0_i64..50, 0_i64..20, 0..8), quantity in 0_i64..100,
        ) {
            let available: i64 = lots.values().sum();
            match take(lots.clone(), quantity) {
                None => prop_assert!(available < quantity),
                Some(taken) => {
                    prop_assert_eq!(taken.iter().map(|(_, part)| part).sum::<i64>(), quantity);
                    prop_assert!(taken.iter().all(|(_, part)| *part > 0));
                    // Only the last lot may keep something.
                    if let Some((last, _)) = taken.last() {
                        for (expires_at, remaining) in lots.range(..*last) {
                            let part = taken.iter().find(|(lot, _)| lot == expires_at).map_or(0, |(_, part)| *part);
                            prop_assert_eq!(part, *remaining);
                        }
                    }
                }
            }
        }
    }
}
