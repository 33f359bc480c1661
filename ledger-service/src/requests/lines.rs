//! JSON Lines: one request a line, or why there is none.

use std::io::{self, BufRead};

use baoyulan_ledger::Request;
use baoyulan_ledger::command::Channel;

use super::{Unreadable, read};

/// How long a line may be; a longer one is answered as no request.
const LINE_BYTES_MAX: usize = 16 << 20;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A line's number, from 1, and the request on it.
pub struct Line {
    pub number: u64,
    pub request: Result<Request, Unreadable>,
}

/// The lines of an input, up to its end or to where it cannot be read.
pub struct Lines<'a, R> {
    input: R,
    /// Who acts where a request names nobody.
    actor: &'a str,
    text: Vec<u8>,
    number: u64,
}

impl<'a, R: BufRead> Lines<'a, R> {
    pub fn new(input: R, actor: &'a str) -> Self {
        Self { input, actor, text: Vec::new(), number: 0 }
    }

    /// Reads a line with its end. Of one that is too long the rest is passed over, and it is not whole; none after the last.
    fn read_line(&mut self) -> io::Result<Option<bool>> {
        self.text.clear();
        let (mut has_begun, mut is_whole) = (false, true);
        loop {
            let read = self.input.fill_buf()?;
            let end = read.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(read.len(), |end| end + 1);
            has_begun |= taken > 0;
            if self.text.len() + taken > LINE_BYTES_MAX {
                is_whole = false;
            } else {
                self.text.extend_from_slice(&read[..taken]);
            }
            self.input.consume(taken);
            if end.is_some() || taken == 0 {
                return Ok(has_begun.then_some(is_whole));
            }
        }
    }

    fn line(&mut self, is_whole: bool) -> Line {
        self.number += 1;
        let request = if is_whole {
            let text = self.text.strip_suffix(b"\n").unwrap_or(&self.text);
            // Some programs write a mark before the first line of a file.
            let text = if self.number == 1 { text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text) } else { text };
            read(text, self.actor, Channel::Host)
        } else {
            Err(Unreadable { detail: format!("a line has at most {LINE_BYTES_MAX} bytes"), column: 1 })
        };
        Line { number: self.number, request }
    }
}

impl<R: BufRead> Iterator for Lines<'_, R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read_line().transpose()?;
        Some(read.map(|is_whole| self.line(is_whole)))
    }
}
