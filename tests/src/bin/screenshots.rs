//! Takes pictures of every page, at a phone's width, and of every screen of the kiosk in three text sizes, all in three
//! languages. They go into `target/screenshots`. `screenshots kiosk` takes only the kiosk's.

use bank_tests::bank::TestBank;
use bank_tests::browser::Town;
use bank_tests::kiosk::Station;
use bank_tests::tools;
use serde_json::json;

fn main() -> std::io::Result<()> {
    let is_kiosk = std::env::args().nth(1).is_some_and(|only| only == "kiosk");
    let folder = tools::folder("../target/screenshots");
    let kiosk = folder.join("kiosk");
    let stale = if is_kiosk { &kiosk } else { &folder };
    if stale.exists() {
        std::fs::remove_dir_all(stale)?;
    }
    std::fs::create_dir_all(&kiosk)?;
    for language in ["zh-Hans", "zh-Hant", "en"] {
        if !is_kiosk {
            let bank = TestBank::sqlite();
            Town::of(&bank).play_with("screenshots.taken", json!({ "folder": folder, "language": language }));
        }
        let bank = TestBank::sqlite();
        Station::of(&bank).play_with("kiosk-screenshots.taken", json!({ "folder": kiosk, "language": language }));
    }
    Ok(())
}
