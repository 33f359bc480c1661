//! The outbox by itself: what it keeps, and what it wipes.

use redeem_kiosk::app::commands::Settled;
use redeem_kiosk::app::order::{Order, OrderLine};
use redeem_kiosk::app::secret::Secret;
use redeem_kiosk::shell::outbox::Outbox;
use tempfile::TempDir;
use uuid::Uuid;

fn order() -> Order {
    Order::Redemption {
        card: Secret::new("1000157592"),
        station: "S01".to_owned(),
        lines: vec![OrderLine { sku: "G10".to_owned(), pieces: 1 }],
        points_shown: 300,
        attended_by: None,
    }
}

fn accepted() -> Settled {
    Settled { receipt_number: "S01-26-000001".to_owned(), code: String::new() }
}

/// All bytes of all its files.
fn bytes(folder: &TempDir) -> Vec<u8> {
    let files = std::fs::read_dir(folder.path()).unwrap();
    files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn what_is_kept_is_found_again_word_for_word() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("outbox.db");
    let id = Uuid::now_v7();
    let outbox = Outbox::new(&file);
    outbox.load().await.unwrap();
    outbox.store(id, &order(), "k1", 5).await.unwrap();
    // As after a kill: nothing was closed in order, the files are as they are.
    let copy = TempDir::new().unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let found = Outbox::new(&copy.path().join("outbox.db")).load().await.unwrap();
    assert_eq!(found.kept.len(), 1);
    let kept = &found.kept[0];
    assert_eq!((kept.id, &kept.order, kept.credential.as_str()), (id, &order(), "k1"));
    outbox.close().await;
}

#[tokio::test]
async fn an_outcome_wipes_what_was_asked_for_and_is_told_once() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("outbox.db");
    let id = Uuid::now_v7();
    let outbox = Outbox::new(&file);
    outbox.load().await.unwrap();
    outbox.store(id, &order(), "k1", 5).await.unwrap();
    assert!(has(&bytes(&folder), "1000157592"));
    outbox.settle(id, &accepted(), 6).await.unwrap();
    assert!(!has(&bytes(&folder), "1000157592"), "in the file, or in its log");
    outbox.close().await;

    let outbox = Outbox::new(&file);
    let found = outbox.load().await.unwrap();
    assert!(found.kept.is_empty());
    assert_eq!((found.news[0].id, &found.news[0].settled), (id, &accepted()));
    outbox.told(id).await.unwrap();
    outbox.close().await;
    let outbox = Outbox::new(&file);
    assert!(outbox.load().await.unwrap().news.is_empty());
    outbox.close().await;
    let kept = bytes(&folder);
    assert!(has(&kept, "S01-26-000001") && has(&kept, &id.to_string()));
}

#[tokio::test]
async fn an_id_is_kept_once_and_forgotten_only_while_it_waits() {
    let folder = TempDir::new().unwrap();
    let outbox = Outbox::new(&folder.path().join("outbox.db"));
    outbox.load().await.unwrap();
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    outbox.store(first, &order(), "k1", 5).await.unwrap();
    assert!(outbox.store(first, &order(), "k1", 6).await.is_err());
    outbox.store(second, &order(), "k1", 6).await.unwrap();
    outbox.settle(first, &accepted(), 7).await.unwrap();
    outbox.forget(first).await.unwrap();
    outbox.forget(second).await.unwrap();
    outbox.close().await;
    let found = Outbox::new(&folder.path().join("outbox.db")).load().await.unwrap();
    assert_eq!((found.kept.len(), found.news.len()), (0, 1));
}

#[tokio::test]
async fn a_file_of_another_version_or_none_at_all_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("outbox.db");
    std::fs::write(&file, "no database, but long enough to be taken for one at first sight".repeat(40)).unwrap();
    assert!(Outbox::new(&file).load().await.is_err());
    assert!(Outbox::new(&folder.path().join("nowhere/outbox.db")).load().await.is_err());
}

/// What a disk may hold after a power cut: the log up to some byte of what was being written, and nothing behind it.
#[tokio::test]
async fn a_power_cut_in_the_middle_of_a_write_leaves_it_whole_and_loses_nothing_that_was_kept() {
    let folder = TempDir::new().unwrap();
    let (file, log) = (folder.path().join("outbox.db"), folder.path().join("outbox.db-wal"));
    let (kept, cut_off) = (Uuid::now_v7(), Uuid::now_v7());
    let outbox = Outbox::new(&file);
    outbox.load().await.unwrap();
    outbox.store(kept, &order(), "k1", 5).await.unwrap();
    let before = std::fs::metadata(&log).unwrap().len();
    outbox.store(cut_off, &order(), "k1", 6).await.unwrap();
    let written = std::fs::read(&log).unwrap();
    let before = usize::try_from(before).unwrap();
    assert!(before > 0 && written.len() > before, "{before} of {} bytes", written.len());
    for length in (before..=written.len()).step_by(97).chain([written.len() - 1, written.len()]) {
        let copy = TempDir::new().unwrap();
        let broken = copy.path().join("outbox.db");
        std::fs::copy(&file, &broken).unwrap();
        std::fs::write(copy.path().join("outbox.db-wal"), &written[..length]).unwrap();
        let outbox = Outbox::new(&broken);
        let found = outbox.load().await.unwrap();
        let ids: Vec<Uuid> = found.kept.iter().map(|kept| kept.id).collect();
        let is_all = length == written.len();
        assert_eq!(ids, if is_all { vec![kept, cut_off] } else { vec![kept] }, "cut at {length}");
        outbox.close().await;
        let connected = sqlx::SqlitePool::connect(&format!("sqlite://{}", broken.display())).await.unwrap();
        let whole: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&connected).await.unwrap();
        assert_eq!(whole, "ok", "cut at {length}");
    }
    outbox.close().await;
}
