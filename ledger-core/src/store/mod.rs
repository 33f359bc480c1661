//! Everything that is SQL: one file a noun. Text for both engines is the same; what they differ in stands in [`dialect`].

pub mod account;
pub mod bank;
pub mod chain;
pub mod commodity;
pub mod conn;
pub mod dialect;
pub mod grouped;
mod latest;
pub mod migrate;
pub mod pen;
pub mod readers;
pub mod record;
pub mod rows;
pub mod statement;
mod target;
pub mod trial_balance;
pub mod write;

pub use conn::Conn;
pub use rows::Rows;
pub use target::Target;

use crate::book::account::{BalanceRow, LotRow};
use crate::effect::kinds;
use crate::fault::Fault;
use crate::poster::{AuditDetailRow, NodeRow};
use crate::proof::chain::{ChainRow, ReceiptRow};
use crate::proof::record::{OutcomeRow, RecordRow};
use crate::row::{Row as _, Table};
use crate::world::World;
use record::Head;

/// A world with what is whole at any time, at the head that is returned with it.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn cold(conn: &mut Conn) -> Result<(World, Head), Fault> {
    // The head first: what is read after it is at least as new, and the write says whether it was newer.
    let head = record::head(conn).await?;
    let mut world = World::partial();
    world.bank = bank::bank(conn).await?;
    world.next_account = head.next_account;
    commodity::load_whole(conn, &mut world).await?;
    #[cfg(feature = "town")]
    if world.is_town() {
        chain::load_whole(conn, &mut world).await?;
        load_town(conn, &mut world).await?;
    }
    Ok((world, head))
}

/// Looks up what the world wants.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`]; the latter too where a slice has no loader here.
pub async fn load_wanted(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    record::load(conn, world).await?;
    #[cfg(feature = "town")]
    load_wanted_of_town(conn, world).await?;
    account::load(conn, world).await?;
    if world.wants() { Err(Fault::damaged("a part of the world that no loader knows")) } else { Ok(()) }
}

/// Every table that batches write, by name, for the tests that prepare their statements and compare them with the migration.
pub fn tables() -> Vec<&'static Table> {
    let beside = [
        RecordRow::table(),
        OutcomeRow::table(),
        NodeRow::table(),
        AuditDetailRow::table(),
        ReceiptRow::table(),
        ChainRow::table(),
        BalanceRow::table(),
        LotRow::table(),
    ];
    #[cfg(feature = "town")]
    let of_town = [
        crate::people::PersonRow::table(),
        crate::people::PinRow::table(),
        crate::earn::TitleRow::table(),
        crate::shop::redemption::PiecesHadRow::table(),
    ];
    #[cfg(not(feature = "town"))]
    let of_town: [&'static Table; 0] = [];
    // An id's row is kept as an outcome.
    let of_records = kinds().into_iter().map(|(_, table)| table).filter(|table| table.name != OutcomeRow::table().name);
    let mut tables: Vec<&'static Table> = of_records.chain(beside).chain(of_town).collect();
    tables.sort_unstable_by_key(|table| table.name);
    tables
}

/// Every read there is, for the test that prepares them on both engines.
pub fn reads() -> Vec<conn::Read> {
    let engine = [
        account::reads(),
        bank::reads(),
        chain::reads(),
        commodity::reads(),
        record::reads(),
        statement::reads(),
        trial_balance::reads(),
    ];
    #[cfg(feature = "town")]
    let town = reads_of_town();
    #[cfg(not(feature = "town"))]
    let town = [];
    engine.into_iter().flatten().chain(town).collect()
}

/// A town's nouns, a line each. `whole`: what is loaded when the writer is cold. `wanted`: what is loaded by key. `asked`:
/// what no rule reads.
macro_rules! town {
    (whole { $($whole:ident,)* } wanted { $($wanted:ident,)* } asked { $($asked:ident,)* }) => {
        $(#[cfg(feature = "town")] pub mod $whole;)*
        $(#[cfg(feature = "town")] pub mod $wanted;)*
        $(#[cfg(feature = "town")] pub mod $asked;)*

        #[cfg(feature = "town")]
        async fn load_town(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
            $($whole::load_whole(conn, world).await?;)*
            Ok(())
        }

        #[cfg(feature = "town")]
        async fn load_wanted_of_town(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
            $($wanted::load(conn, world).await?;)*
            Ok(())
        }

        #[cfg(feature = "town")]
        fn reads_of_town() -> Vec<conn::Read> {
            let nouns = [$($whole::reads(),)* $($wanted::reads(),)* $($asked::reads(),)*];
            nouns.into_iter().flatten().collect()
        }
    };
}

town! {
    whole {
        unit,
        team,
        partner,
        station,
        policy,
        offer,
    }
    wanted {
        member,
        credential,
        activity,
        attendance,
        redemption,
    }
    asked {
        login_link,
        pin,
        session,
    }
}
