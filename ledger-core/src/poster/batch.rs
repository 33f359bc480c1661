//! Decides a batch in memory. Each command sees what the commands before it have changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::gather::gather;
use super::source::Source;
use super::{AtomicOutcome, Posted, PostedEntry, UnmovedAccount};
use crate::book::AccountId;
use crate::clock::{BankClock, Randomness};
use crate::command::{Envelope, Key, reason_of_attendance};
use crate::defect::Defect;
use crate::effect::{Effect, Effects};
use crate::fault::Fault;
use crate::proof::cbor::Writer;
use crate::proof::chain::ReceiptRow;
use crate::proof::receipt::token_digest;
use crate::proof::record::{FORMAT, IdRow, NoteRow, OutcomeRow, RecordRow, encode, leaf};
use crate::proof::{Digest, SigningKey};
use crate::reject::{AtomicRejected, Rejection};
use crate::row::row;
use crate::rule::{Halt, Moment, check_envelope, check_reserved, effective_day};
use crate::store::Rows;
use crate::store::pen::{Decision, Interrupted};
use crate::store::record::Head;
use crate::store::write::HeadMove;
use crate::world::{Settled, World};

/// What is decided at once: one command, or several that are posted together or not at all.
pub type Unit<'e> = &'e [Envelope];

/// What the rules decided about one unit.
#[derive(Debug)]
pub enum Decided {
    /// The command is posted as soon as the batch is committed.
    Posted(Posted),
    Rejected(Rejection),
    /// The command's id was settled earlier, by the record at this position.
    Settled(i64),
    /// Several commands are posted as soon as the batch is committed, or none is.
    Together(AtomicOutcome),
    /// The id of several commands was settled earlier, by the records from this position on.
    SettledTogether(i64),
}

row! {
    /// A node of the tree that never changes again: the root of a complete tile.
    beside "ledger_nodes", NodeRow {
        /// 8, 16, 24 …; leaves are at level 0.
        level: i64,
        /// The node's place among those of its level, from 0.
        node: i64,
        hash: Digest,
    }
}

row! {
    /// What an audit row's digest was made of. It can be erased, and then the digest tells nobody anything.
    beside "ledger_audit_details", AuditDetailRow {
        /// The position of the record with the digest.
        position: i64,
        salt: [u8; 16],
        document: String,
    }
}

/// How many commands are decided before the writer checks whether something can be written.
const COMMANDS_BETWEEN_LOOKS: usize = 64;

/// How many random bytes each command gets: the record's salt, the audit's salt, and a pseudonym.
pub(super) const RANDOM_BYTES: usize = 16 + 16 + 10;

/// What the writer gets from outside: the time, chance, and the key that signs receipts.
#[derive(Debug, Clone)]
pub struct Desk {
    pub clock: BankClock,
    pub randomness: Randomness,
    pub key: Arc<SigningKey>,
    /// For tests alone: whether generic commands may name a town's accounts.
    pub moves_reserved: bool,
}

/// A batch that is being decided.
pub struct Draft {
    /// The head on which it is decided.
    from: Head,
    pub(super) journal: Journal,
    /// An outcome for each unit, in their order.
    decided: Vec<Decided>,
    /// How many commands these are.
    commands: usize,
    /// Whether the writer holds the lock, and looks up the commands' ids.
    under_lock: bool,
}

impl Draft {
    /// Begins a batch at this head.
    pub fn begin(head: &Head, under_lock: bool) -> Self {
        Self { from: head.clone(), journal: Journal::at(head), decided: Vec::new(), commands: 0, under_lock }
    }

    /// How many commands are decided.
    pub fn len(&self) -> usize {
        self.commands
    }

    /// The outcomes of a batch that is not written.
    pub fn into_decided(self) -> Vec<Decided> {
        self.decided
    }

    /// The time for the commands that come now, in UTC seconds: never before that of the last record.
    ///
    /// # Errors
    /// [`Fault::ClockAhead`].
    pub fn now(&self, desk: &Desk) -> Result<i64, Fault> {
        Ok(desk.clock.now_to_post()?.max(self.journal.head.posted_at))
    }

    /// Ends the batch: adds the states that it has changed. Returns what to write, the head afterwards, and
    /// the outcomes.
    ///
    /// # Errors
    /// The engine's.
    pub async fn end(
        mut self,
        source: &mut Source<'_>,
        world: &mut World,
    ) -> Result<(Decision, Head, Vec<Decided>), Interrupted> {
        source.write_rest_ahead(&mut self.journal.rows).await?;
        world.write_states(&mut self.journal.rows);
        world.begin_batch();
        self.journal.head.next_account = world.next_account;
        let (head_move, rows, head) = self.journal.finish(&self.from);
        Ok((Decision { from: self.from, head_move, rows }, head, self.decided))
    }
}

