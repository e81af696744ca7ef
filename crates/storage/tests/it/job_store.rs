//! The conformance suite of the job store.

use testkit::{Backend, TestDatabase, both_databases, job_store_suite as suite};

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
    an_emptied_lane_hides_no_other,
    what_becomes_ready_here_is_looked_for_at_once,
    a_frozen_worker_cannot_write,
    finishing_twice_applies_once,
    a_refused_effect_rolls_back_everything,
    waiting_does_not_use_attempts_up,
    a_batch_of_ends_is_judged_one_by_one,
    a_batch_releases_its_parents,
    a_delivery_that_is_early_is_still_to_be_claimed,
    a_locked_row_holds_up_no_other_delivery,
    ends_with_effects_take_turns,
    jobs_that_write_nothing_end_together,
    children_ending_at_once_release_their_parent,
    a_parent_waits_until_every_child_has_ended,
    a_childless_parent_is_found,
    a_lost_job_in_the_way_delays_no_other,
    parents_are_looked_for_once_a_minute,
    what_could_not_be_taken_for_long_is_taken_in_the_end,
    a_refused_end_counts_all_the_same,
    an_error_with_a_zero_in_it_is_kept,
    a_commit_that_takes_too_long_is_a_failed_attempt,
    an_outage_costs_no_attempt,
    a_finish_in_somebodys_way_keeps_its_lease,
    a_claim_renews_itself,
    a_late_result_that_cannot_be_noted_is_let_go,
    a_corrected_rhythm_does_not_wait_for_the_old_one,
    a_serving_worker_corrects_its_schedules,
    a_job_of_a_dead_process_is_run_again,
    a_lost_claim_of_a_living_process_is_no_crash,
    a_beat_beside_the_claim_does_not_hide_a_crash,
    overdue_work_of_a_living_process_is_taken_from_it,
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
    claims_at_once_stand_by_themselves,
    a_commit_wakes_the_worker,
    a_drain_releases_what_does_not_end,
    a_blocking_handler_keeps_its_lease_until_the_deadline,
    a_failing_heartbeat_cancels_the_jobs,
    a_transient_dead_letter_comes_back_three_times,
    permanent_and_poison_dead_letters_are_left,
    the_class_is_that_of_the_last_error,
    a_person_puts_a_dead_letter_back,
    a_dead_letter_with_a_live_twin_stays,
    putting_back_at_once_is_putting_back_once,
    many_dead_letters_are_put_back_together,
    a_parent_put_back_waits_for_its_children,
    a_family_put_back_together_keeps_its_order,
    the_retrier_is_one_process,
    a_queued_job_is_cancelled_at_once,
    a_dead_letter_is_dismissed,
    cancelling_releases_the_parent,
    cancelling_leaves_children_to_the_next_parent,
    a_cancelled_claim_is_refused_everything,
    the_handler_of_a_cancelled_job_is_told,
    cancelling_races_the_end,
    a_paused_queue_is_claimed_by_nobody,
    a_resumed_queue_begins_at_once,
    a_higher_priority_comes_first,
    an_old_job_overtakes_new_ones_of_higher_priority,
    a_batch_is_merged_by_turns,
    nothing_starves,
    a_large_assessment_does_not_block_small_ones,
    old_jobs_are_removed_with_their_claims,
    a_parent_is_removed_after_its_children,
    silent_processes_are_forgotten,
);

/// SQLite has one lock for everything.
#[tokio::test]
async fn a_locked_job_is_left_for_a_later_look() {
    let database = TestDatabase::new(Backend::Postgres).await.unwrap();
    suite::a_locked_job_is_left_for_a_later_look(database)
        .await
        .unwrap();
}
