//! A batch decided in memory: every command in its turn, each seeing what those before it changed.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::Randomness;
use crate::command::Envelope;
use crate::decide::{Moment, check_envelope, decide, effective_day};
use crate::effect::{Cell, Effect, Effects, Erasable, RowKind, cells};
use crate::fault::Fault;
use crate::poster::Posted;
use crate::proof::receipt::token_digest;
use crate::proof::record::{RecordHeader, leaf};
use crate::proof::{Digest, SigningKey};
use crate::reject::Rejection;
use crate::store::load::Head;
use crate::store::tables::TableId;
use crate::store::write::{HeadMove, Rows};
use crate::world::World;

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
}

/// Random bytes that a command takes: the record's salt, the audit's, a pseudonym.
const RANDOM_BYTES: usize = 16 + 16 + 10;

/// A batch while it is decided.
struct Draft<'a> {
    world: &'a mut World,
    head: Head,
    now: i64,
    key: &'a SigningKey,
    rows: Rows,
    /// States that have changed, each of which is written once.
    accounts: BTreeSet<i64>,
    lots: BTreeSet<(i64, i64)>,
    pieces_had: BTreeSet<(i64, String, i64)>,
    chains: BTreeSet<String>,
    /// What can be erased, by table and key: a batch writes each once, as it is at the end.
    erasables: BTreeMap<(TableId, i64), Vec<Cell>>,
}

impl Batch {
    /// Decides the commands one after the other in `world`, which afterwards is as it will be once the batch is written.
    pub fn decide(
        world: &mut World,
        head: &Head,
        envelopes: &[&Envelope],
        now: i64,
        randomness: &Randomness,
        key: &SigningKey,
    ) -> Result<Self, Fault> {
        let mut random = vec![0; RANDOM_BYTES * envelopes.len()];
        // Each command takes its own, so that a batch is what its commands are one by one.
        random
            .chunks_exact_mut(RANDOM_BYTES)
            .try_for_each(|random| randomness.fill(random))
            .ok_or_else(|| Fault::Database { reason: "the operating system gives no random bytes".to_owned() })?;
        let mut draft = Draft {
            world,
            head: head.clone(),
            now,
            key,
            rows: Rows::default(),
            accounts: BTreeSet::new(),
            lots: BTreeSet::new(),
            pieces_had: BTreeSet::new(),
            chains: BTreeSet::new(),
            erasables: BTreeMap::new(),
        };
        let decided = envelopes
            .iter()
            .zip(random.chunks_exact(RANDOM_BYTES))
            .map(|(envelope, random)| draft.command(envelope, random))
            .collect();
        draft.push_states();
        let Draft { head: after, rows, world, .. } = draft;
        let after = Head { next_account: world.next_account, ..after };
        let head_move = HeadMove {
            from_size: head.frontier.size() as i64,
            from_root: head.frontier.root(),
            size: after.frontier.size() as i64,
            root: after.frontier.root(),
            frontier: after.frontier.peaks(),
            posted_at: after.posted_at,
            next_account: after.next_account,
        };
        Ok(Self { rows, head_move, head: after, decided })
    }
}

