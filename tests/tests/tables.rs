//! Compares tables as the library declares them with tables as the engines report them. The migration and `row!`
//! describe the same tables, both written by hand, and must agree.

use std::collections::{BTreeMap, BTreeSet};

use bank_tests::both_engines;
use bank_tests::journal::Tables;
use baoyulan_ledger::effect::kinds;
use baoyulan_ledger::row::{ColumnType, Keeping};
use baoyulan_ledger::store;

/// Tables into which no batch inserts rows: the head, which is moved, those of visits, and the list of migrations.
const OTHERS: [&str; 6] =
    ["ledger_head", "ledger_login_links", "ledger_migrations", "ledger_pin_misses", "ledger_sessions", "ledger_visits"];

/// A column as an engine reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reported {
    kind: ColumnType,
    /// Whether the column accepts NULL.
    nullable: bool,
    is_in_key: bool,
}

/// The columns of a table, as its engine reports them.
async fn reported(tables: &mut Tables, table: &str) -> BTreeMap<String, Reported> {
    let question = match tables {
        // SQLite's own row number is never NULL, but SQLite does not report that.
        Tables::Sqlite(_) => format!(
            "SELECT name, type, CASE WHEN pk > 0 THEN 1 ELSE \"notnull\" END, CASE WHEN pk > 0 THEN 1 ELSE 0 END, \
             dflt_value IS NULL FROM pragma_table_info('{table}')"
        ),
        Tables::Postgres(_) => format!(
            "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull::int::bigint, \
             (a.attnum = ANY (i.indkey))::int::bigint, (NOT a.atthasdef AND a.attidentity = '')::int::bigint \
             FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary \
             WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped"
        ),
    };
    let rows = tables.rows(&question).await;
    let column = |row: &Vec<bank_tests::journal::Value>| {
        let kind = match row[1].text() {
            "INTEGER" | "BIGINT" | "bigint" => ColumnType::Integer,
            "TEXT" | "text" => ColumnType::Text,
            "BYTEA" | "bytea" => ColumnType::Bytes,
            other => unreachable!("{table}.{} is {other}", row[0].text()),
        };
        assert_eq!(row[4].integer(), 1, "{table}.{} has a default", row[0].text());
        let (nullable, is_in_key) = (row[2].integer() == 0, row[3].integer() == 1);
        (row[0].text().to_owned(), Reported { kind, nullable, is_in_key })
    };
    rows.iter().map(column).collect()
}

both_engines!(tables_are_in_the_bank_as_they_are_declared, async |bank| {
    bank.open().await.close().await;
    let mut tables = Tables::open(bank.url()).await;
    let declared = store::tables();
    let names: BTreeSet<String> = declared.iter().map(|table| table.name.to_owned()).collect();
    assert_eq!(names.len(), declared.len(), "a table is declared twice");
    let all: BTreeSet<String> = names.into_iter().chain(OTHERS.map(str::to_owned)).collect();
    assert_eq!(tables.names().await, all, "tables of the bank, and those that are declared");

    for table in declared {
        let reported = reported(&mut tables, table.name).await;
        let columns: BTreeMap<String, ColumnType> =
            table.columns().map(|column| (column.name.to_owned(), column.kind)).collect();
        assert_eq!(columns.len(), table.columns().len(), "{}: a column is declared twice", table.name);
        let expected = reported.iter().map(|(name, column)| (name.clone(), column.kind));
        assert_eq!(columns, expected.collect(), "{}: declared, and as the engine has it", table.name);
        assert!(reported.values().all(|column| !column.nullable), "{}: {reported:?}", table.name);
        // A row is replaced by the table's key.
        if let Keeping::State(key_columns) = table.keeping {
            let key: BTreeSet<&str> = table.own_columns[..key_columns].iter().map(|column| column.name).collect();
            let of_engine = reported.iter().filter(|(_, column)| column.is_in_key).map(|(name, _)| name.as_str());
            assert_eq!(key, of_engine.collect(), "{}: the key of a state", table.name);
        }
    }
});

both_engines!(every_kind_of_row_has_a_table_with_its_columns, async |bank| {
    bank.open().await.close().await;
    let mut tables = Tables::open(bank.url()).await;
    for (kind, table) in kinds() {
        assert_eq!(table.keeping, Keeping::Journal, "kind {kind}: a record's rows have its position");
        let reported = reported(&mut tables, table.name).await;
        for column in table.columns() {
            let found = reported.get(column.name).map(|column| column.kind);
            assert_eq!(found, Some(column.kind), "kind {kind}: {}.{}", table.name, column.name);
        }
    }
});
