//! All I/O of the agent: its page, its client, its outbox, its clock, its key.

pub mod agent;
mod answers;
pub mod assets;
pub mod client;
pub mod clips;
pub mod clock;
mod effects;
pub mod entry;
mod guard;
pub mod key;
pub mod log;
pub mod outbox;
pub mod paper;
mod private;
pub mod serve;
mod server;
pub mod settings;
