//! The journal's Merkle tree (RFC 6962, RFC 9162 §2.1). It grows leaf by leaf at its right-hand edge.
//!
//! The bank stores the interior nodes at levels 8, 16, 24 …, which are the tile hashes of C2SP tlog-tiles, and the
//! records hold the leaves. A proof then needs at most 256 hashes per level. The journal's head holds the edge: the
//! roots of the perfect subtrees that make up the tree.

use super::{Digest, sha256};

/// How many levels a tile has: it covers 2⁸ nodes.
pub const TILE_LEVELS: u32 = 8;

/// Hashes a leaf: `SHA-256(0x00 ‖ entry)`.
pub fn leaf_hash(entry: &[u8]) -> Digest {
    sha256(&[&[0x00], entry])
}

/// Hashes an interior node: `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    sha256(&[&[0x01], left, right])
}

/// The root of a complete tile. It never changes again, so the bank stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct TileRoot {
    /// 8, 16, 24 …; leaves are at level 0.
    pub level: u32,
    /// The node's place among those of its level, from 0 on the left.
    pub index: u64,
    pub hash: Digest,
}

/// The right-hand edge of a tree. It is all you need to add a leaf and to compute the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the perfect subtrees, largest first: one for each bit set in `size`.
    peaks: Vec<Digest>,
}

impl Frontier {
    /// Reads a stored edge. `None` if `peaks` does not hold 32 bytes for each bit set in `size`.
    pub fn from_parts(size: u64, peaks: &[u8]) -> Option<Self> {
        let (peaks, rest) = peaks.as_chunks::<32>();
        (rest.is_empty() && peaks.len() == size.count_ones() as usize).then(|| Self { size, peaks: peaks.to_vec() })
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the perfect subtrees, largest first, joined for storing.
    pub fn peaks(&self) -> Vec<u8> {
        self.peaks.concat()
    }

    /// The tree's root. An empty tree's root is SHA-256 of nothing (RFC 9162 §2.1.1).
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        let Some(smallest) = peaks.next() else { return sha256(&[]) };
        peaks.fold(*smallest, |right, left| node_hash(left, &right))
    }

    /// Adds a leaf's hash, and calls `completed` for every tile that it completes.
    pub fn push(&mut self, leaf: Digest, mut completed: impl FnMut(TileRoot)) {
        let mut hash = leaf;
        let mut level = 0;
        // Each trailing one bit of the size stands for a perfect subtree, which now pairs with the new leaf's subtree.
        while self.size >> level & 1 == 1 {
            // The bit says that there is a peak, so `default` is never used.
            hash = node_hash(&self.peaks.pop().unwrap_or_default(), &hash);
            level += 1;
            if level % TILE_LEVELS == 0 {
                completed(TileRoot { level, index: self.size >> level, hash });
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This is MTH of RFC 9162 §2.1.1, word for word.
    fn naive_root(leaves: &[Digest]) -> Digest {
        match leaves.len() {
            0 => sha256(&[]),
            1 => leaves[0],
            length => {
                let split = 1 << (length - 1).ilog2();
                node_hash(&naive_root(&leaves[..split]), &naive_root(&leaves[split..]))
            }
        }
    }

    #[test]
    fn every_size_has_the_root_and_the_tiles_of_the_standard() {
        let leaves: Vec<Digest> = (0_u32..1100).map(|number| leaf_hash(&number.to_be_bytes())).collect();
        let mut frontier = Frontier::default();
        let mut tiles = Vec::new();
        for (size, leaf) in leaves.iter().enumerate() {
            assert_eq!(frontier.root(), naive_root(&leaves[..size]));
            assert_eq!(Frontier::from_parts(size as u64, &frontier.peaks()).as_ref(), Some(&frontier));
            frontier.push(*leaf, |tile| tiles.push(tile));
        }
        let expected: Vec<TileRoot> = leaves
            .chunks_exact(256)
            .enumerate()
            .map(|(index, tile)| TileRoot { level: 8, index: index as u64, hash: naive_root(tile) })
            .collect();
        assert_eq!(tiles, expected);
    }

    #[test]
    fn a_head_with_missing_peaks_is_refused() {
        assert_eq!(Frontier::from_parts(3, &[0; 32]), None);
        assert_eq!(Frontier::from_parts(1, &[0; 31]), None);
    }
}
