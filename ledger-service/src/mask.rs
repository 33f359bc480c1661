//! Names and card numbers as others may see them: 王*华, ······6983.

/// A name with its middle hidden. Of two letters the second is hidden; a single one is shown. Blanks, marks and what
/// cannot be seen are no letters, so a name that has some inside shows no more than without them.
pub fn masked(name: &str) -> String {
    let letters: Vec<char> = name.chars().filter(|character| is_letter(*character)).collect();
    match letters.as_slice() {
        [] => String::new(),
        [only] => only.to_string(),
        [first, _] => format!("{first}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len().min(3))),
    }
}

fn is_letter(character: char) -> bool {
    // Fillers of Hangul are letters to Unicode, and invisible.
    let is_filler = matches!(character, '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{17B4}' | '\u{17B5}');
    character.is_alphanumeric() && !is_filler
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
