//! A shop with a table of its own beside the ledger's: an order and what is paid for it are written in one transaction. The first
//! time the shop rolls back, and neither is there; the second time it commits, and both are.

use baoyulan_ledger::book::{Address, Class, Commodity};
use baoyulan_ledger::command::{Channel, Command, DefineCommodity, Envelope, Key, NewAccount, NewEntry, Post};
use baoyulan_ledger::sqlx::{self, SqlitePool};
use baoyulan_ledger::{Ledger, NewBank, Options, StoredOutcome};
use uuid::Uuid;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("host-transaction-{}", Uuid::now_v7()));
    std::fs::create_dir(&folder)?;
    let url = format!("sqlite://{}/shop.db", folder.display());
    let ledger = Ledger::open(&url, Options::create(NewBank::new("shop"))).await?;
    // The shop's own connections, to the same file. On PostgreSQL: to the same database.
    let pool = SqlitePool::connect(&url).await?;
    sqlx::query("CREATE TABLE orders (number INTEGER PRIMARY KEY, posting TEXT NOT NULL)").execute(&pool).await?;

    let (till, sales) = (address("till")?, address("sales")?);
    let euro = Commodity::new("EUR").ok_or_else(|| anyhow::anyhow!("not a commodity"))?;
    let of_sales = NewAccount { floor: None, ..NewAccount::new(sales.clone(), Class::Income, euro.clone()) };
    let of_till = NewAccount::new(till.clone(), Class::Asset, euro.clone());
    let euro = DefineCommodity { commodity: euro, scale: 2 };
    ledger.ensure("shop", [euro.into(), of_sales.into(), of_till.into()]).await?;

    for (order, is_paid) in [(1, false), (2, true)] {
        let id = Uuid::now_v7();
        let entries = vec![NewEntry::new(till.clone(), 1250), NewEntry::new(sales.clone(), -1250)];
        let sale = Envelope::keyed(id, "shop", Channel::Host, Command::Post(Post { entries }));
        let key = Key { credential: "shop".into(), id };

        // On PostgreSQL: `pool.begin()`.
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("INSERT INTO orders VALUES (?, ?)")
            .bind(order)
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?;
        let outcomes = ledger.post_in(&mut transaction, vec![sale]).await?;
        // A rejection leaves the transaction as it is; whether the order stands without the posting is for the shop to say.
        anyhow::ensure!(outcomes.iter().all(Result::is_ok), "refused: {outcomes:?}");
        // The ledger stands still until the transaction ends, so it ends at once.
        if is_paid {
            transaction.commit().await?;
            // Now the id tells what was only pending: the position, and a receipt where there is one.
            let outcome = ledger.outcome(&key).await?;
            let Some(StoredOutcome::Posted(records)) = outcome else { anyhow::bail!("not posted: {outcome:?}") };
            println!("order {order} is paid: position {}", records[0].position);
        } else {
            transaction.rollback().await?;
            anyhow::ensure!(ledger.outcome(&key).await?.is_none(), "the id was never used");
        }
        let orders: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM orders").fetch_one(&pool).await?;
        let balance = ledger.account(&till).await?.map(|account| account.balance);
        println!("after order {order}: {orders} orders, {balance:?} in the till");
        anyhow::ensure!((orders, balance) == if is_paid { (1, Some(1250)) } else { (0, Some(0)) });
    }
    pool.close().await;
    ledger.close().await;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn address(text: &str) -> anyhow::Result<Address> {
    Address::new(text).ok_or_else(|| anyhow::anyhow!("not an address"))
}
