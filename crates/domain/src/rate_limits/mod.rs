//! How often somebody may ask: quotas with a burst, and the lock of accounts that somebody guesses passwords of.
//!
//! [`Gcra`] and [`SignInFailures`] are arithmetic over one stored instant or count. Databases and Redis run the same
//! formula inside a statement or script ([`SharedBuckets`]), so that several processes share one bucket; a conformance suite
//! holds them together (docs/adr/0011).
//! Deliberately absent: whose bucket it is, and which requests are of which class; the HTTP layer knows both.

mod gcra;
pub mod jobs;
mod shared;
mod sign_ins;

pub use gcra::{Gcra, Quota, Taken};
pub use shared::{BucketsUnavailable, SharedBuckets};
pub use sign_ins::{FAILURES_FORGOTTEN_AFTER, FREE_FAILURES, SignInFailures, SignInSubject};
