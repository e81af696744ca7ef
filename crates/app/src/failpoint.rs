//! Named points at which a fault test makes this process hang. Without the feature `failpoints` they are nothing.

/// Hangs for ever when `TOUCHSTONE_FAILPOINTS` (a comma-separated list) names this point; the test then kills the process.
#[cfg(feature = "failpoints")]
pub(crate) async fn reach(name: &str) {
    if is_armed(name) {
        std::future::pending::<()>().await;
    }
}

/// The same where nothing can be awaited: its thread hangs.
#[cfg(feature = "failpoints")]
pub(crate) fn reach_blocking(name: &str) {
    if is_armed(name) {
        loop {
            std::thread::park();
        }
    }
}

#[cfg(feature = "failpoints")]
fn is_armed(name: &str) -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "fault tests only; not part of the configuration"
    )]
    let listed = std::env::var("TOUCHSTONE_FAILPOINTS").unwrap_or_default();
    let armed = listed.split(',').any(|point| point == name);
    if armed {
        tracing::warn!(point = name, "a fault test holds this process here");
    }
    armed
}

/// Nothing.
#[cfg(not(feature = "failpoints"))]
#[expect(
    clippy::unused_async,
    reason = "has the shape of its twin in fault-test builds"
)]
pub(crate) async fn reach(_name: &str) {}

/// Nothing.
#[cfg(not(feature = "failpoints"))]
pub(crate) const fn reach_blocking(_name: &str) {}
