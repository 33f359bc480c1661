//! Numbers as people say them, word by word: 五千二百一十四, five thousand two hundred and fourteen.
//!
//! Whole numbers from 0 to [`NUMBER_MAX`] that count something. Of others nothing is said.

use super::Voice;

/// The largest number that is said.
pub const NUMBER_MAX: u32 = 99_999_999;

const ZERO: &str = "ling";
/// 2 in front, before anything but 十.
const PAIR: &str = "liang";
const TEN_THOUSAND: &str = "wan";
const DIGITS: [&str; 10] = [ZERO, "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"];
/// What stands behind a digit, by its place among four.
const PLACES: [Option<&str>; 4] = [None, Some("shi"), Some("bai"), Some("qian")];

/// The words of Mandarin numbers, as they are written.
const MANDARIN: [(&str, &str); 15] = [
    (ZERO, "零"),
    ("yi", "一"),
    ("er", "二"),
    (PAIR, "两"),
    ("san", "三"),
    ("si", "四"),
    ("wu", "五"),
    ("liu", "六"),
    ("qi", "七"),
    ("ba", "八"),
    ("jiu", "九"),
    ("shi", "十"),
    ("bai", "百"),
    ("qian", "千"),
    (TEN_THOUSAND, "万"),
];

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const AND: &str = "and";
const HUNDRED: &str = "hundred";
const THOUSANDS: [(usize, &str); 2] = [(1_000_000, "million"), (1000, "thousand")];

/// Every word that numbers are said with: its name, and how it is written.
pub fn words(voice: Voice) -> Vec<(&'static str, &'static str)> {
    match voice {
        Voice::Mandarin => MANDARIN.to_vec(),
        Voice::English => {
            let large = THOUSANDS.iter().map(|(_, word)| *word);
            let all = SMALL.into_iter().chain(TENS).chain([AND, HUNDRED]).chain(large);
            all.map(|word| (word, word)).collect()
        }
    }
}

/// The names of the words of a number, in the order in which they are said.
pub fn said(voice: Voice, number: i64) -> Option<Vec<&'static str>> {
    let number = u32::try_from(number).ok().filter(|number| *number <= NUMBER_MAX)?;
    Some(match voice {
        Voice::Mandarin => mandarin(number),
        Voice::English => english(usize::try_from(number).ok()?),
    })
}

fn mandarin(number: u32) -> Vec<&'static str> {
    if number == 0 {
        return vec![ZERO];
    }
    let digits = number.to_string();
    let mut said = Vec::new();
    let mut is_gap = false;
    for (digit, place) in digits.bytes().zip((0..digits.len()).rev()) {
        match digit - b'0' {
            0 => is_gap = true,
            digit => {
                // However many are left out, 零 is said once.
                said.extend(is_gap.then_some(ZERO));
                said.extend(digit_said(digit, place % 4, said.is_empty()));
                said.extend(PLACES[place % 4]);
                is_gap = false;
            }
        }
        if place == 4 {
            said.push(TEN_THOUSAND);
            // Zeros at the end of the ten thousands are not said.
            is_gap = false;
        }
    }
    said
}

/// In front, 一十 is 十, and 2 is 两 but for 二十.
fn digit_said(digit: u8, place: usize, is_first: bool) -> Option<&'static str> {
    match (digit, place) {
        (1, 1) if is_first => None,
        (2, 0 | 2 | 3) if is_first => Some(PAIR),
        _ => Some(DIGITS[usize::from(digit)]),
    }
}

fn english(number: usize) -> Vec<&'static str> {
    if number == 0 {
        return vec![SMALL[0]];
    }
    let mut said = Vec::new();
    for (unit, word) in THOUSANDS {
        let count = number / unit % 1000;
        if count > 0 {
            below_thousand(count, false, &mut said);
            said.push(word);
        }
    }
    let is_behind = !said.is_empty();
    below_thousand(number % 1000, is_behind, &mut said);
    said
}

