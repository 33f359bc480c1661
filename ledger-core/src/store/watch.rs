//! What this process has seen of the bank, and whether what it is shown now can be the same bank, later.
//!
//! A journal only grows. If it is shorter than it was, or holds another record where one was seen, somebody has put an
//! older copy in its place, or another bank. Whoever went on would issue the same receipt numbers twice. So every
//! reading of the head is compared with what was seen before it began, and after the first contradiction nothing is
//! read or written until the bank is opened again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::head_file::HeadFile;
use crate::defect::Defect;
use crate::fault::Fault;
use crate::proof::Digest;

/// How many sizes a process remembers with their roots.
#[cfg(feature = "sqlite")]
const ROOTS_MAX: usize = 65_536;

/// How far the journal had grown when somebody looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whose journal it is.
    pub bank_id: String,
    /// How many records it had; at least 1.
    pub size: u64,
    /// The root of its tree at that size.
    pub root: Digest,
    /// The leaf of its last record. It hides 16 random bytes, so no other history has the same one.
    pub last_leaf: Digest,
    /// When its last record was posted, in UTC seconds.
    pub posted_at: i64,
}

impl Seen {
    /// Whether a journal of this size and root has not grown as far as this, or otherwise.
    pub fn is_beyond(&self, size: u64, root: &Digest) -> bool {
        self.size > size || self.size == size && self.root != *root
    }
}

/// What a whole process remembers of one bank.
#[derive(Debug, Default)]
pub struct Watch {
    seen: Mutex<Option<Seen>>,
    /// Where it is written down too, if the bank is open for posting.
    head_file: OnceLock<Arc<HeadFile>>,
    /// When the last record was posted that this process has not posted itself, in UTC seconds.
    posted_by_others_at: Mutex<Option<i64>>,
    stopped: OnceLock<Fault>,
    /// Whether the database has refused the last write as one that can only be read.
    has_refused: AtomicBool,
    /// Whether the bank was founded, brought up to date, or added to, while it was being opened.
    has_changed: AtomicBool,
    #[cfg(feature = "sqlite")]
    pub(super) file: tokio::sync::Mutex<Option<super::bank_file::Written>>,
    #[cfg(feature = "sqlite")]
    log: Mutex<super::bank_file::KnownLog>,
    /// The root of the tree at each size that this process has seen and that may still come to stand in a SQLite bank's file.
    #[cfg(feature = "sqlite")]
    roots: Mutex<std::collections::BTreeMap<u64, Digest>>,
    /// What stands in the file, if this process has not seen the journal at that size.
    #[cfg(feature = "sqlite")]
    unproved: Mutex<Option<super::head_file::InFile>>,
}

impl Watch {
    /// The most that was seen; `None` before the first look.
    pub fn seen(&self) -> Option<Seen> {
        self.lock().clone()
    }

    /// When the last record was posted that this process knows of, in UTC seconds.
    pub fn posted_at(&self) -> Option<i64> {
        self.lock().as_ref().map(|seen| seen.posted_at)
    }

