//! Whoever can write into the database, and has everything but the private key and the folder where it is kept.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bank_tests::bank::TestBank;
use bank_tests::journal::{Hash, Record, Tables, Value, frontier, merkle_tree_hash, records};
use baoyulan_ledger::audit::Difference;
use baoyulan_ledger::store::dialect::Engine;
use baoyulan_ledger::{Fault, Ledger, Options};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

/// A connection that may change anything.
pub struct Forger {
    pub tables: Tables,
}

impl Forger {
    pub async fn open(bank: &TestBank) -> Self {
        let tables = if let Some((server, schema)) = bank.url().split_once("?schema=") {
            let mut conn = PgConnection::connect(server).await.unwrap();
            conn.execute(AssertSqlSafe(format!("SET search_path = {schema}"))).await.unwrap();
            Tables::Postgres(conn)
        } else {
            Tables::Sqlite(SqliteConnection::connect(bank.url()).await.unwrap())
        };
        Self { tables }
    }

    pub async fn close(self) {
        match self.tables {
            Tables::Sqlite(conn) => conn.close().await.unwrap(),
            Tables::Postgres(conn) => conn.close().await.unwrap(),
        }
    }

    fn engine(&self) -> Engine {
        if matches!(self.tables, Tables::Sqlite(_)) { Engine::Sqlite } else { Engine::Postgres }
    }

    /// Runs a statement; how many rows it changed.
    pub async fn execute(&mut self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match &mut self.tables {
            Tables::Sqlite(conn) => conn.execute(sql).await.map(|done| done.rows_affected()),
            Tables::Postgres(conn) => conn.execute(sql).await.map(|done| done.rows_affected()),
        }
    }

    /// Changes exactly one row.
    pub async fn change(&mut self, sql: &str) {
        assert_eq!(self.execute(sql).await.unwrap(), 1, "{sql}");
    }

    /// Bytes as a literal.
    pub fn bytes(&self, bytes: &[u8]) -> String {
        self.engine().bytes(bytes)
    }

    /// A value as a literal.
    pub fn literal(&self, value: &Value) -> String {
        match value {
            Value::Integer(value) => value.to_string(),
            Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Value::Bytes(bytes) => self.bytes(bytes),
        }
    }

    /// The columns of a table, in their order.
    pub async fn columns(&mut self, table: &str) -> Vec<String> {
        let question = match self.tables {
            Tables::Sqlite(_) => format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"),
            Tables::Postgres(_) => format!(
                "SELECT attname::text FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 \
                 AND NOT attisdropped ORDER BY attnum"
            ),
        };
        self.tables.rows(&question).await.iter().map(|row| row[0].text().to_owned()).collect()
    }

    /// Every row of every table.
    pub async fn dump(&mut self) -> BTreeMap<String, Vec<Vec<Value>>> {
        self.tables.dump().await
    }

    /// Makes every table what it was.
    pub async fn put_back(&mut self, dump: &BTreeMap<String, Vec<Vec<Value>>>) {
        for (table, rows) in dump {
            self.execute(&format!("DELETE FROM {table}")).await.unwrap();
            for row in rows {
                let cells: Vec<String> = row.iter().map(|cell| self.literal(cell)).collect();
                self.change(&format!("INSERT INTO {table} VALUES ({})", cells.join(", "))).await;
            }
        }
    }

    /// Takes the last record away, with its row in this table.
    pub async fn forget_last(&mut self, table: &str) {
        for table in [table, "ledger_records"] {
            let last = "(SELECT size - 1 FROM ledger_head)";
            self.execute(&format!("DELETE FROM {table} WHERE position = {last}")).await.unwrap();
        }
    }

    /// Computes all leaves, tiles and the head again, as they must be for the rows that are there.
    pub async fn hash_again(&mut self) {
        let records = records(&mut self.tables).await;
        let leaves: Vec<Hash> = records.iter().map(Record::leaf).collect();
        for (record, leaf) in records.iter().zip(&leaves) {
            let leaf = self.bytes(leaf);
            let position = record.position();
            let update =
                format!("UPDATE ledger_records SET leaf = {leaf} WHERE position = {position} AND leaf <> {leaf}");
            self.execute(&update).await.unwrap();
        }
        for (node, leaves) in leaves.chunks_exact(256).enumerate() {
            let hash = self.bytes(&merkle_tree_hash(leaves));
            self.change(&format!("UPDATE ledger_nodes SET hash = {hash} WHERE level = 8 AND node = {node}")).await;
        }
        let accounts = self.tables.rows("SELECT COUNT(*) FROM ledger_accounts").await[0][0].integer();
        let (root, edge) = (self.bytes(&merkle_tree_hash(&leaves)), self.bytes(&frontier(&leaves)));
        let posted_at = records.last().unwrap().posted_at();
        self.change(&format!(
            "UPDATE ledger_head SET size = {}, root = {root}, frontier = {edge}, posted_at = {posted_at}, \
             next_account = {accounts}",
            leaves.len()
        ))
        .await;
    }
}

/// An auditor, who keeps the bank open from one audit to the next, until something broke.
pub struct Auditor<'a> {
    bank: &'a TestBank,
    key_folder: PathBuf,
    ledger: Option<Ledger>,
}

impl<'a> Auditor<'a> {
    pub fn of(bank: &'a TestBank) -> Self {
        Self { bank, key_folder: bank.key_folder(), ledger: None }
    }

    /// What is noticed: a difference, or why the bank cannot be read at all. `None` if nothing is.
    pub async fn notices(&mut self) -> Option<Result<Difference, Fault>> {
        let ledger = match self.ledger.take() {
            Some(ledger) => ledger,
            None => {
                let options = Options { key_folder: Some(self.key_folder.clone()), ..Options::read_only() };
                match Ledger::open(self.bank.url(), options).await {
                    Ok(ledger) => ledger,
                    Err(fault) => return Some(Err(fault)),
                }
            }
        };
        match ledger.audit(|_, _| {}).await {
            Ok(audited) => {
                self.ledger = Some(ledger);
                audited.difference.map(Ok)
            }
            Err(fault) => {
                ledger.close().await;
                Some(Err(fault))
            }
        }
    }

    pub async fn close(self) {
        if let Some(ledger) = self.ledger {
            ledger.close().await;
        }
    }
}

/// What an audit says that is begun anew, in words; empty if nothing is noticed.
pub async fn said(bank: &TestBank) -> String {
    in_words(Auditor::of(bank)).await
}

/// The same for somebody who has the database alone, and not what is remembered of it beside the key.
pub async fn said_elsewhere(bank: &TestBank) -> String {
    in_words(Auditor { key_folder: bank.folder().join("elsewhere"), ..Auditor::of(bank) }).await
}

async fn in_words(mut auditor: Auditor<'_>) -> String {
    let noticed = auditor.notices().await;
    auditor.close().await;
    match noticed {
        Some(Ok(difference)) => difference.to_string(),
        Some(Err(fault)) => fault.to_string(),
        None => String::new(),
    }
}
