//! How a command fails: a rejection's or fault's code first on standard error, then a sentence that says what to do.

use std::process::ExitCode;

use baoyulan_ledger::{Error, Fault, Rejection};

/// Says why, and ends with 1.
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
        _ => error.downcast_ref(),
    }
}

fn fault_of(error: &anyhow::Error) -> Option<&Fault> {
    match error.downcast_ref::<Error>() {
        Some(Error::Fault(fault)) => Some(fault),
        _ => error.downcast_ref(),
    }
}
