//! What anybody can check without trusting the bank: how records are encoded, the journal's Merkle tree, and signed
//! receipts with their keys.

pub mod cbor;
pub mod chain;
pub mod key;
pub mod merkle;
pub mod receipt;
pub mod record;
pub mod typed;

pub use chain::{Chain, ChainId, ReceiptDraft};
pub use key::{KeyPurpose, SigningKey, VerifyingKey};
pub use merkle::Frontier;
pub use receipt::{Receipt, ReceiptError, ReceiptKind, ReceiptNumber};

/// A SHA-256 digest, 32 bytes.
pub type Digest = [u8; 32];

/// Hashes the parts, joined in this order, with SHA-256.
pub fn sha256(parts: &[&[u8]]) -> Digest {
    use sha2::Digest as _;
    let mut hasher = sha2::Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}
