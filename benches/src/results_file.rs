//! Updates `RESULTS.md` part by part: new parts replace the old ones, and the rest stays as it is.

use std::fs::read_to_string;

use anyhow::{Context, Result};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/RESULTS.md");

/// The parts that can be measured and written alone, in their order in the file.
const ORDER: [&str; 7] =
    ["The past", "Transfers", "The engine's commands", "Expiry", "An audit", "Beside another build", "HTTP"];

/// Writes these parts into the file and keeps its other parts.
///
/// # Errors
/// The file cannot be read or written.
pub fn write(parts: &str) -> Result<()> {
    let text = read_to_string(FILE).context(FILE)?;
    std::fs::write(FILE, replaced(&text, parts)).context(FILE)
}

/// Puts these parts into the text: where the first of them stood, or else before the
/// parts that come after it, or else at the end.
fn replaced(text: &str, parts: &str) -> String {
    let (new, mut old) = (split(parts), split(text));
    let first = new.first().map_or("", |part| heading(part));
    let after = ORDER.iter().skip_while(|own| **own != first);
    let at = [first].iter().chain(after).find_map(|wanted| old.iter().position(|part| heading(part) == *wanted));
    let at = at.unwrap_or(old.len());
    let last = old.split_off(at);
    let kept = |part: &&str| !new.iter().any(|new| heading(new) == heading(part));
    let all = old.into_iter().filter(|part| kept(part)).chain(new.iter().copied()).chain(last.into_iter().filter(kept));
    let all: Vec<&str> = all.map(str::trim_end).collect();
    format!("{}\n", all.join("\n\n"))
}

/// Splits a text into parts, each of which begins with a heading. What stands before the first heading is a part too.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find("\n## ") {
        let (part, next) = rest.split_at(end + 1);
        parts.push(part);
        rest = next;
    }
    parts.push(rest);
    parts
}

/// The part's heading; empty if it has none.
fn heading(part: &str) -> &str {
    part.strip_prefix("## ").and_then(|part| part.lines().next()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn a_part_takes_the_place_of_the_one_that_stood_there() {
        let text = "# Results\n\n## Aims\n\nold\n\n## HTTP\n\n### Aims over HTTP\n\nold\n\n## By hand\n\nkept\n";
        let with_http = "# Results\n\n## Aims\n\nold\n\n## HTTP\n\nnew\n\n## By hand\n\nkept\n";
        assert_eq!(replaced(text, "## HTTP\n\nnew\n\n"), with_http);
        let with_main = "# New\n\n## Aims\n\nnew\n\n## Index\n\nnew\n\n## HTTP\n\nnew\n\n## By hand\n\nkept\n";
        assert_eq!(replaced(with_http, "# New\n\n## Aims\n\nnew\n\n## Index\n\nnew\n"), with_main);
    }

    #[test]
    fn a_new_part_stands_before_those_that_come_after_it() {
        let text = "# Results\n\n## HTTP\n\nold\n";
        let with_both = "# Results\n\n## Transfers\n\nnew\n\n## Beside another build\n\nnew\n\n## HTTP\n\nold\n";
        let with_transfers = replaced(text, "## Transfers\n\nnew\n");
        assert_eq!(replaced(&with_transfers, "## Beside another build\n\nnew\n"), with_both);
        assert_eq!(replaced("# Results\n", "## HTTP\n\nnew\n"), "# Results\n\n## HTTP\n\nnew\n");
    }
}
