//! A batch decided in memory: every command in its turn, each seeing what those before it changed.

use std::sync::Arc;

use super::gather::gather;
use super::{Posted, PostedEntry};
use crate::clock::Randomness;
use crate::command::{Envelope, Key};
use crate::effect::{Effect, Effects};
use crate::fault::Fault;
use crate::proof::cbor::Writer;
use crate::proof::chain::ReceiptRow;
use crate::proof::receipt::token_digest;
use crate::proof::record::{FORMAT, IdRow, NoteRow, OutcomeRow, RecordRow, encode, leaf};
use crate::proof::{Digest, SigningKey};
use crate::reject::Rejection;
use crate::row::row;
use crate::rule::{Halt, Moment, check_envelope, decide, effective_day};
use crate::store::Rows;
use crate::store::pen::Pen;
use crate::store::record::Head;
use crate::store::write::HeadMove;
use crate::world::{Settled, World};

/// What was decided of one command.
#[derive(Debug)]
pub enum Decided {
    /// It is posted, once the batch is committed.
    Posted(Posted),
    /// It is refused.
    Rejected(Rejection),
    /// Its id was settled before, at this position.
    Settled(i64),
}

/// A decided batch.
pub struct Batch {
    /// All rows to be written.
    pub rows: Rows,
    /// The head's move.
    pub head_move: HeadMove,
    /// The head after it.
    pub head: Head,
    /// An outcome for each command.
    pub decided: Vec<Decided>,
    /// Whether there is nothing to write, and nothing was written ahead.
    pub is_blank: bool,
}

row! {
    /// A finished node of the tree that is kept: the root of a whole tile.
    beside "ledger_nodes", NodeRow {
        /// 8, 16, 24 …; leaves are at level 0.
        level: i64,
        /// Its index among the nodes of that level, from 0.
        node: i64,
        hash: Digest,
    }
}

row! {
    /// Erasable: what an audit row's digest is of. Without salt and document the digest tells nothing.
    beside "ledger_audit_details", AuditDetailRow {
        /// The position of the record that has the digest.
        position: i64,
        salt: [u8; 16],
        document: String,
    }
}

/// Why a batch was not decided, or not written.
#[derive(Debug)]
pub enum Interrupted {
    /// Something broke.
    Broken(Fault),
    /// What was being written could not be written.
    NotWritten(sqlx::Error),
    /// Nothing was to be written, and another process was first.
    Overtaken,
}

impl From<Fault> for Interrupted {
    fn from(fault: Fault) -> Self {
        Self::Broken(fault)
    }
}

impl From<sqlx::Error> for Interrupted {
    fn from(error: sqlx::Error) -> Self {
        Self::NotWritten(error)
    }
}

/// So many commands are decided before it is looked whether there is something to write.
const COMMANDS_BETWEEN_WRITES: usize = 64;

/// Random bytes that a command takes: the record's salt, the audit's, a pseudonym.
const RANDOM_BYTES: usize = 16 + 16 + 10;

/// What a batch is decided with.
pub struct Desk<'a> {
    /// UTC seconds, for the whole batch.
    pub now: i64,
    pub randomness: &'a Randomness,
    pub key: &'a SigningKey,
    /// Whether what became of the ids was asked, under the lock.
    pub under_lock: bool,
}

/// A batch while it is decided.
struct Draft<'a> {
    desk: &'a Desk<'a>,
    world: &'a mut World,
    journal: Journal,
}

impl Batch {
    /// Decides the commands one after the other in `world`, which afterwards is as it will be once the batch is written.
    ///
    /// # Errors
    /// After either, the world is of no use any more, and nothing of the batch must stay.
    pub async fn decide(
        pen: &mut Pen,
        world: &mut World,
        head: &Head,
        envelopes: &[&Envelope],
        desk: &Desk<'_>,
    ) -> Result<Self, Interrupted> {
        let mut random = vec![0; RANDOM_BYTES * envelopes.len()];
        // Each command takes its own, so that a batch is what its commands are one by one.
        desk.randomness
            .fill_each(&mut random, RANDOM_BYTES)
            .ok_or_else(|| Fault::Database { reason: "the operating system gives no random bytes".to_owned() })?;
        let mut draft = Draft { desk, world, journal: Journal::at(head) };
        let mut decided = Vec::with_capacity(envelopes.len());
        for (index, (envelope, random)) in envelopes.iter().zip(random.chunks_exact(RANDOM_BYTES)).enumerate() {
            decided.push(draft.command(pen, envelope, random).await?);
            if (index + 1) % COMMANDS_BETWEEN_WRITES == 0 {
                pen.write_ahead(&mut draft.journal.rows).await?;
            }
        }
        let Draft { world, mut journal, .. } = draft;
        world.write_states(&mut journal.rows);
        journal.head.next_account = world.next_account;
        let (head_move, rows, head) = journal.finish(head);
        let is_blank = rows.is_empty() && !pen.has_written();
        Ok(Self { rows, head_move, head, decided, is_blank })
    }
}

