//! The words of the page without a network.

use crate::pages::words::{Word, words};

words! {
    Word in "offline.ftl":
    OfflineTitle,
    OfflineText,
    OfflineBalanceButton,
}
