//! The part of deterministic CBOR (RFC 8949 §4.2.1) that records need: integers in their shortest form, byte strings,
//! text strings and arrays of definite length.

use crate::row::Sink;

/// Writes CBOR into its own buffer.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Makes a writer with room for 512 bytes, enough for most records.
    pub fn new() -> Self {
        Self { bytes: Vec::with_capacity(512) }
    }

    /// Writes the head of an array; write its `length` items next.
    pub fn array(&mut self, length: usize) -> &mut Self {
        self.head(4, length as u64)
    }

    /// Writes an integer in its shortest form.
    pub fn integer(&mut self, value: i64) -> &mut Self {
        if value < 0 { self.head(1, !value as u64) } else { self.head(0, value as u64) }
    }

    /// Writes a byte string, its length first.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.head(2, value.len() as u64);
        self.bytes.extend_from_slice(value);
        self
    }

    /// Writes a text string as UTF-8, its length in bytes first.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.head(3, value.len() as u64);
        self.bytes.extend_from_slice(value.as_bytes());
        self
    }

    /// Everything written since the last [`Self::clear`].
    pub fn written(&self) -> &[u8] {
        &self.bytes
    }

    /// Empties the buffer but keeps its memory for the next record.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    fn head(&mut self, major: u8, argument: u64) -> &mut Self {
        let major = major << 5;
        let bytes = argument.to_be_bytes();
        match argument {
            0..24 => self.bytes.push(major | bytes[7]),
            24..0x100 => self.bytes.extend_from_slice(&[major | 24, bytes[7]]),
            0x100..0x1_0000 => {
                self.bytes.push(major | 25);
                self.bytes.extend_from_slice(&bytes[6..]);
            }
            0x1_0000..0x1_0000_0000 => {
                self.bytes.push(major | 26);
                self.bytes.extend_from_slice(&bytes[4..]);
            }
            _ => {
                self.bytes.push(major | 27);
                self.bytes.extend_from_slice(&bytes);
            }
        }
        self
    }
}

impl Sink for Writer {
    fn integer(&mut self, value: i64) {
        Self::integer(self, value);
    }

    fn text(&mut self, value: &str) {
        Self::text(self, value);
    }

    fn bytes(&mut self, value: &[u8]) {
        Self::bytes(self, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These are the examples of RFC 8949, Appendix A, that this subset can express.
    #[test]
    fn writes_the_examples_of_the_standard() {
        let hex = |write: &dyn Fn(&mut Writer)| {
            let mut writer = Writer::new();
            write(&mut writer);
            data_encoding::HEXLOWER.encode(writer.written())
        };
        for (value, expected) in [
            (0, "00"),
            (10, "0a"),
            (23, "17"),
            (24, "1818"),
            (100, "1864"),
            (1000, "1903e8"),
            (1_000_000, "1a000f4240"),
            (1_000_000_000_000, "1b000000e8d4a51000"),
            (-1, "20"),
            (-10, "29"),
            (-100, "3863"),
            (-1000, "3903e7"),
            (i64::MIN, "3b7fffffffffffffff"),
        ] {
            assert_eq!(
                hex(&|writer| {
                    writer.integer(value);
                }),
                expected
            );
        }
        assert_eq!(
            hex(&|writer| {
                writer.bytes(&[1, 2, 3, 4]);
            }),
            "4401020304"
        );
        assert_eq!(
            hex(&|writer| {
                writer.text("水");
            }),
            "63e6b0b4"
        );
        assert_eq!(
            hex(&|writer| {
                writer.array(2).integer(1).array(0);
            }),
            "820180"
        );
    }
}
