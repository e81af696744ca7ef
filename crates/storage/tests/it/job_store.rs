//! The conformance suite of the job store.

use testkit::{TestDatabase, both_databases, job_store_suite as suite};

macro_rules! conforms {
    ($($name:ident),+ $(,)?) => {
        $(
            async fn $name(database: TestDatabase) {
                suite::$name(database).await.unwrap();
            }
        )+
        both_databases!($($name),+);
    };
}

conforms!(
    racers_never_share_a_job,
    a_claim_is_leased_and_recorded,
    a_live_twin_is_returned_and_a_failed_one_replaced,
    twins_inserted_at_once_become_one_job,
    jobs_are_claimed_by_age_and_not_before_their_time,
    claims_fill_the_free_slots_of_each_queue,
    a_frozen_worker_cannot_write,
    finishing_twice_applies_once,
    a_refused_effect_rolls_back_everything,
    waiting_does_not_use_attempts_up,
    children_ending_at_once_release_their_parent,
    a_parent_waits_until_every_child_has_ended,
    a_childless_parent_is_found,
    a_job_of_a_dead_process_is_run_again,
    a_lost_claim_of_a_living_process_is_no_crash,
    a_beat_renews_an_expired_unclaimed_lease,
    three_crashes_are_poison,
    suspects_run_in_a_lane_of_one,
    the_rescuer_waits_before_it_judges,
    a_service_has_one_leader,
    tickers_at_once_make_one_job,
    a_tick_makes_a_job_that_is_due,
    missed_ticks_become_one,
    a_live_job_takes_the_place_of_the_next_tick,
    schedules_do_not_disturb_each_other,
    the_next_tick_never_moves_back,
    a_clock_that_jumps_back_delays_one_tick,
    a_worker_ticks_what_it_can_do,
    a_serving_worker_ticks,
    health_follows_the_worker,
    a_done_job_commits_its_output,
    every_answer_leads_to_its_state,
    transient_failures_follow_the_schedule,
    a_refused_commit_is_a_failed_attempt,
    a_deadline_ends_the_work,
    an_unknown_kind_is_put_back,
    concurrency_limits_hold,
    a_commit_wakes_the_worker,
    a_drain_releases_what_does_not_end,
    a_blocking_handler_keeps_its_lease_until_the_deadline,
    a_failing_heartbeat_cancels_the_jobs,
);
