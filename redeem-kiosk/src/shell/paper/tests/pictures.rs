//! What the pictures promise, measured on their dots.

use page_parts::Language;

use super::super::code::{CODE_DOTS_MIN, DOTS_PER_MODULE_MIN, NoCode, QUIET_MODULES};
use super::super::fonts::{FontMissing, Fonts};
use super::super::picture::{DOTS_PER_MILLIMETRE, Picture, Roll};
use super::super::rows::{Row, rows};
use super::super::slip::{Line, Slip};
use super::super::{Patience, ReceiptPrinter, Settings, Target};
use super::camera::Photograph;
use super::samples::{self, ROLLS, drawn, picture, slip, slip_with_url};

/// A digit of 12 pt type is 24.9 dots high, a Chinese character about 31: both fonts' design, at 33.9 dots for 12 pt.
const DIGIT_DOTS_MIN: usize = 24;
const CHARACTER_DOTS_MIN: usize = 30;

#[test]
fn the_code_in_the_picture_is_the_url() {
    for (name, slip, roll) in samples::all() {
        assert_eq!(Photograph::of(&picture(&slip, roll)).text(), Some(slip.receipt_url), "{name}");
    }
}

#[test]
fn the_code_is_read_larger_smaller_askew_and_out_of_focus() {
    // The usual one, and the longest token there can be.
    for slip in [slip(Language::SimplifiedChinese, "copy"), slip_with_url(997)] {
        for (roll, name) in ROLLS {
            let photograph = Photograph::of(&picture(&slip, roll));
            let views = [
                ("smaller", photograph.scaled(80)),
                ("larger and out of focus", photograph.scaled(150).blurred()),
                ("askew", photograph.askew()),
                ("askew, larger and out of focus", photograph.scaled(170).askew().blurred()),
            ];
            for (view, photograph) in views {
                assert_eq!(photograph.text().as_ref(), Some(&slip.receipt_url), "{name} {view}");
            }
        }
    }
}

#[test]
fn a_url_fits_up_to_the_length_that_is_documented() {
    for (roll, longest) in [(Roll::Millimetres58, 997), (Roll::Millimetres80, 2331)] {
        for url_bytes in (40..longest).step_by(191).chain([longest]) {
            let slip = slip_with_url(url_bytes);
            let drawn = drawn(&slip, roll);
            assert_eq!(drawn.without_code, None);
            assert_eq!(Photograph::of(&drawn.picture).text(), Some(slip.receipt_url), "{url_bytes}");
        }
        let refused = drawn(&slip_with_url(longest + 1), roll).without_code.unwrap();
        assert_eq!(refused, NoCode::DoesNotFit { url_bytes: longest + 1, width_dots: roll.width_dots() });
    }
}

#[test]
fn without_room_for_the_code_the_number_and_words_take_its_place() {
    let slip = slip_with_url(998);
    let drawn = drawn(&slip, Roll::Millimetres58);
    assert!(drawn.without_code.is_some());
    assert!(Photograph::of(&drawn.picture).texts().is_empty());
    let nowhere = self::drawn(&Slip { receipt_url: String::new(), ..slip.clone() }, Roll::Millimetres58);
    assert_eq!(nowhere.without_code, Some(NoCode::NoAddress));
    let rows = rows(&slip, false);
    assert!(!rows.contains(&Row::Code));
    assert!(rows.contains(&Row::Heading(slip.receipt_number)));
    assert!(rows.contains(&Row::Heading("凭编号查询".to_owned())));
}

#[test]
fn the_code_is_at_least_25_millimetres_wide_with_its_quiet_zone() {
    assert_eq!(CODE_DOTS_MIN, 25 * DOTS_PER_MILLIMETRE);
    let short = [24, 60, 120].map(|url_bytes| ("short".to_owned(), slip_with_url(url_bytes)));
    let long = [("long".to_owned(), slip_with_url(997))];
    let slips = samples::all().into_iter().map(|(name, slip, _)| (name, slip)).chain(short).chain(long);
    for (name, slip) in slips {
        for (roll, _) in ROLLS {
            let picture = picture(&slip, roll);
            let (left, top, right, bottom) = code_box(&picture);
            assert!(right - left >= CODE_DOTS_MIN && bottom - top >= CODE_DOTS_MIN, "{name}: {left}–{right}");
            let quiet = QUIET_MODULES * DOTS_PER_MODULE_MIN;
            assert!(left >= quiet && right + quiet <= picture.width_dots(), "{name}: {left}–{right}");
            let mut around = (top - quiet..top).chain(bottom..bottom + quiet);
            assert!(around.all(|y| (left..right).all(|x| !picture.is_black(x, y))), "{name}");
        }
    }
}

