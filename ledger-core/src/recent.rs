//! What a batch adds, and the one before: nobody can read it from the bank yet.

/// What was added in this batch and in the one before, in its order. Nothing is allocated for each of them.
#[derive(Debug, Clone)]
pub struct Recent<T> {
    before: Vec<T>,
    present: Vec<T>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { before: Vec::new(), present: Vec::new() }
    }
}

impl<T> Recent<T> {
    /// Adds what comes next.
    pub(crate) fn push(&mut self, value: T) {
        self.present.push(value);
    }

    /// How many there are of the present batch.
    pub(crate) fn len(&self) -> usize {
        self.present.len()
    }

    /// Forgets those of the present batch after so many.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.present.truncate(length);
    }

    /// Forgets the batch before the present one, which becomes the one before.
    pub(crate) fn begin_batch(&mut self) {
        std::mem::swap(&mut self.before, &mut self.present);
        self.present.clear();
    }

    /// Those whose key is not lower. Keys never fall from one to the next.
    pub(crate) fn since(&self, key: i64, key_of: impl Fn(&T) -> i64) -> impl Iterator<Item = &T> {
        let rest = |batch: &'_ Vec<T>| batch.partition_point(|value| key_of(value) < key);
        self.before[rest(&self.before)..].iter().chain(&self.present[rest(&self.present)..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_batches_are_remembered_in_their_order() {
        let mut recent: Recent<i64> = Recent::default();
        let since = |recent: &Recent<i64>, key| recent.since(key, |value| *value).copied().collect::<Vec<_>>();
        [1, 2, 2].into_iter().for_each(|value| recent.push(value));
        recent.begin_batch();
        [3, 4, 5].into_iter().for_each(|value| recent.push(value));
        assert_eq!((since(&recent, 0), since(&recent, 2)), (vec![1, 2, 2, 3, 4, 5], vec![2, 2, 3, 4, 5]));
        recent.truncate(2);
        assert_eq!((recent.len(), since(&recent, 4)), (2, vec![4]));
        recent.begin_batch();
        assert_eq!((recent.len(), since(&recent, 0)), (0, vec![3, 4]));
        recent.begin_batch();
        assert_eq!(since(&recent, 0), [0; 0]);
    }
}
