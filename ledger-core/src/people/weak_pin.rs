//! PINs that are too easy to guess: one rule, for every door that sets a PIN.
//!
//! It refuses about one PIN in six; the count is a test. What is left is worth the more, because guessers begin with what is refused.

use jiff::civil::Date;

use super::card::CardNumber;

/// Why a PIN must not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeakPin {
    /// It has not six digits, or something else as well.
    NotSixDigits,
    /// Digits repeat: `111222`, `484442`, `112233`; or a part does, also if it is cut off: `121212`, `123123`, `123412`.
    Repeats,
    /// It goes up or down in equal steps, beyond 9 from 0 on: `123456`, `654321`, `890123`, `135791`; numbers do, written out:
    /// `246810`, `102030`, `051015`; or each half does, or every other digit, in steps of two at most: `135246`, `111234`,
    /// `102938`.
    Runs,
    /// Read backwards it is the same: `123321`.
    Mirrored,
    /// Fingers draw straight lines, or the edge of the keypad: `147258`, `159357`, `142536`, `147896`.
    Drawn,
    /// It may be a date, or has a year in front or at the end: `520314`, `140352`, `195203`, `031952`.
    Date,
    /// The card's number has it.
    OnCard,
}

/// Keys that lie in one line, on telephones and on calculators alike.
const LINES: [&[u8]; 8] =
    [&[1, 2, 3], &[4, 5, 6], &[7, 8, 9], &[1, 4, 7], &[2, 5, 8, 0], &[3, 6, 9], &[1, 5, 9], &[3, 5, 7]];

/// The keys around 5.
const EDGE: [u8; 8] = [1, 2, 3, 6, 9, 8, 7, 4];

impl WeakPin {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::NotSixDigits, Self::Repeats, Self::Runs, Self::Mirrored, Self::Drawn, Self::Date, Self::OnCard];

    /// Why that PIN must not be used for that card; `None` if it may.
    pub fn of(pin: &str, card: CardNumber) -> Option<Self> {
        let Some(digits) = six_digits(pin) else { return Some(Self::NotSixDigits) };
        if repeats(digits) {
            Some(Self::Repeats)
        } else if runs(digits) {
            Some(Self::Runs)
        } else if digits.iter().eq(digits.iter().rev()) {
            Some(Self::Mirrored)
        } else if is_drawn(digits) {
            Some(Self::Drawn)
        } else if halves_run(digits) || counts(pin) || pairs_count(digits) {
            Some(Self::Runs)
        } else if is_date(digits) {
            Some(Self::Date)
        } else {
            card.to_string().contains(pin).then_some(Self::OnCard)
        }
    }

    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotSixDigits => "pin_not_six_digits",
            Self::Repeats => "pin_repeats",
            Self::Runs => "pin_runs",
            Self::Mirrored => "pin_mirrored",
            Self::Drawn => "pin_drawn",
            Self::Date => "pin_date",
            Self::OnCard => "pin_on_card",
        }
    }
}

fn six_digits(pin: &str) -> Option<[u8; 6]> {
    let digits: [u8; 6] = pin.as_bytes().try_into().ok()?;
    digits.iter().all(u8::is_ascii_digit).then(|| digits.map(|digit| digit - b'0'))
}

fn repeats(digits: [u8; 6]) -> bool {
    const TIMES_MAX: usize = 3;
    const PARTS: std::ops::RangeInclusive<usize> = 1..=4;
    let times = |digit: u8| digits.iter().filter(|other| **other == digit).count();
    let different = (0..10).filter(|digit| digits.contains(digit)).count();
    let begins_again = |part: usize| digits.iter().zip(&digits[part..]).all(|(digit, later)| digit == later);
    different < 3
        || (0..10).any(|digit| times(digit) > TIMES_MAX)
        || PARTS.into_iter().any(begins_again)
        || digits.chunks(2).all(|pair| pair[0] == pair[1])
}

/// Whether each digit follows the one before by the same step, where 0 follows 9.
fn runs(digits: [u8; 6]) -> bool {
    let step = |pair: &[u8]| (10 + pair[1] - pair[0]) % 10;
    digits.windows(2).all(|pair| step(pair) == step(&digits))
}

/// Whether the first three and the last three digits each go in equal steps of two at most, or every other digit does.
fn halves_run([a, b, c, d, e, f]: [u8; 6]) -> bool {
    let run = |[one, two, three]: [u8; 3]| {
        let (first, second) = ((10 + two - one) % 10, (10 + three - two) % 10);
        first == second && matches!(first, 0..=2 | 8..=9)
    };
    (run([a, b, c]) && run([d, e, f])) || (run([a, c, e]) && run([b, d, f]))
}

/// So far apart are the numbers of somebody who counts.
const COUNTED_STEP_MAX: i32 = 10;

/// Whether it is numbers written out that go up or down in equal steps: 8, 9, 10, 11.
fn counts(pin: &str) -> bool {
    let number = |digits: std::ops::Range<usize>| pin.get(digits).and_then(|digits| digits.parse::<i32>().ok());
    // Where the first number ends, and the second.
    [(1, 2), (1, 3), (2, 3), (2, 4)].into_iter().any(|(first, second)| {
        let (Some(one), Some(two)) = (number(0..first), number(first..second)) else { return false };
        let step = two - one;
        let numbers = (0..6).map(|count| one + count * step).take_while(|number| *number >= 0);
        let written: String = numbers.map(|number| number.to_string()).collect();
        (1..=COUNTED_STEP_MAX).contains(&step.abs()) && written.starts_with(pin)
    })
}

