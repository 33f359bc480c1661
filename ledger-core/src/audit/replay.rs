//! The replay: one record after the other, on a world that is whole.

use std::collections::HashSet;
use std::sync::Arc;

use crate::audit::documents::Documents;
use crate::audit::entries;
use crate::audit::feed::{Feed, misread};
use crate::audit::record::{Record, Together};
use crate::audit::states::Expected;
use crate::audit::{Difference, holds, meaning};
#[cfg(feature = "town")]
use crate::audit::{receipts::Receipts, town::Town};
use crate::effect::{Effect, Effects};
use crate::poster::NodeRow;
use crate::proof::cbor::Writer;
use crate::proof::receipt::token_digest;
use crate::proof::record::{IdRow, OutcomeRow, RecordRow, encode, leaf};
use crate::proof::{Digest, Frontier, ReceiptDraft};
use crate::row::{Keeping, Row as _, Table};
use crate::store::audit::{Holds, Window, streams};
use crate::store::rows::{Rows, TableRows};
use crate::world::World;

/// The bank as far as its journal has been replayed.
#[derive(Debug)]
pub(crate) struct Replay {
    /// One for each stream, in their order.
    feeds: Vec<Feed>,
    next: i64,
    pub(super) world: World,
    tree: Frontier,
    /// The tiles that are complete.
    nodes: Rows,
    writer: Writer,
    founded_at: i64,
    pub(super) posted_at: i64,
    together: Together,
    /// The positions of records that are reversed later: no other has to be remembered.
    reversed: HashSet<i64>,
    documents: Documents,
    #[cfg(feature = "town")]
    pub(super) town: Town,
    #[cfg(feature = "town")]
    receipts: Receipts,
}

/// What follows from a whole journal.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) tree: Frontier,
    pub(crate) founded_at: i64,
    pub(crate) posted_at: i64,
    pub(crate) next_account: i64,
    /// What the tables of states and of the tree should hold.
    pub(crate) states: Vec<Expected>,
    pub(crate) documents: Documents,
    #[cfg(feature = "town")]
    pub(crate) town: Town,
}

impl Replay {
    /// Before the first record. `reversed` has the positions of all records that are reversed later.
    pub(crate) fn new(reversed: HashSet<i64>) -> Self {
        Self {
            feeds: streams().into_iter().map(Feed::of).collect(),
            next: 0,
            world: World::whole(),
            tree: Frontier::default(),
            nodes: Rows::default(),
            writer: Writer::new(),
            founded_at: 0,
            posted_at: i64::MIN,
            together: Together::default(),
            reversed,
            documents: Documents::default(),
            #[cfg(feature = "town")]
            town: Town::default(),
            #[cfg(feature = "town")]
            receipts: Receipts::default(),
        }
    }

    /// Replays the records of a window.
    ///
    /// # Errors
    /// The first [`Difference`].
    pub(crate) fn window(&mut self, window: Window) -> Result<(), Difference> {
        #[cfg(feature = "town")]
        self.receipts.verify(&window, &self.feeds);
        for (number, sheet) in window.sheets {
            self.feeds[number].push(sheet);
        }
        while self.next < window.until {
            let record = self.assemble(self.next)?;
            self.record(record)?;
            self.next += 1;
        }
        Ok(())
    }

    /// Puts together the rows of one record.
    fn assemble(&mut self, position: i64) -> Result<Record, Difference> {
        let missing = || Difference::at(position, (RecordRow::table().name, ""), "no row", "a record");
        let (mut own, mut receipt, mut detail, mut rows) = (None, None, None, Vec::new());
        for feed in &mut self.feeds {
            match feed.stream.holds {
                Holds::Record => own = feed.only(position, 1)?,
                Holds::Receipt => receipt = feed.only(position, 0)?,
                Holds::Detail => detail = feed.only(position, 0)?,
                Holds::Outcome => rows.extend(id(feed, position)?),
                Holds::Kind(kind) => {
                    while let Some((sheet, row)) = feed.next_at(position) {
                        rows.push(effect(sheet, row, kind)?);
                    }
                }
            }
        }
        rows.sort_unstable();
        Ok(Record { position, own: own.ok_or_else(missing)?, rows, receipt, detail })
    }

    fn record(&mut self, mut record: Record) -> Result<(), Difference> {
        record.check(self.posted_at)?;
        self.together.check(&record)?;
        entries::check(&self.world, record.position, &record.rows)?;
        holds::check(&self.world, record.position, &record.rows)?;
        let decided = meaning::check(self, &record)?;
        let receipt = self.receipt(&record, decided.as_ref())?;
        let token = record.receipt.as_ref().map(|receipt| token_digest(&receipt.token));
        self.grow(&record, token)?;
        self.documents.learn(&record);
        // Nothing is derived from an id, and there is one for almost every record.
        record.rows.retain(|row| !matches!(row, Effect::Id(_)));
        let effects = Effects {
            rows: std::mem::take(&mut record.rows),
            erasable: decided.and_then(|decided| decided.erasable),
            receipt: receipt.map(Box::new),
            effective_day: None,
            ..Effects::default()
        };
        let effects = meaning::counted(self, &record, effects)?;
        let mut applied = self.world.apply(record.position, &effects, token);
        if self.reversed.contains(&record.position) {
            let (now, day) = (record.own.posted_at, record.own.effective_day);
            applied = applied.and_then(|()| self.world.remember(record.position, now, day, &effects));
        }
        if let Err(unasked) = applied {
            let found = format!("rows about {} that are not there", unasked.slice);
            return Err(record.differs("", found, "rows about what is there"));
        }
        record.rows = effects.rows;
        #[cfg(feature = "town")]
        self.town.learn(&mut self.world, &record);
        if record.position == 0 {
            self.founded_at = record.own.posted_at;
        }
        self.posted_at = record.own.posted_at;
        Ok(())
    }

