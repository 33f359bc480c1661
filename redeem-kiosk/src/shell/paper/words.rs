//! The words on a slip. No number stands within a sentence, so that none needs a plural.

use page_parts::Language;

pub struct Words {
    /// Marks a copy.
    pub copy: &'static str,
    /// Marks a reversal.
    pub reversal: &'static str,
    /// Marks what has come back in part.
    pub partly: &'static str,
    /// Before the receipt's number.
    pub number: &'static str,
    /// Before the station's name.
    pub station: &'static str,
    /// Before the time.
    pub time: &'static str,
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
    /// Before what binds the bank: where its journal stood.
    pub genuine: &'static str,
    /// Before and after the journal's size.
    pub record: (&'static str, &'static str),
}

impl Words {
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
    reversal: "已撤销",
    partly: "部分已退",
    number: "回执号",
    station: "驿站",
    time: "时间",
    points_each: " 分",
    total: "合计积分",
    given_back: "退回积分",
    points_left: "剩余积分",
    scan: "扫码验证",
    ask: "凭编号查询",
    points: "积分",
    genuine: "防伪",
    record: ("第 ", " 笔"),
};

const TRADITIONAL: Words = Words {
    copy: "副本",
    reversal: "已撤銷",
    partly: "部分已退",
    number: "回執號",
    station: "驛站",
    time: "時間",
    points_each: " 分",
    total: "合計積分",
    given_back: "退回積分",
    points_left: "剩餘積分",
    scan: "掃碼驗證",
    ask: "憑編號查詢",
    points: "積分",
    genuine: "防偽",
    record: ("第 ", " 筆"),
};

const ENGLISH: Words = Words {
    copy: "Copy",
    reversal: "Taken back",
    partly: "Partly returned",
    number: "No.",
    station: "Station",
    time: "Time",
    points_each: "",
    total: "Total points",
    given_back: "Points returned",
    points_left: "Points left",
    scan: "Scan to check",
    ask: "Ask with this number",
    points: "Points",
    genuine: "Security",
    record: ("record ", ""),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_on_paper_keep_to_the_rules_of_those_on_screens() {
        let of = |language: Language| {
            let words = Words::of(language);
            let (before, after) = words.record;
            [
                ("copy", words.copy),
                ("reversal", words.reversal),
                ("partly", words.partly),
                ("number", words.number),
                ("station", words.station),
                ("time", words.time),
                ("points-each", words.points_each),
                ("total", words.total),
                ("given-back", words.given_back),
                ("points-left", words.points_left),
                ("scan", words.scan),
                ("ask", words.ask),
                ("points", words.points),
                ("genuine", words.genuine),
                ("record", &format!("{before}{{ $size }}{after}")),
            ]
            .map(|(key, text)| (key.to_owned(), format!("{key} = {{\"\"}}{text}\n")))
        };
        let keys = of(Language::English).map(|(key, _)| key);
        let files = Language::ALL.map(|language| of(language).map(|(_, line)| line).concat());
        let found =
            page_parts::check::flaws(&keys, files.each_ref().map(String::as_str), &["冲正", "沖正", "reversal"]);
        assert_eq!(found, [""; 0]);
    }
}
