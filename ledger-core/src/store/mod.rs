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
pub mod readers;
pub mod record;
pub mod rows;
pub mod statement;
mod target;
pub mod trial_balance;
pub mod write;

#[cfg(feature = "town")]
pub mod activity;
#[cfg(feature = "town")]
pub mod attendance;
#[cfg(feature = "town")]
pub mod credential;
#[cfg(feature = "town")]
pub mod login_link;
#[cfg(feature = "town")]
pub mod member;
#[cfg(feature = "town")]
pub mod offer;
#[cfg(feature = "town")]
mod partner;
#[cfg(feature = "town")]
pub mod pin;
#[cfg(feature = "town")]
pub mod policy;
#[cfg(feature = "town")]
pub mod redemption;
#[cfg(feature = "town")]
pub mod session;
#[cfg(feature = "town")]
pub mod station;
#[cfg(feature = "town")]
mod team;
#[cfg(feature = "town")]
mod unit;

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
        unit::load_whole(conn, &mut world).await?;
        team::load_whole(conn, &mut world).await?;
        partner::load_whole(conn, &mut world).await?;
        station::load_whole(conn, &mut world).await?;
        policy::load_whole(conn, &mut world).await?;
        offer::load_whole(conn, &mut world).await?;
    }
    Ok((world, head))
}

/// Looks up what the world wants. Whoever adds a slice to the world is sent here by the compiler.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn load_wanted(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    record::load(conn, world).await?;
    #[cfg(feature = "town")]
    {
        member::load(conn, world).await?;
        credential::load(conn, world).await?;
        activity::load(conn, world).await?;
        attendance::load(conn, world).await?;
        redemption::load(conn, world).await?;
    }
    account::load(conn, world).await
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
    let town = [
        activity::reads(),
        attendance::reads(),
        credential::reads(),
        login_link::reads(),
        member::reads(),
        offer::reads(),
        partner::reads(),
        pin::reads(),
        policy::reads(),
        redemption::reads(),
        session::reads(),
        station::reads(),
        team::reads(),
        unit::reads(),
    ];
    #[cfg(not(feature = "town"))]
    let town: [Vec<conn::Read>; 0] = [];
    engine.into_iter().chain(town).flatten().collect()
}
