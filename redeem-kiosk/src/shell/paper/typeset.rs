//! Rows become an SVG: every type size is at least 12 pt, and what is too long for a line is broken, never cut or shrunk.

use page_parts::Language;
use unicode_linebreak::linebreaks;

use super::code::Code;
use super::fonts::{Face, Fonts};
use super::rows::Row;

/// 12 pt at 203 dots an inch.
const BODY_DOTS: usize = 34;
/// What must be seen first: heading, sum, marks.
const LARGE_DOTS: usize = 44;
/// Between a word and its value.
const PAIR_GAP_DOTS: usize = 16;
const RULE_DOTS: usize = 2;
/// Blank paper above the first row and below the last.
const EDGE_DOTS: usize = 8;

pub struct Sheet {
    pub svg: String,
    pub height_dots: usize,
}

/// Draws the rows one below the other; `None` if the fonts are no longer there.
pub fn typeset(
    rows: &[Row],
    code: Option<&Code>,
    fonts: &Fonts,
    language: Language,
    width_dots: usize,
) -> Option<Sheet> {
    let mut setter = Typesetter { fonts, language, width_dots, y: EDGE_DOTS, body: String::new() };
    for row in rows {
        setter.row(row, code)?;
    }
    let height_dots = setter.y + EDGE_DOTS;
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width_dots}" height="{height_dots}"><rect width="100%" height="100%" fill="white"/>{}</svg>"#,
        setter.body
    );
    Some(Sheet { svg, height_dots })
}

#[derive(Clone, Copy)]
enum Side {
    Left,
    Middle,
    Right,
}

/// How a line of text looks.
#[derive(Clone, Copy)]
struct Style {
    side: Side,
    size_dots: usize,
    is_bold: bool,
    colour: &'static str,
}

const BODY: Style = Style { side: Side::Left, size_dots: BODY_DOTS, is_bold: false, colour: "black" };
const LARGE: Style = Style { side: Side::Left, size_dots: LARGE_DOTS, is_bold: true, colour: "black" };

impl Style {
    const fn at(self, side: Side) -> Self {
        Self { side, ..self }
    }

    /// Chinese needs air between its lines.
    const fn line_dots(self) -> usize {
        self.size_dots * 4 / 3
    }
}

struct Typesetter<'a> {
    fonts: &'a Fonts,
    language: Language,
    width_dots: usize,
    y: usize,
    body: String,
}

