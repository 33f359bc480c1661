//! Rejections in people's words, said once for everybody who says them: pages, the kiosk, the report of an import, the
//! command line and the API.
//!
//! A sentence says what happened and what to do. Its key is the rejection's code and its values are the rejection's fields,
//! as serde writes both, so that no list here can differ from the enum: a new rejection needs its sentence in
//! `locales/<language>/rejections.ftl`, and a field of a new name its line in `example`.

use std::sync::LazyLock;

use baoyulan_ledger::Rejection;
use fluent_bundle::FluentValue;
use serde_json::Value;

use crate::{Language, Messages};

/// In the order of the languages.
const FILES: [&str; 3] = [
    include_str!("../locales/zh-Hans/rejections.ftl"),
    include_str!("../locales/zh-Hant/rejections.ftl"),
    include_str!("../locales/en/rejections.ftl"),
];

static MESSAGES: LazyLock<Messages> = LazyLock::new(|| Messages::read(FILES));

/// The words for a rejection.
pub fn say(language: Language, rejection: &Rejection) -> String {
    say_named(language, rejection, |_| None)
}

/// The same where offers have names that people know better than their codes.
pub fn say_named(language: Language, rejection: &Rejection, name_of: impl Fn(&str) -> Option<String>) -> String {
    let value = |field: &str, value: Value| -> Option<FluentValue<'static>> {
        match value {
            Value::String(sku) if field == "sku" => Some(name_of(&sku).unwrap_or(sku).into()),
            Value::String(text) => Some(text.into()),
            Value::Number(number) => number.as_i64().map(Into::into),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    };
    let fields = fields(rejection).into_iter();
    let values = fields.filter_map(|(field, content)| Some((field.clone(), value(&field, content)?))).collect();
    MESSAGES.say_owned(language, key(&rejection.code()), values)
}

/// What they all have in common.
pub fn title(language: Language) -> &'static str {
    match language {
        Language::SimplifiedChinese => "没有办成，什么也没有改变",
        Language::TraditionalChinese => "沒有辦成，什麼也沒有改變",
        Language::English => "Refused, by rule: nothing was changed",
    }
}

/// The same for what was only looked for.
pub fn title_of_unknown(language: Language) -> &'static str {
    match language {
        Language::SimplifiedChinese => "没有找到",
        Language::TraditionalChinese => "沒有找到",
        Language::English => "There is nothing of that name",
    }
}

/// What it names beside its code.
pub fn fields(rejection: &Rejection) -> serde_json::Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(rejection) else { return serde_json::Map::new() };
    fields.remove("code");
    fields
}

/// The code of the offer that it names, where it names one.
pub fn sku(rejection: &Rejection) -> Option<String> {
    fields(rejection).get("sku")?.as_str().map(str::to_owned)
}

/// The words for a code whose fields are not at hand; nothing where the code alone says too little, or is no rejection's.
pub fn say_code(language: Language, code: &str) -> Option<String> {
    read(&serde_json::json!({ "code": code })).map(|rejection| say(language, &rejection))
}

/// The rejection that an answer of the API holds, whatever else stands beside it.
pub fn read(problem: &Value) -> Option<Rejection> {
    serde::Deserialize::deserialize(problem).ok()
}

/// The key of a code's sentence.
fn key(code: &str) -> String {
    code.replace('_', "-")
}

/// One rejection of each kind, with its fields filled in: what the tests of every door walk through.
pub fn examples() -> Vec<Rejection> {
    Rejection::one_of_each().into_iter().map(filled).collect()
}

/// The rejection with the examples of its fields; as it is, where one of them has none.
fn filled(empty: Rejection) -> Rejection {
    let examples = fields(&empty).into_iter().map(|(field, _)| Some((field.clone(), example(&field)?)));
    let Some(mut problem) = examples.collect::<Option<serde_json::Map<_, _>>>() else { return empty };
    problem.insert("code".to_owned(), empty.code().into());
    read(&Value::Object(problem)).unwrap_or(empty)
}

