//! What a stranger can check: the record's encoding, the Merkle tree of the journal, signed receipts and their keys.

pub mod cbor;
pub mod chain;
pub mod key;
pub mod merkle;
pub mod receipt;
pub mod record;

pub use chain::{Chain, ChainId, ReceiptDraft};
pub use key::{KeyPurpose, SigningKey, VerifyingKey};
pub use merkle::Frontier;
pub use receipt::{Receipt, ReceiptError, ReceiptKind, ReceiptNumber};

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// SHA-256 of the parts, one after the other.
pub fn sha256(parts: &[&[u8]]) -> Digest {
    use sha2::Digest as _;
    let mut hasher = sha2::Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}
