//! The rules that words keep to, for the tests of packages that have words.
//!
//! - All languages have every word, once, with the same values, and nothing else.
//! - No word is a bookkeeper's or a programmer's.
//! - What ends in `Title`, `Button` or `Link` has at most twenty characters.
//! - The two Chinese scripts are not mixed, and between their characters commas and colons are wide ones.
//! - 繁體中文 is Taiwan's, in its words and its quotation marks.
//! - A Chinese title that asks ends with ？.

use fluent_bundle::FluentResource;

use crate::Language;

/// In small letters. 志工 is 志願者 everywhere else.
const BANNED: &str = "账本 帳本 账户 帳戶 幂等 冪等 同步失败 同步失敗 令牌 分录 分錄 借方 贷方 貸方 哈希 雜湊 证明 證明 \
    数据库 資料庫 ledger idempoten token hash debit certificate user customer event cash yuan database timeout null 志工";

/// Characters that only one script has, because the other writes them otherwise: those of GB 2312 and of Big5 for which
/// OpenCC's tables (Apache-2.0) have others, and never themselves. Without 群, which those tables change and Taiwan does not.
const SIMPLIFIED_ALONE: &str = include_str!("check/simplified.txt");
const TRADITIONAL_ALONE: &str = include_str!("check/traditional.txt");

/// What is written in the traditional script, but not in Taiwan; and words with a character that both scripts have, as the
/// simplified one writes them.
const NOT_OF_TAIWAN: &str = "裏 着 爲 衆 啓 羣 網絡 程序 磁盤 打印 屏幕 信息 粘貼 設備 答覆 方碼 二維碼 “ ” \
    這里 那里 哪里 几 以后 之后 后來 最后 然后 由于 于是 關于 等于 余額 剩余 准備 才干 一只";
/// How a question ends, in both scripts.
const QUESTIONS: &str = "吗 嗎 什么 什麼 几件 幾件 几次 幾次 对不对 對不對";

const SHORT: [&str; 3] = ["-title", "-button", "-link"];
const SHORT_CHARACTERS_MAX: usize = 20;

/// Everything in the files, one for each of [`Language::ALL`], that breaks a rule for words of these keys, or contains what
/// is banned here alone; each in a line, none if all is well.
pub fn flaws(keys: &[String], files: [&str; 3], banned_here: &[&str]) -> Vec<String> {
    let of_first = messages(files[0]);
    let mut flaws = Vec::new();
    for (language, file) in Language::ALL.into_iter().zip(files) {
        let messages = messages(file);
        let mut found = unreadable(file);
        found.extend(miscounted(keys, &messages));
        for (key, message) in &messages {
            let same = of_first.iter().find(|(other, _)| other == key);
            if same.is_some_and(|(_, other)| values(other) != values(message)) {
                found.push(format!("{key} has other values than elsewhere"));
            }
            let broken = [
                banned(message, banned_here),
                long(key, message),
                of_other_script(language, message),
                not_of_taiwan(language, message),
                narrow(language, message),
                unasked(key, message),
            ];
            found.extend(broken.into_iter().flatten().map(|flaw| format!("{key} {flaw}")));
        }
        flaws.extend(found.into_iter().map(|flaw| format!("{}: {flaw}", language.tag())));
    }
    flaws
}

/// The messages with their keys, as they stand in the file.
fn messages(file: &str) -> Vec<(&str, String)> {
    let mut messages: Vec<(&str, String)> = Vec::new();
    for line in file.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if let Some((key, message)) = line.split_once(" =").filter(|_| !line.starts_with([' ', '}'])) {
            messages.push((key, message.trim().to_owned()));
        } else if let Some((_, message)) = messages.last_mut() {
            message.push('\n');
            message.push_str(line);
        }
    }
    messages
}

fn unreadable(file: &str) -> Vec<String> {
    let errors = FluentResource::try_new(file.to_owned()).err().map(|(_, errors)| errors).unwrap_or_default();
    errors.into_iter().map(|error| format!("cannot be read: {error}")).collect()
}

fn miscounted(keys: &[String], messages: &[(&str, String)]) -> Vec<String> {
    let unknown = messages.iter().filter(|(key, _)| !keys.iter().any(|known| known == key));
    let unknown = unknown.map(|(key, _)| format!("{key} is no word"));
    let counted = keys.iter().filter_map(|key| match messages.iter().filter(|(other, _)| other == key).count() {
        0 => Some(format!("{key} is missing")),
        1 => None,
        count => Some(format!("{key} stands there {count} times")),
    });
    unknown.chain(counted).collect()
}

/// The values that a message of a file names.
#[cfg(test)]
pub(crate) fn values_of(file: &str, key: &str) -> std::collections::BTreeSet<String> {
    let message = messages(file).into_iter().find(|(other, _)| *other == key).map(|(_, message)| message);
    values(&message.unwrap_or_default()).into_iter().map(str::to_owned).collect()
}

