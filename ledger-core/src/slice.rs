//! A keyed part of the world that tells what is absent from what nobody has asked for.
//!
//! A rule that reads a key which was never asked for would take "not loaded" for "not there", and accept what it must
//! refuse. So a slice answers such a question with [`Unasked`], which fails the whole batch before anything is written.

use std::borrow::Borrow;
use std::hash::Hash;

use foldhash::fast::RandomState;

use crate::defect::Defect;

/// A rule's keys are short and looked up a dozen times a command. This hash is several times as fast as the standard
/// library's, and seeded at random too, so nobody can send keys that collide.
type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;

/// A rule has read a key of this slice that its `needs` did not ask for: a fault of the program, never of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rule reads {slice} that it has not asked for")]
pub struct Unasked {
    /// The slice's name in the world.
    pub slice: &'static str,
}

/// What is known under a key.
#[derive(Debug, Clone)]
struct Known<V> {
    /// `None`: the bank was asked and has nothing under this key.
    value: Option<V>,
    /// The batch that changed it last, as [`Slice::batch`] counts them; 0: none.
    changed_in: u64,
}

impl<V> Known<V> {
    fn unchanged(value: Option<V>) -> Self {
        Self { value, changed_in: 0 }
    }
}

/// The values that are known of one kind of thing, by key. `W` says how much of a value is wanted, where there is a choice.
#[derive(Debug, Clone)]
pub struct Slice<K, V, W = ()> {
    name: &'static str,
    known: HashMap<K, Known<V>>,
    /// Everything is here, so what is not known does not exist.
    is_whole: bool,
    /// Keys that the store is to look up in the next round.
    wanted: HashMap<K, W>,
    /// Keys whose values the present batch has changed, each once.
    changed: Vec<K>,
    /// The number of the present batch, from 1.
    batch: u64,
    /// What is undone if what comes now is given up.
    undo: Option<Undo<K, V>>,
}

/// A slice as it was, as far as it has changed since.
#[derive(Debug, Clone)]
struct Undo<K, V> {
    /// What was known under each key that has changed; `None`: nothing.
    known: HashMap<K, Option<Known<V>>>,
    /// How many keys the batch had changed.
    changed: usize,
}

impl<K: Clone + Eq + Hash + Ord, V: Clone, W> Slice<K, V, W> {
    /// A slice that holds everything there is; at first nothing.
    pub fn whole(name: &'static str) -> Self {
        Self { is_whole: true, ..Self::partial(name) }
    }

    /// A slice that holds what was asked for; at first nothing.
    pub fn partial(name: &'static str) -> Self {
        Self {
            name,
            known: HashMap::default(),
            is_whole: false,
            wanted: HashMap::default(),
            changed: Vec::new(),
            batch: 1,
            undo: None,
        }
    }

    /// Whether everything there is is here.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Whether nothing is known that is there.
    pub fn is_empty(&self) -> bool {
        self.values().next().is_none()
    }

