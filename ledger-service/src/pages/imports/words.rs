//! The words of imports.

use crate::pages::words::{Word, words};

words! {
    Word in "imports.ftl":
    ImportsTitle,
    ImportFiles,
    ImportFilesHint,
    ImportButton,
    ImportFilesWrong,
    ImportListHeading,
    ImportListEmpty,
    ImportTitle,
    ImportRows,
    ImportReloads,
    ReloadButton,
    ImportUploaded,
    ImportAccepted,
    ImportRefused,
    ImportHours,
    ImportPoints,
    ImportRefusedHeading,
    ImportReportButton,
    ImportErrorHeading,
    ImportWarningsHeading,
    StateQueued,
    StateChecking,
    StatePosting,
    StateDone,
    StateFailed,
    BackToImportsLink,
}
