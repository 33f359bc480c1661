//! Beside a bank's private key, `<bank_id>.place` says at which address the bank was last opened for posting. If no bank is there
//! any more, it was moved away, or its disk is not there: whoever made a new one then would go on beside the old one. The second
//! line names the file's own folder: in a copy of that folder it says nothing.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::{ordinary, private};

/// How a file of that kind is called, after the bank.
const ENDING: &str = ".place";
/// Every file of that kind is shorter.
const BYTES_MAX: u64 = 1 << 16;

/// Notes the address of a bank. Whatever other bank was there is not there any more.
///
/// # Errors
/// The file cannot be written.
pub fn note(folder: &Path, bank_id: &str, address: &str) -> io::Result<()> {
    for other in banks_at(folder, address).filter(|bank| bank != bank_id) {
        std::fs::remove_file(path_of(folder, &other))?;
    }
    if address_of(folder, bank_id).as_deref() == Some(address) {
        return Ok(());
    }
    private::put(&path_of(folder, bank_id), format!("{address}\n{}\n", name_of(folder)).as_bytes()).map(drop)
}

/// Where a bank was when it was last opened. What cannot be read says nothing.
pub fn address_of(folder: &Path, bank_id: &str) -> Option<String> {
    read(&path_of(folder, bank_id))
}

/// The banks that were at this address when they were last opened.
pub fn banks_at(folder: &Path, address: &str) -> impl Iterator<Item = String> {
    let files = std::fs::read_dir(folder).ok().into_iter().flatten().filter_map(Result::ok);
    files.filter_map(move |file| {
        let bank = file.file_name().to_str()?.strip_suffix(ENDING)?.to_owned();
        (read(&file.path()).as_deref() == Some(address)).then_some(bank)
    })
}

fn name_of(folder: &Path) -> String {
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned()).display().to_string()
}

fn path_of(folder: &Path, bank_id: &str) -> PathBuf {
    folder.join(format!("{bank_id}{ENDING}"))
}

fn read(path: &Path) -> Option<String> {
    let mut file = ordinary::open(path).ok()?;
    let is_short = file.metadata().is_ok_and(|metadata| metadata.len() < BYTES_MAX);
    let mut text = String::new();
    is_short.then(|| file.read_to_string(&mut text).ok()).flatten()?;
    let mut lines = text.split('\n');
    let (address, folder) = (lines.next()?, lines.next().filter(|folder| !folder.is_empty()));
    // An earlier version wrote the address alone.
    let is_here = folder.is_none_or(|folder| path.parent().is_some_and(|here| name_of(here) == folder));
    is_here.then(|| address.to_owned())
}