/// "and" stands before tens and ones where hundreds do, or where they are the end of a large number.
fn below_thousand(number: usize, is_end: bool, said: &mut Vec<&'static str>) {
    let (hundreds, rest) = (number / 100, number % 100);
    if hundreds > 0 {
        said.extend([SMALL[hundreds], HUNDRED]);
    }
    if rest == 0 {
        return;
    }
    if hundreds > 0 || is_end {
        said.push(AND);
    }
    if rest < SMALL.len() {
        return said.push(SMALL[rest]);
    }
    said.push(TENS[rest / 10 - 2]);
    if rest % 10 > 0 {
        said.push(SMALL[rest % 10]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// As it would be written in words.
    fn written(voice: Voice, number: i64) -> String {
        let words: BTreeMap<_, _> = words(voice).into_iter().collect();
        let said = said(voice, number).unwrap();
        let between = if voice == Voice::English { " " } else { "" };
        said.iter().map(|name| words[name]).collect::<Vec<_>>().join(between)
    }

    /// The oracle: what somebody understands who hears that, word by word.
    fn heard(voice: Voice, said: &[&str]) -> u32 {
        let (mut whole, mut part, mut last) = (0, 0, 0);
        for word in said {
            let small =
                |words: &[&str]| words.iter().position(|other| other == word).and_then(|at| u32::try_from(at).ok());
            let multiple = match *word {
                "shi" => Some(10),
                "bai" => Some(100),
                "qian" => Some(1000),
                _ => None,
            };
            match (voice, *word) {
                (_, "and" | "ling") => {}
                (_, "liang") => last = 2,
                (_, "hundred") => part *= 100,
                (_, "wan") => (whole, part, last) = ((part + last) * 10_000, 0, 0),
                (_, "thousand") => (whole, part) = (whole + part * 1000, 0),
                (_, "million") => (whole, part) = (part * 1_000_000, 0),
                (Voice::Mandarin, _) => match multiple {
                    Some(multiple) => (part, last) = (part + last.max(1) * multiple, 0),
                    None => last = small(&DIGITS).unwrap(),
                },
                (Voice::English, _) => part += small(&SMALL).or_else(|| small(&TENS).map(|at| at * 10 + 20)).unwrap(),
            }
        }
        whole + part + last
    }

    fn is_understood(number: u32) -> Result<(), TestCaseError> {
        for voice in Voice::ALL {
            let said = said(voice, i64::from(number)).unwrap();
            prop_assert_eq!(heard(voice, &said), number, "{:?}", said);
            let is_well_formed = number == 0
                || said.last() != Some(&ZERO)
                    && said.last() != Some(&AND)
                    && said.windows(2).all(|pair| pair[0] != pair[1] || pair[0] != ZERO);
            prop_assert!(is_well_formed, "{:?}", said);
            let words = words(voice);
            prop_assert!(said.iter().all(|name| words.iter().any(|(word, _)| word == name)));
        }
        Ok(())
    }

    #[test]
    fn numbers_are_said_as_people_say_them() {
        for (number, mandarin, english) in [
            (0, "零", "zero"),
            (1, "一", "one"),
            (2, "两", "two"),
            (10, "十", "ten"),
            (12, "十二", "twelve"),
            (20, "二十", "twenty"),
            (22, "二十二", "twenty two"),
            (99, "九十九", "ninety nine"),
            (100, "一百", "one hundred"),
            (102, "一百零二", "one hundred and two"),
            (110, "一百一十", "one hundred and ten"),
            (200, "两百", "two hundred"),
            (310, "三百一十", "three hundred and ten"),
            (1001, "一千零一", "one thousand and one"),
            (1010, "一千零一十", "one thousand and ten"),
            (1200, "一千二百", "one thousand two hundred"),
            (2000, "两千", "two thousand"),
            (2222, "两千二百二十二", "two thousand two hundred and twenty two"),
            (5214, "五千二百一十四", "five thousand two hundred and fourteen"),
            (10_000, "一万", "ten thousand"),
            (10_010, "一万零一十", "ten thousand and ten"),
            (12_000, "一万二千", "twelve thousand"),
            (20_000, "两万", "twenty thousand"),
            (100_000, "十万", "one hundred thousand"),
            (100_100, "十万零一百", "one hundred thousand one hundred"),
            (105_000, "十万五千", "one hundred and five thousand"),
            (120_002, "十二万零二", "one hundred and twenty thousand and two"),
            (200_000, "二十万", "two hundred thousand"),
            (1_005_000, "一百万五千", "one million five thousand"),
            (2_200_000, "两百二十万", "two million two hundred thousand"),
            (10_100_000, "一千零一十万", "ten million one hundred thousand"),
            (20_020_000, "两千零二万", "twenty million twenty thousand"),
            (
                99_999_999,
                "九千九百九十九万九千九百九十九",
                "ninety nine million nine hundred and ninety nine thousand nine hundred and ninety nine",
            ),
        ] {
            assert_eq!(written(Voice::Mandarin, number), mandarin);
            assert_eq!(written(Voice::English, number), english);
        }
    }

    #[test]
    fn every_number_up_to_two_hundred_thousand_is_understood() {
        for number in 0..=200_000 {
            is_understood(number).unwrap();
        }
    }

    #[test]
    fn what_is_no_count_or_too_large_is_not_said() {
        for voice in Voice::ALL {
            for number in [-1, i64::from(NUMBER_MAX) + 1, i64::MIN, i64::MAX] {
                assert_eq!(said(voice, number), None);
            }
        }
    }

    proptest! {
        #[test]
        fn a_number_that_is_said_is_understood_as_that_number(number in 0..=NUMBER_MAX) {
            is_understood(number)?;
        }

        #[test]
        fn a_number_with_many_zeros_is_understood_too(
            digits in prop::collection::vec(prop_oneof![3 => Just(0_u32), 1 => 0..10_u32], 8),
        ) {
            is_understood(digits.into_iter().fold(0, |number, digit| number * 10 + digit))?;
        }
    }
}
