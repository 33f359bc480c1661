//! The journal once more, the slow way. This file reads everything from the bank's tables with its own
//! statements, and computes it again by `docs/JOURNAL.md` and `docs/RECEIPTS.md`. Its encoder, hashes
//! and tree share nothing with the ledger's.

#![expect(clippy::unwrap_used, reason = "a helper of tests: what fails here fails the test")]

use std::collections::{BTreeMap, BTreeSet};

use crate::usages::assert_usages;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Column, Connection, Executor, PgConnection, Row as _, SqliteConnection, TypeInfo, ValueRef};

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// A value in a row. Rows are sorted in the order of these variants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Value {
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    /// The number; panics if the value is not a number.
    #[track_caller]
    pub fn integer(&self) -> i64 {
        if let Self::Integer(value) = self { *value } else { unreachable!("{self:?} is not an integer") }
    }

    /// The text; panics if the value is not text.
    #[track_caller]
    pub fn text(&self) -> &str {
        if let Self::Text(value) = self { value } else { unreachable!("{self:?} is not text") }
    }

    /// The bytes; panics if the value is not bytes.
    #[track_caller]
    pub fn bytes(&self) -> &[u8] {
        if let Self::Bytes(value) = self { value } else { unreachable!("{self:?} are no bytes") }
    }
}

/// A bank's tables, read without the ledger.
pub enum Tables {
    /// The bank is a SQLite file.
    Sqlite(SqliteConnection),
    /// The bank is a PostgreSQL schema.
    Postgres(PgConnection),
}

impl Tables {
    /// Connects, and takes a snapshot that later writes do not change.
    pub async fn open(url: &str) -> Self {
        if url.starts_with("sqlite:") {
            let mut conn = SqliteConnection::connect(url).await.unwrap();
            conn.execute("BEGIN").await.unwrap();
            return Self::Sqlite(conn);
        }
        let (server, schema) = url.split_once("?schema=").unwrap_or((url, "public"));
        let mut conn = PgConnection::connect(server).await.unwrap();
        conn.execute(AssertSqlSafe(format!("SET search_path = {schema}"))).await.unwrap();
        conn.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.unwrap();
        Self::Postgres(conn)
    }

    /// The rows that a query returns.
    pub async fn rows(&mut self, sql: &str) -> Vec<Vec<Value>> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(conn) => {
                let rows = sqlx::query(sql).fetch_all(conn).await.unwrap();
                rows.iter().map(sqlite_row).collect()
            }
            Self::Postgres(conn) => {
                let rows = sqlx::query(sql).fetch_all(conn).await.unwrap();
                rows.iter().map(postgres_row).collect()
            }
        }
    }

    /// The names of the bank's tables.
    pub async fn names(&mut self) -> BTreeSet<String> {
        let question = match self {
            Self::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            Self::Postgres(_) => "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()",
        };
        self.rows(question).await.iter().map(|row| row[0].text().to_owned()).collect()
    }

    /// Every row of every table, sorted by all its columns in the migration's order.
    pub async fn dump(&mut self) -> BTreeMap<String, Vec<Vec<Value>>> {
        let mut dump = BTreeMap::new();
        for name in self.names().await {
            let mut rows = self.rows(&format!("SELECT * FROM {name}")).await;
            rows.sort();
            dump.insert(name, rows);
        }
        dump
    }
}

fn sqlite_row(row: &sqlx::sqlite::SqliteRow) -> Vec<Value> {
    let value = |index: usize| match row.try_get_raw(index).unwrap().type_info().name() {
        "INTEGER" => Value::Integer(row.get(index)),
        "TEXT" => Value::Text(row.get(index)),
        "BLOB" => Value::Bytes(row.get(index)),
        other => unreachable!("a value of type {other} in column {}", row.columns()[index].name()),
    };
    (0..row.len()).map(value).collect()
}

fn postgres_row(row: &sqlx::postgres::PgRow) -> Vec<Value> {
    let value = |column: &sqlx::postgres::PgColumn| match column.type_info().name() {
        "INT8" => Value::Integer(row.get(column.ordinal())),
        "TEXT" => Value::Text(row.get(column.ordinal())),
        "BYTEA" => Value::Bytes(row.get(column.ordinal())),
        other => unreachable!("a value of type {other} in column {}", column.name()),
    };
    row.columns().iter().map(value).collect()
}

