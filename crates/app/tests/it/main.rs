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
mod answers;
mod crash;
mod edge;
mod expiry;
mod idempotency;
mod main_job;
mod pages;
mod planted_keys;
mod program;
mod races;
mod races_by_key;
mod session_rules;
mod support;
mod uploads;
