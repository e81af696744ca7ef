//! A map that forgets what is worth least when it is full, so that a flood of callers does not take all memory.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use domain::time::Timestamp;

/// Parts that are locked apart.
const SHARDS: usize = 16;

/// Values by key. Each has an instant from which on it is as good as absent.
pub(super) struct BoundedMap<V> {
    shards: [Mutex<HashMap<String, Entry<V>>>; SHARDS],
    hasher: RandomState,
    /// Entries of one shard.
    most: usize,
}

pub(super) struct Entry<V> {
    pub(super) value: V,
    /// From then on it need not be kept.
    pub(super) worthless_at: Timestamp,
}

impl<V> BoundedMap<V> {
    /// Keeps up to `entries`.
    pub(super) fn new(entries: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            most: entries.div_ceil(SHARDS),
        }
    }

    /// Changes the entry of a key, or makes one. `change` must not take long: others wait.
    pub(super) fn update<R>(
        &self,
        key: &str,
        now: Timestamp,
        change: impl FnOnce(Option<&V>) -> (Entry<V>, R),
    ) -> R {
        let shard = &self.shards[self.shard_of(key)];
        // Nothing that holds the lock leaves the map half changed.
        let mut entries = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get_mut(key) {
            let (changed, result) = change(Some(&entry.value));
            *entry = changed;
            return result;
        }
        if entries.len() >= self.most {
            make_room(&mut entries, now, self.most);
        }
        let (made, result) = change(None);
        entries.insert(key.to_owned(), made);
        result
    }

    fn shard_of(&self, key: &str) -> usize {
        // The remainder is below the number of shards.
        usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0)
    }
}

/// Drops what is worthless, and if that is not much, the half that will be so soonest: whoever has asked most is remembered
/// longest. Halves make the cost of one entry constant on the average.
fn make_room<V>(entries: &mut HashMap<String, Entry<V>>, now: Timestamp, most: usize) {
    entries.retain(|_, entry| entry.worthless_at > now);
    let surplus = entries.len().saturating_sub(most / 2);
    if surplus <= most / 4 {
        return;
    }
    let mut instants: Vec<Timestamp> = entries.values().map(|entry| entry.worthless_at).collect();
    let (_, &mut last, _) = instants.select_nth_unstable(surplus - 1);
    let mut to_drop = surplus;
    entries.retain(|_, entry| {
        let goes = to_drop > 0 && entry.worthless_at <= last;
        to_drop -= usize::from(goes);
        !goes
    });
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000);

    impl<V> BoundedMap<V> {
        fn len(&self) -> usize {
            self.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
        }
    }

    /// Gives what was there before.
    fn put(map: &BoundedMap<u32>, key: &str, value: u32, worth: Duration) -> Option<u32> {
        map.update(key, NOW, |before| {
            let entry = Entry {
                value,
                worthless_at: NOW + worth,
            };
            (entry, before.copied())
        })
    }

    #[test]
    fn a_value_stays_until_it_is_changed() {
        let map = BoundedMap::new(100);
        assert_eq!(put(&map, "a", 1, Duration::from_secs(1)), None);
        assert_eq!(put(&map, "a", 2, Duration::from_secs(1)), Some(1));
        assert_eq!(put(&map, "b", 3, Duration::from_secs(1)), None);
        assert_eq!(map.len(), 2);
    }

    #[test]
    fn a_flood_is_bounded_and_does_not_wash_away_who_asked_most() {
        let map = BoundedMap::new(1600);
        put(&map, "busy", 7, Duration::from_mins(1));
        for number in 0..50_000 {
            put(&map, &format!("stranger-{number}"), 1, Duration::from_millis(200));
        }
        assert!((800..=1600).contains(&map.len()), "{}", map.len());
        assert_eq!(put(&map, "busy", 8, Duration::from_mins(1)), Some(7));
    }

    #[test]
    fn what_is_worthless_goes_first() {
        let map = BoundedMap::new(1600);
        for number in 0..400 {
            put(&map, &format!("known-{number}"), number, Duration::from_secs(1));
        }
        for number in 0..20_000 {
            put(&map, &format!("passing-{number}"), 1, Duration::ZERO);
        }
        for number in 0..400 {
            assert_eq!(
                put(&map, &format!("known-{number}"), 0, Duration::ZERO),
                Some(number)
            );
        }
    }
}
