//! What was redeemed or taken back, in words: for the counter and for the API.

use baoyulan_ledger::language::Language;
use baoyulan_ledger::statement::RedeemedItem;
use baoyulan_ledger::text::harmless;

/// That what an attendance earned is taken back: the activity's title and its code.
pub fn earning_reversal_words(title: &str, activity: &str, language: Language) -> String {
    let title = harmless(title);
    match language {
        Language::SimplifiedChinese => format!("收回这次活动的积分和时长：{title}（{activity}）"),
        Language::TraditionalChinese => format!("收回這次活動的積分和時長：{title}（{activity}）"),
        Language::English => format!("taken back, what was earned at {title} ({activity})"),
    }
}

/// A line of a redemption or of its reversal: name, pieces, points for each, and SKU.
pub fn redeemed_words(item: &RedeemedItem, language: Language) -> String {
    let RedeemedItem { sku, name, pieces, points_each } = item;
    let (name, pieces) = (harmless(name), pieces.abs());
    match language {
        Language::SimplifiedChinese | Language::TraditionalChinese => {
            format!("{name}（{sku}）× {pieces}，每件 {points_each} 分")
        }
        Language::English => format!("{pieces} × {name} ({sku}) at {points_each} points"),
    }
}

/// That points have expired, in the reader's language.
pub fn expired_words(language: Language) -> &'static str {
    match language {
        Language::SimplifiedChinese => "过期",
        Language::TraditionalChinese => "過期",
        Language::English => "expired",
    }
}
