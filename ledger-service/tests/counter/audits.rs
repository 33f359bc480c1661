//! An audit at the counter: of the sample town, as it was imported, and after somebody has changed a cell.

use bank_tests::bank::{TestBank, execute};
use bank_tests::both_engines;

use crate::support::{Counter, Folder};

both_engines!(the_sample_town_is_audited_and_a_changed_cell_is_named, async |bank: &TestBank| {
    let counter = Counter(bank);
    counter.import(&Folder::town());
    let said = counter.run(&["audit"]);
    assert!(said.error.is_empty(), "nobody sees a bar that is no terminal: {said:?}");
    let good = said.good();
    assert!(good.starts_with("the bank is what its journal says: ") && good.contains(" records, root "), "{good}");
    assert_eq!(good.lines().count(), 1, "{good}");
    for (language, begins) in [("zh-Hans", "账目和日志完全一致："), ("zh-Hant", "帳目和日誌完全一致：")]
    {
        let good = counter.run(&["audit", "--language", language]).good();
        assert!(good.starts_with(begins), "{good}");
    }

    execute(bank, "UPDATE ledger_balances SET quantity = quantity + 1 WHERE account = 0").await;
    let said = counter.run(&["audit"]);
    assert!(said.error.contains(": ledger_balances, account 0, quantity: found "), "{said:?}");
    assert!(said.error.contains("OPERATION.md"), "{said:?}");
    assert_eq!(said.refused(), "difference");
    execute(bank, "UPDATE ledger_balances SET quantity = quantity - 1 WHERE account = 0").await;
    counter.run(&["audit"]).good();
});