#[test]
fn all_type_is_at_least_12_points_high() {
    for (name, slip, roll) in samples::all() {
        let picture = picture(&slip, roll);
        let (_, top, _, bottom) = code_box(&picture);
        let texts = inked(&picture).into_iter().filter(|(begin, end)| *end <= top || *begin >= bottom);
        let heights: Vec<usize> = texts.map(|(begin, end)| end - begin).filter(|height| *height > 2).collect();
        assert!(heights.len() > 10, "{name}: {heights:?}");
        assert!(heights.iter().all(|height| *height >= DIGIT_DOTS_MIN), "{name}: {heights:?}");
    }
}

#[test]
fn chinese_is_as_high_as_12_points_are() {
    let mut slip = slip(Language::SimplifiedChinese, "redemption");
    slip.lines = vec![Line { name: "国".to_owned(), pieces: 1, points_each: 1 }];
    let picture = picture(&slip, Roll::Millimetres58);
    // The name stands alone in its line: nothing in the middle of the paper, and a box at its left.
    let name = inked(&picture).into_iter().find(|(begin, end)| {
        let is_inked = |x: usize| (*begin..*end).any(|y| picture.is_black(x, y));
        (0..34).any(is_inked) && !(40..picture.width_dots()).any(is_inked)
    });
    let (begin, end) = name.unwrap();
    assert!(end - begin >= CHARACTER_DOTS_MIN, "{begin}–{end}");
}

#[test]
fn a_copy_is_the_same_slip_with_a_mark_above_and_below() {
    for language in Language::ALL {
        for (roll, _) in ROLLS {
            let first = picture(&slip(language, "redemption"), roll);
            let copy = picture(&slip(language, "copy"), roll);
            let marks = bands(&copy);
            assert!(bands(&first).is_empty(), "{language:?}");
            let [above, below] = marks[..] else { panic!("{language:?}: {marks:?}") };
            assert!(above < 100 && below + 100 > copy.height_dots(), "{language:?}: {marks:?}");
            assert_eq!(rows(&slip(language, "copy"), true).len(), rows(&slip(language, "redemption"), true).len() + 2);
        }
    }
}

#[test]
fn a_reversal_is_marked_above_and_says_that_points_were_given_back() {
    for (language, mark) in Language::ALL.into_iter().zip(["已撤销", "已撤銷", "Taken back"]) {
        let slip = slip(language, "reversal");
        assert_eq!(rows(&slip, true)[0], Row::Band(mark.to_owned()));
        let marks = bands(&picture(&slip, Roll::Millimetres58));
        assert_eq!(marks.len(), 1, "{language:?}: {marks:?}");
        assert!(marks[0] < 100);
    }
}

/// Whoever holds the paper does not see the kiosk's screen.
#[test]
fn the_copy_of_what_was_reversed_is_marked_above_and_below() {
    for (language, mark) in Language::ALL.into_iter().zip(["已撤销", "已撤銷", "Taken back"]) {
        let rows = rows(&slip(language, "reversed"), true);
        let is_mark = |row: &Row| *row == Row::Band(mark.to_owned());
        assert!(is_mark(&rows[1]) && is_mark(&rows[rows.len() - 2]), "{language:?}: {rows:?}");
        for (roll, _) in ROLLS {
            assert_eq!(bands(&picture(&slip(language, "reversed"), roll)).len(), 4, "{language:?}");
        }
    }
}

#[test]
fn the_copy_of_what_came_back_in_part_is_marked_above_and_below() {
    for (language, mark) in Language::ALL.into_iter().zip(["部分已退", "部分已退", "Partly returned"]) {
        let rows = rows(&slip(language, "partly"), true);
        let is_mark = |row: &Row| *row == Row::Band(mark.to_owned());
        assert!(is_mark(&rows[1]) && is_mark(&rows[rows.len() - 2]), "{language:?}: {rows:?}");
        for (roll, _) in ROLLS {
            assert_eq!(bands(&picture(&slip(language, "partly"), roll)).len(), 4, "{language:?}");
        }
    }
}

