//! The keys of one file: none twice, and every reference to one that is there.

use std::collections::HashMap;

use super::fault::{Fault, Problem};
use super::field::Field;

/// The keys of a file's rows, and where each of them is.
#[derive(Debug)]
pub struct Keys {
    what: &'static str,
    file: &'static str,
    lines: HashMap<Box<str>, u64>,
}

impl Keys {
    /// No keys yet; a fault calls one of them a `what` of this file.
    pub fn new(what: &'static str, file: &'static str) -> Self {
        Self { what, file, lines: HashMap::new() }
    }

    /// Adds the key that the row of `field` has; a second row with it is a fault of this field.
    pub fn add(&mut self, key: &str, field: &Field<'_>) -> Result<String, Fault> {
        match self.lines.insert(key.into(), field.line()) {
            None => Ok(key.to_owned()),
            Some(first_line) => {
                Err(field.fault(Problem::Repeated { what: self.what, value: field.shown(), first_line }))
            }
        }
    }

    /// Reads a field as a code of at most 64 characters, and adds it.
    pub fn add_code(&mut self, field: &Field<'_>) -> Result<String, Fault> {
        self.add(field.code()?, field)
    }

    /// Whether a row has this key.
    pub fn contain(&self, key: &str) -> bool {
        self.lines.contains_key(key)
    }

    /// Reads a field as one of these keys.
    pub fn look_up(&self, field: &Field<'_>) -> Result<String, Fault> {
        let code = field.code()?;
        if self.contain(code) {
            Ok(code.to_owned())
        } else {
            Err(field.fault(Problem::Unknown { what: self.what, value: field.shown(), file: self.file }))
        }
    }

    /// Reads a field as one of these keys, none if it is empty.
    pub fn look_up_if_given(&self, field: &Field<'_>) -> Result<Option<String>, Fault> {
        if field.is_empty() { Ok(None) } else { self.look_up(field).map(Some) }
    }
}