    /// The same of the last record that this process has not posted itself: its own say nothing of its clock.
    pub fn posted_by_others_at(&self) -> Option<i64> {
        *self.posted_by_others_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what somebody else has committed, if it is more than was seen before.
    pub fn saw(&self, now: Seen) {
        let posted_at = now.posted_at;
        if self.grew_to(now) {
            let mut by_others = self.posted_by_others_at.lock().unwrap_or_else(PoisonError::into_inner);
            *by_others = (*by_others).max(Some(posted_at));
        }
    }

    /// Remembers what is known to be committed. Whether it is more than was seen before.
    fn grew_to(&self, now: Seen) -> bool {
        let mut seen = self.lock();
        let has_grown = seen.as_ref().is_none_or(|seen| seen.size < now.size);
        if has_grown {
            if let Some(file) = self.head_file.get().filter(|_| !Defect::HeadNotWrittenDown.is_on()) {
                file.write_down(&now);
            }
            #[cfg(feature = "sqlite")]
            self.remember(&now);
            *seen = Some(now);
        }
        has_grown
    }

    #[cfg(feature = "sqlite")]
    fn remember(&self, now: &Seen) {
        let mut roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        roots.insert(now.size, now.root);
        // The log is moved into the file long before; whoever has forgotten a size believes what stands there.
        if roots.len() > ROOTS_MAX {
            roots.pop_first();
        }
    }

    /// Whether the journal may have been what stands in a SQLite bank's file: at this size it had this root, or this process
    /// does not know which one it had, and whoever reads the head next [proves it](Self::unproved). What is smaller will not
    /// stand there any more, and is forgotten.
    #[cfg(feature = "sqlite")]
    pub fn has_been(&self, head: &super::head_file::InFile) -> bool {
        let mut roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        let known = roots.get(&head.size);
        let fits = known.is_none_or(|root| *root == head.root);
        if fits {
            // Before the first look there is nothing into which it must have grown.
            let unproved = (known.is_none() && !roots.is_empty()).then(|| head.clone());
            *self.unproved.lock().unwrap_or_else(PoisonError::into_inner) = unproved;
            *roots = roots.split_off(&head.size);
        }
        fits
    }

    /// What stands in a SQLite bank's file of which nobody here knows yet that it is the beginning of the journal. Also the
    /// smallest size with its root into which it must have grown, up to that of the head that was read.
    #[cfg(feature = "sqlite")]
    pub fn unproved(&self, head: &Seen) -> Option<(super::head_file::InFile, (u64, Digest))> {
        let roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        let in_file = self.unproved.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let grown = (in_file.size <= head.size).then(|| roots.range(in_file.size..=head.size).next()).flatten();
        let grown = grown.map_or((head.size, head.root), |(size, root)| (*size, *root));
        Some((in_file, grown))
    }

    /// Whether something stands in a SQLite bank's file that is [still to be proved](Self::unproved).
    #[cfg(feature = "sqlite")]
    pub fn is_unproved(&self) -> bool {
        self.unproved.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Remembers that this was proved to be the beginning of the journal.
    #[cfg(feature = "sqlite")]
    pub fn proved(&self, in_file: &super::head_file::InFile) {
        // In this order everywhere.
        let mut roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unproved = self.unproved.lock().unwrap_or_else(PoisonError::into_inner);
        roots.insert(in_file.size, in_file.root);
        unproved.take_if(|unproved| unproved == in_file);
    }

    /// Remembers what stands in a SQLite bank's file itself, durably. `false` if there is nowhere to write it down yet.
    #[cfg(feature = "sqlite")]
    pub fn is_in_file(&self, head: &super::head_file::InFile) -> bool {
        let file = self.head_file.get();
        file.inspect(|file| file.note_in_file(head.clone())).is_some()
    }

    /// What is remembered of a SQLite bank's log. Whoever has it is the only one who looks.
    #[cfg(feature = "sqlite")]
    pub fn log(&self) -> MutexGuard<'_, super::bank_file::KnownLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what this process has committed, and then found in its place.
    pub fn committed(&self, now: Seen) {
        #[cfg(feature = "sqlite")]
        self.log().committed(now.size);
        self.grew_to(now);
    }

    /// How far all processes have seen the bank grow, as they have written down last. Whoever asks before they read the head, or
    /// move it, knows a copy from the bank itself: something of it is then [beyond](Seen::is_beyond) what they find.
    pub fn written_down(&self) -> impl Iterator<Item = Seen> + use<> {
        self.head_file.get().map(|file| file.written()).into_iter().flatten().flatten()
    }

    /// From now on, writes down there too what is seen.
    pub fn write_down_in(&self, file: Arc<HeadFile>) {
        // A target is opened for posting once; a second file would be the same one.
        let _ = self.head_file.set(file);
    }

    /// Compares the head that was read now with what was seen `before` the reading began. `leaf` is that of the record
    /// that was the last one then; `None` if there is no such record any more. Remembers the head if it fits.
    ///
    /// # Errors
    /// [`Fault::OtherBank`], [`Fault::RolledBack`]; from then on, always the same one.
    pub fn compare(&self, before: Option<&Seen>, leaf: Option<&Digest>, now: Seen) -> Result<(), Fault> {
        self.go_on()?;
        let Some(before) = before else {
            self.saw(now);
            return Ok(());
        };
        let fault = if before.bank_id != now.bank_id {
            Fault::OtherBank { expected: before.bank_id.clone(), found: now.bank_id }
        } else if now.size < before.size || leaf != Some(&before.last_leaf) && !Defect::HistoryNotCompared.is_on() {
            rolled_back(before, &now)
        } else {
            self.saw(now);
            return Ok(());
        };
        Err(self.stop(fault))
    }

    /// Whether nothing has contradicted what was seen.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn go_on(&self) -> Result<(), Fault> {
        self.stopped.get().map_or(Ok(()), |fault| Err(fault.clone()))
    }

    /// Stops all reading and writing for this reason. Returns the reason for which it was stopped first.
    pub fn stop(&self, fault: Fault) -> Fault {
        if let Some(file) = self.head_file.get() {
            file.leave();
        }
        self.stopped.get_or_init(|| fault).clone()
    }

    /// Notes that the database takes no writes.
    pub fn refused(&self) {
        self.has_refused.store(true, Ordering::Relaxed);
    }

    /// Notes that the database has taken a write.
    pub fn has_written(&self) {
        self.has_refused.store(false, Ordering::Relaxed);
    }

    /// Whether the database has refused the last write.
    pub fn has_refused(&self) -> bool {
        self.has_refused.load(Ordering::Relaxed)
    }

    /// Notes that the bank was changed while it was being opened.
    pub fn changed(&self) {
        self.has_changed.store(true, Ordering::Relaxed);
    }

    /// A fault of opening. If the bank was changed before that, nobody may hear that nothing was.
    pub fn told(&self, fault: Fault) -> Fault {
        if self.has_changed.load(Ordering::Relaxed) { fault.after_change() } else { fault }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Seen>> {
        // What it holds is replaced as a whole, so it is right even after a panic.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says what is missing of a journal of which more was seen.
pub fn rolled_back(seen: &Seen, now: &Seen) -> Fault {
    Fault::RolledBack { size_seen: seen.size, last_seen_at: seen.posted_at, size_found: now.size }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(size: u64, history: u8) -> Seen {
        let last_leaf = [history + u8::try_from(size).unwrap(); 32];
        Seen {
            bank_id: "bank".to_owned(),
            size,
            root: [0; 32],
            last_leaf,
            posted_at: 1000 + i64::try_from(size).unwrap(),
        }
    }

    #[test]
    fn a_journal_that_grows_is_the_same_one() {
        let watch = Watch::default();
        watch.compare(None, None, seen(3, 0)).unwrap();
        let before = watch.seen();
        watch.compare(before.as_ref(), Some(&seen(3, 0).last_leaf), seen(3, 0)).unwrap();
        watch.compare(before.as_ref(), Some(&seen(3, 0).last_leaf), seen(5, 0)).unwrap();
        // A reading that began earlier may end later.
        watch.compare(before.as_ref(), Some(&seen(3, 0).last_leaf), seen(4, 0)).unwrap();
        assert_eq!(watch.seen(), Some(seen(5, 0)));
        assert_eq!(watch.posted_at(), Some(1005));
    }

    #[test]
    fn a_journal_that_shrinks_or_changes_is_refused_for_ever() {
        let other = Seen { bank_id: "another".to_owned(), ..seen(9, 0) };
        for (leaf, now, code) in [
            (None, seen(2, 0), "rolled_back"),
            (Some([99; 32]), seen(3, 100), "rolled_back"),
            (Some([99; 32]), seen(7, 100), "rolled_back"),
            (Some([99; 32]), other, "other_bank"),
        ] {
            let watch = Watch::default();
            watch.saw(seen(3, 0));
            let fault = watch.compare(watch.seen().as_ref(), leaf.as_ref(), now).unwrap_err();
            assert_eq!(fault.code(), code);
            let again = watch.compare(watch.seen().as_ref(), Some(&seen(3, 0).last_leaf), seen(3, 0)).unwrap_err();
            assert_eq!(again.to_string(), fault.to_string(), "it is not believed again");
        }
    }
}
