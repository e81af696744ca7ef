//! Buckets that several processes take from.

use std::error::Error;

use async_trait::async_trait;

use super::gcra::{Gcra, Taken};
use crate::time::Timestamp;

/// A place that all processes of a deployment reach and that decides by [`Gcra::take`].
#[async_trait]
pub trait SharedBuckets: Send + Sync {
    /// Takes from a bucket as many as there are, up to `wanted` and the quota. Takers that come at once, from whichever process,
    /// are granted together no more than the rule grants.
    async fn take(
        &self,
        bucket: &str,
        rule: Gcra,
        now: Timestamp,
        wanted: u32,
    ) -> Result<Taken, BucketsUnavailable>;

    /// Where they are kept, for log lines: `the database`.
    fn place(&self) -> &'static str;
}

/// The place did not answer, or not with what it was asked for; nothing is known of what it granted.
#[derive(Debug, thiserror::Error)]
#[error("the shared buckets do not answer")]
pub struct BucketsUnavailable(#[source] pub Box<dyn Error + Send + Sync>);
