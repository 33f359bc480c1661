//! A ledger of your own in one file: it opens accounts, makes a transfer, refuses an overdraft, and prints a statement.

use baoyulan_ledger::book::{Address, Class, Commodity};
use baoyulan_ledger::command::{Channel, Command, DefineCommodity, Envelope, NewAccount, NewEntry, Post};
use baoyulan_ledger::{Error, Ledger, NewBank, Options};
use uuid::Uuid;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("embed-{}", Uuid::now_v7()));
    std::fs::create_dir(&folder)?;
    // A SQLite file. For PostgreSQL write postgres://user@host/database?schema=coop;
    // the rest of the program stays the same.
    let url = format!("sqlite://{}/coop.db", folder.display());
    let ledger = Ledger::open(&url, Options::create(NewBank::new("coop"))).await?;

    // You make the id and keep it. If you send it again, you get the same outcome, whatever happened in between.
    let post = |command| ledger.post(Envelope::keyed(Uuid::now_v7(), "coop", Channel::Host, command));
    let address = |text: &str| Address::new(text).ok_or_else(|| anyhow::anyhow!("not an address"));
    let commodity = |code: &str| Commodity::new(code).ok_or_else(|| anyhow::anyhow!("not a commodity"));

    post(Command::DefineCommodity(DefineCommodity { commodity: commodity("CNY")?, scale: 2 })).await?;
    let (fund, anna) = (address("equity/fund")?, address("member/anna")?);
    let equity = NewAccount { floor: None, ..NewAccount::new(fund.clone(), Class::Equity, commodity("CNY")?) };
    post(Command::OpenAccount(equity)).await?;
    post(Command::OpenAccount(NewAccount::new(anna.clone(), Class::Asset, commodity("CNY")?))).await?;

    // Entries sum to zero. Debits are positive, credits negative, and quantities are
    // in the smallest unit: 1234 is 12.34 CNY.
    let transfer = |quantity| {
        let entry = |address: &Address, quantity| NewEntry::new(address.clone(), quantity);
        Command::Post(Post { entries: vec![entry(&anna, quantity), entry(&fund, -quantity)] })
    };
    post(transfer(1234)).await?;
    match post(transfer(-9999)).await {
        Err(Error::Rejected(rejection)) => println!("refused: {rejection} [{}]", rejection.code()),
        outcome => anyhow::bail!("an overdraft must be refused, not {outcome:?}"),
    }

    let account = ledger.account(&anna).await?.ok_or_else(|| anyhow::anyhow!("no account"))?;
    for line in ledger.statement(account.id, None, 50).await?.lines {
        println!("position {}: {:+}, then {}", line.position, line.quantity, line.balance_after);
    }
    let (size, root) = ledger.journal_head().await?;
    println!("{} holds {}; {size} records under root {root:02x?}", account.address, account.balance);
    ledger.close().await;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
