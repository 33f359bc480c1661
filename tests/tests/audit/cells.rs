//! Whatever is changed in a table: every column of every table, rows that are deleted, doubled, and swapped. Which tables and columns
//! there are is asked of the engine, so that a new one cannot be forgotten.

use std::collections::BTreeSet;

use bank_tests::bank::TestBank;
use bank_tests::both_engines;
use bank_tests::journal::{Tables, Value};

use crate::forger::{Auditor, Forger};
use crate::town::rich_town;

/// What an audit does not notice: `docs/JOURNAL.md` has the same list, with the reasons.
const EXCEPTIONS: [&str; 7] = [
    "ledger_sessions",
    "ledger_login_links",
    "ledger_pin_misses",
    "ledger_visits",
    "ledger_migrations.applied_at",
    REFUSED,
    REPLACED,
];
const REFUSED: &str = "ledger_outcomes, a refused command's id";
const REPLACED: &str = "ledger_audit_details, a document that was replaced";

type Row = Vec<Value>;

/// A table as its engine knows it.
struct Shape {
    table: String,
    columns: Vec<String>,
    /// Which of the columns are the primary key.
    key: Vec<usize>,
}

impl Shape {
    async fn of(tables: &mut Tables, table: String) -> Self {
        let question = match tables {
            Tables::Sqlite(_) => format!("SELECT name, pk FROM pragma_table_info('{table}') ORDER BY cid"),
            Tables::Postgres(_) => format!(
                "SELECT a.attname::text, (a.attnum = ANY (i.indkey))::int::bigint FROM pg_attribute a \
                 JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary \
                 WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
            ),
        };
        let rows = tables.rows(&question).await;
        let columns = rows.iter().map(|row| row[0].text().to_owned()).collect();
        let key = rows.iter().enumerate().filter(|(_, row)| row[1].integer() > 0).map(|(column, _)| column).collect();
        Self { table, columns, key }
    }

    /// Where exactly this row is.
    fn place(&self, forger: &Forger, row: &Row) -> String {
        let cell = |column: &usize| format!("{} = {}", self.columns[*column], forger.literal(&row[*column]));
        self.key.iter().map(cell).collect::<Vec<_>>().join(" AND ")
    }

    fn update(&self, forger: &Forger, from: &Row, to: &Row) -> String {
        let sets = from.iter().zip(to).zip(&self.columns).filter(|((from, to), _)| from != to);
        let sets: Vec<String> = sets.map(|((_, to), column)| format!("{column} = {}", forger.literal(to))).collect();
        format!("UPDATE {} SET {} WHERE {}", self.table, sets.join(", "), self.place(forger, from))
    }

    fn delete(&self, forger: &Forger, row: &Row) -> String {
        format!("DELETE FROM {} WHERE {}", self.table, self.place(forger, row))
    }

    fn insert(&self, forger: &Forger, row: &Row) -> String {
        let cells: Vec<String> = row.iter().map(|cell| forger.literal(cell)).collect();
        format!("INSERT INTO {} ({}) VALUES ({})", self.table, self.columns.join(", "), cells.join(", "))
    }

    fn at(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

/// What somebody does to a bank, and how it is undone.
struct Forgery {
    /// `table.column`, or the table and what is done to a row.
    name: String,
    act: String,
    undo: String,
    /// The exception of which it is one.
    exception: Option<&'static str>,
}

/// The other values that a cell may get.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Integer(i64::MIN) => vec![Value::Integer(i64::MIN + 1)],
        Value::Integer(value) => vec![Value::Integer(value + 1), Value::Integer(value - 1)],
        Value::Text(text) => {
            let mut letters: Vec<char> = text.chars().collect();
            match letters.last_mut() {
                Some(last) if *last == 'x' => *last = 'y',
                Some(last) => *last = 'x',
                None => letters.push('x'),
            }
            vec![Value::Text(letters.into_iter().collect())]
        }
        Value::Bytes(bytes) => {
            let mut bytes = bytes.clone();
            bytes[0] ^= 1;
            vec![Value::Bytes(bytes)]
        }
    }
}