    /// The receipt of a record, which must have one exactly if its command leads to one.
    #[cfg(feature = "town")]
    fn receipt(&mut self, record: &Record, decided: Option<&Effects>) -> Result<Option<ReceiptDraft>, Difference> {
        self.receipts.check(&self.world, &self.town, record, decided)
    }

    #[cfg(not(feature = "town"))]
    fn receipt(&mut self, record: &Record, _: Option<&Effects>) -> Result<Option<ReceiptDraft>, Difference> {
        match &record.receipt {
            Some(_) => Err(Difference::at(record.position, ("ledger_receipts", ""), "a receipt", "none")),
            None => Ok(None),
        }
    }

    /// Hashes the record and adds it to the tree.
    fn grow(&mut self, record: &Record, token: Option<Digest>) -> Result<(), Difference> {
        let Record { position, own, rows, .. } = record;
        self.writer.clear();
        encode(&mut self.writer, *position, own, rows);
        let hash = leaf(&own.kind, token.as_ref(), &own.salt, self.writer.written());
        if hash != own.leaf {
            let hex = |hash: &Digest| data_encoding::HEXLOWER.encode(hash);
            let expected = format!("{}, which its rows give", hex(&hash));
            return Err(record.differs("leaf", hex(&own.leaf), expected));
        }
        let nodes = &mut self.nodes;
        self.tree.push(hash, |tile| {
            nodes.push(&NodeRow { level: i64::from(tile.level), node: tile.index as i64, hash: tile.hash });
        });
        Ok(())
    }

    /// Ends the replay: what the bank should hold.
    ///
    /// # Errors
    /// A record is missing.
    pub(crate) fn end(mut self) -> Result<Replayed, Difference> {
        self.together.end(self.next)?;
        let next_account = self.world.next_account.0;
        let mut rows = Rows::default();
        self.world.write_states(&mut rows);
        let mut found: Vec<TableRows> = rows.into_tables();
        found.extend(self.nodes.into_tables());
        let mut take = |table: &'static Table, key| {
            let place = found.iter().position(|rows| std::ptr::eq(rows.table, table));
            Expected::of(place.map_or_else(|| TableRows::new(table), |place| found.swap_remove(place)), key)
        };
        let read_by_record = streams();
        let mut states = Vec::new();
        for table in crate::store::tables() {
            let is_of_records = read_by_record.iter().any(|stream| std::ptr::eq(stream.table, table));
            if !is_of_records && !Documents::keeps(table) {
                states.push(take(table, key_of(table)));
            }
        }
        Ok(Replayed {
            tree: self.tree,
            founded_at: self.founded_at,
            posted_at: self.posted_at,
            next_account,
            states,
            documents: self.documents,
            #[cfg(feature = "town")]
            town: self.town,
        })
    }
}

/// How many columns the key of a table has that follows from the records. Where nothing says so, all of them: then a row that is
/// another is one too many.
fn key_of(table: &Table) -> usize {
    match (table.keeping, table.name) {
        (Keeping::State(key), _) => key,
        (_, "ledger_nodes" | "ledger_milestones") => 2,
        (_, "ledger_milestone_lots") => 3,
        (_, "ledger_milestone_holds") => 4,
        _ => table.columns().len(),
    }
}

/// Reads a row of a kind.
fn effect(sheet: &TableRows, row: usize, kind: i64) -> Result<Effect, Difference> {
    let read = sheet.read(row, 1, |cells| Effect::take(kind, cells), |effect, comparing| effect.put(comparing));
    read.map_err(|column| misread(sheet, row, column))
}

/// The id of a record, if it has one.
fn id(feed: &mut Feed, position: i64) -> Result<Option<Effect>, Difference> {
    let Some(outcome) = feed.only::<OutcomeRow>(position, 0)? else { return Ok(None) };
    let OutcomeRow { credential, id, content_hash, rejection, refused_at, .. } = outcome;
    let table = OutcomeRow::table().name;
    if !rejection.is_empty() {
        return Err(Difference::at(position, (table, "rejection"), crate::text::shown(&rejection), "\"\""));
    }
    if let Some(refused_at) = refused_at {
        return Err(Difference::at(position, (table, "refused_at"), refused_at, -1));
    }
    let credential: Arc<str> = credential;
    Ok(Some(Effect::Id(IdRow { credential, id, content_hash })))
}
