//! The words of the start page.

use crate::pages::words::{Word, words};

words! {
    Word in "home.ftl":
    HomeTitle,
    HomeLead,
    HomePointsButton,
    HomePointsNote,
    HomeVerifyButton,
    HomeVerifyNote,
    HomeHelp,
    StaffLink,
    ApiLink,
}
