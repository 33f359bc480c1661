//! What every record has: its own row, an id, a note, and the digest of what stands beside it.

use crate::audit::Difference;
use crate::audit::feed::misread;
use crate::bank::OPENING_KINDS;
use crate::command::{Channel, KINDS};
use crate::effect::Effect;
use crate::poster::AuditDetailRow;
use crate::proof::chain::ReceiptRow;
use crate::proof::record::{AuditRow, FORMAT, NoteRow, OutcomeRow, RecordRow};
use crate::proof::sha256;
use crate::reject::AtomicRejected;
use crate::store::rows::TableRows;
use crate::text::{is_code, shown};

/// A record as the tables hold it.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) position: i64,
    pub(super) own: RecordRow,
    /// Its rows, sorted.
    pub(super) rows: Vec<Effect>,
    pub(super) receipt: Option<ReceiptRow>,
    pub(super) detail: Option<AuditDetailRow>,
}

impl Record {
    /// Something of its own row.
    pub(super) fn differs(
        &self,
        column: &'static str,
        found: impl std::fmt::Display,
        expected: impl std::fmt::Display,
    ) -> Difference {
        Difference::at(self.position, ("ledger_records", column), found, expected)
    }

    /// Its rows, without those that say how it was sent.
    pub(super) fn meaning(&self) -> impl Iterator<Item = &Effect> {
        self.rows.iter().filter(|row| !matches!(row, Effect::Id(_) | Effect::Note(_) | Effect::Batch(_)))
    }

    /// Its audit row.
    pub(super) fn audit(&self) -> Option<&AuditRow> {
        self.rows.iter().find_map(|row| if let Effect::Audit(row) = row { Some(row) } else { None })
    }

    /// Checks what does not depend on the records before it, but for the time of the last one.
    pub(super) fn check(&self, last_posted_at: i64) -> Result<(), Difference> {
        let RecordRow { format, kind, posted_at, actor, channel, .. } = &self.own;
        if *format != FORMAT {
            return Err(self.differs("format", format, FORMAT));
        }
        if !KINDS.iter().chain(OPENING_KINDS).any(|known| **known == **kind) {
            return Err(self.differs("kind", shown(kind), "the letters of a command"));
        }
        if *posted_at < last_posted_at {
            return Err(self.differs("posted_at", posted_at, format!("no earlier than {last_posted_at}")));
        }
        if !is_code(actor, 64) {
            return Err(self.differs("actor", shown(actor), "a code"));
        }
        if !Channel::ALL.iter().any(|known| known.number() == *channel) {
            return Err(self.differs("channel", channel, "the number of a door"));
        }
        self.check_note()?;
        self.check_detail()
    }

    fn check_note(&self) -> Result<(), Difference> {
        for row in &self.rows {
            let Effect::Note(NoteRow { on_behalf_of, device, reason }) = row else { continue };
            if [on_behalf_of, device, reason].iter().all(|text| text.is_empty()) {
                return Err(Difference::at(self.position, ("ledger_notes", ""), "an empty note", "none"));
            }
        }
        Ok(())
    }

    /// What stands beside the record has the digest that the record keeps. It may be erased.
    fn check_detail(&self) -> Result<(), Difference> {
        let Some(AuditDetailRow { salt, document, .. }) = &self.detail else { return Ok(()) };
        let table = "ledger_audit_details";
        let Some(audit) = self.audit() else {
            return Err(Difference::at(self.position, (table, ""), "a row", "none"));
        };
        if sha256(&[salt, document.as_bytes()]) == audit.digest {
            return Ok(());
        }
        let expected = "salt and document of the digest in ledger_audits";
        Err(Difference::at(self.position, (table, ""), "others", expected))
    }
}

/// Records that were posted together: the first says how many they are, and they have one time, one sender and one id.
#[derive(Debug, Default)]
pub(super) struct Together {
    /// How many records come yet, and the own row of the first; `None` if the next one stands alone or is a first one.
    rest: Option<(i64, RecordRow)>,
}

impl Together {
    /// Checks whether a record is where it may be.
    pub(super) fn check(&mut self, record: &Record) -> Result<(), Difference> {
        let batch = record.rows.iter().find_map(|row| if let Effect::Batch(row) = row { Some(row) } else { None });
        let place = |column| ("ledger_batches", column);
        let Some((left, first)) = self.rest.take() else {
            let Some(batch) = batch else { return Ok(()) };
            if batch.records < 2 {
                return Err(Difference::at(record.position, place("records"), batch.records, "at least 2"));
            }
            self.rest = Some((batch.records - 1, record.own.clone()));
            return Ok(());
        };
        if batch.is_some() {
            return Err(Difference::at(
                record.position,
                place(""),
                "a row",
                "none: it was posted with those before it",
            ));
        }
        if record.rows.iter().any(|row| matches!(row, Effect::Id(_))) {
            let expected = "none: it has that of the records before it";
            return Err(Difference::at(record.position, ("ledger_outcomes", ""), "an id", expected));
        }
        let RecordRow { posted_at, actor, channel, .. } = &first;
        if record.own.posted_at != *posted_at {
            return Err(record.differs("posted_at", record.own.posted_at, posted_at));
        }
        if record.own.actor != *actor {
            return Err(record.differs("actor", shown(&record.own.actor), actor));
        }
        if record.own.channel != *channel {
            return Err(record.differs("channel", record.own.channel, channel));
        }
        self.rest = (left > 1).then_some((left - 1, first));
        Ok(())
    }

    /// Checks that nothing is missing after the last record.
    pub(super) fn end(&self, position: i64) -> Result<(), Difference> {
        match &self.rest {
            Some((left, _)) => {
                Err(Difference::at(position, ("ledger_records", ""), "no row", format!("{left} more, posted together")))
            }
            None => Ok(()),
        }
    }
}

/// Checks the ids of refused commands: each has a reason and a time. No record knows of them.
///
/// # Errors
/// The first [`Difference`].
pub(crate) fn check_refused(page: &TableRows, founded_at: i64) -> Result<(), Difference> {
    for row in 0..page.len() {
        let refused: OutcomeRow = page.row(row, 0).map_err(|column| misread(page, row, column))?;
        let differs = |name: &str, expected: &str| {
            let column = page.table.columns().position(|column| column.name == name).unwrap_or(0);
            Err(Difference::cell(page, row, column, expected))
        };
        if !is_code(&refused.credential, 64) {
            return differs("credential", "a code");
        }
        let rejected: Option<AtomicRejected> = serde_json::from_str(&refused.rejection).ok();
        let written = rejected.and_then(|rejected| serde_json::to_string(&rejected).ok());
        if written.as_ref() != Some(&refused.rejection) {
            return differs("rejection", "a rejection");
        }
        if refused.refused_at.is_none_or(|at| at < founded_at) {
            return differs("refused_at", "an instant since the bank was founded");
        }
    }
    Ok(())
}