/// Decides commands that came together.
pub struct Group<'a> {
    /// The batch that they are part of.
    pub draft: &'a mut Draft,
    /// Afterwards it is as it will be once they are written. After any error, discard it.
    pub world: &'a mut World,
    /// Where what is lacking is read.
    pub source: Source<'a>,
    pub desk: &'a Desk,
    /// UTC seconds; see [`Draft::now`].
    pub now: i64,
}

impl Group<'_> {
    /// Decides the first units, in their order, and returns the others. Each command sees what those before it have
    /// changed. If something is not known that the first ones need, what the others need is loaded with it.
    ///
    /// # Errors
    /// The engine's, or a fault of the program.
    pub async fn decide<'e>(&mut self, units: &'e [Unit<'e>]) -> Result<&'e [Unit<'e>], Interrupted> {
        let count = first_units(units);
        let moment = self.moment(&[0; RANDOM_BYTES]);
        gather(&mut self.source, self.world, count, units, &moment, self.draft.under_lock).await?;
        let (units, others) = units.split_at(count);
        let commands: usize = units.iter().map(|unit| unit.len()).sum();
        let mut random = vec![0; RANDOM_BYTES * commands];
        // Each command gets its own bytes, so a batch has the same outcome as its commands one by one.
        self.desk
            .randomness
            .fill_each(&mut random, RANDOM_BYTES)
            .ok_or_else(|| Fault::database("the operating system gives no random bytes"))?;
        let mut random = random.as_slice();
        for unit in units {
            let (of_unit, rest) = random.split_at(RANDOM_BYTES * unit.len());
            random = rest;
            let decided = self.unit(unit, of_unit).await?;
            self.draft.decided.push(decided);
        }
        self.draft.commands += commands;
        self.source.write_ahead(&mut self.draft.journal.rows).await?;
        Ok(others)
    }

    async fn unit(&mut self, unit: Unit<'_>, random: &[u8]) -> Result<Decided, Interrupted> {
        match unit {
            [] => Ok(Decided::Together(Ok(Vec::new()))),
            [envelope] => self.command(envelope, random).await,
            [first, ..] => self.together(first, unit, random).await,
        }
    }

    /// Where and when the next record is made, and with which random bytes.
    pub(super) fn moment(&self, random: &[u8]) -> Moment {
        Moment {
            now: self.now,
            position: self.draft.journal.head.frontier.size() as i64,
            audit_salt: array(&random[16..32]),
            pseudonym: array(&random[32..]),
        }
    }

    async fn command(&mut self, envelope: &Envelope, random: &[u8]) -> Result<Decided, Interrupted> {
        if let Err(rejection) = check_envelope(envelope) {
            return Ok(Decided::Rejected(rejection));
        }
        let id = envelope.key.as_ref().map(|key| (key, envelope.content_hash()));
        if let Some(outcome) = self.settled(id) {
            return Ok(match outcome {
                Ok(position) => Decided::Settled(position),
                Err(rejected) => Decided::Rejected(rejected.rejection),
            });
        }
        let moment = self.moment(random);
        match self.outcome(envelope, &moment).await? {
            Ok(effects) => {
                let content_hash = id.map(|(_, content_hash)| content_hash);
                Ok(Decided::Posted(self.record(envelope, effects, content_hash, random, &moment)?))
            }
            Err(rejection) => {
                let rejected = AtomicRejected { failed: 0, rejection };
                if let Some((key, content_hash)) = id {
                    self.refuse(key, content_hash, &rejected);
                }
                Ok(Decided::Rejected(rejected.rejection))
            }
        }
    }

    /// What was decided earlier under an id, if that is known: see [`gather`].
    pub(super) fn settled(&self, id: Option<(&Key, Digest)>) -> Option<Result<i64, AtomicRejected>> {
        let (key, content_hash) = id?;
        let settled = self.world.settled.peek(key)?;
        Some(if settled.content_hash == content_hash || Defect::ContentNotCompared.is_on() {
            settled.outcome.clone()
        } else {
            Err(AtomicRejected { failed: 0, rejection: Rejection::IdConflict })
        })
    }

    /// What a command changes, or why it is refused. If it needs something that an earlier command of the batch has led to,
    /// loads that and decides again. If it reads something that it never asks for, the whole batch fails.
    pub(super) async fn outcome(
        &mut self,
        envelope: &Envelope,
        moment: &Moment,
    ) -> Result<Result<Effects, Rejection>, Interrupted> {
        if let Some(rejection) = &envelope.turned_away {
            return Ok(Err(rejection.clone()));
        }
        if !self.desk.moves_reserved
            && let Err(rejection) = check_reserved(self.world, &envelope.command)
        {
            return Ok(Err(rejection));
        }
        let mut outcome = envelope.command.decide(self.world, moment);
        if let Err(Halt::Unasked(_)) = outcome {
            // What it needs may be in the bank, or be what an earlier command of the batch has posted.
            let unit = std::slice::from_ref(envelope);
            gather(&mut self.source, self.world, 1, &[unit], moment, self.draft.under_lock).await?;
            outcome = envelope.command.decide(self.world, moment);
        }
        match outcome {
            Ok(effects) => Ok(Ok(effects)),
            Err(Halt::Rejected(rejection)) => Ok(Err(rejection)),
            Err(Halt::Unasked(unasked)) => {
                debug_assert!(false, "{unasked}: its needs do not ask for it");
                Err(Fault::from(unasked).into())
            }
            Err(Halt::Impossible(impossible)) => Err(Fault::damaged(impossible.to_string()).into()),
        }
    }

    /// Turns a decision into a record: signs the receipt, applies the effects, hashes the leaf, and adds the rows.
    pub(super) fn record(
        &mut self,
        envelope: &Envelope,
        mut effects: Effects,
        content_hash: Option<Digest>,
        random: &[u8],
        moment: &Moment,
    ) -> Result<Posted, Fault> {
        let effective_day = effective_day(self.world, envelope, &effects, moment.now);
        effects.rows.extend(rows_of(envelope, content_hash));
        effects.rows.sort_unstable();
        let token = effects.receipt.as_ref().map(|draft| draft.receipt.sign(&self.desk.key));
        let token_digest = token.as_deref().map(token_digest);
        self.world.apply(moment.position, &effects, token_digest)?;
        self.world.remember(moment.position, moment.now, effective_day, &effects)?;
        let record = RecordRow {
            format: FORMAT,
            kind: self.draft.journal.kind(envelope.command.kind()),
            posted_at: moment.now,
            effective_day,
            actor: Arc::clone(&envelope.actor),
            channel: envelope.channel.number(),
            salt: array(random),
            leaf: [0; 32],
        };
        self.draft.journal.push(record, &effects.rows, token_digest);
        let position = moment.position;
        if let (Some(draft), Some(token)) = (&effects.receipt, &token) {
            let (chain, year, number) = (draft.chain, draft.year, draft.number);
            self.draft.journal.rows.push(&ReceiptRow { position, chain, year, number, token: token.clone() });
        }
        if let Some(erasable) = &effects.erasable {
            let document = erasable.document();
            self.draft.journal.rows.push(&AuditDetailRow { position, salt: moment.audit_salt, document });
        }
        let entries = entries(self.world, &effects.rows)?;
        let unmoved = unmoved(self.world, &effects.rows)?;
        Ok(Posted { position, posted_at: moment.now, receipt: token, entries, unmoved, replayed: false })
    }

    /// Stores for ever that the command with this id was refused.
    pub(super) fn refuse(&mut self, key: &Key, content_hash: Digest, rejected: &AtomicRejected) {
        let refusal = OutcomeRow {
            credential: Arc::clone(&key.credential),
            id: *key.id.as_bytes(),
            content_hash,
            position: None,
            // A rejection holds only text and numbers, so serialising it cannot fail.
            rejection: serde_json::to_string(rejected).unwrap_or_default(),
            refused_at: Some(self.now),
        };
        if !Defect::RefusalNotStored.is_on() {
            self.draft.journal.rows.push(&refusal);
        }
        self.world.settled.put(key.clone(), Settled { content_hash, outcome: Err(rejected.clone()) });
    }
}

