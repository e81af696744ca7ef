//! The conformance suite of dispatch, over a Redis of each test's own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use jobs::WorkerConfig;
use outbound::bullmq::{BullMq, BullMqSettings};
use testkit::dispatch_suite::{self as suite, Dispatcher, Hall};
use testkit::redis::{OwnRedis, key_prefix};
use testkit::{TestDatabase, both_databases};

async fn hall(database: TestDatabase, config: WorkerConfig) -> Hall {
    let redis = OwnRedis::start(&["--maxmemory-policy", "noeviction"])
        .await
        .unwrap();
    let settings = BullMqSettings {
        url: redis.url(),
        prefix: key_prefix(),
    };
    let dispatcher: Dispatcher = Box::new(move |wake| Arc::new(BullMq::start(settings.clone(), wake)));
    Hall::new(database, dispatcher, Some(redis), config)
}

/// A busy machine is no reason to lose leases here.
fn unhurried() -> WorkerConfig {
    WorkerConfig {
        lease: Duration::from_mins(1),
        beat_patience: Duration::from_secs(45),
        ..WorkerConfig::for_testing()
    }
}

/// Workers look seldom, so that what runs soon was delivered.
fn relying_on_deliveries() -> WorkerConfig {
    WorkerConfig {
        poll_every: Duration::from_mins(10),
        delivery_patience: Duration::from_hours(1),
        ..unhurried()
    }
}

/// As in production, in fewer seconds.
fn looking_too() -> WorkerConfig {
    WorkerConfig {
        poll_every: Duration::from_millis(100),
        delivery_patience: Duration::from_secs(2),
        ..unhurried()
    }
}

macro_rules! conforms {
    ($config:ident: $($name:ident),+ $(,)?) => {
        mod $config {
            use super::*;

            $(
                async fn $name(database: TestDatabase) {
                    let hall = hall(database, super::$config()).await;
                    suite::$name(hall).await.unwrap();
                }
            )+
            both_databases!($($name),+);
        }
    };
}

conforms!(
    relying_on_deliveries: jobs_reach_the_worker_of_another_process,
    jobs_run_once_with_many_workers,
    fifty_deliveries_of_a_job_run_it_once,
    the_order_of_deliveries_does_not_matter,
    deliveries_of_what_has_ended_come_to_nothing,
    no_job_runs_before_its_time,
    a_busy_worker_leaves_deliveries_to_others,
    a_job_that_was_put_back_is_delivered_again,
    priorities_only_change_the_order,
    no_more_jobs_run_than_there_are_slots,
    a_worker_that_stops_keeps_nothing,
    what_a_dead_process_left_is_published,
    everything_may_be_forgotten,
);

conforms!(
    looking_too: jobs_run_once_with_many_workers,
    fifty_deliveries_of_a_job_run_it_once,
    a_paused_queue_waits,
    a_publication_that_got_lost_is_found,
    everything_may_be_forgotten,
    jobs_run_without_it_from_the_start,
    it_may_stop_and_start_again,
    it_may_be_full,
    it_may_hang,
);
