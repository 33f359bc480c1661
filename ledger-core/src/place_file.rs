//! Beside a bank's private key, `<bank_id>.place` says at which address the bank was last opened for posting. If no bank is there
//! any more, it was moved away, or its disk is not there: whoever made a new one then would go on beside the old one.

use std::io;
use std::path::Path;

use crate::private;

/// How a file of that kind is called, after the bank.
const ENDING: &str = ".place";

/// Notes the address of a bank.
///
/// # Errors
/// The file cannot be written.
pub fn note(folder: &Path, bank_id: &str, address: &str) -> io::Result<()> {
    let path = folder.join(format!("{bank_id}{ENDING}"));
    if read(&path).as_deref() == Some(address) {
        return Ok(());
    }
    private::put(&path, format!("{address}\n").as_bytes()).map(drop)
}

/// A bank that was at this address when it was last opened. What cannot be read says nothing.
pub fn bank_at(folder: &Path, address: &str) -> Option<String> {
    let files = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let mut banks = files.filter_map(|file| {
        let bank = file.file_name().to_str()?.strip_suffix(ENDING)?.to_owned();
        (read(&file.path()).as_deref() == Some(address)).then_some(bank)
    });
    banks.next()
}

fn read(path: &Path) -> Option<String> {
    // Whatever else has such a name, a pipe or a device, is not waited for.
    let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() < 1 << 16);
    let text = is_file.then(|| std::fs::read_to_string(path).ok()).flatten()?;
    Some(text.trim_end_matches('\n').to_owned())
}