#[test]
fn a_slip_is_as_wide_as_its_paper_and_mostly_white() {
    for (name, slip, roll) in samples::all() {
        let picture = picture(&slip, roll);
        assert_eq!(picture.width_dots(), roll.width_dots());
        let black: usize = picture.bytes().iter().map(|byte| byte.count_ones() as usize).sum();
        let percent = black * 100 / (picture.width_dots() * picture.height_dots());
        assert!((8..=30).contains(&percent), "{name}: {percent} %");
    }
}

#[test]
fn the_fonts_have_every_word_in_its_language() {
    for language in Language::ALL {
        for (occasion, has_code) in [("copy", true), ("reversal", false)] {
            for row in rows(&slip(language, occasion), has_code) {
                for is_bold in [false, true] {
                    let sorts = samples::fonts().set(samples::fonts().face(language, is_bold), &format!("{row:?}"));
                    assert!(sorts.unwrap().iter().all(|(sort, _)| *sort != '〓'), "{language:?}: {row:?}");
                }
            }
        }
    }
}

#[test]
fn names_with_anything_in_them_are_printed() {
    let mut slip = slip(Language::SimplifiedChinese, "redemption");
    slip.title = "<text>&amp;\u{0}\u{1b}]]>\n\t\u{fffe}".repeat(3);
    slip.station = "🧧".repeat(64);
    let names = ["米".repeat(64), "W".repeat(64), "\u{202e}a b".repeat(16), String::new()];
    slip.lines = names.map(|name| Line { name, pieces: i64::MAX, points_each: i64::MAX }).to_vec();
    for (roll, _) in ROLLS {
        let picture = picture(&slip, roll);
        assert_eq!(Photograph::of(&picture).text().as_ref(), Some(&slip.receipt_url));
    }
    let fonts = samples::fonts();
    let sorts = fonts.set(fonts.face(Language::SimplifiedChinese, false), "🧧\u{1b}米\n5\u{a0}kg").unwrap();
    assert_eq!(sorts.iter().map(|(sort, _)| sort).collect::<String>(), "〓米 5\u{a0}kg");
}

#[test]
fn without_chinese_fonts_there_is_no_printer() {
    let folder = tempfile::tempdir().unwrap();
    for place in [folder.path().to_owned(), folder.path().join("gone.otf")] {
        let missing = Fonts::find(Some(&place)).err().unwrap();
        assert_eq!(missing, FontMissing { family: "Noto Sans CJK SC", place: place.display().to_string() });
        assert!(missing.to_string().contains("fonts-noto-cjk"));
        let settings = Settings {
            target: Target::None,
            roll: Roll::Millimetres58,
            fonts: Some(place),
            patience: Patience::default(),
        };
        assert_eq!(ReceiptPrinter::new(settings).err(), Some(missing));
    }
}

/// Where the code's dark modules begin and end: left, top, right, bottom. No type is as high.
fn code_box(picture: &Picture) -> (usize, usize, usize, usize) {
    let (top, bottom) = inked(picture).into_iter().max_by_key(|(begin, end)| end - begin).unwrap();
    let is_inked = |x: &usize| (top..bottom).any(|y| picture.is_black(*x, y));
    let left = (0..picture.width_dots()).find(is_inked).unwrap();
    let right = (0..picture.width_dots()).rfind(is_inked).unwrap() + 1;
    (left, top, right, bottom)
}

/// Rows of dots with ink, as spans between white ones.
pub fn inked(picture: &Picture) -> Vec<(usize, usize)> {
    spans(picture.height_dots(), |y| (0..picture.width_dots()).any(|x| picture.is_black(x, y)))
}

/// Where white on black begins: full rows, more than a thin line.
fn bands(picture: &Picture) -> Vec<usize> {
    let full = spans(picture.height_dots(), |y| [0, 1, 2, 3].iter().all(|x| picture.is_black(*x, y)));
    full.into_iter().filter(|(begin, end)| end - begin > 40).map(|(begin, _)| begin).collect()
}

fn spans(length: usize, is_in: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut begin = None;
    for at in 0..=length {
        match (at < length && is_in(at), begin) {
            (true, None) => begin = Some(at),
            (false, Some(start)) => {
                spans.push((start, at));
                begin = None;
            }
            _ => {}
        }
    }
    spans
}
