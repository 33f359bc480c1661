//! Who is at the door, and what they may do.
//!
//! | to find | look in |
//! |---|---|
//! | who may do what | [`permissions`]: one table |
//! | tokens and credentials of the API | [`credential`] |
//! | PINs | [`pin`], and their pepper |
//! | who is logged in on a page | [`session`] |
//! | how often they may ask | [`crate::limits`] |

pub mod credential;
pub mod permissions;
pub mod pin;
pub mod session;

pub use credential::Caller;
