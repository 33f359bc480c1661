//! What a command prints for whoever called it.

use std::io::Write;

/// Writes a line to standard output. A reader that has gone away is a failure like any other.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}")?;
    Ok(output.flush()?)
}
