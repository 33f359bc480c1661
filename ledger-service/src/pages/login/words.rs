//! The words of logging in and out.

use crate::pages::words::{Word, words};

words! {
    Word in "login.ftl":
    LoginTitle,
    CardNumber,
    LoginCardHint,
    Pin,
    LoginPinHint,
    LoginButton,
    LoginHelp,
    LoginEmpty,
    LoginWrong,
    LoginOver,
    LoginLeft,
    LoginLeftEverywhere,
    LoginNotKept,
    LinkTitle,
    LinkLead,
    LinkUsedTitle,
    LinkUsedText,
    LinkPinButton,
    LogoutButton,
    LogoutEverywhereButton,
    LogoutEverywhereNote,
}