/// The values that a message names.
fn values(message: &str) -> Vec<&str> {
    let names = message.split('$').skip(1);
    let end = |rest: &str| rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let mut names: Vec<&str> = names.map(|rest| &rest[..end(rest).unwrap_or(rest.len())]).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn banned(message: &str, here: &[&str]) -> Option<String> {
    let message = message.to_lowercase();
    let found = BANNED.split_whitespace().chain(here.iter().copied()).find(|word| message.contains(*word))?;
    Some(format!("says {found}"))
}

fn long(key: &str, message: &str) -> Option<String> {
    let length = message.chars().count();
    let is_long = length > SHORT_CHARACTERS_MAX && SHORT.iter().any(|ending| key.ends_with(ending));
    is_long.then(|| format!("has {length} characters"))
}

fn of_other_script(language: Language, message: &str) -> Option<String> {
    let others = match language {
        Language::SimplifiedChinese => TRADITIONAL_ALONE,
        Language::TraditionalChinese => SIMPLIFIED_ALONE,
        Language::English => "",
    };
    let other = message.chars().find(|character| !character.is_whitespace() && others.contains(*character))?;
    Some(format!("has {other}, of the other script"))
}

fn not_of_taiwan(language: Language, message: &str) -> Option<String> {
    let is_tested = language == Language::TraditionalChinese;
    let found = NOT_OF_TAIWAN.split(' ').find(|word| is_tested && message.contains(*word))?;
    Some(format!("has {found}, which is not Taiwan's"))
}

/// A question that does not look like one.
fn unasked(key: &str, message: &str) -> Option<String> {
    let ending = QUESTIONS.split(' ').find(|ending| key.ends_with("-title") && message.ends_with(*ending))?;
    Some(format!("ends with {ending} and without ？"))
}

/// A narrow comma or colon of Chinese words.
fn narrow(language: Language, message: &str) -> Option<String> {
    let is_wide = |character: &char| ('\u{4e00}'..='\u{9fff}').contains(character);
    let is_narrow = |pair: &[char]| is_wide(&pair[0]) && matches!(pair[1], ',' | ':' | ';' | '?' | '!');
    let characters: Vec<char> = message.chars().collect();
    let found = characters.windows(2).find(|pair| language != Language::English && is_narrow(pair))?;
    Some(format!("has a narrow {}", found[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [&str; 3] = [
        "# 首页\nhome-title = 积分\nhome-lead = { $count } 分",
        "home-title = 積分\nhome-lead = { $count } 分",
        "home-title = Points\nhome-lead = { $count ->\n    [one] one point\n   *[other] { $count } points\n}",
    ];

    fn found(files: [&str; 3]) -> Vec<String> {
        flaws(&["home-title".to_owned(), "home-lead".to_owned()], files, &["perks"])
    }

    #[test]
    fn words_that_keep_to_the_rules_have_no_flaws() {
        assert_eq!(found(GOOD), [""; 0]);
    }

    #[test]
    fn each_rule_finds_what_breaks_it() {
        let [simplified, traditional, _] = GOOD;
        for (english, flaw) in [
            ("home-title = Points", "home-lead is missing"),
            ("home-title = Points\nhome-lead = { $count }\nhome-end = Bye", "home-end is no word"),
            ("home-title = Points\nhome-title = Points\nhome-lead = { $count }", "home-title stands there 2 times"),
            ("home-title = Points\nhome-lead = { $number }", "home-lead has other values than elsewhere"),
            ("home-title = User\nhome-lead = { $count }", "home-title says user"),
            ("home-title = Perks\nhome-lead = { $count }", "home-title says perks"),
            ("home-title = Points of all volunteers\nhome-lead = { $count }", "home-title has 24 characters"),
        ] {
            assert_eq!(found([simplified, traditional, english]), [format!("en: {flaw}")]);
        }
        let broken = found([simplified, traditional, "home-title = {\nhome-lead = { $count }"]);
        assert!(broken[0].starts_with("en: cannot be read: "), "{broken:?}");
    }

    #[test]
    fn the_two_chinese_scripts_are_told_apart() {
        let [simplified, traditional, english] = GOOD;
        assert_eq!(
            found([traditional, simplified, english]),
            ["zh-Hans: home-title has 積, of the other script", "zh-Hant: home-title has 积, of the other script"]
        );
    }

    #[test]
    fn words_of_other_places_are_found_in_the_traditional_script() {
        let [simplified, traditional, english] = GOOD;
        for (words, flaw) in [
            ("網絡“積分”", "has 網絡, which is not Taiwan's"),
            ("二維碼", "has 二維碼, which is not Taiwan's"),
            ("志工", "says 志工"),
        ] {
            let found = found([simplified, &traditional.replace("積分", words), english]);
            assert_eq!(found, [format!("zh-Hant: home-title {flaw}")]);
        }
    }

    #[test]
    fn a_question_without_its_mark_is_found() {
        let [_, traditional, english] = GOOD;
        let found = found(["home-title = 还在吗\nhome-lead = { $count } 分", traditional, english]);
        assert_eq!(found, ["zh-Hans: home-title ends with 吗 and without ？"]);
    }

    #[test]
    fn a_narrow_comma_between_chinese_characters_is_found() {
        let [simplified, _, english] = GOOD;
        let traditional = "home-title = 積,分\nhome-lead = { $count } 分";
        assert_eq!(found([simplified, traditional, english]), ["zh-Hant: home-title has a narrow ,"]);
    }
}
