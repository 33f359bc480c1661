//! Ed25519 keys (RFC 8032), their RFC 7638 thumbprints and their JWK form (RFC 8037, RFC 9864).

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::Signer;
use serde::{Deserialize, Serialize};

use super::sha256;

/// What a key may sign; a key has one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Receipts.
    Receipt,
    /// Checkpoints of the journal.
    Checkpoint,
}

impl KeyPurpose {
    /// The number that stands for the purpose in a row.
    pub fn number(self) -> i64 {
        match self {
            Self::Receipt => 1,
            Self::Checkpoint => 2,
        }
    }
}

/// A private key. Its bytes are never shown: `Debug` prints the key id.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    public: VerifyingKey,
}

impl SigningKey {
    /// The key of a 32-byte seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = VerifyingKey { key: key.verifying_key(), id: key_id(key.verifying_key().as_bytes()) };
        Self { key, public }
    }

    /// The seed, for the file it is kept in.
    pub fn seed(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// The public half.
    pub fn public(&self) -> &VerifyingKey {
        &self.public
    }

    /// Signs.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SigningKey({})", self.public.id)
    }
}

/// A public key and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    key: ed25519_dalek::VerifyingKey,
    id: String,
}

impl VerifyingKey {
    /// The key of 32 bytes; `None` where they are not a point, or one of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).ok()?;
        (!key.is_weak()).then(|| Self { key, id: key_id(bytes) })
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The key's id: the first 11 characters of its RFC 7638 thumbprint.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the signature is this key's, by the strict rules: no malleable signature, no key of small order.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

/// The first 11 characters of base64url(SHA-256 of the JWK's required members in the order of RFC 7638 §3).
fn key_id(public: &[u8; 32]) -> String {
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, BASE64URL_NOPAD.encode(public));
    let mut thumbprint = BASE64URL_NOPAD.encode(&sha256(&[jwk.as_bytes()]));
    thumbprint.truncate(11);
    thumbprint
}

/// A set of public keys, RFC 7517 §5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonWebKeySet {
    /// The keys.
    pub keys: Vec<JsonWebKey>,
}

/// A public key in JSON, RFC 8037 §2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonWebKey {
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    #[serde(default)]
    pub crv: String,
    /// The 32 bytes, base64url.
    #[serde(default)]
    pub x: String,
    /// The key id.
    #[serde(default)]
    pub kid: String,
    /// `Ed25519` (RFC 9864).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub alg: String,
    /// `sig`.
    #[serde(default, rename = "use", skip_serializing_if = "String::is_empty")]
    pub key_use: String,
}

impl JsonWebKey {
    /// The JSON form of a key.
    pub fn of(key: &VerifyingKey) -> Self {
        Self {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: BASE64URL_NOPAD.encode(key.as_bytes()),
            kid: key.id().to_owned(),
            alg: "Ed25519".to_owned(),
            key_use: "sig".to_owned(),
        }
    }

    /// The key, where this is one of Ed25519 and its id is its own thumbprint's.
    pub fn key(&self) -> Option<VerifyingKey> {
        if self.kty != "OKP" || self.crv != "Ed25519" {
            return None;
        }
        let bytes: [u8; 32] = BASE64URL_NOPAD.decode(self.x.as_bytes()).ok()?.try_into().ok()?;
        VerifyingKey::from_bytes(&bytes).filter(|key| key.id() == self.kid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 8037, Appendix A, whose thumbprint A.3 gives.
    #[test]
    fn the_thumbprint_is_that_of_the_standard() {
        let x = BASE64URL_NOPAD.decode(b"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let key = VerifyingKey::from_bytes(&x.try_into().unwrap()).unwrap();
        assert_eq!(key.id(), &"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"[..11]);
        assert_eq!(JsonWebKey::of(&key).key(), Some(key));
    }

    #[test]
    fn keys_of_small_order_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(VerifyingKey::from_bytes(&identity), None);
    }
}