/// Whether it is three numbers of two digits that go up or down in equal steps.
fn pairs_count([a, b, c, d, e, f]: [u8; 6]) -> bool {
    let number = |tens: u8, ones: u8| i32::from(tens) * 10 + i32::from(ones);
    let (one, two, three) = (number(a, b), number(c, d), number(e, f));
    two - one == three - two && (two - one).abs() <= COUNTED_STEP_MAX
}

fn is_drawn([a, b, c, d, e, f]: [u8; 6]) -> bool {
    let is_line = |keys: [u8; 3]| {
        let [one, two, three] = keys;
        let differ = one != two && two != three && one != three;
        differ && LINES.iter().any(|line| keys.iter().all(|key| line.contains(key)))
    };
    let place = |key: u8| EDGE.iter().position(|edge| *edge == key);
    let is_edge = || {
        let places: Option<Vec<usize>> = [a, b, c, d, e, f].into_iter().map(place).collect();
        places.is_some_and(|places| {
            let step = |pair: &[usize]| (EDGE.len() + pair[1] - pair[0]) % EDGE.len();
            [1, EDGE.len() - 1].iter().any(|around| places.windows(2).all(|pair| step(pair) == *around))
        })
    };
    (is_line([a, b, c]) && is_line([d, e, f])) || (is_line([a, c, e]) && is_line([b, d, f])) || is_edge()
}

/// Whether it can be read as a day with two digits of its year, in any of the usual orders, or has a year from 1900 to 2099
/// in front or at the end.
fn is_date(digits: [u8; 6]) -> bool {
    let two = |at: usize| digits[at] * 10 + digits[at + 1];
    let (front, middle, back) = (two(0), two(2), two(4));
    let is_day = |month: u8, day: u8| {
        // Of a leap year, so that 29 February is a day.
        i8::try_from(month)
            .ok()
            .zip(i8::try_from(day).ok())
            .is_some_and(|(month, day)| Date::new(2000, month, day).is_ok())
    };
    let is_century = |two: u8| matches!(two, 19 | 20);
    is_day(middle, back) || is_day(front, middle) || is_day(middle, front) || is_century(front) || is_century(middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weakness(pin: &str) -> Option<WeakPin> {
        WeakPin::of(pin, CardNumber::parse("1000186983").unwrap())
    }

    #[test]
    fn a_weak_pin_is_told_from_a_good_one_and_why() {
        let weak: [(WeakPin, &[&str]); 7] = [
            (WeakPin::NotSixDigits, &["", "12345", "1234567", "12345x", "４８２９１３", "48 913"]),
            (
                WeakPin::Repeats,
                &[
                    "000000", "111111", "121212", "111222", "100000", "123123", "839839", "112233", "123412", "907290",
                    "484442",
                ],
            ),
            (
                WeakPin::Runs,
                &[
                    "123456", "654321", "890123", "210987", "135791", "246802", "987654", "246810", "891011", "109876",
                    "102030", "051015", "102938", "135246", "111234", "789345",
                ],
            ),
            (WeakPin::Mirrored, &["123321", "489984", "907709"]),
            (
                WeakPin::Drawn,
                &["147258", "159357", "258085", "852741", "753951", "123789", "142536", "147896", "698741"],
            ),
            (
                WeakPin::Date,
                &["199047", "520314", "140352", "031452", "195203", "041952", "200012", "480229", "830115"],
            ),
            (WeakPin::OnCard, &["100018", "186983", "018698", "001869"]),
        ];
        for (reason, pins) in weak {
            for pin in pins {
                assert_eq!(weakness(pin), Some(reason), "{pin}");
            }
        }
        for good in ["482913", "907214", "990198", "135792", "739264", "480230", "186984"] {
            assert_eq!(weakness(good), None, "{good}");
        }
    }

    fn all_pins() -> impl Iterator<Item = (String, [u8; 6])> {
        (0..1_000_000).map(|number| format!("{number:06}")).filter_map(|pin| Some((pin.clone(), six_digits(&pin)?)))
    }

    /// Most of them are dates and years.
    #[test]
    fn most_pins_may_be_used() {
        let mut weak = std::collections::BTreeMap::new();
        for (pin, _) in all_pins() {
            if let Some(reason) = weakness(&pin) {
                *weak.entry(reason.code()).or_insert(0) += 1;
            }
        }
        let refused: i32 = weak.values().sum();
        assert!((140_000..180_000).contains(&refused), "{refused}: {weak:?}");
        let of_patterns: i32 =
            ["pin_repeats", "pin_runs", "pin_mirrored", "pin_drawn"].map(|code| weak[code]).iter().sum();
        assert!(of_patterns < 40_000, "{of_patterns}: {weak:?}");
    }

    /// A pattern stays one if all digits are moved along by the same number, or read backwards.
    #[test]
    fn what_repeats_or_runs_does_so_from_any_digit_and_backwards() {
        for (pin, digits) in all_pins() {
            let (moved, mut backwards) = (digits.map(|digit| (digit + 3) % 10), digits);
            backwards.reverse();
            for rule in [repeats, runs, halves_run] {
                let found = rule(digits);
                assert_eq!([rule(moved), rule(backwards)], [found; 2], "{pin}");
            }
        }
        for start in 0..100 {
            for step in (1..=COUNTED_STEP_MAX).filter(|step| start + step < 100) {
                let mut numbers: Vec<String> = (0..6).map(|count| (start + count * step).to_string()).collect();
                let up = numbers.concat();
                numbers.truncate(3);
                numbers.reverse();
                for written in [&up[..6], &numbers.concat()] {
                    assert!(written.len() != 6 || weakness(written).is_some(), "{written}");
                }
            }
        }
    }
}