fn example(field: &str) -> Option<Value> {
    Some(match field {
        "address" => "member/7f3a/points".into(),
        "code_of" => "T09".into(),
        "commodity" => "POINT".into(),
        "credential" => "k7".into(),
        "expected" => "1 to 80 characters".into(),
        "fault" => "no policy is set".into(),
        "field" => "name".into(),
        "lines_max" => 10.into(),
        "monthly_limit" | "pieces_had" => 2.into(),
        "pieces_left" | "scale" => 0.into(),
        "points" => 320.into(),
        "points_expired" => 200.into(),
        "points_shown" => 300.into(),
        "points_spendable" => 120.into(),
        "quantity" => 12.into(),
        "service_type" => "X".into(),
        "sku" => "G10".into(),
        "station" => "S09".into(),
        "team" => "T09".into(),
        "unit" => "U09".into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::check;

    fn codes() -> Vec<String> {
        examples().iter().map(Rejection::code).collect()
    }

    #[test]
    fn every_rejection_has_its_sentence_in_every_language_and_none_breaks_a_rule() {
        let keys: Vec<String> = codes().iter().map(|code| key(code)).collect();
        // Whoever stands there takes something back; the other word is a bookkeeper's.
        assert_eq!(check::flaws(&keys, FILES, &["冲正", "沖正", "reverse", "reversal"]), [""; 0]);
    }

    #[test]
    fn every_field_has_its_example() {
        for rejection in Rejection::one_of_each() {
            let fields = fields(&rejection);
            assert!(fields.is_empty() || filled(rejection.clone()) != rejection, "no example of one of {fields:?}");
        }
    }

    #[test]
    fn a_sentence_names_the_fields_of_its_rejection_and_no_others() {
        for rejection in examples() {
            let fields: BTreeSet<String> = fields(&rejection).keys().cloned().collect();
            for file in FILES {
                assert_eq!(check::values_of(file, &key(&rejection.code())), fields, "{rejection:?}");
            }
        }
    }

    #[test]
    fn every_sentence_says_what_to_do_and_is_whole() {
        for rejection in examples() {
            for language in Language::ALL {
                let text = say(language, &rejection);
                let advice = ["请", "請", "不用再", "Please", "please", "nothing more to do"];
                assert!(advice.iter().any(|words| text.contains(words)), "{text}");
                assert!(!text.contains(['{', '}', '$']) && text != key(&rejection.code()), "{text}");
            }
        }
    }

    #[test]
    fn numbers_choose_their_words() {
        let left = |pieces_left| Rejection::OutOfStock { sku: "G10".to_owned(), pieces_left };
        assert_eq!(say(Language::SimplifiedChinese, &left(0)), "不巧，G10 刚刚换完了，请换一样。");
        assert_eq!(say(Language::SimplifiedChinese, &left(2)), "不巧，G10 只剩 2 件了，请少换一点，或换一样。");
        let rice = |_: &str| Some("大米 5 公斤".to_owned());
        let text = say_named(Language::SimplifiedChinese, &left(0), rice);
        assert_eq!(text, "不巧，大米 5 公斤 刚刚换完了，请换一样。");
        let scale =
            |scale| say(Language::English, &Rejection::CommodityDefined { commodity: "POINT".to_owned(), scale });
        assert!(scale(1).contains("with one decimal place. Please"), "{}", scale(1));
        assert!(scale(2).contains("with 2 decimal places. Please"), "{}", scale(2));
    }

    #[test]
    fn a_rejection_is_read_from_an_answer_of_the_api() {
        let problem = serde_json::json!({
            "type": "/problems/out_of_stock", "title": "", "status": 422, "detail": "", "code": "out_of_stock",
            "retryable": true, "sku": "G10", "pieces_left": 0,
        });
        assert_eq!(read(&problem), Some(Rejection::OutOfStock { sku: "G10".to_owned(), pieces_left: 0 }));
        assert_eq!(read(&serde_json::json!({ "code": "pin_wrong" })), None, "it is the door's, not the bank's");
        assert_eq!(
            say_code(Language::English, "card_blocked").as_deref(),
            Some("This card is blocked. Please ask staff.")
        );
        assert_eq!(say_code(Language::English, "out_of_stock"), None, "of what?");
    }

    /// The table under `### Rejections`: each code with its fields.
    #[test]
    fn the_api_s_document_lists_every_code_with_its_fields() {
        let document = include_str!("../../docs/API.md");
        let section = document.split("\n### Rejections\n").nth(1).unwrap().split("\n#").next().unwrap();
        let listed: Vec<String> = section.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect();
        let expected: Vec<String> = examples().iter().map(line).collect();
        assert_eq!(listed, expected, "the table is to be:\n{}\n", expected.join("\n"));
    }

    fn line(rejection: &Rejection) -> String {
        let fields: BTreeSet<String> = fields(rejection).keys().cloned().collect();
        let fields: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
        format!("| `{}` | {} | {} |", rejection.code(), fields.join(", "), say(Language::English, rejection))
    }
}