    /// The value of a key, `None` where there is none.
    ///
    /// # Errors
    /// [`Unasked`] where nobody has looked.
    pub fn get<Q>(&self, key: &Q) -> Result<Option<&V>, Unasked>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        match self.known.get(key) {
            Some(known) => Ok(known.value.as_ref()),
            None if self.is_whole => Ok(None),
            None => Err(self.unasked()),
        }
    }

    /// Whether there is a value under this key.
    ///
    /// # Errors
    /// [`Unasked`] where nobody has looked.
    pub fn has<Q>(&self, key: &Q) -> Result<bool, Unasked>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.get(key).map(|value| value.is_some())
    }

    /// The value, as far as it is known: for what may stay unknown without harm.
    pub fn peek<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.known.get(key).and_then(|known| known.value.as_ref())
    }

    /// The store has read everything there is. Until then a slice that is to be whole knows nothing, and reading it is a
    /// fault like any other.
    pub fn load_whole(&mut self, all: impl IntoIterator<Item = (K, V)>) {
        for (key, value) in all {
            self.load(key, value);
        }
        self.is_whole = true;
    }

    /// Asks for a key: its value, where it is known; otherwise the store looks it up in the next round.
    pub fn ask<Q>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
        W: Default,
    {
        if let Some(known) = self.known.get(key) {
            return known.value.as_ref();
        }
        if !self.is_whole && !self.wanted.contains_key(key) {
            self.wanted.insert(key.to_owned(), W::default());
        }
        None
    }

    /// Asks for a key again, with more of its value than is known; `widen` joins two wishes for the same key.
    pub fn ask_more(&mut self, key: K, how: W, widen: impl FnOnce(&mut W, W)) {
        use std::collections::hash_map::Entry;
        if self.is_whole {
            return;
        }
        match self.wanted.entry(key) {
            Entry::Occupied(mut wanted) => widen(wanted.get_mut(), how),
            Entry::Vacant(wanted) => {
                wanted.insert(how);
            }
        }
    }

    /// Whether the store has something to look up.
    pub fn wants(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// What the store is to look up, in the order of the keys. From here on each of them counts as absent until it is
    /// loaded.
    pub fn take_wanted(&mut self) -> Vec<(K, W)> {
        let mut wanted: Vec<(K, W)> = self.wanted.drain().collect();
        wanted.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        for (key, _) in &wanted {
            self.note(key);
            self.known.entry(key.clone()).or_insert(Known::unchanged(None));
        }
        wanted
    }

    /// The same, where only keys are wanted.
    pub fn take_wanted_keys(&mut self) -> Vec<K> {
        self.take_wanted().into_iter().map(|(key, _)| key).collect()
    }

    /// The store has found this. What is known already stays: a command of this batch, or of the one before, may have changed it.
    pub fn load(&mut self, key: K, value: V) {
        self.load_more(key, value, |_, _| {});
    }

    /// The store has found this; `join` adds it to what is known already.
    pub fn load_more(&mut self, key: K, value: V, join: impl FnOnce(&mut V, V)) {
        self.note(&key);
        let known = self.known.entry(key).or_insert(Known::unchanged(None));
        match &mut known.value {
            Some(known) => join(known, value),
            unknown => *unknown = Some(value),
        }
    }

    /// The store has found out about a key that nobody asked for: its value, or that there is none.
    pub fn learn(&mut self, key: K, value: Option<V>) {
        self.note(&key);
        self.known.entry(key).or_insert(Known::unchanged(value));
    }

    /// Sets a value, as a command has changed it.
    pub fn put(&mut self, key: K, value: V) {
        self.note(&key);
        let known = self.known.entry(key.clone()).or_insert(Known::unchanged(None));
        known.value = Some(value);
        if known.changed_in != self.batch {
            known.changed_in = self.batch;
            self.changed.push(key);
        }
    }

    /// Changes a value that must be known and there.
    ///
    /// # Errors
    /// [`Unasked`] where nobody has looked, or nothing is there.
    pub fn update(&mut self, key: &K, change: impl FnOnce(&mut V)) -> Result<(), Unasked> {
        let unasked = self.unasked();
        self.note(key);
        let known = self.known.get_mut(key).ok_or(unasked)?;
        change(known.value.as_mut().ok_or(unasked)?);
        if known.changed_in != self.batch {
            known.changed_in = self.batch;
            self.changed.push(key.clone());
        }
        Ok(())
    }

    /// Changes a value that must be known, and begins with the default where nothing is there.
    ///
    /// # Errors
    /// [`Unasked`] where nobody has looked.
    pub fn update_or_default(&mut self, key: K, change: impl FnOnce(&mut V)) -> Result<(), Unasked>
    where
        V: Default,
    {
        if !self.has(&key)? {
            self.put(key.clone(), V::default());
        }
        self.update(&key, change)
    }

    /// The keys whose values the present batch has changed, each once, in their order.
    pub fn changed(&mut self) -> Vec<K> {
        self.changed.sort_unstable();
        self.changed.clone()
    }

    /// A new batch begins, which has changed nothing yet.
    pub fn begin_batch(&mut self) {
        self.changed.clear();
        self.batch += 1;
    }

    /// Changes a part of a value that no table keeps, such as the list of an account's changed lots.
    pub fn change_quietly(&mut self, key: &K, change: impl FnOnce(&mut V)) {
        self.note(key);
        if let Some(value) = self.known.get_mut(key).and_then(|known| known.value.as_mut()) {
            change(value);
        }
    }

    /// What changes from here on may be undone: end with [`Self::keep`] or [`Self::undo`].
    pub fn begin_undoable(&mut self) {
        self.undo = Some(Undo { known: HashMap::default(), changed: self.changed.len() });
    }

    /// Keeps what has changed.
    pub fn keep(&mut self) {
        self.undo = None;
    }

    /// Makes the slice what it was, also in what it has looked up.
    pub fn undo(&mut self) {
        let Some(undo) = self.undo.take().filter(|_| !Defect::UndoForgotten.is_on()) else { return };
        for (key, known) in undo.known {
            match known {
                Some(known) => self.known.insert(key, known),
                None => self.known.remove(&key),
            };
        }
        self.changed.truncate(undo.changed);
    }

    /// Notes what is known under a key that is about to change.
    fn note(&mut self, key: &K) {
        if let Some(undo) = &mut self.undo
            && !undo.known.contains_key(key)
        {
            undo.known.insert(key.clone(), self.known.get(key).cloned());
        }
    }

    /// Every value that is known, in no order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.known.values().filter_map(|known| known.value.as_ref())
    }

    /// What this slice says of a key that nobody has asked for.
    pub fn unasked(&self) -> Unasked {
        Unasked { slice: self.name }
    }

    /// Whether more than `keys_max` keys are known. A whole slice never forgets, so there cannot be too many.
    pub fn overflows(&self, keys_max: usize) -> bool {
        !self.is_whole && self.known.len() > keys_max
    }

    /// Forgets everything if more than `keys_max` keys are known: what is needed again is read again. Only what is
    /// committed may be forgotten.
    pub fn evict(&mut self, keys_max: usize) {
        if self.overflows(keys_max) {
            self.known.clear();
            self.changed.clear();
        }
    }
}

