//! The service as its clients meet it: a real listener, real databases, a clock set by hand.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

/// Declares one test per database: `on_both_databases!(name)` where `name` is `async fn(Backend)`.
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(testkit::Backend::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(testkit::Backend::Postgres).await;
            })+
        }
    };
}

mod accounts;
/// Its tests run with ours.
#[path = "../../examples/answer_coverage/coverage.rs"]
mod answer_coverage;
mod answers;
mod cohorts;
mod crash;
mod edge;
mod events;
mod exemplars;
mod expiry;
mod history;
mod idempotency;
mod known_good;
mod main_job;
mod pages;
mod planted_keys;
mod program;
mod questions;
mod races;
mod races_by_key;
mod races_of_doors;
mod refusals;
mod refusals_by_state;
mod session_rules;
mod sitting_rules;
mod support;
mod sweep;
mod time_given;
mod track_door;
mod track_endings;
mod tracks;
mod uploads;
mod voiding_and_release;
