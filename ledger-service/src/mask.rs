//! Names and card numbers as others may see them: 王*华, ······6983.

use baoyulan_ledger::text::letters;

/// A name with its middle hidden. Of two letters the second is hidden; a single one is shown. Letters are as people count
/// them, so a name with blanks, marks or invisible characters inside shows no more than without them.
pub fn masked(name: &str) -> String {
    match letters(name).as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first, _] => format!("{first}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len().min(3))),
    }
}

/// The last four digits of a card number.
pub fn card_tail(card: &str) -> String {
    let tail: String = card.chars().skip(card.chars().count().saturating_sub(4)).collect();
    format!("······{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_cards_are_masked() {
        for (name, shown) in [("王建华", "王*华"), ("王芳", "王*"), ("欧阳建华", "欧**华"), ("王", "王"), ("", "")]
        {
            assert_eq!(masked(name), shown);
        }
        assert_eq!(masked("Anna Maria Schmidt"), "A***t");
        assert_eq!(masked("阿不都·热西提"), "阿***提");
        for (name, shown) in [
            ("王　芳", "王*"),
            ("Zoe\u{308}", "Z*ë"),
            ("क्षिति", "क्षि*"),
            ("\u{1112}\u{1161}\u{11AB}글", "한*"),
            ("👩‍🌾王芳❤️", "王*"),
            ("\u{3164}王\u{115F}\u{2800}芳", "王*"),
            ("王\u{E0067}\u{E007F}\u{AD}芳", "王*"),
            ("\u{3164}\u{115F}", ""),
        ] {
            assert_eq!(masked(name), shown, "{name:?}");
        }
        for mark in [
            '\u{3000}', ' ', '\u{A0}', '\u{200B}', '\u{200D}', '\u{2060}', '\u{FEFF}', '\u{3164}', '\u{202E}',
            '\u{FE0F}', '·',
        ] {
            for name in ["王芳", "王建华", "欧阳建华"] {
                let mut marked = String::new();
                name.chars().for_each(|letter| marked.extend([mark, letter, mark]));
                assert_eq!(masked(&marked), masked(name), "{mark:?}");
            }
        }
        assert_eq!(card_tail("1000186983"), "······6983");
    }
}