/// What records consist of: each kind of row with its number, its table, and its cells in order. Every bank has the
/// numbers below 64, and a town's bank has the others too.
pub const ROW_KINDS: [(i64, &str, &str); 32] = [
    (1, "ledger_bank", "bank_id, demo, town, issuer, origin, time_zone"),
    (2, "ledger_keys", "kid, purpose, public_key, valid_from, valid_until"),
    (3, "ledger_commodities", "commodity, scale"),
    (4, "ledger_accounts", "account, address, class, commodity, floor, lotted"),
    (5, "ledger_account_states", "account, state"),
    (6, "ledger_entries", "account, lot, quantity, balance_after, previous"),
    (7, "ledger_outcomes", "credential, id, content_hash"),
    (8, "ledger_notes", "on_behalf_of, device, reason"),
    (9, "ledger_reversals", "reversed_position"),
    (10, "ledger_audits", "subject, digest"),
    (11, "ledger_clock_acceptances", "last_posted_at"),
    (12, "ledger_rollback_acceptances", "size_seen, root_seen, last_seen_at"),
    (13, "ledger_holds", "code, placed_at, until"),
    (14, "ledger_hold_entries", "hold, account, lot, quantity, remaining"),
    (15, "ledger_batches", "records"),
    (16, "ledger_reversed_entries", "reversed_position, account, lot, quantity"),
    (17, "ledger_sweeps", "account, lot, quantity, swept"),
    (18, "ledger_limits", "code, commodity, place, side, span, quantity"),
    (64, "ledger_units", "unit, parent, level, name, origin"),
    (65, "ledger_teams", "team, kind, name, motto, origin"),
    (66, "ledger_partners", "partner, name, origin"),
    (67, "ledger_stations", "code, station, unit, name, origin"),
    (68, "ledger_members", "member, pseudonym, points_account, minutes_account"),
    (69, "ledger_card_states", "member, state"),
    (
        70,
        "ledger_credentials",
        "credential, actor, role, station, member, token_hash, valid_from, valid_until, revoked",
    ),
    (71, "ledger_policies", "version, document"),
    (
        72,
        "ledger_activities",
        "code, activity, service_type, day, starts_at, ends_at, station, team, organiser, service_day",
    ),
    (
        73,
        "ledger_attendances",
        "member, activity, day, check_in, check_out, credited_from, credited_until, relevant_until, policy_version, rule, \
         grade, minutes_credited, minutes_recorded, minutes_counted, time_points, organiser_points, service_day_points, \
         theme_points, source, entered_by, confirmed_by",
    ),
    (74, "ledger_offers", "sku, version, name, kind, points, cost_fen, monthly_limit"),
    (75, "ledger_redemption_lines", "line, member, station, month, sku, offer_version, pieces, points_each"),
    (76, "ledger_balance_choices", "member, balance"),
    (77, "ledger_attendance_reversals", "attendance, member, activity"),
];

/// The kind of row with the caller's id. Its table also holds the ids of refused commands, which no record has.
pub const ID: i64 = 7;
/// The kind of row that says for whom, at which device and why.
pub const NOTE: i64 = 8;
/// The kind of row that says how many records were posted together.
pub const BATCH: i64 = 15;
/// The kind of row that names the record that is reversed.
pub const REVERSAL: i64 = 9;
/// An entry.
const ENTRY: i64 = 6;
/// What is taken back of an entry.
const REVERSED_ENTRY: i64 = 16;
/// A line of a redemption or of its reversal.
const REDEMPTION_LINE: i64 = 75;

/// The form of the records that this file reads.
pub const FORMAT: i64 = 2;

/// The names of a record's first seven items, in order. Its rows are the eighth.
pub const FIELDS: [&str; 7] = ["format", "position", "kind", "posted_at", "effective_day", "actor", "channel"];

/// A record as the tables hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The values of [`FIELDS`], in the same order.
    pub fields: Vec<Value>,
    /// The record's rows: kind and cells.
    pub rows: Vec<(i64, Vec<Value>)>,
    /// 16 random bytes.
    pub salt: Vec<u8>,
    /// SHA-256 of the receipt's token; empty if there is no receipt.
    pub receipt_hash: Vec<u8>,
}

impl Record {
    /// The record's position in the journal, from 0.
    pub fn position(&self) -> i64 {
        self.fields[1].integer()
    }

    /// The four letters that name the command.
    pub fn kind(&self) -> &str {
        self.fields[2].text()
    }

    /// When the record was posted, in UTC seconds.
    pub fn posted_at(&self) -> i64 {
        self.fields[3].integer()
    }

    /// The cells of the record's rows of a kind.
    pub fn rows_of(&self, kind: i64) -> impl Iterator<Item = &[Value]> {
        self.rows.iter().filter(move |(of, _)| *of == kind).map(|(_, cells)| cells.as_slice())
    }

    /// The position of the record that this one reverses, if it reverses one.
    pub fn reversed_position(&self) -> Option<i64> {
        let mut reversed = self.rows_of(REVERSAL).map(|cells| cells[0].integer());
        let first = reversed.next();
        assert_eq!(reversed.next(), None, "a record reverses one other");
        first
    }

    /// The record's bytes in deterministic CBOR.
    pub fn encode(&self) -> Vec<u8> {
        let mut items: Vec<Vec<u8>> = self.fields.iter().map(cbor).collect();
        let rows = self.rows.iter().map(|(kind, cells)| {
            let mut items = vec![cbor(&Value::Integer(*kind))];
            items.extend(cells.iter().map(cbor));
            cbor_array(&items)
        });
        items.push(cbor_array(&rows.collect::<Vec<_>>()));
        cbor_array(&items)
    }

