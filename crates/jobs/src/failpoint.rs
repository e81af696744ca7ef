//! Named points at which a fault test makes this process hang. Without the feature `failpoints` they are nothing.

#[cfg(feature = "failpoints")]
pub use armed::{reach, reach_blocking, setting};

#[cfg(feature = "failpoints")]
mod armed {
    use std::collections::BTreeMap;
    use std::sync::{LazyLock, Mutex, PoisonError};

    /// `a,b@3` holds the first arrival at `a` and the third one at `b`, and whoever comes after them.
    static ARMED: LazyLock<Mutex<BTreeMap<String, u64>>> = LazyLock::new(|| {
        let listed = setting("TOUCHSTONE_FAILPOINTS").unwrap_or_default();
        let point = |text: &str| match text.split_once('@') {
            Some((name, arrival)) => (name.to_owned(), arrival.parse().unwrap_or(1)),
            None => (text.to_owned(), 1),
        };
        Mutex::new(listed.split(',').map(point).collect())
    });

    /// Hangs for ever when `TOUCHSTONE_FAILPOINTS` (a comma-separated list) names this point; the test then kills the process.
    pub async fn reach(name: &str) {
        if is_armed(name) {
            std::future::pending::<()>().await;
        }
    }

    /// The same where nothing can be awaited: its thread hangs.
    pub fn reach_blocking(name: &str) {
        if is_armed(name) {
            loop {
                std::thread::park();
            }
        }
    }

    /// What a fault test tells this process past its configuration.
    pub fn setting(name: &str) -> Option<String> {
        #[expect(
            clippy::disallowed_methods,
            reason = "fault tests only; not part of the configuration"
        )]
        std::env::var(name).ok()
    }

    fn is_armed(name: &str) -> bool {
        let mut armed = ARMED.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(arrivals) = armed.get_mut(name) else {
            return false;
        };
        *arrivals = arrivals.saturating_sub(1);
        let held = *arrivals == 0;
        if held {
            tracing::warn!(point = name, "a fault test holds this process here");
        }
        held
    }
}

/// Nothing.
#[cfg(not(feature = "failpoints"))]
#[expect(
    clippy::unused_async,
    reason = "has the shape of its twin in fault-test builds"
)]
pub async fn reach(_name: &str) {}

/// Nothing.
#[cfg(not(feature = "failpoints"))]
pub const fn reach_blocking(_name: &str) {}
