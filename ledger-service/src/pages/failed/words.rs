//! The words of what can go wrong.

use crate::pages::words::{Word, words};

words! {
    Word in "failed.ftl":
    NotFoundTitle,
    NotFoundText,
    ForbiddenTitle,
    ForbiddenText,
    CrossSiteTitle,
    CrossSiteText,
    TooLargeTitle,
    TooLargeText,
    TooManyTitle,
    BusyTitle,
    BusyText,
    BadRequestTitle,
    BadRequestText,
    BrokenTitle,
    BrokenText,
    WaitSeconds,
    WaitMinutes,
}