/// The rows that are forged, each with what it is called where it is of a special sort.
fn chosen(shape: &Shape, rows: &[Row], replaced: &BTreeSet<i64>) -> Vec<(Option<&'static str>, Row)> {
    let last = |holds: &dyn Fn(&Row) -> bool| rows.iter().rfind(|row| holds(row)).cloned();
    let is_zero = |row: &Row| {
        let mut rest = (0..row.len()).filter(|column| !shape.key.contains(column));
        rest.all(|column| row[column] == Value::Integer(0))
    };
    match shape.table.as_str() {
        "ledger_outcomes" => {
            let position = shape.at("position").unwrap();
            let of = |refused: bool| last(&|row: &Row| (row[position] == Value::Integer(-1)) == refused).unwrap();
            vec![(None, of(false)), (Some(REFUSED), of(true))]
        }
        "ledger_audit_details" => {
            let of = |is: bool| last(&|row: &Row| replaced.contains(&row[0].integer()) == is).unwrap();
            vec![(None, of(false)), (Some(REPLACED), of(true))]
        }
        // Of what is zero a missing row says the same.
        "ledger_lots" | "ledger_pieces_had" | "ledger_hold_remainders" => {
            vec![(None, last(&|row: &Row| !is_zero(row)).unwrap())]
        }
        _ => vec![(None, rows.last().unwrap().clone()), (None, rows[rows.len() / 2].clone())],
    }
}