    /// The leaf's entry, the public part of the record.
    pub fn entry(&self) -> Vec<u8> {
        let hidden = sha256(&[self.salt.as_slice(), &self.encode()].concat());
        let receipt = if self.receipt_hash.is_empty() { vec![0; 32] } else { self.receipt_hash.clone() };
        [&[0x01], self.kind().as_bytes(), &receipt, &hidden].concat()
    }

    /// The leaf's hash.
    pub fn leaf(&self) -> Hash {
        sha256(&[&[0x00], self.entry().as_slice()].concat())
    }
}

/// The head of a CBOR item: its major type, and its argument in the shortest form (RFC 8949 §4.2.1).
fn cbor_head(major: u8, argument: u64) -> Vec<u8> {
    let all = argument.to_be_bytes();
    let (additional, length) = if argument <= 23 {
        (argument as u8, 0)
    } else if argument <= 0xff {
        (24, 1)
    } else if argument <= 0xffff {
        (25, 2)
    } else if argument <= 0xffff_ffff {
        (26, 4)
    } else {
        (27, 8)
    };
    let mut head = vec![major * 32 + additional];
    head.extend(&all[8 - length..]);
    head
}

fn cbor(value: &Value) -> Vec<u8> {
    match value {
        Value::Integer(value) if *value < 0 => cbor_head(1, (-1 - i128::from(*value)) as u64),
        Value::Integer(value) => cbor_head(0, *value as u64),
        Value::Bytes(bytes) => [cbor_head(2, bytes.len() as u64), bytes.clone()].concat(),
        Value::Text(text) => [cbor_head(3, text.len() as u64), text.as_bytes().to_vec()].concat(),
    }
}

fn cbor_array(items: &[Vec<u8>]) -> Vec<u8> {
    [cbor_head(4, items.len() as u64), items.concat()].concat()
}

/// Hashes bytes with SHA-256.
pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// MTH, the Merkle tree hash, of leaves that are already hashed. This is RFC 9162 §2.1.1, word for word.
pub fn merkle_tree_hash(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        leaves => {
            // "the largest power of two smaller than n"
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            let (left, right) = (merkle_tree_hash(&leaves[..k]), merkle_tree_hash(&leaves[k..]));
            sha256(&[[0x01].as_slice(), &left, &right].concat())
        }
    }
}

/// The roots of the perfect subtrees that make up a tree, largest first, joined.
pub fn frontier(leaves: &[Hash]) -> Vec<u8> {
    if leaves.is_empty() {
        return Vec::new();
    }
    let mut k = 1;
    while k * 2 <= leaves.len() {
        k *= 2;
    }
    [merkle_tree_hash(&leaves[..k]).to_vec(), frontier(&leaves[k..])].concat()
}

/// All records in the journal's order; panics if a position is missing.
pub async fn records(tables: &mut Tables) -> Vec<Record> {
    let mut rows: BTreeMap<i64, Vec<(i64, Vec<Value>)>> = BTreeMap::new();
    for (kind, table, cells) in ROW_KINDS {
        // No record has the refused ids: their position is -1.
        let accepted = if kind == ID { " WHERE position >= 0" } else { "" };
        for mut row in tables.rows(&format!("SELECT position, {cells} FROM {table}{accepted}")).await {
            let cells = row.split_off(1);
            rows.entry(row[0].integer()).or_default().push((kind, cells));
        }
    }
    let receipts = tables.rows("SELECT position, token FROM ledger_receipts").await;
    let mut receipts: BTreeMap<i64, Hash> =
        receipts.iter().map(|row| (row[0].integer(), sha256(row[1].text().as_bytes()))).collect();
    let question = format!("SELECT {}, salt FROM ledger_records ORDER BY position", FIELDS.join(", "));
    let mut records = Vec::new();
    for (expected, row) in tables.rows(&question).await.into_iter().enumerate() {
        let position = row[1].integer();
        assert_eq!(position, expected as i64, "positions follow one another from 0");
        let [fields @ .., salt] = row.as_slice() else { unreachable!("{row:?}") };
        let mut own_rows = rows.remove(&position).unwrap_or_default();
        own_rows.sort();
        records.push(Record {
            fields: fields.to_vec(),
            rows: own_rows,
            salt: salt.bytes().to_vec(),
            receipt_hash: receipts.remove(&position).map_or_else(Vec::new, |hash| hash.to_vec()),
        });
    }
    assert!(rows.is_empty(), "rows at positions {:?}, which have no record", rows.keys());
    assert!(receipts.is_empty(), "receipts at positions {:?}, which have no record", receipts.keys());
    records
}

/// The journal's size and root, computed from the bank's rows alone.
pub async fn recompute(url: &str) -> (u64, Hash) {
    let leaves: Vec<Hash> = records(&mut Tables::open(url).await).await.iter().map(Record::leaf).collect();
    (leaves.len() as u64, merkle_tree_hash(&leaves))
}

