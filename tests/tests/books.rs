//! Plays the scenarios of `books/`, each on both engines.

use bank_tests::both_engines;

/// Makes a test of each file, and one that looks for files which are not among them.
macro_rules! books {
    ($($name:ident: $file:literal,)*) => {
        $(both_engines!($name, async |bank| {
            bank_tests::books::play(bank, include_str!(concat!("../books/", $file))).await;
        });)*

        #[test]
        fn every_scenario_is_played() -> std::io::Result<()> {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/books");
            let files = std::fs::read_dir(folder)?.map(|file| file.map(|file| file.file_name()));
            let mut files = files.collect::<Result<Vec<_>, _>>()?;
            files.sort();
            assert_eq!(files, [$($file),*]);
            Ok(())
        }
    };
}

books! {
    conditions: "conditions.txt",
    debt_settled_by_returned_goods: "debt-settled-by-returned-goods.txt",
    earning_reversed_after_it_expired: "earning-reversed-after-it-expired.txt",
    earning_reversed_after_it_was_spent: "earning-reversed-after-it-was-spent.txt",
    earning_reversed_while_its_points_are_held: "earning-reversed-while-its-points-are-held.txt",
    earning_reversed_while_points_are_free: "earning-reversed-while-points-are-free.txt",
    gift_reversed: "gift-reversed.txt",
    hold_captured_in_part: "hold-captured-in-part.txt",
    hold_that_lapses: "hold-that-lapses.txt",
    limit_over_the_turn_of_a_month: "limit-over-the-turn-of-a-month.txt",
    lot_that_expires_in_its_hold: "lot-that-expires-in-its-hold.txt",
    purchase_undone_again_and_again: "purchase-undone-again-and-again.txt",
    together_or_not_at_all: "together-or-not-at-all.txt",
}
