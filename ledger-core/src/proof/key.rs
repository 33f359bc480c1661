//! Ed25519 keys (RFC 8032), their RFC 7638 thumbprints and their JWK form (RFC 8037, RFC 9864).

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::Signer;
use serde::{Deserialize, Serialize};

use super::sha256;

/// What a key may sign. Every key has one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum KeyPurpose {
    Receipt,
    /// Checkpoints, which state the journal's size and root.
    Checkpoint,
}

impl KeyPurpose {
    /// How rows store the purpose.
    pub fn number(self) -> i64 {
        match self {
            Self::Receipt => 1,
            Self::Checkpoint => 2,
        }
    }
}

/// An Ed25519 private key. `Debug` prints its id and never its bytes.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    public: VerifyingKey,
}

impl SigningKey {
    /// Derives the key from its seed (RFC 8032 §5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = VerifyingKey { key: key.verifying_key(), id: key_id(key.verifying_key().as_bytes()) };
        Self { key, public }
    }

    /// The seed, which is secret. Write it to the key file and nowhere else.
    pub fn seed(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// The public half, with which anybody can check signatures.
    pub fn public(&self) -> &VerifyingKey {
        &self.public
    }

    /// Signs a message with Ed25519 (RFC 8032).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SigningKey({})", self.public.id)
    }
}

/// An Ed25519 public key and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    key: ed25519_dalek::VerifyingKey,
    id: String,
}

impl VerifyingKey {
    /// Reads a key. `None` if the bytes are not a point of the curve, or the point has small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).ok()?;
        (!key.is_weak()).then(|| Self { key, id: key_id(bytes) })
    }

    /// The key's encoding (RFC 8032 §5.1.2).
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The first 11 characters of the key's RFC 7638 thumbprint.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether this key made the signature. The check is strict: it refuses
    /// malleable signatures and keys of small order.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

/// Hashes the JWK's required members in the order of RFC 7638 §3, and keeps the first 11 characters of the base64url.
fn key_id(public: &[u8; 32]) -> String {
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, BASE64URL_NOPAD.encode(public));
    let mut thumbprint = BASE64URL_NOPAD.encode(&sha256(&[jwk.as_bytes()]));
    thumbprint.truncate(11);
    thumbprint
}

/// A set of public keys (JWKS, RFC 7517 §5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct JsonWebKeySet {
    pub keys: Vec<JsonWebKey>,
}

/// A public key in JSON (RFC 8037 §2). Keys of other kinds are read too, with the members that they lack left empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonWebKey {
    /// The key type; for Ed25519 `OKP`.
    pub kty: String,
    /// The curve; for Ed25519 `Ed25519`.
    #[serde(default)]
    pub crv: String,
    /// The public key's 32 bytes in base64url.
    #[serde(default)]
    pub x: String,
    /// The id that [`VerifyingKey::id`] gives.
    #[serde(default)]
    pub kid: String,
    /// The algorithm; `Ed25519` (RFC 9864).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub alg: String,
    /// What the key is for: `sig`, signatures.
    #[serde(default, rename = "use", skip_serializing_if = "String::is_empty")]
    pub key_use: String,
}

impl JsonWebKey {
    /// Writes a key as JSON, with all members filled in.
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

    /// Reads the key. `None` if it is not an Ed25519 key, or its `kid` does not match its thumbprint.
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

    /// RFC 8037 has this key in Appendix A, and its thumbprint in A.3.
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
