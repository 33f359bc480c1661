//! The outbox by itself: what it keeps, and what it wipes.

use std::path::Path;

use baoyulan_ledger::proof::SigningKey;
use redeem_kiosk::app::commands::Settled;
use redeem_kiosk::app::order::{Order, OrderLine};
use redeem_kiosk::app::receipt::{Mark, SeenReceipt, Terms};
use redeem_kiosk::app::secret::Secret;
use redeem_kiosk::shell::outbox::{BankKey, KeptBody, Misplaced, Outbox};
use tempfile::TempDir;
use uuid::Uuid;

fn body() -> KeptBody {
    let order = Order::Redemption {
        card: Secret::new("1000157592"),
        station: "S01".to_owned(),
        lines: vec![OrderLine { sku: "G10".to_owned(), pieces: 1 }],
        points_shown: 300,
        attended_by: None,
    };
    let terms = Terms { visit: Secret::new("a-visit"), subject: "7f3a".to_owned(), ..Terms::default() };
    KeptBody { order, terms }
}

fn seen(id: Uuid, number: i64) -> SeenReceipt {
    SeenReceipt { id, number: format!("S01-26-{number:06}"), position: 40 + number, issuer: "baoyulan".to_owned() }
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
    outbox.store(id, &body(), "k1", 5).await.unwrap();
    // As after a kill: nothing was closed in order, the files are as they are.
    let copy = TempDir::new().unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let found = Outbox::new(&copy.path().join("outbox.db")).load().await.unwrap();
    assert_eq!(found.kept.len(), 1);
    let kept = &found.kept[0];
    assert_eq!((kept.id, kept.credential.as_str()), (id, "k1"));
    assert_eq!(KeptBody { order: kept.order.clone(), terms: kept.terms.clone() }, body());
    outbox.close().await;
}

#[tokio::test]
async fn an_outcome_wipes_what_was_asked_for_and_is_told_once() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("outbox.db");
    let id = Uuid::now_v7();
    let outbox = Outbox::new(&file);
    outbox.load().await.unwrap();
    outbox.store(id, &body(), "k1", 5).await.unwrap();
    assert!(has(&bytes(&folder), "1000157592"));
    outbox.settle(id, &accepted(), Some(&seen(id, 1)), 6).await.unwrap();
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
    assert!(!has(&kept, "a-visit") && !has(&kept, "7f3a"), "whose it was is wiped");
}

#[tokio::test]
async fn an_id_is_kept_once_and_forgotten_only_while_it_waits() {
    let folder = TempDir::new().unwrap();
    let outbox = Outbox::new(&folder.path().join("outbox.db"));
    outbox.load().await.unwrap();
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    outbox.store(first, &body(), "k1", 5).await.unwrap();
    assert!(outbox.store(first, &body(), "k1", 6).await.is_err());
    outbox.store(second, &body(), "k1", 6).await.unwrap();
    outbox.settle(first, &accepted(), None, 7).await.unwrap();
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
    outbox.store(kept, &body(), "k1", 5).await.unwrap();
    let before = std::fs::metadata(&log).unwrap().len();
    outbox.store(cut_off, &body(), "k1", 6).await.unwrap();
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

/// What the first version has kept has no terms: it is sent all the same, and is answered.
#[tokio::test]
async fn what_the_first_version_kept_is_taken_over() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("outbox.db");
    let old = sqlx::SqlitePool::connect(&format!("sqlite://{}?mode=rwc", file.display())).await.unwrap();
    let id = Uuid::now_v7();
    let KeptBody { order, .. } = body();
    let table = "CREATE TABLE outbox (id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, credential TEXT NOT NULL, \
                 body TEXT NOT NULL, stored_at INTEGER NOT NULL, state TEXT NOT NULL, receipt_number TEXT NOT NULL, \
                 code TEXT NOT NULL, settled_at INTEGER NOT NULL, told INTEGER NOT NULL) STRICT, WITHOUT ROWID; \
                 CREATE TABLE probe (place INTEGER NOT NULL PRIMARY KEY, filler TEXT NOT NULL) STRICT; \
                 PRAGMA user_version = 1";
    sqlx::raw_sql(table).execute(&old).await.unwrap();
    sqlx::query("INSERT INTO outbox VALUES (?, 'redemption', 'k1', ?, 5, 'waiting', '', '', 0, 0)")
        .bind(id.to_string())
        .bind(serde_json::to_string(&order).unwrap())
        .execute(&old)
        .await
        .unwrap();
    old.close().await;
    let outbox = Outbox::new(&file);
    let found = outbox.load().await.unwrap();
    assert_eq!((found.kept[0].id, &found.kept[0].order, &found.kept[0].terms), (id, &order, &Terms::default()));
    outbox.store(Uuid::now_v7(), &body(), "k1", 6).await.unwrap();
    outbox.close().await;
    assert_eq!(Outbox::new(&file).load().await.unwrap().kept.len(), 2);
}