/// Asserts that everything in the bank that can be computed again is right: leaves, tiles, head, receipts and their
/// chains, digests of what can be erased, balances, lots, and what is used of limits.
pub async fn assert_whole(url: &str) {
    let mut tables = Tables::open(url).await;
    let records = records(&mut tables).await;
    assert_tree(&mut tables, &records).await;
    assert_reversals(&records);
    assert_batches(&records);
    assert_notes(&records);
    assert_receipts(&mut tables, &records).await;
    assert_audits(&mut tables).await;
    assert_outcomes(&mut tables, &records).await;
    assert_accounts(&mut tables).await;
    assert_milestones(&mut tables).await;
    assert_sweeps(&mut tables, &records).await;
    assert_pieces_had(&mut tables).await;
    assert_usages(&mut tables, &records).await;
}

async fn assert_tree(tables: &mut Tables, records: &[Record]) {
    let stored = tables.rows("SELECT leaf FROM ledger_records ORDER BY position").await;
    let leaves: Vec<Hash> = records.iter().map(Record::leaf).collect();
    for (position, (leaf, stored)) in leaves.iter().zip(&stored).enumerate() {
        assert_eq!(stored[0].bytes(), leaf, "the leaf at position {position}");
        assert_eq!(records[position].salt.len(), 16, "the salt at position {position}");
        assert_eq!(records[position].fields[0].integer(), FORMAT, "the format at position {position}");
    }

    let mut nodes = Vec::new();
    for level in (8..64).step_by(8).take_while(|level| leaves.len() >> level > 0) {
        let perfect = leaves.chunks_exact(1 << level).enumerate();
        nodes.extend(perfect.map(|(node, leaves)| {
            let hash = merkle_tree_hash(leaves).to_vec();
            vec![Value::Integer(level), Value::Integer(node as i64), Value::Bytes(hash)]
        }));
    }
    let stored = tables.rows("SELECT level, node, hash FROM ledger_nodes ORDER BY level, node").await;
    assert_eq!(stored, nodes, "the hashes of whole tiles");

    let posted_at: Vec<i64> = records.iter().map(Record::posted_at).collect();
    assert!(posted_at.is_sorted(), "time never runs backwards");
    let accounts = tables.rows("SELECT account FROM ledger_accounts ORDER BY account").await;
    for (number, account) in accounts.iter().enumerate() {
        assert_eq!(account[0].integer(), number as i64, "accounts are numbered without gaps");
    }
    let head = tables.rows("SELECT slot, size, root, frontier, posted_at, next_account FROM ledger_head").await;
    let expected = vec![
        Value::Integer(0),
        Value::Integer(leaves.len() as i64),
        Value::Bytes(merkle_tree_hash(&leaves).to_vec()),
        Value::Bytes(frontier(&leaves)),
        Value::Integer(*posted_at.last().unwrap()),
        Value::Integer(accounts.len() as i64),
    ];
    assert_eq!(head, [expected], "the head");
}

fn assert_reversals(records: &[Record]) {
    let mut left: BTreeMap<(i64, i64, i64), i64> = BTreeMap::new();
    for record in records {
        let position = record.reversed_position();
        let is_reversal = ["RVRS", "REVS"].contains(&record.kind());
        assert_eq!(position.is_some(), is_reversal, "a reversal names what it reverses, and nothing else does");
        let Some(position) = position else { continue };
        assert!(position < record.position(), "what is reversed came before");
        let original = &records[position as usize];
        assert!(original.reversed_position().is_none(), "a reversal is not reversed: {position}");
        if record.rows_of(REVERSED_ENTRY).next().is_none() {
            // An older version has written it: it takes back everything.
            assert_eq!(record.kind(), "RVRS", "a reversal takes something back: {}", record.position());
            for entry in original.rows_of(ENTRY) {
                let taken = left.insert((position, entry[0].integer(), entry[1].integer()), 0);
                assert_eq!(taken, None, "it is reversed once: {position}");
            }
            continue;
        }
        assert_eq!(record.fields[4], original.fields[4], "it counts for the day of what it reverses: {position}");
        for cells in record.rows_of(REVERSED_ENTRY) {
            let [of, account, lot, quantity] = [0, 1, 2, 3].map(|cell| cells[cell].integer());
            assert_eq!(of, position, "what is taken back is of the record that is named");
            let is_of_it = |entry: &&[Value]| entry[0].integer() == account && entry[1].integer() == lot;
            let posted = original.rows_of(ENTRY).find(is_of_it).map_or(0, |entry| entry[2].integer());
            let left = left.entry((position, account, lot)).or_insert(posted);
            assert!(quantity != 0 && quantity.signum() == -posted.signum(), "of the other sign: {cells:?}");
            *left += quantity;
            assert!(left.signum() * posted.signum() >= 0, "no more is taken back than was posted: {cells:?}");
        }
    }
}

