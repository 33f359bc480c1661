//! Who asks, and what they may do.
//!
//! | to find | look in |
//! |---|---|
//! | who may do what | [`permissions`], a file for each noun |
//! | tokens and credentials of the API | [`credential`] |
//! | PINs | [`pin`] |
//! | what they are hashed with | [`pepper`] |
//! | who is logged in on a page | [`session`] |
//! | who stands at a kiosk | [`visit`] |
//! | how often they may ask | [`crate::limits`] |

pub mod credential;
pub mod pepper;
pub mod permissions;
pub mod pin;
pub mod session;
pub mod visit;

pub use credential::Caller;
