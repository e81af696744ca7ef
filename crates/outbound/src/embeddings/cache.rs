//! Embeddings computed lately: the same reference answer is compared with hundreds of answers.

use std::collections::{HashMap, VecDeque};

use domain::embedding::Embedding;
use sha2::{Digest as _, Sha256};

/// SHA-256 of a text; texts themselves are personal data and not kept.
pub(super) type Key = [u8; 32];

/// A bounded map from texts to embeddings; the oldest entry goes first. One entry takes 1.6 kB.
pub(super) struct Cache {
    entries: HashMap<Key, Embedding>,
    order: VecDeque<Key>,
    capacity: usize,
}

impl Cache {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
            capacity,
        }
    }

    pub(super) fn key(text: &str) -> Key {
        Sha256::digest(text.as_bytes()).into()
    }

    pub(super) fn get(&self, key: &Key) -> Option<Embedding> {
        self.entries.get(key).cloned()
    }

    pub(super) fn put(&mut self, key: Key, embedding: Embedding) {
        if self.entries.insert(key, embedding).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::embedding::LexicalHash;

    use super::*;

    #[test]
    fn the_oldest_entry_makes_room() {
        let mut cache = Cache::new(2);
        for word in ["one", "two", "two", "three"] {
            cache.put(Cache::key(word), LexicalHash::vector(word).unwrap());
        }
        assert_eq!(cache.get(&Cache::key("one")), None);
        for word in ["two", "three"] {
            let expected = LexicalHash::vector(word).unwrap();
            assert_eq!(cache.get(&Cache::key(word)), Some(expected));
        }
        assert_eq!((cache.entries.len(), cache.order.len()), (2, 2));
    }
}
