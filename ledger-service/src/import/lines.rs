//! Hands a file to the CSV reader line by line, so that no row can take more memory than a row should.

use std::io::{self, BufRead, Read};

use thiserror::Error;

/// The longest row that is read, in bytes without its line end.
pub const LONGEST_ROW: usize = 64 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why a [`LineGuard`] stops before the file's end. It travels inside an [`io::Error`].
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum LineTrouble {
    /// The row has more than [`LONGEST_ROW`] bytes.
    #[error("the row is too long")]
    RowTooLong,
    /// The file ended within a row, which only a quote that stays open brings about.
    #[error("a quote is not closed")]
    QuoteNotClosed,
}

/// A reader that hands out one line at a time, ended by `\n` alone.
///
/// It drops a byte-order mark and the blank lines between rows. A line ends in LF, CRLF or CR: an old CSV of a Macintosh has the
/// last, and if its rows were taken for one, they would disappear in a header. Since it never hands out more
/// than one line, the CSV reader has nothing left over when a row is complete; a row of several lines (line breaks
/// within quotes) asks for the next line before it is. So [`LineGuard::start_row`] before every row is enough to
/// know on which line a row starts, and how long it has become.
pub struct LineGuard<R> {
    inner: R,
    line: Vec<u8>,
    handed_out: usize,
    lines_read: u64,
    /// Whether the last line ended in a CR, which an LF behind it would belong to.
    ended_in_cr: bool,
    row_line: u64,
    row_bytes: usize,
}

impl<R: BufRead> LineGuard<R> {
    /// Guards `inner`.
    pub fn new(inner: R) -> Self {
        Self { inner, line: Vec::new(), handed_out: 0, lines_read: 0, ended_in_cr: false, row_line: 1, row_bytes: 0 }
    }

    /// The next line that is handed out starts a row.
    pub fn start_row(&mut self) {
        self.row_bytes = 0;
    }

    /// The line on which the row starts, counted from 1.
    pub fn row_line(&self) -> u64 {
        self.row_line
    }

    /// Fetches the next line that is part of a row; leaves it empty at the end of the file.
    fn fetch_line(&mut self) -> io::Result<()> {
        while self.fetch_any_line()? {
            let starts_row = self.row_bytes == 0;
            if starts_row {
                self.row_line = self.lines_read;
            }
            if self.row_bytes + self.line.len() > LONGEST_ROW {
                return Err(io::Error::other(LineTrouble::RowTooLong));
            }
            if !(starts_row && is_blank(&self.line)) {
                self.line.push(b'\n');
                self.row_bytes += self.line.len();
                return Ok(());
            }
        }
        if self.row_bytes > 0 {
            return Err(io::Error::other(LineTrouble::QuoteNotClosed));
        }
        Ok(())
    }

    /// Fetches one line without its line end, or just enough of it to see that it is too long. False at the end of
    /// the file.
    fn fetch_any_line(&mut self) -> io::Result<bool> {
        self.handed_out = 0;
        self.line.clear();
        if !self.read_line()? {
            return Ok(false);
        }
        if self.lines_read == 0 && self.line.starts_with(BYTE_ORDER_MARK) {
            self.line.drain(..BYTE_ORDER_MARK.len());
        }
        self.lines_read += 1;
        Ok(true)
    }

    /// Reads up to a line end, which it drops, or to where the line is too long. False at the end of the file.
    fn read_line(&mut self) -> io::Result<bool> {
        let mut began = false;
        while self.line.len() <= LONGEST_ROW + BYTE_ORDER_MARK.len() {
            let held = match self.inner.fill_buf() {
                Ok(held) => held,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let Some(first) = held.first() else { return Ok(began) };
            if std::mem::take(&mut self.ended_in_cr) && *first == b'\n' {
                self.inner.consume(1);
                continue;
            }
            began = true;
            let end = held.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            self.line.extend_from_slice(held.get(..end.unwrap_or(held.len())).unwrap_or_default());
            self.ended_in_cr = end.and_then(|end| held.get(end)) == Some(&b'\r');
            let read = end.map_or(held.len(), |end| end + 1);
            self.inner.consume(read);
            if end.is_some() {
                break;
            }
        }
        Ok(true)
    }
}

impl<R: BufRead> Read for LineGuard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.handed_out == self.line.len() {
            self.fetch_line()?;
        }
        let mut rest = self.line.get(self.handed_out..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.handed_out += count;
        Ok(count)
    }
}

