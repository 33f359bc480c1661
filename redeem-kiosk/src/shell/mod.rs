//! What touches the world: devices, files, the network.

#[allow(dead_code, unused_imports, reason = "the screens that print come next")]
pub mod paper;