impl Draft<'_> {
    fn command(&mut self, envelope: &Envelope, random: &[u8]) -> Decided {
        if let Err(rejection) = check_envelope(envelope) {
            return Decided::Rejected(rejection);
        }
        let content_hash = envelope.key.as_ref().map(|_| envelope.content_hash());
        if let (Some(key), Some(content_hash)) = (&envelope.key, &content_hash)
            && let Some(settled) = self.world.settled.get(key)
        {
            return match &settled.outcome {
                _ if settled.content_hash != *content_hash => Decided::Rejected(Rejection::IdConflict),
                Ok(position) => Decided::Settled(*position),
                Err(rejection) => Decided::Rejected(rejection.clone()),
            };
        }
        let position = self.head.frontier.size() as i64;
        let moment =
            Moment { now: self.now, position, audit_salt: array(&random[16..32]), pseudonym: array(&random[32..]) };
        let outcome = decide(self.world, envelope, &moment);
        if let (Some(key), Some(content_hash)) = (&envelope.key, content_hash) {
            let settled = outcome.as_ref().map(|_| position).map_err(Clone::clone);
            self.push_outcome(key, content_hash, &settled);
            self.world.settle(key, content_hash, settled);
        }
        match outcome {
            Ok(effects) => {
                Decided::Posted(self.record(envelope, &effects, content_hash, array(&random[..16]), &moment))
            }
            Err(rejection) => Decided::Rejected(rejection),
        }
    }

    /// What was decided becomes a record: signed, hashed, applied, and turned into rows.
    fn record(
        &mut self,
        envelope: &Envelope,
        effects: &Effects,
        content_hash: Option<Digest>,
        salt: [u8; 16],
        moment: &Moment,
    ) -> Posted {
        let position = moment.position;
        let token = effects.receipt.as_ref().map(|draft| draft.receipt.sign(self.key));
        let token_digest = token.as_deref().map(token_digest);
        let header = RecordHeader {
            position,
            credential: envelope.key.as_ref().map(|key| key.credential.clone()).unwrap_or_default(),
            id: envelope.key.as_ref().map(|key| key.id.as_bytes().to_vec()).unwrap_or_default(),
            kind: envelope.command.kind().to_owned(),
            content_hash: content_hash.map(|hash| hash.to_vec()).unwrap_or_default(),
            posted_at: self.now,
            effective_day: effective_day(self.world, envelope, effects, self.now),
            actor: envelope.actor.clone(),
            on_behalf_of: envelope.on_behalf_of.clone(),
            channel: envelope.channel.number(),
            device: envelope.device.clone(),
            reason: envelope.reason.clone(),
            policy_version: effects.policy_version,
            reversed_position: effects.reverses.unwrap_or(-1),
        };
        self.world.apply(position, effects, token_digest);
        self.mark_changed(effects);
        push_record(&mut self.rows, &mut self.head, header, &effects.rows, salt, token_digest);
        self.push_beside(effects, position, moment.audit_salt, token.as_deref());
        Posted {
            position,
            posted_at: self.now,
            receipt: token,
            minutes: effects.earned().map_or(0, |earned| earned.minutes_recorded),
            points: effects.earned().map_or(0, crate::earn::Assessed::points),
            replayed: false,
        }
    }

    /// Notes which states a command has changed.
    fn mark_changed(&mut self, effects: &Effects) {
        for row in &effects.rows {
            match row {
                Effect::Account(row) => {
                    self.accounts.insert(row.account);
                }
                Effect::AccountState(account, _) => {
                    self.accounts.insert(*account);
                }
                Effect::Entry(entry) => {
                    self.accounts.insert(entry.account);
                    if entry.lot != 0 {
                        self.lots.insert((entry.account, entry.lot));
                    }
                }
                Effect::RedemptionLine(row) => {
                    self.pieces_had.insert((row.member, row.redeemed.sku.clone(), row.month));
                }
                _ => {}
            }
        }
        if let Some(draft) = &effects.receipt {
            self.chains.insert(draft.receipt.station.clone());
        }
    }

    /// The rows that stand beside the record: receipt, reversal, what can be erased.
    fn push_beside(&mut self, effects: &Effects, position: i64, audit_salt: [u8; 16], token: Option<&str>) {
        if let (Some(draft), Some(token)) = (&effects.receipt, token) {
            self.rows.push(TableId::Receipts, cells![position, draft.station, draft.year, draft.number, token]);
        }
        if let Some(reversed) = effects.reverses {
            self.rows.push(TableId::Reversals, cells![reversed, position]);
        }
        let Some(erasable) = &effects.erasable else { return };
        self.rows.push(
            TableId::AuditDetails,
            vec![position.into(), Cell::Bytes(audit_salt.to_vec()), erasable.document().into()],
        );
        match erasable {
            Erasable::Person { member, card, details } => self.erasables.insert(
                (TableId::People, *member),
                cells![
                    *member,
                    position,
                    card.number(),
                    details.name.as_str(),
                    details.sex.as_str(),
                    details.birth_year,
                    details.team.as_str(),
                    details.action_group.as_str(),
                    details.grid.as_str(),
                    details.building_group.as_str(),
                    details.home_station.as_str(),
                    details.consent_on.as_str(),
                ],
            ),
            Erasable::Title { activity, title } => {
                self.erasables.insert((TableId::Titles, *activity), cells![*activity, position, title.as_str()])
            }
            Erasable::Pin { member, verifier } => {
                self.erasables.insert((TableId::Pins, *member), cells![*member, position, verifier.as_str()])
            }
        };
    }

    fn push_outcome(&mut self, key: &crate::command::Key, content_hash: Digest, outcome: &Result<i64, Rejection>) {
        // Serialising a rejection cannot fail: it is a tagged structure of text and numbers.
        let rejection =
            outcome.as_ref().err().and_then(|rejection| serde_json::to_string(rejection).ok()).unwrap_or_default();
        let position = *outcome.as_ref().unwrap_or(&-1);
        let id = Cell::Bytes(key.id.as_bytes().to_vec());
        self.rows.push(
            TableId::Outcomes,
            vec![
                key.credential.as_str().into(),
                id,
                content_hash.into(),
                position.into(),
                rejection.into(),
                self.now.into(),
            ],
        );
    }

    /// Every state that has changed, once, as it is at the end.
    fn push_states(&mut self) {
        for ((table, _), row) in std::mem::take(&mut self.erasables) {
            self.rows.push(table, row);
        }
        for account in &self.accounts {
            if let Some(account) = self.world.accounts.get(account) {
                self.rows.push(
                    TableId::Balances,
                    cells![account.id, account.balance, account.last_position, account.state.number()],
                );
            }
        }
        for (account, lot) in &self.lots {
            let remaining =
                self.world.accounts.get(account).and_then(|account| account.lots.get(lot)).copied().unwrap_or(0);
            self.rows.push(TableId::Lots, cells![*account, *lot, remaining]);
        }
        for key in &self.pieces_had {
            let pieces = self.world.pieces_had.get(key).copied().unwrap_or(0);
            self.rows.push(TableId::PiecesHad, cells![key.0, key.1.as_str(), key.2, pieces]);
        }
        for station in self.chains.iter().filter_map(|code| self.world.stations.get(code)) {
            let chain = &station.chain;
            self.rows.push(TableId::Chains, cells![station.id, chain.year, chain.number, chain.digest]);
        }
    }
}

