//! The file with a bank's private key. It is named after the bank, only its owner can read
//! it, and no backup of the bank contains it.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

use crate::fault::Fault;
use crate::ordinary;
use crate::private;
use crate::proof::SigningKey;

/// Where the private receipt key of a bank is kept: `<folder>/<bank_id>.receipt-key`.
pub fn path(folder: &Path, bank_id: &str) -> PathBuf {
    folder.join(format!("{bank_id}.receipt-key"))
}

/// A key file that was just made. It is removed again, with the folders that were made for it, unless it is kept.
#[derive(Debug)]
pub struct NewKeyFile {
    path: PathBuf,
    /// The folders that were made for it, the innermost first.
    folders: Vec<PathBuf>,
    is_kept: bool,
}

impl NewKeyFile {
    /// Keeps the file: there is a bank that needs it.
    pub fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for NewKeyFile {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        // If it cannot be removed, it does no harm: no bank has its name.
        let _ = std::fs::remove_file(&self.path);
        for folder in &self.folders {
            // A folder in which somebody has put something meanwhile stays.
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// Writes a new key and syncs it to disk. Call this before you found the bank that names the key.
pub fn create(folder: &Path, bank_id: &str, key: &SigningKey) -> Result<NewKeyFile, Fault> {
    let path = path(folder, bank_id);
    if path.exists() {
        return Err(fault(&path, "it is there already"));
    }
    let missing = folder.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    let folders = missing.map(Path::to_owned).collect();
    // If writing fails, whatever was made goes.
    let file = NewKeyFile { path, folders, is_kept: false };
    write(folder, &file.path, key).map_err(|error| fault(&file.path, &error.to_string()))?;
    Ok(file)
}

fn write(folder: &Path, path: &Path, key: &SigningKey) -> std::io::Result<()> {
    private::create_folder(folder)?;
    let mut file = private::create_new(path)?;
    file.write_all(HEXLOWER.encode(&key.seed()).as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    // Sync the folder too: otherwise the name could be lost though the content is safe.
    File::open(folder)?.sync_all()
}

/// Reads the private half of the bank's key `kid`.
pub fn read(folder: &Path, bank_id: &str, kid: &str) -> Result<SigningKey, Fault> {
    let path = path(folder, bank_id);
    let missing = || Fault::KeyMissing { kid: kid.to_owned(), path: path.display().to_string() };
    let mut text = String::new();
    match ordinary::open(&path) {
        Ok(file) => file.take(1024).read_to_string(&mut text).map_err(|error| fault(&path, &error.to_string()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
        Err(error) => return Err(fault(&path, &error.to_string())),
    };
    let seed: [u8; 32] = HEXLOWER
        .decode(text.trim_end().as_bytes())
        .ok()
        .and_then(|seed| seed.try_into().ok())
        .ok_or_else(|| fault(&path, "it does not hold a key: 64 hexadecimal digits"))?;
    let key = SigningKey::from_seed(&seed);
    if key.public().id() == kid {
        Ok(key)
    } else {
        Err(fault(&path, &format!("it holds the key {}, the bank's is {kid}", key.public().id())))
    }
}

fn fault(path: &Path, reason: &str) -> Fault {
    Fault::KeyFile { path: path.display().to_string(), reason: reason.to_owned() }
}
