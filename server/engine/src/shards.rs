//! A map whose clones share what neither of them changes: a snapshot is taken after every keystroke, and a keystroke
//! changes one entry.

use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};

/// A hash map in parts of about [`FULL`] entries. A change copies one part, if a clone shares it.
#[derive(Clone, Debug)]
pub(crate) struct Shards<K, V> {
    /// None, or a power of two.
    parts: Vec<Arc<FxHashMap<K, V>>>,
    len: usize,
}

const FULL: usize = 64;

impl<K, V> Default for Shards<K, V> {
    fn default() -> Self {
        Shards {
            parts: Vec::new(),
            len: 0,
        }
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Shards<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.parts.get(self.part(key))?.get(key)
    }

    pub(crate) fn contains(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.parts.iter().flat_map(|part| part.iter())
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// What a key had before.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.grow();
        let old = self.part_of(&key)?.insert(key, value);
        self.len += usize::from(old.is_none());
        old
    }

    /// What a key had.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        if !self.contains(key) {
            return None;
        }
        self.len -= 1;
        self.part_of(key)?.remove(key)
    }

    /// Changes what a key has; where it has nothing, an empty value.
    pub(crate) fn change(&mut self, key: &K, change: impl FnOnce(&mut V))
    where
        V: Default,
    {
        if !self.contains(key) {
            self.insert(key.clone(), V::default());
        }
        if let Some(value) = self.part_of(key).and_then(|part| part.get_mut(key)) {
            change(value);
        }
    }

    fn part(&self, key: &K) -> usize {
        if self.parts.len() < 2 {
            return 0;
        }
        // The low bits choose the place within a part.
        let hash = FxBuildHasher.hash_one(key).rotate_left(20);
        hash as usize & (self.parts.len() - 1)
    }

    fn part_of(&mut self, key: &K) -> Option<&mut FxHashMap<K, V>> {
        let part = self.part(key);
        self.parts.get_mut(part).map(Arc::make_mut)
    }

    /// Makes room for one more.
    fn grow(&mut self) {
        if self.parts.is_empty() {
            self.parts.push(Arc::default());
        }
        if self.len < FULL * self.parts.len() {
            return;
        }
        let old = std::mem::take(&mut self.parts);
        self.parts = (0..2 * old.len()).map(|_| Arc::default()).collect();
        for part in old {
            for (key, value) in Arc::unwrap_or_clone(part) {
                if let Some(part) = self.part_of(&key) {
                    part.insert(key, value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shards;

    #[test]
    fn it_is_a_map() {
        let mut map = Shards::default();
        for n in 0..10_000_u64 {
            assert_eq!(map.insert(n * 7, n), None);
        }
        assert_eq!(map.insert(70, 1), Some(10));
        let before = map.clone();
        assert_eq!(map.remove(&70), Some(1));
        assert_eq!(map.remove(&70), None);
        map.change(&77, |n| *n += 1);
        map.change(&1, |n| *n += 1);
        assert_eq!(
            (map.get(&77), map.get(&1), map.get(&70)),
            (Some(&12), Some(&1), None)
        );
        assert_eq!(
            (before.get(&77), before.get(&1), before.get(&70)),
            (Some(&11), None, Some(&1))
        );
        assert_eq!(
            (map.iter().count(), before.keys().count()),
            (10_000, 10_000)
        );
    }

    #[test]
    fn a_change_copies_one_part() {
        let mut map = Shards::default();
        for n in 0..10_000_u64 {
            map.insert(n, n);
        }
        let before = map.clone();
        map.insert(5, 6);
        let shared = map.parts.iter().zip(&before.parts);
        let copied = shared.filter(|(a, b)| !std::sync::Arc::ptr_eq(a, b));
        assert_eq!(copied.count(), 1);
        let largest = map.parts.iter().map(|part| part.len()).max();
        assert!(largest < Some(4 * super::FULL), "{largest:?}");
    }
}
