//! Named points at which a fault test makes this process hang. Without the feature `failpoints` they are nothing.

/// Hangs for ever when `TOUCHSTONE_FAILPOINTS` (a comma-separated list) names this point; the test then kills the process.
#[cfg(feature = "failpoints")]
pub(crate) async fn reach(name: &str) {
    #[expect(
        clippy::disallowed_methods,
        reason = "fault tests only; not part of the configuration"
    )]
    let listed = std::env::var("TOUCHSTONE_FAILPOINTS").unwrap_or_default();
    if listed.split(',').any(|point| point == name) {
        tracing::warn!(point = name, "a fault test holds this process here");
        std::future::pending::<()>().await;
    }
}

/// Nothing.
#[cfg(not(feature = "failpoints"))]
#[expect(
    clippy::unused_async,
    reason = "has the shape of its twin in fault-test builds"
)]
pub(crate) async fn reach(_name: &str) {}
