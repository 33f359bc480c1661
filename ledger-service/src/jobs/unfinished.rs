//! Uploads that are unfinished: still arriving, or not imported yet. There may be so many of them, of so many bytes, and one
//! credential may have its part of that, so that nobody fills the disk, nor keeps others from importing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::config::LimitSettings;

/// How many uploads may be unfinished, and how many bytes they may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Quota {
    uploads: usize,
    bytes: u64,
}

/// There is no room for an upload, or for more of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The credential has its part already.
    Own,
    /// Everybody's uploads together are too many.
    All,
}

#[derive(Debug)]
struct Upload {
    credential: String,
    bytes: u64,
}

/// All unfinished uploads, by the id under which they arrive or of their job.
#[derive(Debug, Clone)]
pub struct Unfinished {
    own: Quota,
    all: Quota,
    uploads: Arc<Mutex<HashMap<Uuid, Upload>>>,
}

impl Unfinished {
    pub fn new(limits: &LimitSettings) -> Self {
        let uploads = |number: std::num::NonZeroU32| number.get() as usize;
        Self {
            own: Quota {
                uploads: uploads(limits.unfinished_uploads_per_credential_max),
                bytes: limits.unfinished_bytes_per_credential_max,
            },
            all: Quota { uploads: uploads(limits.unfinished_uploads_max), bytes: limits.unfinished_bytes_max },
            uploads: Arc::default(),
        }
    }

    /// Adds an upload that begins to arrive.
    pub fn begin(&self, id: Uuid, credential: &str) -> Result<(), Full> {
        let mut uploads = self.uploads();
        self.room(&uploads, credential, Quota { uploads: 1, bytes: 0 })?;
        uploads.insert(id, Upload { credential: credential.to_owned(), bytes: 0 });
        Ok(())
    }

    /// Adds bytes that have come.
    pub fn grow(&self, id: Uuid, bytes: u64) -> Result<(), Full> {
        let mut uploads = self.uploads();
        let Some(upload) = uploads.get(&id) else { return Ok(()) };
        self.room(&uploads, &upload.credential, Quota { uploads: 0, bytes })?;
        if let Some(upload) = uploads.get_mut(&id) {
            upload.bytes += bytes;
        }
        Ok(())
    }

    /// An upload that has arrived becomes a job.
    pub fn becomes(&self, arriving: Uuid, job: Uuid) {
        let mut uploads = self.uploads();
        if let Some(upload) = uploads.remove(&arriving) {
            uploads.insert(job, upload);
        }
    }

    /// Adds a job that was kept from before, whether there is room or not.
    pub fn resume(&self, job: Uuid, credential: &str, bytes: u64) {
        self.uploads().insert(job, Upload { credential: credential.to_owned(), bytes });
    }

    pub fn end(&self, id: Uuid) {
        self.uploads().remove(&id);
    }

    fn room(&self, uploads: &HashMap<Uuid, Upload>, credential: &str, more: Quota) -> Result<(), Full> {
        let own = uploads.values().filter(|upload| upload.credential == credential);
        if !fits(own, more, self.own) {
            return Err(Full::Own);
        }
        if fits(uploads.values(), more, self.all) { Ok(()) } else { Err(Full::All) }
    }

    fn uploads(&self) -> MutexGuard<'_, HashMap<Uuid, Upload>> {
        // The list is right at any moment, so what a panic has left is right too.
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fits<'a>(uploads: impl Iterator<Item = &'a Upload>, more: Quota, quota: Quota) -> bool {
    let sum = uploads
        .fold(more, |sum, upload| Quota { uploads: sum.uploads + 1, bytes: sum.bytes.saturating_add(upload.bytes) });
    sum.uploads <= quota.uploads && sum.bytes <= quota.bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_has_its_part_and_all_together_have_theirs() {
        let (own, all) = (Quota { uploads: 2, bytes: 100 }, Quota { uploads: 3, bytes: 150 });
        let unfinished = Unfinished { own, all, uploads: Arc::default() };
        let ids: Vec<Uuid> = (0..9).map(Uuid::from_u128).collect();
        assert_eq!(unfinished.begin(ids[0], "office"), Ok(()));
        unfinished.resume(ids[1], "office", 40);
        assert_eq!(unfinished.begin(ids[2], "office"), Err(Full::Own));
        assert_eq!(unfinished.begin(ids[2], "grid"), Ok(()));
        assert_eq!(unfinished.begin(ids[3], "party"), Err(Full::All));

        assert_eq!(unfinished.grow(ids[0], 61), Err(Full::Own));
        assert_eq!(unfinished.grow(ids[0], 60), Ok(()));
        assert_eq!(unfinished.grow(ids[2], 51), Err(Full::All));
        assert_eq!(unfinished.grow(ids[2], 50), Ok(()));

        // A job is the upload that it was; what has ended leaves its room.
        unfinished.becomes(ids[0], ids[4]);
        unfinished.end(ids[0]);
        assert_eq!(unfinished.begin(ids[5], "office"), Err(Full::Own));
        unfinished.end(ids[4]);
        assert_eq!(unfinished.begin(ids[5], "office"), Ok(()));
        assert_eq!(unfinished.grow(ids[5], 60), Ok(()));
    }
}