impl Draft<'_> {
    /// Decides a command. Where it needs what a command before it has only just made known, that is loaded and it is
    /// decided again; where it reads what it did not even ask for, the whole batch fails.
    async fn command(&mut self, pen: &mut Pen, envelope: &Envelope, random: &[u8]) -> Result<Decided, Interrupted> {
        if let Err(rejection) = check_envelope(envelope) {
            return Ok(Decided::Rejected(rejection));
        }
        let content_hash = envelope.key.as_ref().map(|_| envelope.content_hash());
        if let (Some(key), Some(content_hash)) = (&envelope.key, &content_hash)
            && let Some(settled) = self.world.settled.peek(key)
        {
            return Ok(match &settled.outcome {
                _ if settled.content_hash != *content_hash => Decided::Rejected(Rejection::IdConflict),
                Ok(position) => Decided::Settled(*position),
                Err(rejection) => Decided::Rejected(rejection.clone()),
            });
        }
        let moment = Moment {
            now: self.desk.now,
            position: self.journal.head.frontier.size() as i64,
            audit_salt: array(&random[16..32]),
            pseudonym: array(&random[32..]),
        };
        let mut outcome = decide(self.world, envelope, &moment);
        if let Err(Halt::Unasked(unasked)) = outcome {
            if !gather(pen.conn().await?, self.world, &[envelope], &moment, self.desk.under_lock).await? {
                debug_assert!(false, "{unasked}: its needs do not ask for it");
                return Err(Fault::from(unasked).into());
            }
            outcome = decide(self.world, envelope, &moment);
        }
        match outcome {
            Ok(effects) => Ok(Decided::Posted(self.record(envelope, effects, content_hash, array(random), &moment)?)),
            Err(Halt::Rejected(rejection)) => {
                if let (Some(key), Some(content_hash)) = (&envelope.key, content_hash) {
                    self.refuse(key, content_hash, &rejection);
                }
                Ok(Decided::Rejected(rejection))
            }
            Err(Halt::Unasked(unasked)) => {
                debug_assert!(false, "{unasked}: its needs do not ask for it");
                Err(Fault::from(unasked).into())
            }
            Err(Halt::Impossible(impossible)) => Err(Fault::damaged(impossible.to_string()).into()),
        }
    }

    /// What was decided becomes a record: signed, hashed, applied, and turned into rows.
    fn record(
        &mut self,
        envelope: &Envelope,
        mut effects: Effects,
        content_hash: Option<Digest>,
        salt: [u8; 16],
        moment: &Moment,
    ) -> Result<Posted, Fault> {
        let effective_day = effective_day(self.world, envelope, &effects, moment.now);
        effects.rows.extend(rows_of(envelope, content_hash));
        effects.rows.sort_unstable();
        let token = effects.receipt.as_ref().map(|draft| draft.receipt.sign(self.desk.key));
        let token_digest = token.as_deref().map(token_digest);
        self.world.apply(moment.position, &effects, token_digest)?;
        let record = RecordRow {
            format: FORMAT,
            kind: self.journal.kind(envelope.command.kind()),
            posted_at: moment.now,
            effective_day,
            actor: Arc::clone(&envelope.actor),
            channel: envelope.channel.number(),
            salt,
            leaf: [0; 32],
        };
        self.journal.push(record, &effects.rows, token_digest);
        let position = moment.position;
        if let (Some(draft), Some(token)) = (&effects.receipt, &token) {
            let (chain, year, number) = (draft.chain, draft.year, draft.number);
            self.journal.rows.push(&ReceiptRow { position, chain, year, number, token: token.clone() });
        }
        if let Some(erasable) = &effects.erasable {
            let document = erasable.document();
            self.journal.rows.push(&AuditDetailRow { position, salt: moment.audit_salt, document });
        }
        let entries = entries(self.world, &effects.rows)?;
        Ok(Posted { position, posted_at: moment.now, receipt: token, entries, replayed: false })
    }

    /// Remembers that the command of an id was refused, for ever.
    fn refuse(&mut self, key: &Key, content_hash: Digest, rejection: &Rejection) {
        self.journal.rows.push(&OutcomeRow {
            credential: Arc::clone(&key.credential),
            id: *key.id.as_bytes(),
            content_hash,
            position: None,
            // Serialising a rejection cannot fail: it is a tagged structure of text and numbers.
            rejection: serde_json::to_string(rejection).unwrap_or_default(),
            refused_at: Some(self.desk.now),
        });
        self.world.settled.put(key.clone(), Settled { content_hash, outcome: Err(rejection.clone()) });
    }
}

