//! Banks as older versions of the program have left them. Each is a text in `tests/fixtures/schema-<version>/`: what it must
//! have and what it must answer, and then its rows, as `INSERT`s that the `sqlite3` shell takes too.
//!
//! `cargo run -p bank-tests --bin fixture` writes those of the present schema, see [`write()`]. Nobody edits one: it is what an
//! old program has written.

#![expect(clippy::unwrap_used, reason = "a helper of tests: what fails here fails the test")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use baoyulan_ledger::command::{Channel, Command, Envelope, KINDS};
use baoyulan_ledger::store::migrate::{MIGRATIONS, make_tables};
use baoyulan_ledger::store::{Conn, Target};
use baoyulan_ledger::{NewBank, Options, Posted, Rejection};
use data_encoding::HEXLOWER;
use serde_json::{Value as Json, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row as _, SqliteConnection};
use uuid::Uuid;

use crate::bank::{TestBank, sample_town};
use crate::journal::{Hash, Tables, Value, hex, recompute, records};
use crate::lives::{self, Outcome, Sent};

/// A bank of an older version.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// Where it stands, for messages.
    pub path: PathBuf,
    /// How many migrations it has applied.
    pub schema: usize,
    /// What is said of it before its rows.
    told: Json,
    /// Its rows, as SQL for SQLite.
    rows: String,
}

