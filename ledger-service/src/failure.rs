//! How a command fails: on standard error it writes the code of the rejection or fault, then a sentence that says what to do.
//! A rejection is said in the words of all doors, in the language that was asked for.

use std::process::ExitCode;

use baoyulan_ledger::proof::ReceiptError;
use baoyulan_ledger::{Error, Fault, Rejection};
use page_parts::{Language, rejection};

use crate::import::fault::Fault as FileFault;
use crate::locale;
use crate::output::say;
use crate::refused_rows::RefusedRow;

/// Says why a command failed.
pub fn report(error: &anyhow::Error) -> ExitCode {
    say(&words(error, locale::language()));
    ExitCode::FAILURE
}

fn words(error: &anyhow::Error, language: Language) -> String {
    if let Some(row) = error.downcast_ref::<RefusedRow>() {
        format!("{}\n{}", row.rejection.code(), row.say(language))
    } else if let Some(rejection) = rejection_of(error) {
        format!("{}\n{}", rejection.code(), rejection::say(language, rejection))
    } else if let Some(fault) = fault_of(error) {
        format!("{}\n{error:#}", fault.code())
    } else if let Some(fault) = error.downcast_ref::<FileFault>() {
        fault.say(language)
    } else if let Some(error) = error.downcast_ref::<ReceiptError>() {
        error.words(language.into())
    } else {
        format!("{error:#}")
    }
}

fn rejection_of(error: &anyhow::Error) -> Option<&Rejection> {
    match error.downcast_ref::<Error>() {
        Some(Error::Rejected(rejection)) => Some(rejection),
        Some(Error::Fault(_)) => None,
        None => error.downcast_ref(),
    }
}

fn fault_of(error: &anyhow::Error) -> Option<&Fault> {
    match error.downcast_ref::<Error>() {
        Some(Error::Fault(fault)) => Some(fault),
        Some(Error::Rejected(_)) => None,
        None => error.downcast_ref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The command line's door: it says of every rejection what all doors say, behind its code.
    #[test]
    fn the_command_line_says_of_every_rejection_what_all_doors_say() {
        for rejection in rejection::examples() {
            for language in Language::ALL {
                let expected = format!("{}\n{}", rejection.code(), rejection::say(language, &rejection));
                assert_eq!(words(&rejection.clone().into(), language), expected);
                assert_eq!(words(&Error::Rejected(rejection.clone()).into(), language), expected);
            }
        }
    }
}
