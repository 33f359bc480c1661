//! How a command fails: on standard error it writes the code of the rejection or fault, then a sentence that says what to do.

use std::process::ExitCode;

use baoyulan_ledger::{Error, Fault, Rejection};

/// Says why a command failed.
pub fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(rejection) = rejection_of(error) {
        eprintln!("{}", rejection.code());
    } else if let Some(fault) = fault_of(error) {
        eprintln!("{}", fault.code());
    }
    eprintln!("{error:#}");
    ExitCode::FAILURE
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