fn is_blank(line: &[u8]) -> bool {
    std::str::from_utf8(line).is_ok_and(|text| text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(reader: impl BufRead) -> String {
        let mut guard = LineGuard::new(reader);
        let mut text = String::new();
        loop {
            guard.start_row();
            let mut buffer = [0; 100];
            let count = guard.read(&mut buffer).unwrap();
            if count == 0 {
                return text;
            }
            let line = std::str::from_utf8(&buffer[..count]).unwrap();
            text.push_str(&format!("{}:{line}", guard.row_line()));
        }
    }

    #[test]
    fn lines_come_out_alike_whatever_their_ends() {
        let cases: [(&[u8], &str); 10] = [
            (b"", ""),
            (b"\n \n\t\r\n", ""),
            (b"a\nb\n", "1:a\n2:b\n"),
            (b"a\r\nb", "1:a\n2:b\n"),
            (b"\xEF\xBB\xBFa\n", "1:a\n"),
            (b"\xEF\xBB\xBF\r\n\n  \na\n\n\nb\n\n", "4:a\n7:b\n"),
            (b"a\rb\r", "1:a\n2:b\n"),
            (b"a\r\rb", "1:a\n3:b\n"),
            (b"\ra\rb\nc\r\nd", "2:a\n3:b\n4:c\n5:d\n"),
            (b"a\n\rb\r\n\nc", "1:a\n3:b\n5:c\n"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(read_all(bytes), expected);
        }
    }

    fn trouble(reader: impl BufRead) -> (LineTrouble, u64) {
        let mut guard = LineGuard::new(reader);
        guard.start_row();
        let error = io::copy(&mut guard, &mut io::sink()).unwrap_err();
        (error.downcast::<LineTrouble>().unwrap(), guard.row_line())
    }

    #[test]
    fn an_endless_row_stops() {
        let one_line = io::BufReader::new(io::repeat(b'a'));
        assert_eq!(trouble(one_line), (LineTrouble::RowTooLong, 1));
        let spaces = io::BufReader::new(io::repeat(b' '));
        assert_eq!(trouble(spaces), (LineTrouble::RowTooLong, 1));
        for line_break in [b'\n', b'\r'] {
            let line_breaks = io::BufReader::new(b"\n\"".chain(io::repeat(line_break)));
            assert_eq!(trouble(line_breaks), (LineTrouble::RowTooLong, 2));
        }
    }

    /// Whatever part of a file arrives at a time.
    #[test]
    fn a_line_end_may_be_cut_in_two() {
        for capacity in 1..5 {
            let reader = io::BufReader::with_capacity(capacity, b"ab\r\nc\rd".as_slice());
            assert_eq!(read_all(reader), "1:ab\n2:c\n3:d\n");
        }
    }

    #[test]
    fn a_row_that_the_end_of_the_file_cuts_is_noticed() {
        assert_eq!(trouble(b"\"a\nb\n".as_slice()), (LineTrouble::QuoteNotClosed, 1));
    }

    #[test]
    fn the_longest_row_is_as_long_as_said() {
        for line_end in ["", "\n", "\r\n", "\r"] {
            let longest = "a".repeat(LONGEST_ROW) + line_end;
            let mut guard = LineGuard::new(longest.as_bytes());
            let mut buffer = vec![0; LONGEST_ROW * 2];
            assert_eq!(guard.read(&mut buffer).unwrap(), LONGEST_ROW + 1);
            let longer = "a".repeat(LONGEST_ROW + 1) + line_end;
            let (found, _) = trouble(longer.as_bytes());
            assert_eq!(found, LineTrouble::RowTooLong);
        }
    }
}
