//! Rejections in people's words, said once for everybody who says them: pages, the kiosk, the report of an import, the
//! command line and the API.
//!
//! A sentence says what happened and what to do. Its key is the rejection's code and its values are the rejection's fields,
//! as serde writes both, so that no list here can differ from the enum: a new rejection needs its sentence in
//! `locales/<language>/rejections.ftl`, and a field of a new name its line in `example`.
//!
//! A value that is itself a code of the library's has words too, by its own key: `field-actor`, `expected-code-64`,
//! `fault-not-set`.

use std::sync::LazyLock;

use baoyulan_ledger::Rejection;
use baoyulan_ledger::reject::{CODE_OF_POLICY, Condition, Expected, Field, PolicyFault};
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
    let fields = fields(rejection);
    let value = |field: &str, content: &Value| -> Option<FluentValue<'static>> {
        match content.as_str() {
            Some(code) if is_worded(field) => Some(word(language, field, code, &fields).into()),
            Some(sku) if field == "sku" => Some(name_of(sku).unwrap_or_else(|| sku.to_owned()).into()),
            Some(_) | None => as_it_is(content),
        }
    };
    let values = fields.iter().filter_map(|(field, content)| Some((field.clone(), value(field, content)?))).collect();
    MESSAGES.say_owned(language, sentence(rejection), values)
}

/// The key of a rejection's sentence.
fn sentence(rejection: &Rejection) -> String {
    let key = key(&rejection.code());
    if is_of_policy(rejection) { format!("{key}-policy") } else { key }
}

/// Whether it says that the policy, which has no code, is registered already.
fn is_of_policy(rejection: &Rejection) -> bool {
    matches!(rejection, Rejection::AlreadyRegistered { code_of } if code_of == CODE_OF_POLICY)
}

/// Whether what stands in this field is a code of the library's own, which has words.
fn is_worded(field: &str) -> bool {
    matches!(field, "field" | "expected" | "condition" | "fault")
}

/// The words for such a code, with what stands beside it.
fn word(language: Language, field: &str, code: &str, beside: &serde_json::Map<String, Value>) -> String {
    let values = beside.iter().filter_map(|(field, content)| Some((field.clone(), as_it_is(content)?))).collect();
    MESSAGES.say_owned(language, word_key(field, code), values)
}

