//! Names and card numbers as others may see them: 王*华, ······6983.

/// A name with its middle hidden. Of two characters the second is hidden; a single one is shown.
pub fn masked(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    match characters.as_slice() {
        [] => String::new(),
        [only] => only.to_string(),
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
        assert_eq!(card_tail("1000186983"), "······6983");
    }
}
