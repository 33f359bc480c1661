//! The keys of one sheet: no two rows share one, and a reference leads to a row.

use std::collections::HashMap;

use baoyulan_ledger::text::code_as_typed;

use super::fault::{Fault, Problem};
use super::field::Field;
use super::sheet::Layout;

/// The keys of a sheet's rows, and the line of each.
#[derive(Debug)]
pub struct Keys {
    layout: &'static Layout,
    lines: HashMap<Box<str>, u64>,
}

impl Keys {
    /// No keys of this sheet yet.
    pub fn new(layout: &'static Layout) -> Self {
        Self { layout, lines: HashMap::new() }
    }

    /// Adds the key that the row of `field` has; a second row with it is a fault of this field.
    pub fn add(&mut self, key: &str, field: &Field<'_>) -> Result<String, Fault> {
        match self.lines.insert(key.into(), field.line()) {
            None => Ok(key.to_owned()),
            Some(first_line) => {
                Err(field.fault(Problem::Repeated { what: self.layout.row, value: field.shown(), first_line }))
            }
        }
    }

    /// Reads a field as a code and adds it.
    pub fn add_code(&mut self, field: &Field<'_>) -> Result<String, Fault> {
        self.add(&field.code()?, field)
    }

    /// Whether a row has this key.
    pub fn contain(&self, key: &str) -> bool {
        self.lines.contains_key(key)
    }

    /// Reads a field as one of these keys.
    pub fn look_up(&self, field: &Field<'_>) -> Result<String, Fault> {
        let code = field.code()?;
        // The codes of stations and offers have no blanks, however they are typed.
        for code in [code.clone(), code_as_typed(&code)] {
            if self.contain(&code) {
                return Ok(code.into_owned());
            }
        }
        let unknown = Problem::Unknown { what: self.layout.row, value: field.shown(), file: self.layout.file };
        Err(field.fault(unknown))
    }

    /// Reads a field as one of these keys, or as empty.
    pub fn look_up_if_given(&self, field: &Field<'_>) -> Result<String, Fault> {
        if field.is_empty() { Ok(String::new()) } else { self.look_up(field) }
    }
}
