//! What a command says to whoever called it: what was asked for on standard output, all else on standard error.

use std::io::Write;

use page_parts::Language;

use crate::locale;

/// Writes a line to standard output. A reader that has gone away is a failure like any other.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}")?;
    Ok(output.flush()?)
}

/// The same once something is done that must not be done again: a failure says that it is, and what it was.
pub fn print_done(text: &str, done: &str) -> anyhow::Result<()> {
    print(text).map_err(|error| error.context(say_unprinted(locale::language(), done)))
}

fn say_unprinted(language: Language, done: &str) -> String {
    match language {
        Language::SimplifiedChinese => format!("已经办好（{done}），只是没能打印出来，请不要再办一次"),
        Language::TraditionalChinese => format!("已經辦好（{done}），只是沒能印出來，請不要再辦一次"),
        Language::English => format!("it was done ({done}), and only printing it failed; do not do it again"),
    }
}

/// Writes a line to standard error. Where nobody can read it, there is nobody to tell that either.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