/// The rows that a record has of its envelope.
fn rows_of(envelope: &Envelope, content_hash: Option<Digest>) -> impl Iterator<Item = Effect> {
    let id = envelope.key.as_ref().zip(content_hash).map(|(key, content_hash)| {
        Effect::Id(IdRow { credential: Arc::clone(&key.credential), id: *key.id.as_bytes(), content_hash })
    });
    let Envelope { on_behalf_of, device, reason, .. } = envelope;
    let is_noted = [on_behalf_of, device, reason].into_iter().any(|text| !text.is_empty());
    let note = is_noted.then(|| {
        let (on_behalf_of, device, reason) = (on_behalf_of.clone(), device.clone(), reason.clone());
        Effect::Note(NoteRow { on_behalf_of, device, reason })
    });
    id.into_iter().chain(note)
}

/// What is told of a record's entries.
fn entries(world: &World, rows: &[Effect]) -> Result<Vec<PostedEntry>, Fault> {
    let mut entries = Vec::new();
    for row in rows {
        if let Effect::Entry(entry) = row
            && let Some(account) = world.accounts.get(&entry.account)?
        {
            entries.push(PostedEntry::of(entry, account.address.clone(), account.commodity.clone()));
        }
    }
    Ok(entries)
}

/// The journal while it grows: its rows, its head, and room for a record's bytes.
pub struct Journal {
    /// The rows to be written.
    pub rows: Rows,
    head: Head,
    writer: Writer,
    kind: Arc<str>,
}

impl Journal {
    /// The journal at this head.
    pub fn at(head: &Head) -> Self {
        Self { rows: Rows::default(), head: head.clone(), writer: Writer::new(), kind: "".into() }
    }

    /// The letters of a kind; those of equal neighbours are shared.
    fn kind(&mut self, kind: &str) -> Arc<str> {
        if *self.kind != *kind {
            self.kind = kind.into();
        }
        Arc::clone(&self.kind)
    }

    /// Adds a record: its leaf, the tiles that it completes, its own row and its rows, which are sorted.
    pub fn push(&mut self, mut record: RecordRow, effects: &[Effect], receipt: Option<Digest>) {
        let position = self.head.frontier.size() as i64;
        self.writer.clear();
        encode(&mut self.writer, position, &record, effects);
        record.leaf = leaf(&record.kind, receipt.as_ref(), &record.salt, self.writer.written());
        self.head.posted_at = record.posted_at;
        let rows = &mut self.rows;
        self.head.frontier.push(record.leaf, |tile| {
            rows.push(&NodeRow { level: i64::from(tile.level), node: tile.index as i64, hash: tile.hash });
        });
        rows.push_at(position, &record);
        for effect in effects {
            rows.push_effect(position, effect);
        }
    }

    /// The head's move, the rows, and the head after it.
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
        };
        (head_move, rows, head)
    }

    /// Says which number the next account gets.
    pub fn set_next_account(&mut self, number: crate::book::AccountId) {
        self.head.next_account = number;
    }
}

/// The first bytes of a slice that is known to be long enough.
pub(crate) fn array<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    let mut array = [0; LENGTH];
    array.copy_from_slice(&bytes[..LENGTH]);
    array
}