/// Adds a record to the journal: its leaf, the tiles that it completes, its own row and the rows it consists of.
pub fn push_record(
    rows: &mut Rows,
    head: &mut Head,
    header: RecordHeader,
    effects: &[Effect],
    salt: [u8; 16],
    receipt: Option<Digest>,
) {
    let mut own: Vec<(RowKind, Vec<Cell>)> = effects.iter().map(Effect::row).collect();
    own.sort();
    let leaf = leaf(&header.kind, receipt.as_ref(), &salt, &header.encode(&own));
    head.posted_at = header.posted_at;
    head.frontier.push(leaf, |tile| {
        rows.push(TableId::Nodes, cells![i64::from(tile.level), tile.index as i64, tile.hash]);
    });
    for (kind, cells) in own {
        rows.push(TableId::of(kind), std::iter::once(Cell::Integer(header.position)).chain(cells));
    }
    rows.push(TableId::Records, record_row(header, salt, receipt, leaf));
}

fn record_row(header: RecordHeader, salt: [u8; 16], receipt: Option<Digest>, leaf: Digest) -> Vec<Cell> {
    vec![
        header.position.into(),
        header.credential.into(),
        Cell::Bytes(header.id),
        header.kind.into(),
        Cell::Bytes(header.content_hash),
        header.posted_at.into(),
        header.effective_day.into(),
        header.actor.into(),
        header.on_behalf_of.into(),
        header.channel.into(),
        header.device.into(),
        header.reason.into(),
        header.policy_version.into(),
        header.reversed_position.into(),
        Cell::Bytes(salt.to_vec()),
        Cell::Bytes(receipt.map(|digest| digest.to_vec()).unwrap_or_default()),
        leaf.into(),
    ]
}

/// The first bytes of a slice that is known to be long enough.
pub(crate) fn array<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    let mut array = [0; LENGTH];
    array.copy_from_slice(&bytes[..LENGTH]);
    array
}
