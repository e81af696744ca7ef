//! How often somebody may ask: quotas with a burst, and the lock of accounts that somebody guesses passwords of.
//!
//! [`Gcra`] and [`SignInFailures`] are arithmetic over one stored instant or count. Storage runs the same formula inside a
//! statement, so that several processes share one bucket; a conformance test holds the two together (docs/adr/0011).
//! Deliberately absent: whose bucket it is, and which requests are of which class; the HTTP layer knows both.

mod gcra;
pub mod jobs;
mod sign_ins;

pub use gcra::{Gcra, Quota, Taken};
pub use sign_ins::{FAILURES_FORGOTTEN_AFTER, FREE_FAILURES, SignInFailures, SignInSubject};
