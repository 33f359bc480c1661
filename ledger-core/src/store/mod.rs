//! All SQL, one file for each noun. Both engines share the text; [`dialect`] holds what differs.

pub mod account;
pub(crate) mod audit;
pub mod bank;
#[cfg(feature = "sqlite")]
mod bank_file;
pub mod batch;
pub(crate) mod cells;
pub mod chain;
pub mod commodity;
pub mod conn;
#[cfg(feature = "sqlite")]
pub mod copy;
#[cfg(feature = "fault-injection")]
pub mod cuts;
pub mod dialect;
pub mod expiry;
#[cfg(feature = "sqlite")]
pub mod file;
pub mod grouped;
pub(crate) mod head_file;
#[cfg(feature = "sqlite")]
mod head_page;
pub mod hold;
pub mod home;
pub mod host;
mod latest;
pub mod lent;
pub mod limit;
#[cfg(feature = "sqlite")]
mod log_index;
pub mod migrate;
pub mod milestone;
pub mod pen;
pub mod posted_record;
mod queue;
#[cfg(feature = "sqlite")]
mod raw_file;
pub mod readers;
pub mod record;
pub mod rows;
pub mod savepoint;
#[cfg(feature = "sqlite")]
pub mod schema;
pub mod standing;
pub mod statement;
mod steps;
mod target;
pub mod transaction;
pub mod tree;
pub mod trial_balance;
pub mod vouch;
pub mod watch;
pub mod write;

pub use conn::Conn;
pub use home::Home;
pub use queue::Queue;
pub use rows::Rows;
pub use target::{Opening, Target};

use crate::book::account::{BalanceRow, LotRow};
use crate::book::hold::HoldRemainderRow;
use crate::book::milestone::{MilestoneHoldRow, MilestoneLotRow, MilestoneRow};
use crate::book::usage::UsageRow;
use crate::effect::kinds;
use crate::fault::Fault;
use crate::poster::{AuditDetailRow, NodeRow};
use crate::proof::chain::{ChainRow, ReceiptRow};
use crate::proof::record::{OutcomeRow, RecordRow};
use crate::row::{Row as _, Table};
use crate::world::World;
use record::Head;

/// Reads the tables that the world always holds whole, and the head. The writer starts with this.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn cold(conn: &mut Conn) -> Result<(World, Head), Fault> {
    // Read the head first. What is read later is at least as new; if it is newer, the write will fail.
    let head = record::head(conn).await?;
    Ok((cold_at(conn, &head).await?, head))
}

/// Reads the tables that the world always holds whole, after this head.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn cold_at(conn: &mut Conn, head: &Head) -> Result<World, Fault> {
    let mut world = World::partial();
    world.bank = bank::bank(conn).await?;
    world.next_account = head.next_account;
    commodity::load_whole(conn, &mut world).await?;
    limit::load_whole(conn, &mut world).await?;
    #[cfg(feature = "town")]
    if world.is_town() {
        chain::load_whole(conn, &mut world).await?;
        load_town(conn, &mut world).await?;
    }
    Ok(world)
}

/// Loads what the world has asked for.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`]; [`Fault::Damaged`] also if nothing here loads a slice.
pub async fn load_wanted(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    record::load(conn, world).await?;
    #[cfg(feature = "town")]
    load_wanted_of_town(conn, world).await?;
    transaction::load(conn, world).await?;
    hold::load(conn, world).await?;
    expiry::load(conn, world).await?;
    account::load(conn, world).await?;
    limit::load(conn, world).await?;
    if world.wants() { Err(Fault::damaged("a rule asks for something that nothing here loads")) } else { Ok(()) }
}

/// Lists every table that batches write. Tests prepare their statements, and compare them with the migration.
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
        HoldRemainderRow::table(),
        MilestoneRow::table(),
        MilestoneLotRow::table(),
        MilestoneHoldRow::table(),
        UsageRow::table(),
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
    // An id's row is stored as an outcome.
    let of_records = kinds().into_iter().map(|(_, table)| table).filter(|table| table.name != OutcomeRow::table().name);
    let mut tables: Vec<&'static Table> = of_records.chain(beside).chain(of_town).collect();
    tables.sort_unstable_by_key(|table| table.name);
    tables
}

/// Lists every query, so that a test can prepare them on both engines.
pub fn reads() -> Vec<conn::Read> {
    let engine = [
        account::reads(),
        bank::reads(),
        batch::reads(),
        chain::reads(),
        commodity::reads(),
        expiry::reads(),
        hold::reads(),
        limit::reads(),
        milestone::reads(),
        posted_record::reads(),
        record::reads(),
        statement::reads(),
        transaction::reads(),
        tree::reads(),
        trial_balance::reads(),
        vouch::reads(),
    ];
    #[cfg(feature = "town")]
    let town = reads_of_town();
    #[cfg(not(feature = "town"))]
    let town = [];
    engine.into_iter().flatten().chain(town).collect()
}

/// Lists a town's nouns, one per line. `whole` nouns are loaded when the writer starts cold, `wanted` ones by key. No
/// rule reads `asked` ones.
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
        visit,
    }
}
