//! The words on a slip. No number stands within a sentence, so that none needs a plural.

use page_parts::Language;

/// The words of one language.
pub struct Words {
    /// Marks a copy.
    pub copy: &'static str,
    /// Marks a reversal.
    pub reversal: &'static str,
    /// Before the receipt's number.
    pub number: &'static str,
    /// Before the station's name.
    pub station: &'static str,
    /// Before the time.
    pub time: &'static str,
    /// After a count of pieces.
    pub pieces: &'static str,
    /// After the points of one piece.
    pub points_each: &'static str,
    /// Before the points of a redemption.
    pub total: &'static str,
    /// Before the points of a reversal.
    pub given_back: &'static str,
    /// Before the points that are left.
    pub points_left: &'static str,
    /// Under the QR code.
    pub scan: &'static str,
    /// Instead of the QR code, under the number.
    pub ask: &'static str,
    /// Before the points in the block of the code.
    pub points: &'static str,
    /// Before the journal's size.
    pub journal: &'static str,
    /// Before the digits of its root.
    pub root: &'static str,
}

impl Words {
    /// The words of a language.
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::SimplifiedChinese => &SIMPLIFIED,
            Language::TraditionalChinese => &TRADITIONAL,
            Language::English => &ENGLISH,
        }
    }
}

const SIMPLIFIED: Words = Words {
    copy: "副本",
    reversal: "冲正",
    number: "回执号",
    station: "驿站",
    time: "时间",
    pieces: " 件",
    points_each: " 分",
    total: "合计积分",
    given_back: "退回积分",
    points_left: "剩余积分",
    scan: "扫码验证",
    ask: "凭编号查询",
    points: "积分",
    journal: "日志",
    root: "树根",
};

const TRADITIONAL: Words = Words {
    copy: "副本",
    reversal: "沖正",
    number: "回執號",
    station: "驛站",
    time: "時間",
    pieces: " 件",
    points_each: " 分",
    total: "合計積分",
    given_back: "退回積分",
    points_left: "剩餘積分",
    scan: "掃碼驗證",
    ask: "憑編號查詢",
    points: "積分",
    journal: "日誌",
    root: "樹根",
};

const ENGLISH: Words = Words {
    copy: "Copy",
    reversal: "Reversal",
    number: "No.",
    station: "Station",
    time: "Time",
    pieces: "",
    points_each: "",
    total: "Total points",
    given_back: "Points returned",
    points_left: "Points left",
    scan: "Scan to check",
    ask: "Ask with this number",
    points: "Points",
    journal: "Journal",
    root: "Root",
};
