//! What the tests of the whole bank share.

pub mod aged;
pub mod bank;
pub mod books;
pub mod browser;
pub mod counter;
pub mod fixture;
pub mod host;
pub mod http;
pub mod journal;
pub mod kiosk;
pub mod lives;
pub mod scenario;
pub mod service;
pub mod spellings;
pub mod tools;
