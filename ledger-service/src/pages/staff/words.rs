//! The words of the staff's login.

use crate::pages::words::{Word, words};

words! {
    Word in "staff.ftl":
    StaffTitle,
    StaffCredential,
    StaffCredentialHint,
    StaffWrong,
    StaffMayNot,
}
