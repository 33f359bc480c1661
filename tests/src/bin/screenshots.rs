//! Takes the pictures of `docs/screenshots`: every page in three languages, as wide as a phone.

use bank_tests::bank::TestBank;
use bank_tests::browser::Town;
use bank_tests::tools;
use serde_json::json;

fn main() -> std::io::Result<()> {
    let folder = tools::folder("../docs/screenshots");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    for language in ["zh-Hans", "zh-Hant", "en"] {
        let bank = TestBank::sqlite();
        Town::of(&bank).play_with("screenshots.taken", json!({ "folder": folder, "language": language }));
    }
    Ok(())
}