/// Whether what is done is an exception.
fn exception(shape: &Shape, sort: Option<&'static str>, what: &str) -> Option<&'static str> {
    let named = format!("{}.{what}", shape.table);
    let whole = EXCEPTIONS.into_iter().find(|exception| *exception == shape.table || *exception == named);
    let of_refused = ["credential", "id", "content_hash", "refused_at", "deleted", "doubled"];
    match sort {
        Some(REFUSED) if of_refused.contains(&what) => Some(REFUSED),
        Some(REPLACED) if what == "deleted" => Some(REPLACED),
        _ => whole,
    }
}

fn forgeries(forger: &Forger, shape: &Shape, rows: &[Row], replaced: &BTreeSet<i64>) -> Vec<Forgery> {
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    for (sort, row) in chosen(shape, rows, replaced) {
        if !seen.insert(row.clone()) {
            continue;
        }
        let mut add = |what: &str, act: String, undo: String| {
            let sort_name = sort.map_or_else(String::new, |sort| format!(" ({sort})"));
            let name = format!("{}.{what}{sort_name}", shape.table);
            all.push(Forgery { name, act, undo, exception: exception(shape, sort, what) });
        };
        for (column, name) in shape.columns.iter().enumerate() {
            // Of the second row of a table, one other value is enough.
            let values = if seen.len() > 1 && sort.is_none() { 1 } else { 2 };
            for other in others(&row[column]).into_iter().take(values) {
                let mut changed = row.clone();
                changed[column] = other;
                add(name, shape.update(forger, &row, &changed), shape.update(forger, &changed, &row));
            }
        }
        add("deleted", shape.delete(forger, &row), shape.insert(forger, &row));
        let mut double = row.clone();
        let number = shape.key.iter().rfind(|column| matches!(row[**column], Value::Integer(_)));
        let column = *number.unwrap_or(&shape.key[0]);
        double[column] = match &row[column] {
            Value::Integer(value) => Value::Integer(value + 1_000_003),
            other => others(other).remove(0),
        };
        add("doubled", shape.insert(forger, &double), shape.delete(forger, &double));
    }
    all.extend(swap(forger, shape, rows));
    all
}

/// Two neighbours get each other's content.
fn swap(forger: &Forger, shape: &Shape, rows: &[Row]) -> Option<Forgery> {
    let content = |row: &Row| {
        let rest = (0..row.len()).filter(|column| !shape.key.contains(column));
        rest.map(|column| row[column].clone()).collect::<Vec<_>>()
    };
    let refused =
        |row: &Row| shape.table == "ledger_outcomes" && row.contains(&Value::Integer(-1)) && row[3].integer() < 0;
    let pair = rows.windows(2).rfind(|pair| content(&pair[0]) != content(&pair[1]) && !pair.iter().any(refused))?;
    let with_key_of = |row: &Row, other: &Row| {
        let mut swapped = row.clone();
        shape.key.iter().for_each(|column| swapped[*column] = other[*column].clone());
        swapped
    };
    let (one, other) = (&pair[0], &pair[1]);
    let swapped = [with_key_of(one, other), with_key_of(other, one)];
    let replace = |with: [&Row; 2]| {
        let deletes = [one, other].map(|row| shape.delete(forger, row));
        let inserts = with.map(|row| shape.insert(forger, row));
        deletes.into_iter().chain(inserts).collect::<Vec<_>>().join("; ")
    };
    Some(Forgery {
        name: format!("{}.swapped", shape.table),
        act: replace([&swapped[0], &swapped[1]]),
        undo: replace([one, other]),
        exception: exception(shape, None, "swapped"),
    })
}

/// The positions of documents that are not the latest of their subject.
async fn replaced(tables: &mut Tables) -> BTreeSet<i64> {
    let rows = tables
        .rows("SELECT a.position FROM ledger_audits a WHERE EXISTS (SELECT 1 FROM ledger_audits b WHERE b.subject = a.subject AND b.position > a.position)")
        .await;
    rows.iter().map(|row| row[0].integer()).collect()
}

async fn all_forgeries(forger: &mut Forger) -> Vec<Forgery> {
    let replaced = replaced(&mut forger.tables).await;
    let mut all = Vec::new();
    for table in forger.tables.names().await {
        let mut rows = forger.tables.rows(&format!("SELECT * FROM {table}")).await;
        rows.sort();
        assert!(!rows.is_empty(), "nothing stands in {table}");
        let shape = Shape::of(&mut forger.tables, table).await;
        all.extend(forgeries(forger, &shape, &rows, &replaced));
    }
    all
}

both_engines!(whatever_is_changed_in_a_table_is_found, async |bank: &TestBank| {
    rich_town(bank).await;
    let mut forger = Forger::open(bank).await;
    let (mut found, mut excepted, mut impossible) = (0, BTreeSet::new(), Vec::new());
    let mut wrong = Vec::new();
    let all = all_forgeries(&mut forger).await;
    let mut auditor = Auditor::of(bank);
    for Forgery { name, act, undo, exception } in &all {
        if forger.execute(act).await.is_err() {
            // A key or a unique index does not let anybody do that.
            impossible.push(name.as_str());
            continue;
        }
        let noticed = auditor.notices().await;
        forger.execute(undo).await.unwrap();
        match (noticed, exception) {
            (Some(_), None) => found += 1,
            (None, Some(exception)) => drop(excepted.insert(*exception)),
            (None, None) => wrong.push(format!("{name} goes unnoticed: {act}")),
            (Some(noticed), Some(_)) => wrong.push(format!("{name} is found, though it is listed: {noticed:?}")),
        }
    }
    println!("{found} of {} forgeries are found; the database does not allow {}", all.len(), impossible.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(excepted, BTreeSet::from(EXCEPTIONS), "exceptions that nothing shows");
    assert!(auditor.notices().await.is_none(), "everything is undone");
    auditor.close().await;
    forger.close().await;
});

#[test]
fn the_document_lists_what_goes_unnoticed() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/JOURNAL.md");
    let document = std::fs::read_to_string(path).unwrap();
    let (_, section) = document.split_once("\n### What no audit finds\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed: Vec<(String, String)> = rows
        .map(|row| {
            let (what, why) = row.split_once(" | ").unwrap();
            (what.replace('`', ""), why.trim_end_matches(" |").to_owned())
        })
        .collect();
    let names: BTreeSet<&str> = listed.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(names, BTreeSet::from(EXCEPTIONS));
    assert!(listed.iter().all(|(_, why)| why.len() > 20), "each has a reason: {listed:?}");
}