/// Asserts that what was posted together is all there, of one moment and one poster, under one id.
fn assert_batches(records: &[Record]) {
    let mut end = 0;
    for record in records {
        let rows: Vec<&[Value]> = record.rows_of(BATCH).collect();
        let Some(row) = rows.first() else { continue };
        let (first, count) = (record.position(), row[0].integer());
        assert!(rows.len() == 1 && count >= 2 && first >= end, "what was posted together at position {first}");
        end = first + count;
        let others = records.get(first as usize + 1..end as usize).unwrap();
        for other in others {
            let of = |record: &Record| [3, 5, 6].map(|field| record.fields[field].clone());
            assert_eq!(of(other), of(record), "time, actor and channel at position {}", other.position());
            assert_eq!(other.rows_of(ID).count(), 0, "the id is the first one's");
        }
    }
}

/// Asserts that every note says something.
fn assert_notes(records: &[Record]) {
    for record in records {
        let notes: Vec<&[Value]> = record.rows_of(NOTE).collect();
        assert!(notes.len() <= 1, "notes at position {}", record.position());
        let says = |cells: &&[Value]| cells.iter().any(|cell| !cell.text().is_empty());
        assert!(notes.iter().all(says), "the note at position {} is empty", record.position());
    }
}

/// Asserts that the pieces that somebody had in a month are the sum of the lines.
async fn assert_pieces_had(tables: &mut Tables) {
    let mut sums: BTreeMap<(Value, Value, Value), i64> = BTreeMap::new();
    for row in tables.rows("SELECT member, sku, month, pieces FROM ledger_redemption_lines").await {
        let [member, sku, month, pieces] = row.as_slice() else { unreachable!("{row:?}") };
        *sums.entry((member.clone(), sku.clone(), month.clone())).or_default() += pieces.integer();
    }
    let expected = sums.into_iter().map(|((member, sku, month), sum)| vec![member, sku, month, Value::Integer(sum)]);
    let mut stored = tables.rows("SELECT member, sku, month, pieces FROM ledger_pieces_had").await;
    stored.sort();
    assert_eq!(stored, expected.collect::<Vec<_>>(), "pieces had");
}

async fn assert_receipts(tables: &mut Tables, records: &[Record]) {
    let issuer = tables.rows("SELECT issuer FROM ledger_bank").await[0][0].text().to_owned();
    let stations = tables.rows("SELECT DISTINCT station, code FROM ledger_stations").await;
    let code_of: BTreeMap<i64, &str> = stations.iter().map(|row| (row[0].integer(), row[1].text())).collect();
    assert_eq!(code_of.len(), stations.len(), "a station has one code");
    let receipts =
        tables.rows("SELECT position, station, year, number, token FROM ledger_receipts ORDER BY position").await;
    let with_receipt = records.iter().filter(|record| record.rows_of(REDEMPTION_LINE).next().is_some());
    let expected: Vec<i64> = with_receipt.map(Record::position).collect();
    let positions: Vec<i64> = receipts.iter().map(|row| row[0].integer()).collect();
    assert_eq!(positions, expected, "each redemption and each reversal has a receipt, and nothing else has");

    let mut chains: BTreeMap<i64, (i64, i64, Hash)> = BTreeMap::new();
    for row in &receipts {
        let [position, station, year, number] = [0, 1, 2, 3].map(|column| row[column].integer());
        let (record, token, code) = (&records[position as usize], row[4].text(), code_of[&station]);
        let hash = sha256(token.as_bytes());

        let first = || (0, 0, sha256(format!("pbr1/{issuer}/{code}").as_bytes()));
        let (last_year, last_number, previous) = chains.insert(station, (year, number, hash)).unwrap_or_else(first);
        assert!(year >= last_year, "the years of {code}");
        let next = if year == last_year { last_number + 1 } else { 1 };
        assert_eq!(number, next, "numbers of {code} in {year} have no gap");

        let payload = BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap().as_bytes()).unwrap();
        let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(payload["prv"], BASE64URL_NOPAD.encode(&previous), "{token}");
        assert_eq!(payload["rno"], format!("{code}-{:02}-{number:06}", year % 100), "{token}");
        assert_eq!(payload["iss"], issuer.as_str(), "{token}");
        assert_eq!(payload["stn"], code, "{token}");
        assert_eq!(payload["seq"], position, "{token}");
        assert_eq!(payload["iat"], record.posted_at(), "{token}");
        let Some(reversed) = record.reversed_position() else {
            assert!(payload.get("ref").is_none() && payload.get("knd").is_none(), "{token}");
            continue;
        };
        assert_eq!(payload["knd"], "V", "{token}");
        let reference = BASE64URL_NOPAD.encode(&records[reversed as usize].receipt_hash);
        assert_eq!(payload["ref"], reference, "{token}");
    }
    let stored = tables.rows("SELECT station, year, number, digest FROM ledger_chains ORDER BY station").await;
    let last = chains.iter().map(|(station, (year, number, hash))| {
        vec![Value::Integer(*station), Value::Integer(*year), Value::Integer(*number), Value::Bytes(hash.to_vec())]
    });
    assert_eq!(stored, last.collect::<Vec<_>>(), "the ends of the chains");
}

