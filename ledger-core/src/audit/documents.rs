//! What stands beside the journal and can be erased: the latest of each thing must be what the journal has a digest of.

use std::collections::HashMap;

use crate::audit::Difference;
#[cfg(feature = "town")]
use crate::audit::feed::misread;
use crate::audit::record::Record;
#[cfg(feature = "town")]
use crate::audit::town::Town;
#[cfg(feature = "town")]
use crate::earn::TitleRow;
#[cfg(feature = "town")]
use crate::effect::Erasing as _;
#[cfg(feature = "town")]
use crate::people::{MemberId, PersonRow, PinRow};
use crate::proof::{Digest, sha256};
#[cfg(feature = "town")]
use crate::row::Row as _;
use crate::row::Table;
#[cfg(feature = "town")]
use crate::store::rows::TableRows;

/// The latest that is known of a thing.
#[derive(Debug)]
struct Latest {
    position: i64,
    /// SHA-256 of its document; `None` if it is erased.
    document: Option<Digest>,
    is_found: bool,
}

/// The latest of everything that can be erased, by the subject of its audit.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    latest: HashMap<String, Latest>,
}

impl Documents {
    /// Whether this table holds what can be erased.
    pub(super) fn keeps(table: &Table) -> bool {
        Self::tables().iter().any(|(_, kept)| kept.name == table.name)
    }

    /// The tables of what can be erased, each with how the subjects of its audits begin.
    #[cfg(feature = "town")]
    pub(crate) fn tables() -> Vec<(&'static str, &'static Table)> {
        vec![("member/", PersonRow::table()), ("activity/", TitleRow::table()), ("pin/", PinRow::table())]
    }

    /// Without a town nothing can be erased.
    #[cfg(not(feature = "town"))]
    pub(crate) fn tables() -> Vec<(&'static str, &'static Table)> {
        Vec::new()
    }

    /// Remembers what a record says of something erasable.
    pub(super) fn learn(&mut self, record: &Record) {
        let Some(audit) = record.audit() else { return };
        let document = record.detail.as_ref().map(|detail| sha256(&[detail.document.as_bytes()]));
        let latest = Latest { position: record.position, document, is_found: false };
        self.latest.insert(audit.subject.clone(), latest);
    }

    /// Compares some rows of a table with the latest documents.
    ///
    /// # Errors
    /// The first [`Difference`].
    #[cfg(feature = "town")]
    pub(crate) fn compare(
        &mut self,
        page: &TableRows,
        town: &Town,
        pseudonyms: &HashMap<MemberId, &str>,
    ) -> Result<(), Difference> {
        for row in 0..page.len() {
            let member = |member: MemberId| pseudonyms.get(&member).copied();
            let (subject, position, document) = if std::ptr::eq(page.table, PersonRow::table()) {
                let person: PersonRow = read(page, row)?;
                let document = Box::new(person.clone()).document();
                (member(person.member).map(|name| format!("member/{name}")), person.position, document)
            } else if std::ptr::eq(page.table, TitleRow::table()) {
                let title: TitleRow = read(page, row)?;
                (town.activity(title.activity).map(|code| format!("activity/{code}")), title.position, title.document())
            } else {
                let pin: PinRow = read(page, row)?;
                (member(pin.member).map(|name| format!("pin/{name}")), pin.position, pin.document())
            };
            self.found(page, row, (subject, position, &document))?;
        }
        Ok(())
    }

    #[cfg(feature = "town")]
    fn found(
        &mut self,
        page: &TableRows,
        row: usize,
        (subject, position, document): (Option<String>, i64, &str),
    ) -> Result<(), Difference> {
        let latest = subject.and_then(|subject| self.latest.get_mut(&subject));
        let Some(latest) = latest.filter(|latest| latest.document.is_some() && !latest.is_found) else {
            return Err(Difference::extra(page, row));
        };
        if latest.position != position {
            // The position is the second column of each of these tables.
            return Err(Difference::cell(page, row, 1, &format!("{}, that of its last change", latest.position)));
        }
        if latest.document != Some(sha256(&[document.as_bytes()])) {
            let whole = Difference::extra(page, row);
            let expected = "what the journal has a digest of".to_owned();
            return Err(Difference { found: "other values".to_owned(), expected, ..whole });
        }
        latest.is_found = true;
        Ok(())
    }

    /// Compares what is left after all rows of all these tables.
    ///
    /// # Errors
    /// The first thing that is not erased and not there.
    pub(crate) fn end(&self) -> Result<(), Difference> {
        let lost = self.latest.iter().filter(|(_, latest)| latest.document.is_some() && !latest.is_found);
        let Some((subject, latest)) = lost.min_by_key(|(_, latest)| latest.position) else { return Ok(()) };
        let table = Self::tables().into_iter().find(|(prefix, _)| subject.starts_with(prefix));
        let table = table.map_or("ledger_audit_details", |(_, table)| table.name);
        Err(Difference::at(latest.position, (table, ""), "no row", "what ledger_audit_details has a document of"))
    }
}

#[cfg(feature = "town")]
fn read<R: crate::row::Row>(page: &TableRows, row: usize) -> Result<R, Difference> {
    page.row(row, 0).map_err(|column| misread(page, row, column))
}