fn as_it_is(value: &Value) -> Option<FluentValue<'static>> {
    match value {
        Value::String(text) => Some(text.clone().into()),
        Value::Number(number) => number.as_i64().map(Into::into),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
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
        Language::English => "Nothing has that name",
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

/// Codes with fields by which rows of an attendance are refused: where many rows are told as one, each has other fields. They have a
/// sentence without fields, too.
pub const CODES_OF_ROWS: [&str; 3] = ["invalid_field", "invalid_policy", "unknown_service_type"];

/// The words for a code whose fields are not at hand; nothing where the code alone says too little, or is no rejection's.
pub fn say_code(language: Language, code: &str) -> Option<String> {
    if CODES_OF_ROWS.contains(&code) {
        return Some(MESSAGES.say_owned(language, key_of_rows(code), Vec::new()));
    }
    read(&serde_json::json!({ "code": code })).map(|rejection| say(language, &rejection))
}

/// The key of a code's sentence without fields.
fn key_of_rows(code: &str) -> String {
    format!("{}-of-rows", key(code))
}

/// The rejection that an answer of the API holds, whatever else stands beside it.
pub fn read(problem: &Value) -> Option<Rejection> {
    serde::Deserialize::deserialize(problem).ok()
}

/// The key of a code's sentence.
fn key(code: &str) -> String {
    code.replace(", ", "-").replace('_', "-")
}

/// The key of the words for a code in that field.
fn word_key(field: &str, code: &str) -> String {
    format!("{field}-{}", key(code))
}

/// One rejection of each kind, with its fields filled in, then one with each code that such a field may hold: what the tests
/// of every door walk through.
pub fn examples() -> Vec<Rejection> {
    let policy = Rejection::AlreadyRegistered { code_of: CODE_OF_POLICY.to_owned() };
    let each = one_of_each()
        .chain([policy])
        .chain(each_field())
        .chain(each_expected())
        .chain(each_condition())
        .chain(each_fault());
    let mut examples: Vec<Rejection> = Vec::new();
    for example in each {
        if !examples.contains(&example) {
            examples.push(example);
        }
    }
    examples
}

fn one_of_each() -> impl Iterator<Item = Rejection> {
    Rejection::one_of_each().into_iter().map(filled)
}

fn each_field() -> impl Iterator<Item = Rejection> {
    Field::ALL.iter().flat_map(|field| {
        [
            Rejection::InvalidField { field: *field, expected: Expected::default() },
            Rejection::RegisteredDifferently { code_of: "T09".to_owned(), field: *field },
        ]
    })
}

fn each_expected() -> impl Iterator<Item = Rejection> {
    Expected::ALL.iter().map(|expected| Rejection::InvalidField { field: Field::default(), expected: *expected })
}

fn each_condition() -> impl Iterator<Item = Rejection> {
    let failed = |condition| Rejection::ConditionFailed { address: String::new(), condition, bound: 0, found: 0 };
    Condition::ALL.iter().map(move |condition| filled(failed(*condition)))
}

fn each_fault() -> impl Iterator<Item = Rejection> {
    PolicyFault::one_of_each().into_iter().map(|fault| filled(Rejection::InvalidPolicy { fault }))
}

/// The rejection with the examples of its fields; as it is, where one of them has none.
fn filled(empty: Rejection) -> Rejection {
    let example = |field: &str, value| if is_worded(field) { Some(value) } else { example(field) };
    let examples = fields(&empty).into_iter().map(|(field, value)| Some((field.clone(), example(&field, value)?)));
    let Some(mut problem) = examples.collect::<Option<serde_json::Map<_, _>>>() else { return empty };
    problem.insert("code".to_owned(), empty.code().into());
    read(&Value::Object(problem)).unwrap_or(empty)
}

fn example(field: &str) -> Option<Value> {
    Some(match field {
        "address" => "member/7f3a/points".into(),
        "asked" | "bound" => 30.into(),
        "available" | "found" | "remaining" => 12.into(),
        "code_of" => "T09".into(),
        "commodity" => "POINT".into(),
        "credential" => "k7".into(),
        "grade" => "good".into(),
        "hold" => "order-7".into(),
        "ends_on" => "2026-07-01".into(),
        "limit" => "shop-out".into(),
        "lines_max" => 10.into(),
        "monthly_limit" | "pieces_had" => 2.into(),
        "pieces_left" | "scale" => 0.into(),
        "points" => 320.into(),
        "points_expired" => 200.into(),
        "points_shown" => 300.into(),
        "points_spendable" => 120.into(),
        "quantity" => 12.into(),
        "points_owed" => 12.into(),
        "position" => 41.into(),
        "rule" => "R9".into(),
        "service_type" => "X".into(),
        "sku" => "G10".into(),
        "station" => "S09".into(),
        "team" => "T09".into(),
        "unit" => "U09".into(),
        "used" => 8.into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use baoyulan_ledger::earn::policy::{
        AWARD_POINTS_MAX, COEFFICIENT_MAX, COEFFICIENT_PLACES_MAX, POINTS_PER_HOUR_MAX,
    };
    use baoyulan_ledger::proof::receipt::{SKU_LENGTH_MAX, STATION_LENGTH_MAX};
    use baoyulan_ledger::text::{LABEL_LENGTH_MAX, PLAIN_LENGTH_MAX};

    use super::*;
    use crate::check;

    /// Every key that the files are to have, with the values that its words name.
    fn keys() -> BTreeMap<String, BTreeSet<String>> {
        let mut keys = BTreeMap::new();
        for rejection in examples() {
            let fields = fields(&rejection);
            let worded = fields.iter().filter(|(field, _)| is_worded(field));
            for (field, code) in worded {
                let values = if field == "fault" { other_than(&fields, "fault") } else { BTreeSet::new() };
                keys.insert(word_key(field, code.as_str().unwrap()), values);
            }
            let mut values: BTreeSet<String> = fields.keys().cloned().collect();
            // What a fault names stands in the fault's own words.
            values.retain(|field| !is_of_policy(&rejection) && (field == "fault" || !fields.contains_key("fault")));
            keys.insert(sentence(&rejection), values);
        }
        keys.extend(CODES_OF_ROWS.map(|code| (key_of_rows(code), BTreeSet::new())));
        keys
    }

    fn other_than(fields: &serde_json::Map<String, Value>, field: &str) -> BTreeSet<String> {
        fields.keys().filter(|other| *other != field).cloned().collect()
    }

    #[test]
    fn every_rejection_has_its_sentence_in_every_language_and_none_breaks_a_rule() {
        let keys: Vec<String> = keys().into_keys().collect();
        // Whoever stands there takes something back; the other word is a bookkeeper's.
        assert_eq!(check::flaws(&keys, FILES, &["冲正", "沖正", "reverse", "reversal"]), [""; 0]);
    }

    #[test]
    fn every_code_within_a_rejection_is_walked_through() {
        let keys = keys();
        let of = |field: &str, code: &str| keys.contains_key(&word_key(field, code));
        assert!(Field::ALL.iter().all(|field| of("field", field.code())));
        assert!(Expected::ALL.iter().all(|expected| of("expected", expected.code())));
        assert_eq!(each_fault().count(), keys.keys().filter(|key| key.starts_with("fault-")).count());
    }

    #[test]
    fn every_field_has_its_example() {
        for rejection in Rejection::one_of_each().into_iter().chain(each_fault()) {
            let mut fields = fields(&rejection);
            fields.retain(|field, _| !is_worded(field));
            assert!(fields.keys().all(|field| example(field).is_some()), "no example of one of {fields:?}");
        }
    }

    #[test]
    fn a_sentence_names_the_fields_of_its_rejection_and_no_others() {
        for (key, values) in keys() {
            for file in FILES {
                assert_eq!(check::values_of(file, &key), values, "{key}");
            }
        }
    }

    /// Letters in a Chinese sentence are those of codes that somebody gave, and of these few.
    #[test]
    fn no_english_is_left_in_a_chinese_sentence() {
        const NAMES: [&str; 2] = ["2026-11-24T09:00", "Argon2id"];
        for rejection in examples() {
            let codes = fields(&rejection).into_iter().filter(|(field, _)| !is_worded(field));
            let mut names: Vec<String> = codes.filter_map(|(_, code)| Some(code.as_str()?.to_owned())).collect();
            names.extend(NAMES.map(str::to_owned));
            for language in [Language::SimplifiedChinese, Language::TraditionalChinese] {
                let text = say(language, &rejection);
                let own = names.iter().fold(text.clone(), |text, name| text.replace(name, ""));
                assert!(!own.contains(|character: char| character.is_ascii_alphabetic()), "{text}");
            }
        }
    }

    /// The numbers in words are the rules' own.
    #[test]
    fn words_name_the_limits_that_hold() {
        let code = |expected| fields(&Rejection::InvalidField { field: Field::Sku, expected })["expected"].clone();
        for (expected, number) in [
            (Expected::Code8, SKU_LENGTH_MAX),
            (Expected::Code16, STATION_LENGTH_MAX),
            (Expected::Label64, LABEL_LENGTH_MAX),
            (Expected::Text64, LABEL_LENGTH_MAX),
            (Expected::Text200, PLAIN_LENGTH_MAX),
            (Expected::Name200, PLAIN_LENGTH_MAX),
        ] {
            assert!(expected.to_string().contains(&format!(" {number} ")), "{expected}");
            assert!(expected.code().ends_with(&format!("_{number}")), "{expected:?}");
            for language in Language::ALL {
                let words = word(language, "expected", code(expected).as_str().unwrap(), &serde_json::Map::new());
                assert!(words.contains(&format!(" {number} ")), "{words}");
            }
        }
        for (fault, numbers) in [
            (
                PolicyFault::RuleOutOfRange { rule: "R9".to_owned() },
                vec![POINTS_PER_HOUR_MAX, coefficient_max(), i64::from(COEFFICIENT_PLACES_MAX)],
            ),
            (
                PolicyFault::GradeOutOfRange { grade: "good".to_owned() },
                vec![coefficient_max(), i64::from(COEFFICIENT_PLACES_MAX)],
            ),
            (PolicyFault::AwardOutOfRange, vec![AWARD_POINTS_MAX]),
        ] {
            for language in Language::ALL {
                let text = say(language, &Rejection::InvalidPolicy { fault: fault.clone() });
                assert!(numbers.iter().all(|number| text.contains(&crate::grouped(*number))), "{text}");
            }
        }
    }

    fn coefficient_max() -> i64 {
        COEFFICIENT_MAX.to_string().parse().unwrap()
    }

    #[test]
    fn what_is_wrong_is_said_by_name_and_in_whole_words() {
        let actor = Rejection::InvalidField { field: Field::Actor, expected: Expected::LaterThanNow };
        assert_eq!(say(Language::SimplifiedChinese, &actor), "操作人填得不对（要比现在晚），请改好再试。");
        assert_eq!(
            say(Language::English, &actor),
            "The name of who acts is not right: it must be later than now. Please correct it and try again."
        );
        let fault = PolicyFault::UnknownRule { service_type: "X".to_owned(), rule: "R9".to_owned() };
        assert_eq!(
            say(Language::TraditionalChinese, &Rejection::InvalidPolicy { fault }),
            "積分規則寫得不對（X 這種服務用的規則 R9 沒有寫），請改好再試。"
        );
        let policy = Rejection::AlreadyRegistered { code_of: CODE_OF_POLICY.to_owned() };
        assert_eq!(say(Language::SimplifiedChinese, &policy), "积分规则已经设定过，内容一样，不用再办。");
    }

    #[test]
    fn every_sentence_says_what_to_do_and_is_whole() {
        for rejection in examples() {
            for language in Language::ALL {
                let text = say(language, &rejection);
                let advice = ["请", "請", "不用再", "Please", "please", "nothing more to do"];
                assert!(advice.iter().any(|words| text.contains(words)), "{text}");
                assert!(!text.contains(['{', '}', '$']) && text != sentence(&rejection), "{text}");
            }
        }
    }

    #[test]
    fn numbers_choose_their_words() {
        let left = |pieces_left| Rejection::OutOfStock { sku: "G10".to_owned(), pieces_left };
        assert_eq!(say(Language::SimplifiedChinese, &left(0)), "不巧，G10 刚刚换完了，请换一样。");
        assert_eq!(say(Language::SimplifiedChinese, &left(2)), "不巧，G10 只剩 2 份了，请少换一点，或换一样。");
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
        assert_eq!(
            say_code(Language::English, "invalid_field").as_deref(),
            Some(
                "Something in these rows is empty, too long, or not written as it must be. Please correct it and try again."
            )
        );
    }

    /// The tables under `### Rejections`: each code with its fields, then what `expected`, `condition`, `fault` and `field` may be.
    #[test]
    fn the_api_s_document_lists_every_code_with_its_fields() {
        let document = include_str!("../../docs/API.md");
        let section = document.split("\n### Rejections\n").nth(1).unwrap().split("\n#").next().unwrap();
        let listed: Vec<String> = section.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect();
        let mut expected: Vec<String> = one_of_each().map(|rejection| line(&rejection)).collect();
        let none = serde_json::Map::new();
        let words = |field, code| word(Language::English, field, code, &none);
        expected.extend(
            Expected::ALL.iter().map(|one| format!("| `{}` | {} |", one.code(), words("expected", one.code()))),
        );
        expected.extend(
            Condition::ALL.iter().map(|one| format!("| `{}` | {} |", one.code(), words("condition", one.code()))),
        );
        expected.extend(each_fault().map(|rejection| {
            let fields = fields(&rejection);
            let code = fields["fault"].as_str().unwrap();
            let beside = listed_fields(&other_than(&fields, "fault"));
            format!("| `{code}` | {beside} | {} |", word(Language::English, "fault", code, &fields))
        }));
        expected.extend(Field::ALL.iter().map(|field| format!("| `{field}` | {} |", words("field", field.code()))));
        assert_eq!(listed, expected, "the tables are to be:\n{}\n", expected.join("\n"));
    }

    fn line(rejection: &Rejection) -> String {
        let fields: BTreeSet<String> = fields(rejection).keys().cloned().collect();
        format!("| `{}` | {} | {} |", rejection.code(), listed_fields(&fields), say(Language::English, rejection))
    }

    fn listed_fields(fields: &BTreeSet<String>) -> String {
        fields.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ")
    }
}
