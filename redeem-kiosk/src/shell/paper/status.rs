//! What a printer says about its paper, if it says anything. Many never answer: that is no fault.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperState {
    Enough,
    NearEnd,
    Out,
    /// The printer does not say.
    Unknown,
}

/// A question, and how to know its answer among other bytes: a printer may speak unasked.
pub struct Question {
    pub bytes: [u8; 3],
    fixed_bits: u8,
    fixed_value: u8,
    near_end_bits: u8,
    out_bits: u8,
}

/// DLE EOT 4: how is the paper? It is answered at once, even by a printer that has stopped.
pub const NOW: Question = Question {
    bytes: [0x10, 0x04, 0x04],
    fixed_bits: 0b1001_0011,
    fixed_value: 0b0001_0010,
    near_end_bits: 0b0000_1100,
    out_bits: 0b0110_0000,
};

/// GS r 1: the same, answered in its turn: after everything before it is printed.
pub const AFTER_ALL: Question = Question {
    bytes: [0x1d, 0x72, 0x01],
    fixed_bits: 0b1001_0000,
    fixed_value: 0b0000_0000,
    near_end_bits: 0b0000_0011,
    out_bits: 0b0000_1100,
};

impl Question {
    /// What a byte says, if it is an answer to this question.
    pub fn understand(&self, byte: u8) -> Option<PaperState> {
        if byte & self.fixed_bits != self.fixed_value {
            None
        } else if byte & self.out_bits != 0 {
            Some(PaperState::Out)
        } else if byte & self.near_end_bits != 0 {
            Some(PaperState::NearEnd)
        } else {
            Some(PaperState::Enough)
        }
    }
}