/// The bank that a fixture's owner founds: the one of the sample town, or one of accounts alone.
pub fn new_bank(name: &str) -> NewBank {
    match name {
        "town" => sample_town(),
        _ => NewBank { demo: true, ..NewBank::new("shop") },
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// All fixtures, in the order of their paths.
pub fn all() -> Vec<Fixture> {
    let folders = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    files.into_iter().map(Fixture::read).collect()
}

impl Fixture {
    fn read(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(&path).unwrap();
        let (head, rows) = text.split_once("\n\n").unwrap();
        let (_, told) = head.split_once('\n').unwrap();
        let told: Json = serde_json::from_str(&told.replace("-- ", "")).unwrap();
        let schema = told["schema"].as_u64().unwrap() as usize;
        Self { path, schema, told, rows: rows.to_owned() }
    }

    /// The options with which its owner opens it.
    pub fn options(&self, bank: &TestBank) -> Options {
        Options { create: None, clock_days_ahead_max: u32::MAX, ..bank.options() }
    }

    /// Whether it is a town's.
    pub fn is_of_town(&self) -> bool {
        self.told["town"].as_bool().unwrap()
    }

    /// When its last record was posted, in UTC seconds.
    pub fn posted_at(&self) -> i64 {
        self.told["posted_at"].as_i64().unwrap()
    }

    /// The size and root that its journal must have.
    pub fn head(&self) -> (u64, Hash) {
        let root = HEXLOWER.decode(self.told["root"].as_str().unwrap().as_bytes()).unwrap();
        (self.told["size"].as_u64().unwrap(), root.try_into().unwrap())
    }

    /// The number of an old receipt that can still be reversed.
    pub fn reversible(&self) -> &str {
        self.told["reversible"].as_str().unwrap()
    }

    /// What was once sent under an id, and the answer that each must have again.
    pub fn sent(&self) -> Vec<(Envelope, Json)> {
        self.told["sent"].as_array().unwrap().iter().map(|sent| (envelope(sent), sent["answer"].clone())).collect()
    }

    /// Puts the bank at this address: the tables as the migrations of its time make them, the rows, and the key.
    pub async fn put(&self, bank: &TestBank) {
        if let Some((server, schema)) = bank.url().split_once("?schema=") {
            let mut conn = PgConnection::connect(server).await.unwrap();
            let sql = format!("CREATE SCHEMA {schema}; SET search_path = {schema}");
            conn.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
            self.make_tables(bank).await;
            let sql = format!("BEGIN; {}; COMMIT", for_postgres(&self.rows));
            conn.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
            conn.close().await.unwrap();
        } else {
            self.make_tables(bank).await;
            let mut conn = SqliteConnection::connect(bank.url()).await.unwrap();
            let sql = format!("BEGIN; {}; COMMIT", self.rows);
            conn.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
            conn.close().await.unwrap();
        }
        std::fs::create_dir_all(bank.key_folder()).unwrap();
        let key = bank.key_folder().join(format!("{}.receipt-key", self.told["bank_id"].as_str().unwrap()));
        std::fs::write(key, format!("{}\n", self.told["seed"].as_str().unwrap())).unwrap();
    }

    async fn make_tables(&self, bank: &TestBank) {
        let mut conn = Conn::open(&Target::parse(bank.url()).unwrap(), true).await.unwrap();
        make_tables(&mut conn, self.schema).await.unwrap();
        conn.close().await;
    }
}

/// Turns `x'00ff'`, outside of texts, into what PostgreSQL takes for bytes.
fn for_postgres(sql: &str) -> String {
    let mut parts = sql.split('\'');
    let mut changed = parts.next().unwrap_or_default().to_owned();
    let mut is_text = true;
    for part in parts {
        if is_text && changed.ends_with('x') {
            changed.pop();
            changed += "'\\x";
        } else {
            changed.push('\'');
        }
        changed += part;
        is_text = !is_text;
    }
    changed
}

fn envelope(sent: &Json) -> Envelope {
    let id = Uuid::parse_str(sent["id"].as_str().unwrap()).unwrap();
    let command: Command = serde_json::from_value(sent["command"].clone()).unwrap();
    Envelope::keyed(id, sent["credential"].as_str().unwrap(), Channel::Kiosk, command)
}

/// An answer as a fixture keeps it. Whether it was given before is no part of it.
pub fn answer(outcome: &Result<Posted, Rejection>) -> Json {
    let entry = |entry: &baoyulan_ledger::PostedEntry| {
        json!([entry.address, entry.commodity, entry.lot, entry.quantity, entry.balance_after])
    };
    match outcome {
        Ok(Posted { position, posted_at, receipt, entries, replayed: _, unmoved: _ }) => {
            let entries: Vec<Json> = entries.iter().map(entry).collect();
            json!({ "position": position, "posted_at": posted_at, "receipt": receipt, "entries": entries })
        }
        Err(rejection) => json!({ "rejection": rejection }),
    }
}

/// Writes the fixtures of the present schema, and returns their paths: what a bank of a town and one of accounts alone are
/// after they have lived a while.
///
/// # Panics
/// If there are fixtures of this schema already, or if a kind of command is missing in what the town has lived through.
pub async fn write() -> Vec<PathBuf> {
    let folder = folder().join(format!("schema-{}", MIGRATIONS.len()));
    assert!(!folder.exists(), "{} is there already: a fixture is never written anew", folder.display());
    let mut written = Vec::new();
    for name in ["accounts", "town"] {
        let bank = TestBank::sqlite();
        let sent = if name == "town" { lives::of_town(&bank).await } else { lives::of_accounts(&bank).await };
        let text = text(name, &bank, &sent).await;
        std::fs::create_dir_all(&folder).unwrap();
        written.push(folder.join(format!("{name}.sql")));
        std::fs::write(folder.join(format!("{name}.sql")), text).unwrap();
    }
    written
}

async fn text(name: &str, bank: &TestBank, sent: &[(Sent, Outcome)]) -> String {
    let (size, root) = recompute(bank.url()).await;
    let mut tables = Tables::open(bank.url()).await;
    let journal = records(&mut tables).await;
    let town = name == "town";
    let kind_is_there = |kind: &&&str| journal.iter().any(|record| record.kind() == **kind);
    let missing: Vec<&&str> = KINDS.iter().filter(|kind| !kind_is_there(kind)).collect();
    assert!(!town || missing.is_empty(), "the town's life has no {missing:?}");
    let told = json!({
        "schema": MIGRATIONS.len(),
        "town": town,
        "bank_id": tables.rows("SELECT bank_id FROM ledger_bank").await[0][0].text(),
        "seed": hex(&bank.signing_key().seed()),
        "size": size,
        "root": hex(&root),
        "posted_at": journal.last().unwrap().posted_at(),
        "reversible": town.then_some(lives::REVERSIBLE),
        "sent": sent.iter().map(|(sent, outcome)| told_of(sent, outcome)).collect::<Vec<_>>(),
    });
    let told = lines(&told).replace('\n', "\n-- ");
    let whose = if town { "A town's bank" } else { "A bank of accounts alone" };
    let title =
        format!("-- {whose} as schema {} leaves it. Never edit it; see tests/src/fixture.rs.", MIGRATIONS.len());
    format!("{title}\n-- {told}\n\n{}", inserts(bank, &mut tables).await)
}

/// The JSON of an object, with a line for each member and each item of an array.
fn lines(object: &Json) -> String {
    let member = |(name, value): (&String, &Json)| match value.as_array() {
        Some(items) => {
            let items: Vec<String> = items.iter().map(Json::to_string).collect();
            format!("\"{name}\": [\n{}]", items.join(",\n"))
        }
        None => format!("\"{name}\": {value}"),
    };
    format!("{{{}}}", object.as_object().unwrap().iter().map(member).collect::<Vec<_>>().join(",\n"))
}

fn told_of(Sent { id, command }: &Sent, outcome: &Outcome) -> Json {
    let envelope = crate::bank::keyed(*id, command.clone());
    let credential = envelope.key.unwrap().credential;
    json!({ "id": Uuid::from_u128(*id), "credential": credential, "command": command, "answer": answer(outcome) })
}

/// One statement for each table that has rows, with a line for each row.
async fn inserts(bank: &TestBank, tables: &mut Tables) -> String {
    let mut sql = String::new();
    for (table, rows) in tables.dump().await {
        if rows.is_empty() {
            continue;
        }
        let columns = columns(bank, &table).await.join(", ");
        let rows: Vec<String> = rows.iter().map(|row| format!("({})", literals(row))).collect();
        write!(sql, "INSERT INTO {table} ({columns}) VALUES\n{};\n", rows.join(",\n")).unwrap();
    }
    sql
}

async fn columns(bank: &TestBank, table: &str) -> Vec<String> {
    let mut conn = SqliteConnection::connect(bank.url()).await.unwrap();
    let question = format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid");
    let rows = sqlx::query(AssertSqlSafe(question)).fetch_all(&mut conn).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn literals(row: &[Value]) -> String {
    let literal = |value: &Value| match value {
        Value::Integer(value) => value.to_string(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Bytes(bytes) => format!("x'{}'", hex(bytes)),
    };
    row.iter().map(literal).collect::<Vec<_>>().join(", ")
}