/// A part of the world, slice by slice: one line each.
///
/// `whole`: everything is read when the writer is cold, and nothing is ever forgotten. `warm N`: what was asked for, of which
/// at most the N-th part of what the host allows is kept between batches.
macro_rules! slices {
    ($(#[$attribute:meta])* $name:ident {
        $($(#[$slice_attribute:meta])* $slice:ident $(warm $share:literal)? $(whole $whole:tt)?: $key:ty => $value:ty $(, $how:ty)?;)*
    } beside {
        $($(#[$field_attribute:meta])* $field:ident: $type:ty = $first:expr;)*
    }) => {
        $(#[$attribute])*
        #[derive(Debug, Clone)]
        #[allow(missing_docs, reason = "a slice is described where its type does not say it")]
        pub struct $name {
            $($(#[$slice_attribute])* pub $slice: $crate::slice::Slice<$key, $value $(, $how)?>,)*
            $($(#[$field_attribute])* pub $field: $type,)*
        }

        impl $name {
            /// Nothing is known yet; `is_whole`: what will be applied is all there is.
            #[allow(unused_doc_comments, reason = "they are the fields'")]
            fn blank(is_whole: bool) -> Self {
                Self {
                    $($slice: $crate::slice::blank!($slice is_whole),)*
                    $($(#[$field_attribute])* $field: $first,)*
                }
            }

            /// A new batch begins, which has changed nothing yet.
            pub fn slices_begin_batch(&mut self) {
                $(self.$slice.begin_batch();)*
            }

            /// What changes from here on may be undone.
            pub fn slices_begin_undoable(&mut self) {
                $(self.$slice.begin_undoable();)*
            }

            /// Keeps what has changed.
            pub fn slices_keep(&mut self) {
                $(self.$slice.keep();)*
            }

            /// Undoes what has changed.
            pub fn slices_undo(&mut self) {
                $(self.$slice.undo();)*
            }

            /// Whether more than `keys_max` keys of a kind are known.
            pub fn slices_overflow(&self, keys_max: usize) -> bool {
                $(self.$slice.overflows(keys_max $(/ $share)?))||*
            }

            /// Forgets the kinds of which more than `keys_max` keys are known. Only what is committed may be forgotten.
            pub fn evict_slices(&mut self, keys_max: usize) {
                $(self.$slice.evict(keys_max $(/ $share)?);)*
            }

            /// Whether the store has something to look up.
            pub fn slices_want(&self) -> bool {
                $(self.$slice.wants())||*
            }
        }
    };
}

macro_rules! blank {
    ($slice:ident $is_whole:ident) => {
        if $is_whole {
            $crate::slice::Slice::whole(stringify!($slice))
        } else {
            $crate::slice::Slice::partial(stringify!($slice))
        }
    };
}

pub(crate) use {blank, slices};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn absent_and_unasked_are_two_things() {
        let mut slice: Slice<i64, i64> = Slice::partial("pieces_had");
        assert_eq!(slice.get(&1), Err(Unasked { slice: "pieces_had" }));
        assert_eq!(slice.ask(&1), None);
        assert_eq!(slice.take_wanted_keys(), [1]);
        assert_eq!(slice.get(&1), Ok(None));
        slice.load(1, 7);
        assert_eq!(slice.get(&1), Ok(Some(&7)));
        slice.evict(0);
        assert_eq!(slice.get(&1), Err(Unasked { slice: "pieces_had" }));
    }

    #[test]
    fn what_a_command_has_changed_is_not_loaded_over() {
        let mut slice: Slice<i64, i64> = Slice::partial("accounts");
        slice.put(1, 8);
        slice.load(1, 7);
        assert_eq!(slice.get(&1), Ok(Some(&8)));
    }

    #[test]
    fn what_is_undone_was_never_there() {
        let mut slice: Slice<i64, i64> = Slice::partial("accounts");
        slice.put(1, 10);
        slice.learn(2, None);
        let before = slice.clone();
        slice.begin_undoable();
        slice.update(&1, |value| *value += 1).unwrap();
        slice.change_quietly(&1, |value| *value += 1);
        slice.put(2, 20);
        slice.ask(&3);
        slice.take_wanted_keys();
        slice.load(3, 30);
        slice.put(4, 40);
        slice.undo();
        assert_eq!([1, 2, 3, 4].map(|key| slice.get(&key)), [1, 2, 3, 4].map(|key| before.get(&key)));
        assert_eq!(slice.changed(), [1]);
        // What is kept is changed like anything else.
        slice.begin_undoable();
        slice.update(&1, |value| *value += 1).unwrap();
        slice.put(2, 21);
        slice.keep();
        slice.undo();
        assert_eq!((slice.get(&1), slice.get(&2)), (Ok(Some(&11)), Ok(Some(&21))));
        assert_eq!(slice.changed(), [1, 2]);
    }

    proptest! {
        /// The oracle: a map of everything. Whatever is asked for, loaded, changed and forgotten, in any order, a slice
        /// tells what the map holds, or that nobody has asked.
        #[test]
        fn a_slice_never_tells_anything_but_the_truth(steps in prop::collection::vec((0_u8..5, 0_i64..6), 1..60)) {
            let mut truth: HashMap<i64, i64> = (0..3).map(|key| (key, key * 10)).collect();
            let mut slice: Slice<i64, i64> = Slice::partial("accounts");
            for (step, key) in steps {
                match step {
                    0 => { slice.ask(&key); }
                    1 => for key in slice.take_wanted_keys() {
                        if let Some(value) = truth.get(&key) { slice.load(key, *value); }
                    },
                    2 => {
                        let is_known = slice.update_or_default(key, |value| *value += 1).is_ok();
                        if is_known { *truth.entry(key).or_default() += 1; }
                    }
                    3 => slice.evict(2),
                    _ => {}
                }
                for key in 0..6 {
                    if let Ok(known) = slice.get(&key) { prop_assert_eq!(known, truth.get(&key)); }
                }
            }
        }
    }
}
