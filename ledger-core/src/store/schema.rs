//! What the tables of a bank are, apart from their rows: a trigger, a view or a missing index changes what a statement does.

use std::collections::BTreeSet;

use super::conn::Conn;
use super::dialect::Engine;
use super::migrate::{self, MIGRATIONS};
use crate::fault::Fault;

/// Tables with their columns, indexes with theirs, keys, triggers and views, each as a line of text.
const OF_SQLITE: &str = "\
    WITH relation AS (SELECT name, type, tbl_name FROM sqlite_master WHERE tbl_name LIKE 'ledger\\_%' ESCAPE '\\'), \
    own AS (SELECT name FROM relation WHERE type = 'table') \
    SELECT 'table ' || o.name || ': ' || (SELECT group_concat(c.name, ', ') FROM (SELECT name FROM pragma_table_info(o.name) ORDER BY cid) c) \
    FROM own o \
    UNION ALL \
    SELECT 'key of ' || o.name || ': ' || (SELECT group_concat(c.name, ', ') FROM (SELECT name FROM pragma_table_info(o.name) WHERE pk > 0 \
    ORDER BY pk) c) FROM own o \
    UNION ALL \
    SELECT CASE i.\"unique\" WHEN 1 THEN 'unique ' ELSE '' END || 'index ' || i.name || ' on ' || o.name || ': ' || \
    (SELECT group_concat(c.name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) c) \
    FROM own o, pragma_index_list(o.name) i WHERE i.origin = 'c' \
    UNION ALL \
    SELECT type || ' ' || name || ' on ' || tbl_name FROM relation WHERE type IN ('trigger', 'view')";

/// The same lines.
const OF_POSTGRES: &str = "\
    WITH relation AS (SELECT c.oid, CAST(c.relname AS TEXT) AS name, c.relkind FROM pg_class c \
    WHERE c.relnamespace = (SELECT b.relnamespace FROM pg_class b WHERE b.oid = to_regclass('ledger_head')) \
    AND c.relname LIKE 'ledger\\_%') \
    SELECT 'table ' || r.name || ': ' || (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute a \
    WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped) FROM relation r WHERE r.relkind = 'r' \
    UNION ALL \
    SELECT 'key of ' || r.name || ': ' || (SELECT string_agg(a.attname, ', ' ORDER BY array_position(k.conkey, a.attnum)) FROM pg_attribute a \
    WHERE a.attrelid = r.oid AND a.attnum = ANY (k.conkey)) FROM relation r JOIN pg_constraint k ON k.conrelid = r.oid WHERE k.contype = 'p' \
    UNION ALL \
    SELECT CASE WHEN i.indisunique THEN 'unique ' ELSE '' END || 'index ' || CAST(c.relname AS TEXT) || ' on ' || r.name || ': ' || \
    (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid) \
    FROM relation r JOIN pg_index i ON i.indrelid = r.oid JOIN pg_class c ON c.oid = i.indexrelid \
    WHERE i.indisvalid AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid) \
    UNION ALL \
    SELECT 'trigger ' || CAST(t.tgname AS TEXT) || ' on ' || r.name FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal \
    UNION ALL \
    SELECT 'rule ' || CAST(w.rulename AS TEXT) || ' on ' || r.name FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid WHERE r.relkind = 'r' \
    UNION ALL \
    SELECT 'view ' || r.name || ' on ' || r.name FROM relation r WHERE r.relkind NOT IN ('r', 'i')";

/// The first thing in which a bank's tables are not those that this program makes: what stands there, and what should. One of the two is
/// empty.
///
/// # Errors
/// [`Fault::Database`].
pub async fn first_difference(conn: &mut Conn) -> Result<Option<(String, String)>, Fault> {
    let found = lines(conn).await?;
    let mut made = Conn::in_memory().await?;
    migrate::make_tables(&mut made, MIGRATIONS.len()).await?;
    let expected = lines(&mut made).await?;
    made.close().await;
    let instead = |line: &str| {
        let subject = line.split_inclusive(':').next().unwrap_or(line);
        found.iter().find(|line| line.starts_with(subject)).cloned().unwrap_or_default()
    };
    let missing = expected.difference(&found).next().map(|line| (instead(line), line.clone()));
    Ok(missing.or_else(|| found.difference(&expected).next().map(|line| (line.clone(), String::new()))))
}

async fn lines(conn: &mut Conn) -> Result<BTreeSet<String>, Fault> {
    let question = match conn.engine() {
        Engine::Sqlite => OF_SQLITE,
        Engine::Postgres => OF_POSTGRES,
    };
    Ok(conn.fetch_text(question).await?.iter().map(|row| row.text(0)).collect())
}
