//! The conformance suite of dispatch, without anything between the processes.

use std::sync::Arc;
use std::time::Duration;

use jobs::{SqlDispatch, WorkerConfig};
use testkit::dispatch_suite::{self as suite, Dispatcher, Hall};
use testkit::{TestDatabase, both_databases};

fn hall(database: TestDatabase) -> Hall {
    let dispatcher: Dispatcher = Box::new(|wake| Arc::new(SqlDispatch::new(wake)));
    // A busy machine is no reason to lose leases here.
    let config = WorkerConfig {
        lease: Duration::from_mins(1),
        beat_patience: Duration::from_secs(45),
        ..WorkerConfig::for_testing()
    };
    Hall::new(database, dispatcher, None, config)
}

macro_rules! conforms {
    ($($name:ident),+ $(,)?) => {
        $(
            async fn $name(database: TestDatabase) {
                suite::$name(hall(database)).await.unwrap();
            }
        )+
        both_databases!($($name),+);
    };
}

conforms!(
    jobs_reach_the_worker_of_another_process,
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
    a_paused_queue_waits,
    what_a_dead_process_left_is_published,
    a_publication_that_got_lost_is_found,
    everything_may_be_forgotten,
    jobs_run_without_it_from_the_start,
    it_may_stop_and_start_again,
    it_may_be_full,
    it_may_hang,
);
