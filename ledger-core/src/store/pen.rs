//! The writer's two connections. It writes over one: full blocks of a large batch while the rest is still being decided,
//! and then the head's move, which commits. While that one commits, the next batch is decided, and the writer reads over
//! the other.

use std::pin::Pin;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::conn::{Conn, database};
use super::dialect::Engine;
use super::record::{self, Head};
use super::rows::Rows;
use super::target::{Target, Turn};
use super::write::{self, HeadMove};
use crate::defect::Defect;
use crate::fault::Fault;

/// Why a batch is not committed.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    /// Something broke before the commit.
    #[error(transparent)]
    Broken(#[from] Fault),
    /// A statement that writes rows failed.
    #[error(transparent)]
    NotWritten(#[from] sqlx::Error),
    /// The head is no longer the one on which the batch was decided.
    #[error("the head is not the one on which the batch was decided")]
    Overtaken,
}

/// Writes one batch after the other.
pub struct Pen {
    target: Target,
    /// Where a batch is written while the next one is decided.
    writing: Handle,
    place: Place,
    /// For reading while the other connection is away. It is opened when it is first needed.
    reader: Option<Conn>,
    /// The turn to write, as long as the transaction of the present batch is open.
    turn: Turn,
    /// Whether the transaction of the present batch is open.
    has_begun: bool,
    /// Whether rows of the present batch were written ahead.
    has_written: bool,
}

/// Where the connection is that writes.
enum Place {
    /// Nothing is being written. `None`: the connection is opened when it is needed.
    Here(Option<Conn>),
    /// It writes full blocks of the present batch.
    Ahead(JoinHandle<(Conn, Result<(), sqlx::Error>)>),
    /// It commits the batch before; the [`Commit`] has it.
    Away,
}

/// A batch that is decided, for [`Pen::commit`].
pub struct Decision {
    /// The head on which it was decided.
    pub from: Head,
    /// The move that commits it.
    pub head_move: HeadMove,
    /// Its rows, as far as they are not written ahead.
    pub rows: Rows,
}

impl Pen {
    /// Writes to this bank, over this connection.
    pub fn new(target: Target, conn: Conn, writing: Handle) -> Self {
        let place = Place::Here(Some(conn));
        Self { target, writing, place, reader: None, turn: None, has_begun: false, has_written: false }
    }

    /// Begins a batch under the lock that keeps all other writers out.
    ///
    /// # Errors
    /// The engine's, or that of opening the connection.
    pub async fn lock(&mut self) -> Result<(), Interrupted> {
        if self.turn.is_none() {
            self.turn = self.target.turn().await;
        }
        let conn = self.conn().await?;
        conn.execute(conn.engine().begin()).await.map_err(database)?;
        self.has_begun = true;
        let conn = self.conn().await?;
        conn.execute(conn.engine().lock_head()).await.map_err(database)?;
        Ok(())
    }

    /// A connection over which to read what the present batch needs. Waits only for rows of this batch that are being
    /// written.
    ///
    /// # Errors
    /// The engine's, if an earlier write failed; or that of opening the connection.
    pub async fn reading(&mut self) -> Result<&mut Conn, Interrupted> {
        if !matches!(self.place, Place::Away) {
            return self.conn().await;
        }
        let conn = match self.reader.take() {
            Some(conn) => conn,
            None => open(&self.target).await?,
        };
        Ok(self.reader.insert(conn))
    }

    /// The connection that writes. Waits for the rows of this batch that are being written.
    async fn conn(&mut self) -> Result<&mut Conn, Interrupted> {
        if let Place::Ahead(task) = &mut self.place {
            let ended = task.await;
            self.place = Place::Here(None);
            let (conn, written) = ended.map_err(|_| sqlx::Error::WorkerCrashed)?;
            self.place = Place::Here(Some(conn));
            written?;
        }
        let Place::Here(conn) = &mut self.place else { return Err(sqlx::Error::WorkerCrashed.into()) };
        match conn {
            Some(conn) => Ok(conn),
            None => Ok(conn.insert(open(&self.target).await?)),
        }
    }

    /// Starts to write the full blocks, if the engine takes a batch piece by piece and the connection is here.
    ///
    /// # Errors
    /// The engine's, if an earlier write failed; or that of opening the connection.
    pub async fn write_ahead(&mut self, rows: &mut Rows) -> Result<(), Interrupted> {
        if matches!(self.place, Place::Away) || !rows.has_full_block() {
            return Ok(());
        }
        if self.conn().await?.engine() != Engine::Sqlite {
            return Ok(());
        }
        let blocks = rows.take_blocks();
        self.write_on_task(blocks).await
    }

    /// Starts to write the rows that are left of a batch of which blocks were written ahead.
    ///
    /// # Errors
    /// The engine's, if an earlier write failed.
    pub async fn write_rest_ahead(&mut self, rows: &mut Rows) -> Result<(), Interrupted> {
        if !self.has_written {
            return Ok(());
        }
        self.conn().await?;
        self.write_on_task(std::mem::take(rows)).await
    }

    /// Writes over the connection, which is here, on a task of its own.
    async fn write_on_task(&mut self, rows: Rows) -> Result<(), Interrupted> {
        if !self.has_begun {
            self.turn = self.target.turn().await;
        }
        let mut conn = self.take_conn()?;
        self.has_written = true;
        let begins = !std::mem::replace(&mut self.has_begun, true);
        self.place = Place::Ahead(self.writing.spawn(async move {
            let written = write::ahead(&mut conn, rows, begins).await;
            (conn, written)
        }));
        Ok(())
    }

    /// Takes the connection, which is here.
    fn take_conn(&mut self) -> Result<Conn, Interrupted> {
        match &mut self.place {
            Place::Here(conn) => conn.take().ok_or(sqlx::Error::WorkerCrashed.into()),
            Place::Ahead(_) | Place::Away => Err(sqlx::Error::WorkerCrashed.into()),
        }
    }

    /// Writes the remaining rows, moves the head and commits. The connection is away until [`Self::take_back`].
    ///
    /// # Errors
    /// The engine's, if an earlier write failed; or that of opening the connection.
    pub async fn commit(&mut self, decision: Decision) -> Result<Commit, Interrupted> {
        self.conn().await?;
        let conn = self.take_conn()?;
        self.place = Place::Away;
        let begun = Begun {
            turn: self.turn.take(),
            is_open: std::mem::take(&mut self.has_begun),
            has_written: std::mem::take(&mut self.has_written),
        };
        let target = self.target.clone();
        let running = Box::pin(async move { commit(&target, conn, decision, begun).await });
        Ok(Commit::Here(running, self.writing.clone()))
    }

    /// Takes the connection back after a commit.
    pub fn take_back(&mut self, conn: Option<Conn>) {
        self.place = Place::Here(conn);
    }

    /// Rolls back what a failed write has left open. `false` if that fails too: then nobody can tell what was committed.
    pub async fn roll_back(&mut self) -> bool {
        let is_rolled_back = match &mut self.place {
            Place::Here(Some(conn)) => Defect::RollbackSwallowed.is_on() || write::rollback(conn).await.is_ok(),
            Place::Here(None) | Place::Ahead(_) | Place::Away => false,
        };
        (self.turn, self.has_begun, self.has_written) = (None, false, false);
        is_rolled_back
    }

    /// Notes that the database takes no writes.
    pub fn refused(&self) {
        self.target.watch().refused();
    }

    /// Notes that the database is not what the engine once wrote. A file that is, is left alone from now on.
    pub fn damaged(&self, fault: &Fault) {
        match self.target.engine() {
            Engine::Sqlite => drop(self.target.watch().stop(fault.clone())),
            Engine::Postgres => self.refused(),
        }
    }

    /// Makes the second connection fail to open.
    #[cfg(all(test, feature = "sqlite"))]
    pub fn lose_reader(&mut self) -> Result<(), Fault> {
        self.target = Target::parse("sqlite:///nowhere/bank.db")?;
        Ok(())
    }

    /// Drops the second connection. A new one is opened when it is needed.
    pub fn drop_reader(&mut self) {
        self.reader = None;
    }

    /// Drops the connections, and with them what is open. New ones are opened when they are needed.
    pub fn drop_conns(&mut self) {
        (self.turn, self.has_begun, self.has_written) = (None, false, false);
        self.reader = None;
        if !matches!(self.place, Place::Away) {
            self.place = Place::Here(None);
        }
    }

    /// Closes the connection for reading, and returns the other one.
    pub async fn into_conn(self) -> Option<Conn> {
        if let Some(reader) = self.reader {
            reader.close().await;
        }
        match self.place {
            Place::Here(conn) => conn,
            Place::Ahead(task) => task.await.ok().map(|(conn, _)| conn),
            Place::Away => None,
        }
    }
}

async fn open(target: &Target) -> Result<Conn, Fault> {
    let mut conn = Conn::open(target, false).await?;
    conn.prefer_keys().await?;
    Ok(conn)
}

/// How a commit ended: the connection, and why the batch is not committed. If the outcome is `Ok`, the batch is durable.
pub type Committed = (Option<Conn>, Result<(), Interrupted>);

/// A batch on its way to the disk.
pub enum Commit {
    /// It goes on while somebody waits for it. If no batch comes after it, it needs no task of its own.
    Here(Pin<Box<dyn Future<Output = Committed> + Send>>, Handle),
    /// It goes on by itself.
    OnTask(JoinHandle<Committed>),
}

impl Commit {
    /// Waits for the end. You may stop waiting, and wait again later.
    pub async fn ended(&mut self) -> Committed {
        match self {
            Self::Here(running, _) => running.await,
            Self::OnTask(task) => task.await.unwrap_or_else(|_| (None, Err(sqlx::Error::WorkerCrashed.into()))),
        }
    }

    /// Whether it has come to its end on a task of its own.
    pub fn has_ended(&self) -> bool {
        match self {
            Self::Here(..) => false,
            Self::OnTask(task) => task.is_finished(),
        }
    }

    /// Lets it go on by itself, while the next batch is decided.
    pub fn go_on(&mut self) {
        if let Self::Here(running, writing) = self {
            let running = std::mem::replace(running, Box::pin(std::future::pending()));
            *self = Self::OnTask(writing.spawn(running));
        }
    }
}

/// What has become of a batch before its commit.
struct Begun {
    turn: Turn,
    /// Whether its transaction is open.
    is_open: bool,
    /// Whether rows of it were written ahead.
    has_written: bool,
}

/// Writes and commits. A batch without any rows commits nothing: then the head must still be the one on which its
/// commands were refused.
async fn commit(target: &Target, mut conn: Conn, decision: Decision, begun: Begun) -> Committed {
    let outcome = commit_over(target, &mut conn, decision, begun).await;
    (Some(conn), outcome)
}

async fn commit_over(target: &Target, conn: &mut Conn, decision: Decision, begun: Begun) -> Result<(), Interrupted> {
    let Decision { from, head_move, rows } = decision;
    let is_blank = rows.is_empty() && !begun.has_written;
    let (size, root) = (from.frontier.size(), from.frontier.root());
    // Somebody was first, or goes on with a copy of this bank: whoever reads the head anew finds out.
    let mut written = conn.watch().written_down();
    if record::check_place(conn).await? > size || written.any(|written| written.is_beyond(size, &root)) {
        if begun.is_open {
            write::rollback(conn).await?;
        }
        return Err(Interrupted::Overtaken);
    }
    if !is_blank {
        let seen = head_move.seen(conn.watch());
        let _turn = if begun.is_open { begun.turn } else { target.turn().await };
        // THE COMMIT POINT: if this succeeds, the batch is committed, and the rest only reports it.
        write::write(conn, &head_move, rows, begun.is_open).await?;
        // If the file was moved away meanwhile, nobody will find what was committed.
        record::check_place(conn).await?;
        seen.into_iter().for_each(|seen| conn.watch().committed(seen));
        conn.watch().has_written();
        Ok(())
    } else if begun.is_open {
        Ok(conn.execute("COMMIT").await?)
    } else if record::head(conn).await? == from || Defect::RefusedOnStaleHead.is_on() {
        Ok(())
    } else {
        Err(Interrupted::Overtaken)
    }
}
