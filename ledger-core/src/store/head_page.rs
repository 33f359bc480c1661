//! What stands where in a SQLite database: on its first page, and on the page of the journal's head
//! (<https://www.sqlite.org/fileformat2.html>).

use super::head_file::InFile;

/// How many bytes of a file tell the size of its pages.
pub const START_BYTES: usize = 18;

/// The size of a database's pages in bytes, from its first ones. A bank's are of 4,096 bytes, unless it stands beside others'
/// tables, or somebody has put its file in order with another size.
pub fn page_bytes(start: &[u8]) -> Option<usize> {
    Some(page_size(u16::from_be_bytes(start.get(16..START_BYTES)?.try_into().ok()?)))
}

/// The size of pages as the engine notes it: 65,536 does not fit, so it is 1.
pub fn page_size(noted: u16) -> usize {
    if noted == 1 { 1 << 16 } else { usize::from(noted) }
}

/// Where a database's head says how the file is read and written, if it is so with a log.
pub const WITH_LOG: (std::ops::Range<usize>, [u8; 2]) = (18..20, [2, 2]);
/// Where a database's head says how many pages it has.
pub const PAGE_COUNT: std::ops::Range<usize> = 28..32;

/// What stands on the head's page: the second and the third column of the only row. The first one, the slot, is the row's
/// number and takes no room (<https://www.sqlite.org/fileformat2.html> §1.6, §2.1).
pub fn head_on(page: &[u8]) -> Option<InFile> {
    /// A text of bytes has twice its length and 12 for its type.
    const DIGEST: u64 = 2 * 32 + 12;

    const LEAF_OF_A_TABLE: u8 = 0x0D;
    if page.first() != Some(&LEAF_OF_A_TABLE) || page.get(3..5)? != [0, 1] {
        return None;
    }
    let cell = usize::from(u16::from_be_bytes([*page.get(8)?, *page.get(9)?]));
    let mut rest = page.get(cell..)?;
    // How long the row is, and its number.
    varint(&mut rest)?;
    varint(&mut rest)?;
    let record = rest;
    let header = usize::try_from(varint(&mut rest)?).ok()?;
    let (slot, size, root) = (varint(&mut rest)?, varint(&mut rest)?, varint(&mut rest)?);
    if (slot, root) != (0, DIGEST) {
        return None;
    }
    let (constant, length) = match size {
        8 => (0, 0),
        9 => (1, 0),
        length @ 1..=4 => (0, usize::try_from(length).ok()?),
        5 => (0, 6),
        6 => (0, 8),
        _ => return None,
    };
    let (digits, rest) = record.get(header..)?.split_at_checked(length)?;
    let size = digits.iter().fold(constant, |size, digit| size << 8 | u64::from(*digit));
    Some(InFile { size, root: rest.get(..32)?.try_into().ok()? })
}

/// A number in SQLite's variable length: seven bits a byte, the most significant first; eight in the ninth byte.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for index in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if index == 8 {
            return Some(value << 8 | u64::from(*byte));
        }
        value = value << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
    use sqlx::{Connection as _, Executor as _, Row as _};

    use super::*;
    use crate::store::dialect::Engine;
    use crate::store::migrate::MIGRATIONS;
    use crate::store::raw_file::{self, bytes};

    #[tokio::test]
    async fn the_size_is_what_the_engine_wrote() {
        let path = std::env::temp_dir().join(format!("bank-file-{}.db", uuid::Uuid::now_v7()));
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
        let tables = Engine::Sqlite.migration(MIGRATIONS[0]);
        conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(tables))).await.unwrap();
        let insert = "INSERT INTO ledger_head VALUES (0, 0, zeroblob(32), zeroblob(2048), 1781496000, 11)";
        conn.execute(insert).await.unwrap();
        let root: i64 =
            conn.fetch_one("SELECT rootpage FROM sqlite_master WHERE name = 'ledger_head'").await.unwrap().get(0);
        let digest = [7; 32];
        for size in [0, 1, 2, 127, 128, 255, 65_535, 16_777_216, 4_294_967_296, 9_007_199_254_740_991_i64] {
            let update = "UPDATE ledger_head SET size = ?, root = ?";
            sqlx::query(update).bind(size).bind(digest.to_vec()).execute(&mut conn).await.unwrap();
            let file = raw_file::of(&path).unwrap();
            let of_page = page_bytes(&bytes(&file, 0, START_BYTES).unwrap()).unwrap();
            let page = bytes(&file, (root as u64 - 1) * of_page as u64, of_page).unwrap();
            assert_eq!(head_on(&page), Some(InFile { size: u64::try_from(size).unwrap(), root: digest }), "{size}");
        }
        conn.close().await.unwrap();
        std::fs::remove_file(path).unwrap();
        assert_eq!(head_on(&[0; 4096]), None);
        assert_eq!(head_on(&[0x0D; 9]), None);
    }
}