/// Asserts that what was erased has no document left, and that the journal has the digest of everything else.
async fn assert_audits(tables: &mut Tables) {
    let rows = tables
        .rows(
            "SELECT a.position, a.digest, d.salt, d.document FROM ledger_audits a \
             JOIN ledger_audit_details d ON d.position = a.position",
        )
        .await;
    for row in rows {
        let digest = sha256(&[row[2].bytes(), row[3].text().as_bytes()].concat());
        assert_eq!(row[1].bytes(), digest, "the audited document at position {}", row[0].integer());
    }
    // A PIN is checked against what its latest audit hashed.
    let pins = tables
        .rows(
            "SELECT n.verifier, d.document, n.position, (SELECT MAX(a.position) FROM ledger_audits a, ledger_members m \
             WHERE m.member = n.member AND a.subject = 'pin/' || m.pseudonym) \
             FROM ledger_pins n LEFT JOIN ledger_audit_details d ON d.position = n.position",
        )
        .await;
    for row in pins {
        assert_eq!(row[2], row[3], "the position of a PIN");
        let document = format!("\"{}\"", hex(&sha256(row[0].text().as_bytes())));
        assert_eq!(row[1].text(), document, "the PIN at position {}", row[2].integer());
    }
}

/// Asserts that every id was either accepted by one record, or refused and is in no record.
async fn assert_outcomes(tables: &mut Tables, records: &[Record]) {
    let rows = tables.rows("SELECT position, rejection, refused_at FROM ledger_outcomes").await;
    let mut accepted = BTreeSet::new();
    for row in &rows {
        let [position, refused_at] = [0, 2].map(|column| row[column].integer());
        if position == -1 {
            let rejection: serde_json::Value = serde_json::from_str(row[1].text()).unwrap();
            assert!(rejection["code"].is_string() && refused_at >= 0, "a refusal says why and when: {row:?}");
        } else {
            assert!(row[1].text().is_empty() && refused_at == -1, "what was accepted was not refused: {row:?}");
            assert!(accepted.insert(position), "the record at {position} has two ids");
        }
    }
    let with_id = records.iter().filter(|record| record.rows_of(ID).next().is_some());
    assert_eq!(accepted, with_id.map(Record::position).collect(), "ids that were accepted");
}

/// Checks balances, lots and the chain of each account's transactions against the entries.
async fn assert_accounts(tables: &mut Tables) {
    let accounts = tables.rows("SELECT account, class, lotted, commodity FROM ledger_accounts ORDER BY account").await;
    let mut states: BTreeMap<i64, i64> = accounts.iter().map(|row| (row[0].integer(), 1)).collect();
    for row in tables.rows("SELECT account, state FROM ledger_account_states ORDER BY position").await {
        states.insert(row[0].integer(), row[1].integer());
    }
    let mut balances: BTreeMap<i64, (i64, i64)> = accounts.iter().map(|row| (row[0].integer(), (0, -1))).collect();
    let mut records: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for row in tables.rows("SELECT account, position FROM ledger_hold_entries").await {
        records.entry(row[0].integer()).or_default().insert(row[1].integer());
    }
    let mut lots: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    let mut sums: BTreeMap<(i64, &str), i128> = BTreeMap::new();
    let mut last = (-1, -1);
    let entries = tables
        .rows(
            "SELECT position, account, lot, quantity, balance_after, previous FROM ledger_entries \
             ORDER BY position, account, lot",
        )
        .await;
    for row in &entries {
        let [position, account, lot, quantity, balance_after, previous] =
            [0, 1, 2, 3, 4, 5].map(|column| row[column].integer());
        let known = &accounts[account as usize];
        let (balance, last_position) = balances[&account];
        // If a transaction moves several lots, that is one step of the account's chain.
        let expected = if last == (position, account) { None } else { Some(last_position) };
        assert!(expected.is_none_or(|expected| expected == previous), "{row:?} follows {last_position}");
        assert_eq!(balance_after, balance + quantity, "{row:?}");
        assert_eq!(lot != 0, known[2].integer() == 1, "lots are where they may be: {row:?}");
        assert_ne!(quantity, 0, "{row:?}");
        balances.insert(account, (balance_after, position));
        records.entry(account).or_default().insert(position);
        if lot != 0 {
            let sign = if [1, 5].contains(&known[1].integer()) { 1 } else { -1 };
            *lots.entry((account, lot)).or_default() += quantity * sign;
        }
        *sums.entry((position, known[3].text())).or_default() += i128::from(quantity);
        last = (position, account);
    }
    assert!(sums.values().all(|sum| *sum == 0), "every transaction sums to zero in each commodity");
    assert!(lots.values().all(|remaining| *remaining >= 0), "no lot is below zero");

    let (versions, held) = assert_holds(tables, &accounts).await;
    let stored = tables
        .rows(
            "SELECT account, quantity, last_position, state, version, records, held_pieces FROM ledger_balances \
             ORDER BY account",
        )
        .await;
    let expected = balances.iter().map(|(account, (balance, last_position))| {
        let version = versions.get(account).copied().unwrap_or(-1).max(*last_position);
        let records = records.get(account).map_or(0, BTreeSet::len) as i64;
        let held = held.get(account).copied().unwrap_or(0);
        [*account, *balance, *last_position, states[account], version, records, held].map(Value::Integer).to_vec()
    });
    assert_eq!(stored, expected.collect::<Vec<_>>(), "balances");
    let stored =
        tables.rows("SELECT account, expires_at, remaining FROM ledger_lots ORDER BY account, expires_at").await;
    let expected =
        lots.iter().map(|((account, lot), remaining)| [*account, *lot, *remaining].map(Value::Integer).to_vec());
    assert_eq!(stored, expected.collect::<Vec<_>>(), "lots");
}

