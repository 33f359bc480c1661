//! The words of the staff's login.

use crate::pages::words::Word;

page_parts::words! {
    Word in "staff.ftl":
    StaffTitle,
    StaffCredential,
    StaffCredentialHint,
    StaffWrong,
    StaffMayNot,
}
