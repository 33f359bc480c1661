//! The device's own key, Ed25519: made at the first start, kept beside the outbox, never sent. It will sign what the
//! station does while it is offline; so far its public half is shown to staff.

use std::path::Path;

use baoyulan_ledger::proof::SigningKey;
use data_encoding::BASE64URL_NOPAD;

use super::private;

/// The public half in base64url, after the key has been made, if there was no key yet.
///
/// # Errors
/// Where it cannot be read or made.
pub fn public_half(folder: &Path) -> anyhow::Result<String> {
    let key = SigningKey::from_seed(&private::seed(&folder.join("device.key"))?);
    Ok(BASE64URL_NOPAD.encode(key.public().as_bytes()))
}