/// Checks holds against what was put into them and taken out of them. Returns where each account was last frozen, opened,
/// closed or reserved of, and how many pieces of holds name it.
async fn assert_holds(tables: &mut Tables, accounts: &[Vec<Value>]) -> (BTreeMap<i64, i64>, BTreeMap<i64, i64>) {
    let mut versions: BTreeMap<i64, i64> = BTreeMap::new();
    for row in tables.rows("SELECT account, position FROM ledger_account_states ORDER BY position").await {
        versions.insert(row[0].integer(), row[1].integer());
    }
    let mut left: BTreeMap<(i64, i64, i64), i64> = BTreeMap::new();
    let rows = tables
        .rows(
            "SELECT position, hold, account, lot, quantity, remaining FROM ledger_hold_entries \
             ORDER BY position, hold, account, lot",
        )
        .await;
    for row in &rows {
        let [position, hold, account, lot, quantity, remaining] =
            [0, 1, 2, 3, 4, 5].map(|column| row[column].integer());
        let before = left.insert((hold, account, lot), remaining);
        assert_eq!(before.is_none(), position == hold, "a hold is filled when it is placed: {row:?}");
        assert_eq!(remaining, before.unwrap_or(0) + quantity, "{row:?}");
        assert_ne!(quantity, 0, "{row:?}");
        let sign = if [1, 5].contains(&accounts[account as usize][1].integer()) { 1 } else { -1 };
        let placed = before.unwrap_or(quantity);
        assert!((placed.min(0)..=placed.max(0)).contains(&remaining), "no more is taken out than was in it: {row:?}");
        if placed * sign < 0 {
            let version = versions.entry(account).or_insert(-1);
            *version = position.max(*version);
        }
    }
    let stored = tables
        .rows("SELECT hold, account, lot, remaining FROM ledger_hold_remainders ORDER BY hold, account, lot")
        .await;
    let expected = left
        .iter()
        .map(|((hold, account, lot), remaining)| [*hold, *account, *lot, *remaining].map(Value::Integer).to_vec());
    assert_eq!(stored, expected.collect::<Vec<_>>(), "what is left in holds");
    let mut held: BTreeMap<i64, i64> = BTreeMap::new();
    for ((_, account, _), _) in left.iter().filter(|(_, remaining)| **remaining != 0) {
        *held.entry(*account).or_default() += 1;
    }
    (versions, held)
}

/// What changes an account: the position, what comes first of it in a record, and the rest of the row.
type Change = (i64, u8, Vec<i64>);

/// Checks every account's milestones against all that was ever posted to it.
async fn assert_milestones(tables: &mut Tables) {
    let questions = [
        "SELECT account, position, lot, quantity, balance_after FROM ledger_entries",
        "SELECT account, position, hold, lot, quantity, remaining FROM ledger_hold_entries",
        "SELECT account, position FROM ledger_account_states",
    ];
    let mut changes: BTreeMap<i64, BTreeSet<Change>> = BTreeMap::new();
    for (order, question) in (0..).zip(questions) {
        for row in tables.rows(question).await {
            let cells = row[2..].iter().map(Value::integer).collect();
            changes.entry(row[0].integer()).or_default().insert((row[1].integer(), order, cells));
        }
    }
    let mut expected: [Vec<Vec<Value>>; 3] = Default::default();
    for row in tables.rows("SELECT account, class FROM ledger_accounts ORDER BY account").await {
        let sign = if [1, 5].contains(&row[1].integer()) { 1 } else { -1 };
        let changes = changes.remove(&row[0].integer()).unwrap_or_default();
        let changes: Vec<Change> = changes.into_iter().collect();
        milestones_of(row[0].integer(), sign, &changes, &mut expected);
    }
    let stored = [
        "SELECT account, position, records, quantity, last_position, version, whole FROM ledger_milestones",
        "SELECT account, position, expires_at, remaining FROM ledger_milestone_lots",
        "SELECT account, position, hold, lot, remaining FROM ledger_milestone_holds",
    ];
    for (question, expected) in stored.into_iter().zip(&mut expected) {
        let mut stored = tables.rows(question).await;
        stored.sort();
        expected.sort();
        assert_eq!(stored, *expected, "{question}");
    }
}