/// How many units are decided before the writer checks whether something can be written.
fn first_units(units: &[Unit<'_>]) -> usize {
    let mut commands = 0;
    let has_room = |unit: &&Unit<'_>| {
        let has_room = commands < COMMANDS_BETWEEN_LOOKS;
        commands += unit.len();
        has_room
    };
    units.iter().take_while(has_room).count()
}

/// Makes the rows for the envelope's id and its note.
fn rows_of(envelope: &Envelope, content_hash: Option<Digest>) -> impl Iterator<Item = Effect> {
    let id = envelope.key.as_ref().zip(content_hash).map(|(key, content_hash)| {
        Effect::Id(IdRow { credential: Arc::clone(&key.credential), id: *key.id.as_bytes(), content_hash })
    });
    let Envelope { on_behalf_of, device, reason, attended_by, .. } = envelope;
    let reason = if reason.is_empty() { reason_of_attendance(attended_by) } else { reason.clone() };
    let is_noted = [on_behalf_of, device, &reason].into_iter().any(|text| !text.is_empty());
    let note = is_noted.then(|| {
        let (on_behalf_of, device) = (on_behalf_of.clone(), device.clone());
        Effect::Note(NoteRow { on_behalf_of, device, reason })
    });
    id.into_iter().chain(note)
}

