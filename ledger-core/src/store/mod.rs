//! Storage: all SQL, rows to domain types and back, and no rules. One text serves both engines; what differs stands in
//! [`dialect`], and every statement goes through [`conn`].

pub mod access;
pub mod conn;
pub mod dialect;
pub mod grouped;
pub mod load;
pub mod migrate;
pub mod read;
pub mod readers;
pub mod tables;
pub mod target;
pub mod write;

pub use conn::Conn;
pub use target::Target;