#[tokio::test]
async fn receipts_that_were_seen_are_known_after_a_start_as_far_as_they_matter() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("outbox.db");
    let outbox = Outbox::new(&file);
    assert_eq!(outbox.load().await.unwrap().seen, redeem_kiosk::app::receipt::Seen::default());
    let ids: Vec<Uuid> = (0..4).map(|_| Uuid::now_v7()).collect();
    let after = |number: i64| Mark { position: 40 + number, year: 2026, number };
    for (id, number) in ids.iter().zip([1, 2, 4]) {
        outbox.store(*id, &body(), "k1", 5).await.unwrap();
        outbox.settle(*id, &accepted(), Some(&seen(*id, number)), 6).await.unwrap();
    }
    // One waits that was made after the first was seen.
    let waiting = KeptBody { terms: Terms { after: after(1), ..body().terms }, ..body() };
    outbox.store(ids[3], &waiting, "k1", 7).await.unwrap();
    outbox.close().await;
    let outbox = Outbox::new(&file);
    let found = outbox.load().await.unwrap().seen;
    assert_eq!((found.issuer.as_str(), found.last), ("baoyulan", after(4)));
    let recent = [(42, (ids[1], "S01-26-000002".to_owned())), (44, (ids[2], "S01-26-000004".to_owned()))];
    assert_eq!(found.recent, recent.into());
    // Without one that waits, the latest is enough.
    outbox
        .settle(ids[3], &Settled { receipt_number: String::new(), code: "no_visit".to_owned() }, None, 8)
        .await
        .unwrap();
    outbox.close().await;
    let found = Outbox::new(&file).load().await.unwrap().seen;
    assert_eq!((found.last, found.recent.len()), (after(4), 0));
}

fn is_misplaced<T: std::fmt::Debug>(result: anyhow::Result<T>, expected: Misplaced) -> bool {
    result.unwrap_err().downcast_ref::<Misplaced>() == Some(&expected)
}

/// Whatever becomes of the files while they are open: nothing is called kept that the next start would not find.
#[tokio::test]
async fn an_outbox_whose_files_are_gone_moved_or_replaced_keeps_nothing() {
    for name in ["outbox.db", "outbox.db-wal"] {
        let folder = TempDir::new().unwrap();
        let (path, elsewhere) = (folder.path().join(name), folder.path().join("elsewhere"));
        let outbox = Outbox::new(&folder.path().join("outbox.db"));
        outbox.load().await.unwrap();
        let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
        outbox.store(first, &body(), "k1", 5).await.unwrap();
        assert_eq!(outbox.in_place().await, Ok(()));

        std::fs::rename(&path, &elsewhere).unwrap();
        assert_eq!(outbox.in_place().await, Err(Misplaced::Gone), "{name}");
        assert!(is_misplaced(outbox.store(second, &body(), "k1", 6).await, Misplaced::Gone));
        assert!(is_misplaced(outbox.probe().await, Misplaced::Gone));
        assert!(is_misplaced(outbox.settle(first, &accepted(), None, 6).await, Misplaced::Gone));
        std::fs::copy(&elsewhere, &path).unwrap();
        assert!(
            is_misplaced(outbox.store(second, &body(), "k1", 6).await, Misplaced::Replaced),
            "a copy is another file"
        );
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        assert!(is_misplaced(outbox.store(second, &body(), "k1", 6).await, Misplaced::Replaced), "so is a link");

        std::fs::rename(&elsewhere, &path).unwrap();
        outbox.probe().await.unwrap();
        outbox.store(second, &body(), "k1", 6).await.unwrap();
        outbox.close().await;
        let found = Outbox::new(&folder.path().join("outbox.db")).load().await.unwrap();
        assert_eq!(found.kept.len(), 2, "{name}: what was kept is found");
    }
}

/// Its bytes of one moment.
fn copied(file: &Path) -> [Vec<u8>; 2] {
    [file.to_owned(), file.with_extension("db-wal")].map(|file| std::fs::read(file).unwrap_or_default())
}