/// Lists a record's entries for the answer.
fn entries(world: &World, rows: &[Effect]) -> Result<Vec<PostedEntry>, Fault> {
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        if let Effect::Entry(entry) = row
            && let Some(account) = world.accounts.get(&entry.account)?
        {
            entries.push(PostedEntry::of(entry, account.address.clone(), account.commodity.clone()));
        }
    }
    Ok(entries)
}

/// Lists the accounts that a record touched without moving them, for the answer.
fn unmoved(world: &World, rows: &[Effect]) -> Result<Vec<UnmovedAccount>, Fault> {
    let mut touched: BTreeSet<AccountId> = rows.iter().filter_map(touched).collect();
    if touched.is_empty() {
        return Ok(Vec::new());
    }
    for row in rows {
        if let Effect::Entry(entry) = row {
            touched.remove(&entry.account);
        }
    }
    let mut unmoved = Vec::with_capacity(touched.len());
    for account in touched {
        if let Some(account) = world.accounts.get(&account)? {
            unmoved.push(UnmovedAccount { address: account.address.clone(), balance: account.balance });
        }
    }
    unmoved.sort_unstable();
    Ok(unmoved)
}

/// The account that a row touches, unless it moves it.
#[allow(clippy::wildcard_enum_match_arm, reason = "all other rows are of no account, or move it")]
fn touched(row: &Effect) -> Option<AccountId> {
    match row {
        Effect::Account(row) => Some(row.account),
        Effect::AccountState(row) => Some(row.account),
        Effect::HoldEntry(row) => Some(row.account),
        _ => None,
    }
}

/// The journal as it grows in memory: its rows, its head, and a buffer for a record's bytes.
pub struct Journal {
    /// The rows that are not written yet.
    pub rows: Rows,
    pub(super) head: Head,
    writer: Writer,
    kind: Arc<str>,
}

impl Journal {
    /// Starts with the journal at this head.
    pub fn at(head: &Head) -> Self {
        Self { rows: Rows::default(), head: head.clone(), writer: Writer::new(), kind: "".into() }
    }

    /// A kind's letters. Neighbours of the same kind share them.
    fn kind(&mut self, kind: &str) -> Arc<str> {
        if *self.kind != *kind {
            self.kind = kind.into();
        }
        Arc::clone(&self.kind)
    }

    /// Adds a record: its leaf, the tiles that this completes, the record's own
    /// row, and `effects`, which must be sorted.
    pub fn push(&mut self, mut record: RecordRow, effects: &[Effect], receipt: Option<Digest>) {
        let position = self.head.frontier.size() as i64;
        self.writer.clear();
        encode(&mut self.writer, position, &record, effects);
        record.leaf = leaf(&record.kind, receipt.as_ref(), &record.salt, self.writer.written());
        (self.head.posted_at, self.head.last_leaf) = (record.posted_at, record.leaf);
        let rows = &mut self.rows;
        self.head.frontier.push(record.leaf, |tile| {
            rows.push(&NodeRow { level: i64::from(tile.level), node: tile.index as i64, hash: tile.hash });
        });
        rows.push_at(position, &record);
        for effect in effects {
            rows.push_effect(position, effect);
        }
    }

    /// Adds what was decided on top of this journal.
    pub(super) fn append(&mut self, branch: Self) {
        self.rows.append(branch.rows);
        self.head = branch.head;
    }

    /// Returns the move from the head `from`, the rows, and the new head.
    pub fn finish(self, from: &Head) -> (HeadMove, Rows, Head) {
        let Self { rows, head, .. } = self;
        let head_move = HeadMove {
            from_size: from.frontier.size() as i64,
            from_root: from.frontier.root(),
            size: head.frontier.size() as i64,
            root: head.frontier.root(),
            frontier: head.frontier.peaks(),
            posted_at: head.posted_at,
            next_account: head.next_account.0,
            last_leaf: head.last_leaf,
        };
        (head_move, rows, head)
    }

    /// Sets the number that the next account gets.
    pub fn set_next_account(&mut self, number: crate::book::AccountId) {
        self.head.next_account = number;
    }
}

/// Copies the first bytes of a slice. Panics if the slice is too short.
pub(crate) fn array<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    let mut array = [0; LENGTH];
    array.copy_from_slice(&bytes[..LENGTH]);
    array
}
