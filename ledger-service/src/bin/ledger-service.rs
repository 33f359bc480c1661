//! The program. All that it does is in the library beside it, where fuzzing reaches it too.

use std::process::ExitCode;

/// The cells of a batch are made on one thread and freed on another, and the system's allocator is slow at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ledger_service::main()
}