/// An older copy has forgotten orders that the bank has done.
#[tokio::test]
async fn an_older_copy_that_is_put_back_between_two_starts_is_not_taken_for_the_outbox() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("outbox.db");
    let outbox = Outbox::new(&file);
    outbox.load().await.unwrap();
    let ids: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
    let [empty, _] = copied(&file);
    outbox.store(ids[0], &body(), "k1", 5).await.unwrap();
    let [_, log] = copied(&file);
    outbox.settle(ids[0], &accepted(), Some(&seen(ids[0], 1)), 6).await.unwrap();
    let [settled, _] = copied(&file);
    outbox.store(ids[1], &body(), "k1", 7).await.unwrap();
    // As after a kill.
    let last = copied(&file);
    let id = std::fs::read(file.with_extension("id")).unwrap();
    outbox.close().await;
    let put_back = |main: &[u8], log: &[u8]| {
        let copy = TempDir::new().unwrap();
        std::fs::write(copy.path().join("outbox.db"), main).unwrap();
        std::fs::write(copy.path().join("outbox.db-wal"), log).unwrap();
        std::fs::write(copy.path().join("outbox.id"), &id).unwrap();
        copy
    };
    let older: [(&[u8], &[u8], &str); 5] = [
        (&empty, b"", "before all"),
        (&settled, b"", "without the last order"),
        (&empty, &log, "with a log of its time"),
        (&empty, &last[1], "with the newest log"),
        (&last[0], &log, "with an older log"),
    ];
    for (main, log, what) in older {
        let copy = put_back(main, log);
        let outbox = Outbox::new(&copy.path().join("outbox.db"));
        assert!(is_misplaced(outbox.load().await, Misplaced::Older), "{what}");
        assert!(is_misplaced(outbox.load().await, Misplaced::Older), "{what}, asked again");
        outbox.close().await;
    }
    // The newest is what it was, and goes on.
    let copy = put_back(&last[0], &last[1]);
    let outbox = Outbox::new(&copy.path().join("outbox.db"));
    let found = outbox.load().await.unwrap();
    assert_eq!((found.kept[0].id, found.news[0].id, found.seen.last.number), (ids[1], ids[0], 1));
    outbox.store(ids[2], &body(), "k1", 8).await.unwrap();
    outbox.close().await;
    assert_eq!(Outbox::new(&copy.path().join("outbox.db")).load().await.unwrap().kept.len(), 2);
}

#[tokio::test]
async fn an_outbox_that_somebody_else_writes_to_keeps_nothing() {
    type Damage = fn(&Path, &[Vec<u8>; 2]);
    let damages: [(&str, Damage); 3] = [
        ("overwritten", |file, older| std::fs::write(file, &older[0]).unwrap()),
        ("cut short", |file, _| std::fs::write(file, "").unwrap()),
        ("with another log", |file, older| std::fs::write(file.with_extension("db-wal"), &older[1]).unwrap()),
    ];
    for (what, damage) in damages {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("outbox.db");
        let outbox = Outbox::new(&file);
        outbox.load().await.unwrap();
        let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
        let older = copied(&file);
        outbox.store(first, &body(), "k1", 5).await.unwrap();
        outbox.settle(first, &accepted(), Some(&seen(first, 1)), 6).await.unwrap();
        outbox.told(first).await.unwrap();
        assert_eq!(outbox.in_place().await, Ok(()));
        damage(&file, &older);
        assert_eq!(outbox.in_place().await, Err(Misplaced::Changed), "{what}");
        assert!(is_misplaced(outbox.store(second, &body(), "k1", 7).await, Misplaced::Changed), "{what}");
        assert!(is_misplaced(outbox.probe().await, Misplaced::Changed), "{what}");
        assert!(is_misplaced(outbox.told(first).await, Misplaced::Changed), "{what}");
    }
}

#[tokio::test]
async fn keys_of_the_bank_s_that_were_met_are_known_after_a_start() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("outbox.db");
    let key =
        |seed| BankKey { issuer: "baoyulan".to_owned(), key: SigningKey::from_seed(&[seed; 32]).public().clone() };
    let outbox = Outbox::new(&file);
    assert!(outbox.load().await.unwrap().keys.is_empty());
    outbox.meet(&[key(1)]).await.unwrap();
    outbox.meet(&[key(2), key(1)]).await.unwrap();
    outbox.close().await;
    let mut keys = Outbox::new(&file).load().await.unwrap().keys;
    keys.sort_by_key(|known| known.key != key(1).key);
    assert_eq!(keys, [key(1), key(2)]);
}

#[tokio::test]
async fn a_start_misses_the_outbox_that_was_there_before() {
    let folder = TempDir::new().unwrap();
    let (file, elsewhere) = (folder.path().join("outbox.db"), folder.path().join("elsewhere"));
    let outbox = Outbox::new(&file);
    outbox.load().await.unwrap();
    outbox.close().await;
    std::fs::rename(&file, &elsewhere).unwrap();
    assert!(is_misplaced(Outbox::new(&file).load().await, Misplaced::Gone));
    assert!(!file.exists(), "no new one is made silently");
    // Another one's.
    let other = TempDir::new().unwrap();
    let stranger = Outbox::new(&other.path().join("outbox.db"));
    stranger.load().await.unwrap();
    stranger.close().await;
    std::fs::copy(other.path().join("outbox.db"), &file).unwrap();
    assert!(is_misplaced(Outbox::new(&file).load().await, Misplaced::Replaced));
    std::fs::rename(&elsewhere, &file).unwrap();
    Outbox::new(&file).load().await.unwrap();
    // Who means to begin anew takes both away.
    let anew = TempDir::new().unwrap();
    Outbox::new(&anew.path().join("outbox.db")).load().await.unwrap();
    assert!(anew.path().join("outbox.id").exists());
}
