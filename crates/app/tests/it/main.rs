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

mod account_care;
mod accounts;
/// Its tests run with ours.
#[path = "../../examples/answer_coverage/coverage.rs"]
mod answer_coverage;
mod answers;
mod audit;
mod audit_verify;
mod authorization;
mod calibration;
mod canaries;
mod catalog;
mod cohorts;
mod crash;
mod crash_at_commit;
mod edge;
mod erasure;
mod evaluating;
mod events;
mod exemplars;
mod expiry;
mod grading;
mod history;
mod hostile_bodies;
mod hostile_tokens;
mod hostile_uploads;
mod idempotency;
/// As many as the program for measurements opens.
#[path = "../../examples/idle_sockets/sockets.rs"]
mod idle_sockets;
mod inquiries;
mod keys;
mod known_good;
mod llm_scoring;
mod machine_clients;
mod main_job;
mod models;
mod network_headers;
mod network_shapes;
mod network_slow;
mod network_tls;
mod network_uploads;
mod operations;
mod pages;
mod planted_keys;
mod processes;
mod program;
mod questions;
mod races;
mod races_by_key;
mod races_of_doors;
mod rate_limits;
mod recommendations;
mod refusals;
mod refusals_by_state;
mod regrade_killed;
mod regrades;
mod replica;
mod reuse;
mod review;
mod reviews;
mod session_rules;
mod sign_in_attacks;
mod sign_ins_kept;
mod sitting_rules;
mod support;
mod sweep;
mod tables_by_models;
mod time_given;
mod track_door;
mod track_endings;
mod tracks;
mod trusted_scores;
mod uploads;
mod voiding_and_release;