impl Typesetter<'_> {
    fn row(&mut self, row: &Row, code: Option<&Code>) -> Option<()> {
        match row {
            Row::Band(text) => self.band(text),
            Row::Heading(text) => self.heading(text),
            Row::Middle(text) => self.text(text, BODY.at(Side::Middle)),
            Row::Left(text) => self.text(text, BODY),
            Row::Pair(left, right) => self.pair(left, right, BODY),
            Row::EvidentPair(left, right) => self.evident_pair(left, right),
            Row::LargePair(left, right) => self.pair(left, right, LARGE),
            Row::Rule => {
                self.rule();
                Some(())
            }
            Row::Code => {
                code.into_iter().for_each(|code| self.code(code));
                Some(())
            }
        }
    }

    fn band(&mut self, text: &str) -> Option<()> {
        let style = Style { colour: "white", ..LARGE.at(Side::Middle) };
        let lines = self.lines(text, style)?;
        let (y, width, height) = (self.y, self.width_dots, lines.len() * style.line_dots());
        self.body.push_str(&format!(r#"<rect y="{y}" width="{width}" height="{height}"/>"#));
        lines.iter().for_each(|line| self.line(line, style));
        self.y += EDGE_DOTS;
        Some(())
    }

    fn text(&mut self, text: &str, style: Style) -> Option<()> {
        let lines = self.lines(text, style)?;
        lines.iter().for_each(|line| self.line(line, style));
        Some(())
    }

    /// A name that is broken in its midst is hard to read: rather it is as small as the rest, and still bold.
    fn heading(&mut self, text: &str) -> Option<()> {
        let small = Style { size_dots: BODY_DOTS, ..LARGE };
        let fits = |style| Some(self.width(text, style)? <= self.width_dots);
        let style = if !fits(LARGE)? && fits(small)? { small } else { LARGE };
        self.text(text, style.at(Side::Middle))
    }

    /// On one line where there is room, else the value on lines of its own.
    fn pair(&mut self, left: &str, right: &str, style: Style) -> Option<()> {
        let has_room = self.has_room(left, right, style)?;
        self.text(left, style)?;
        if has_room {
            self.y -= style.line_dots();
        }
        self.text(right, style.at(Side::Right))
    }

    fn evident_pair(&mut self, left: &str, right: &str) -> Option<()> {
        if self.has_room(left, right, BODY)? {
            return self.pair(left, right, BODY);
        }
        self.text(right, BODY.at(Side::Right))
    }

    /// For both on one line.
    fn has_room(&self, left: &str, right: &str, style: Style) -> Option<bool> {
        Some(self.width(left, style)? + PAIR_GAP_DOTS + self.width(right, style)? <= self.width_dots)
    }

    fn rule(&mut self) {
        let (y, width) = (self.y + EDGE_DOTS, self.width_dots);
        self.body.push_str(&format!(r#"<rect y="{y}" width="{width}" height="{RULE_DOTS}"/>"#));
        self.y = y + RULE_DOTS + EDGE_DOTS;
    }

    fn code(&mut self, code: &Code) {
        let left = self.width_dots.saturating_sub(code.width_dots()) / 2;
        // Whole dots and no shades between them: a module must not lose its edge.
        self.body.push_str(&format!(r#"<path shape-rendering="crispEdges" d="{}"/>"#, code.path(left, self.y)));
        self.y += code.width_dots();
    }

    fn line(&mut self, text: &str, style: Style) {
        let (anchor, x) = match style.side {
            Side::Left => ("start", 0),
            Side::Middle => ("middle", self.width_dots / 2),
            Side::Right => ("end", self.width_dots),
        };
        let Style { size_dots, colour, .. } = style;
        // The square of a Chinese character reaches 88 % of the type size above the baseline.
        let baseline = self.y + (style.line_dots() - size_dots) / 2 + size_dots * 88 / 100;
        let Face { family, .. } = self.face(style);
        let weight = if style.is_bold { "bold" } else { "normal" };
        let text = escaped(text);
        self.body.push_str(&format!(
            r#"<text x="{x}" y="{baseline}" text-anchor="{anchor}" font-family="{family}" font-weight="{weight}" font-size="{size_dots}" fill="{colour}">{text}</text>"#
        ));
        self.y += style.line_dots();
    }

    fn face(&self, style: Style) -> Face {
        self.fonts.face(self.language, style.is_bold)
    }

    fn width(&self, text: &str, style: Style) -> Option<usize> {
        let sorts = self.fonts.set(self.face(style), text)?;
        Some((width(&sorts) * style.size_dots).div_ceil(1000))
    }

    fn lines(&self, text: &str, style: Style) -> Option<Vec<String>> {
        let sorts = self.fonts.set(self.face(style), text)?;
        Some(broken(&sorts, self.width_dots * 1000 / style.size_dots))
    }
}

/// A character and its width in thousandths of the type size.
type Sort = (char, usize);

/// Breaks where the language allows it (UAX 14), and within a word only where it is longer than a line.
fn broken(sorts: &[Sort], room: usize) -> Vec<String> {
    let mut lines: Vec<Vec<Sort>> = Vec::new();
    let mut line: Vec<Sort> = Vec::new();
    for piece in pieces(sorts) {
        let part_length = if width(trimmed(piece)) > room { 1 } else { piece.len() };
        for part in piece.chunks(part_length.max(1)) {
            if !line.is_empty() && width(&line) + width(trimmed(part)) > room {
                lines.push(std::mem::take(&mut line));
            }
            line.extend(part);
        }
    }
    lines.push(line);
    lines.iter().map(|line| trimmed(line).iter().map(|(character, _)| character).collect()).collect()
}

/// What must stay together.
fn pieces(sorts: &[Sort]) -> Vec<&[Sort]> {
    let text: String = sorts.iter().map(|(character, _)| character).collect();
    let mut rest = sorts;
    let mut begin = 0;
    let mut pieces = Vec::new();
    for (end, _) in linebreaks(&text) {
        let (piece, others) = rest.split_at(text[begin..end].chars().count());
        pieces.push(piece);
        (rest, begin) = (others, end);
    }
    pieces
}

fn width(sorts: &[Sort]) -> usize {
    sorts.iter().map(|(_, width)| width).sum()
}

/// Spaces at a line's end take no room.
fn trimmed(sorts: &[Sort]) -> &[Sort] {
    let end = sorts.iter().rposition(|(character, _)| *character != ' ').map_or(0, |last| last + 1);
    &sorts[..end]
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, room: usize) -> Vec<String> {
        let sorts: Vec<Sort> = text.chars().map(|c| (c, if c.is_ascii() { 500 } else { 1000 })).collect();
        broken(&sorts, room)
    }

    #[test]
    fn lines_are_broken_where_the_language_allows_it() {
        assert_eq!(lines("rice from the north", 5000), ["rice from", "the north"]);
        assert_eq!(lines("东北大米，五公斤", 4000), ["东北大", "米，五公", "斤"]);
        assert_eq!(lines("大米 5kg 一袋", 4000), ["大米 5kg", "一袋"]);
    }

    #[test]
    fn a_word_longer_than_a_line_is_broken_and_nothing_is_lost() {
        assert_eq!(lines("abcdefghij", 2000), ["abcd", "efgh", "ij"]);
        assert_eq!(lines("", 2000), [""]);
    }
}
