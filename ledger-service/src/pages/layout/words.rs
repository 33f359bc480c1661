//! The words of every page.

use crate::pages::words::{Word, words};

words! {
    Word in "layout.ftl":
    BankName,
    DemoBanner,
    SkipLink,
    TextSizeLabel,
    TextLarge,
    TextLarger,
    TextLargest,
    LanguageLabel,
    FooterNote,
    HomeLink,
    ErrorHeading,
    Reference,
    HoursAndMinutes,
    HoursAlone,
    MinutesAlone,
    OlderButton,
    NewestButton,
}