/// Adds the rows of an account's milestones: themselves, their lots, and their holds.
fn milestones_of(account: i64, sign: i64, changes: &[Change], rows: &mut [Vec<Vec<Value>>; 3]) {
    let (mut records, mut balance, mut last, mut version) = (0, 0, -1, -1);
    let mut lots: BTreeMap<i64, i64> = BTreeMap::new();
    let mut held: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for changes in changes.chunk_by(|left, right| left.0 == right.0) {
        let position = changes[0].0;
        records += i64::from(changes.iter().any(|(_, order, _)| *order < 2));
        for change in changes {
            match (change.1, change.2.as_slice()) {
                (0, [lot, quantity, after]) => {
                    (balance, last, version) = (*after, position, position);
                    *lots.entry(*lot).or_default() += quantity * sign;
                }
                (1, [hold, lot, quantity, remaining]) => {
                    // What was put in, or what was in it before it was taken out.
                    let of_hold = if *remaining == 0 { -quantity } else { *remaining };
                    if of_hold * sign < 0 {
                        version = position;
                        held.insert((*hold, *lot), *remaining);
                    }
                }
                _ => version = position,
            }
        }
        if records % 64 != 0 || changes.iter().all(|(_, order, _)| *order == 2) {
            continue;
        }
        lots.retain(|lot, remaining| *lot != 0 && *remaining != 0);
        held.retain(|_, remaining| *remaining != 0);
        let bound = (0..).map(|power| 1_i64 << power).take_while(|power| records % power == 0).last().unwrap();
        let whole = (lots.len() + held.len()) as i64 <= bound;
        let integers = |cells: &[i64]| cells.iter().map(|cell| Value::Integer(*cell)).collect::<Vec<Value>>();
        rows[0].push(integers(&[account, position, records, balance, last, version, i64::from(whole)]));
        if whole {
            rows[1].extend(lots.iter().map(|(lot, remaining)| integers(&[account, position, *lot, *remaining])));
            rows[2].extend(
                held.iter().map(|((hold, lot), remaining)| integers(&[account, position, *hold, *lot, *remaining])),
            );
        }
    }
}

/// The kind of row that says what of an expired lot goes to breakage.
const SWEEP: i64 = 17;

/// Asserts of every sweep that breakage has what it says, that the record's entries post it, and that nothing was swept before it
/// had expired.
async fn assert_sweeps(tables: &mut Tables, records: &[Record]) {
    let is_town = tables.rows("SELECT town FROM ledger_bank").await[0][0].integer() == 1;
    let accounts = tables.rows("SELECT address, class, commodity FROM ledger_accounts ORDER BY account").await;
    let mut swept: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for record in records {
        let mut posted: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        let mut to_breakage: BTreeMap<&str, i128> = BTreeMap::new();
        for row in record.rows_of(SWEEP) {
            let [account, lot, quantity, after] = [0, 1, 2, 3].map(|column| row[column].integer());
            let sum = swept.entry((account, lot)).or_default();
            *sum += quantity;
            assert_eq!(*sum, after, "the sweeps of a lot add up: {row:?}");
            assert!(quantity != 0 && after >= 0, "{row:?}");
            let of_account = &accounts[account as usize];
            let sign = sign_of(of_account);
            *to_breakage.entry(of_account[2].text()).or_default() += i128::from(quantity * sign);
            posted.insert((account, lot), -quantity * sign);
        }
        if record.kind() != "EXPR" {
            continue;
        }
        for ((account, lot), quantity) in &posted {
            assert!(*lot <= record.posted_at(), "lot {lot} of account {account} was swept before it had expired");
            assert_eq!(*quantity * sign_of(&accounts[*account as usize]), -quantity.abs(), "an expiry takes");
        }
        for entry in record.rows_of(ENTRY) {
            let [account, lot, quantity] = [0, 1, 2].map(|column| entry[column].integer());
            if lot != 0 {
                assert_eq!(posted.remove(&(account, lot)), Some(quantity), "what is swept is posted: {entry:?}");
                continue;
            }
            let [address, _, commodity] = accounts[account as usize].as_slice() else { unreachable!() };
            let is_point = is_town && commodity.text() == "POINT";
            let breakage = format!("breakage/{}", commodity.text());
            assert_eq!(address.text(), if is_point { "income/points-expired" } else { breakage.as_str() });
            let sum = to_breakage.remove(commodity.text());
            assert_eq!(sum, Some(i128::from(quantity)), "breakage gets what is swept: {entry:?}");
        }
        assert!(posted.is_empty(), "swept and not posted: {posted:?}");
        assert!(to_breakage.values().all(|sum| *sum == 0), "swept, and not in breakage: {to_breakage:?}");
    }
}

/// +1 where debits make an account grow.
fn sign_of(account: &[Value]) -> i64 {
    if [1, 5].contains(&account[1].integer()) { 1 } else { -1 }
}

/// Writes bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}
