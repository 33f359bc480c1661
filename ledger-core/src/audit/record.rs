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
use crate::reject::Rejection;
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
        self.rows.iter().filter(|row| !matches!(row, Effect::Id(_) | Effect::Note(_)))
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
        let rejection: Option<Rejection> = serde_json::from_str(&refused.rejection).ok();
        let written = rejection.and_then(|rejection| serde_json::to_string(&rejection).ok());
        if written.as_ref() != Some(&refused.rejection) {
            return differs("rejection", "a rejection");
        }
        if refused.refused_at.is_none_or(|at| at < founded_at) {
            return differs("refused_at", "an instant since the bank was founded");
        }
    }
    Ok(())
}
