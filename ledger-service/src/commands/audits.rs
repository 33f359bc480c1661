//! `audit`: whether the bank is what its journal says.

use std::process::ExitCode;
use std::time::Duration;

use baoyulan_ledger::Ledger;
use baoyulan_ledger::audit::{Audited, Difference};
use data_encoding::HEXLOWER;
use indicatif::{ProgressBar, ProgressStyle};
use page_parts::Language;

use crate::locale;
use crate::output::{print, say};

/// Fails at the first difference, and names it.
pub async fn audit(ledger: &Ledger) -> anyhow::Result<ExitCode> {
    let progress = progress_bar();
    let audited = ledger
        .audit(|records, all| {
            progress.set_length(all);
            progress.set_position(records);
        })
        .await;
    let elapsed = progress.elapsed();
    progress.finish_and_clear();
    let audited = audited?;
    if let Some(difference) = &audited.difference {
        say(&format!("difference\n{}", differs(difference, locale::language())));
        return Ok(ExitCode::FAILURE);
    }
    print(&good(&audited, elapsed, locale::language()))?;
    Ok(ExitCode::SUCCESS)
}

fn good(Audited { size, root, .. }: &Audited, elapsed: Duration, language: Language) -> String {
    let (root, seconds) = (HEXLOWER.encode(root), format!("{}.{:03}", elapsed.as_secs(), elapsed.subsec_millis()));
    match language {
        Language::SimplifiedChinese => format!("账目和日志完全一致：{size} 条记录，树根 {root}，用时 {seconds} 秒"),
        Language::TraditionalChinese => format!("帳目和日誌完全一致：{size} 筆記錄，樹根 {root}，用時 {seconds} 秒"),
        Language::English => format!("the bank is what its journal says: {size} records, root {root}, {seconds} s"),
    }
}

/// What differs is for engineers, so it is named in English.
fn differs(difference: &Difference, language: Language) -> String {
    let (says, next) = match language {
        Language::SimplifiedChinese => {
            ("银行里的数据和日志不一致，这是第一处", "请不要改动任何数据，先做备份，再看 OPERATION.md 的“审计”一节。")
        }
        Language::TraditionalChinese => {
            ("銀行裡的資料和日誌不一致，這是第一處", "請不要改動任何資料，先做備份，再看 OPERATION.md 的「審計」一節。")
        }
        Language::English => (
            "the bank is not what its journal says; the first difference",
            "Change nothing, make a backup, and read \"Audit\" in OPERATION.md.",
        ),
    };
    let colon = if language == Language::English { ": " } else { "：" };
    format!("{says}{colon}{difference}\n{next}")
}

fn progress_bar() -> ProgressBar {
    let progress = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} records, {eta} left") {
        progress.set_style(style);
    }
    progress
}
