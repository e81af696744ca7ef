//! The cases: which fault, and what has to follow.

mod calls;
mod catalogue;
mod commits;
mod cycles;
mod database;
mod injection;
mod outages;
mod races;
mod redis;
mod rescue;
mod restarts;
mod storm;
mod words;
mod workers;

use anyhow::Result;
use futures::future::LocalBoxFuture;

use crate::outcome::Outcome;
use crate::stage::Ground;

type Run = for<'a> fn(&'a Ground) -> LocalBoxFuture<'a, Result<Outcome>>;

/// See the module.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Numbers of the faults and figures that it shows, as the list of faults has them.
    pub(crate) rows: &'static [&'static str],
    pub(crate) about: &'static str,
    /// Whether other cases would notice it, or it them.
    pub(crate) alone: bool,
    pub(crate) run: Run,
}

impl Case {
    /// By its name, or a row that it shows.
    pub(crate) fn is_called(&self, wanted: &str) -> bool {
        self.name == wanted || self.rows.contains(&wanted)
    }
}

macro_rules! case {
    ($name:literal, $rows:expr, $about:literal, $run:path) => {
        case!($name, $rows, $about, $run, false)
    };
    ($name:literal, $rows:expr, $about:literal, $run:path, alone) => {
        case!($name, $rows, $about, $run, true)
    };
    ($name:literal, $rows:expr, $about:literal, $run:path, $alone:literal) => {
        Case {
            name: $name,
            rows: &$rows,
            about: $about,
            alone: $alone,
            run: |ground| Box::pin($run(ground)),
        }
    };
}

/// In the order in which they run: what is quick and basic first.
pub(crate) const CASES: &[Case] = &[
    case!(
        "unacked",
        ["3"],
        "worker killed after the end of a job was committed",
        workers::killed_after_commit
    ),
    case!(
        "published",
        ["4"],
        "API killed after the commit, before anybody heard of the jobs",
        commits::killed_after_commit
    ),
    case!(
        "uncommitted",
        ["5"],
        "API killed before the commit",
        commits::killed_before_commit
    ),
    case!(
        "unanswered",
        ["6"],
        "reply lost after the commit, repeated with the same key",
        commits::reply_lost
    ),
    case!(
        "poison",
        ["54"],
        "a job that aborts its worker every time",
        workers::poison
    ),
    case!(
        "spinning",
        ["55"],
        "a handler that never yields its thread",
        workers::spinning
    ),
    case!(
        "submits",
        ["45"],
        "50 starts, submissions and completions of one attempt at once",
        races::one_attempt
    ),
    case!(
        "one-key",
        ["46"],
        "50 requests with one idempotency key at once",
        races::one_key
    ),
    case!(
        "other-body",
        ["47"],
        "the same key with another body, user or route",
        races::key_reused
    ),
    case!(
        "skew",
        ["17", "18"],
        "clocks of machines 10 minutes apart, and set back an hour",
        workers::clocks
    ),
    case!(
        "serializable",
        ["49"],
        "64 clients on 10 attempts, every transaction SERIALIZABLE",
        storm::serializable,
        alone
    ),
    case!(
        "backends",
        ["10"],
        "every connection of the database ended",
        database::connections_dropped,
        alone
    ),
    case!(
        "old-snapshot",
        ["50"],
        "a transaction left open while jobs run",
        database::old_snapshot,
        alone
    ),
    case!(
        "pg-outage",
        ["8", "R7"],
        "PostgreSQL stopped at once, and back after 30 s",
        database::stopped,
        alone
    ),
    case!(
        "pg-frozen",
        ["9"],
        "every process of PostgreSQL frozen for 30 s",
        database::frozen,
        alone
    ),
    case!(
        "rolling",
        ["53", "R13"],
        "servers and workers replaced one after the other under load",
        restarts::rolling
    ),
    case!(
        "drain",
        ["53"],
        "SIGTERM while jobs run, and a second one",
        restarts::second_signal
    ),
    case!(
        "freezes",
        ["7", "R4"],
        "workers frozen beyond their lease, then resumed",
        rescue::freezes
    ),
    case!(
        "rescue",
        ["R3"],
        "a worker killed; how long until its jobs run again",
        rescue::rescue_time,
        alone
    ),
    case!(
        "kills",
        ["R1", "R2"],
        "kill -9 of workers, API servers and PostgreSQL under load",
        cycles::kills,
        alone
    ),
    case!(
        "backlog",
        ["62"],
        "a long queue, then drained",
        storm::backlog,
        alone
    ),
    case!(
        "duplicates",
        ["15"],
        "one job delivered 50 times by Redis",
        redis::duplicates
    ),
    case!(
        "redis-outage",
        ["11", "R7"],
        "Redis stopped, and back after 30 s",
        redis::stopped
    ),
    case!(
        "flushes",
        ["12", "R6"],
        "FLUSHALL again and again under load",
        redis::flushed
    ),
    case!(
        "old-file",
        ["13"],
        "Redis started with an older file",
        redis::set_back
    ),
    case!(
        "model-down",
        ["20", "R14"],
        "a provider of models fails, resets and hangs",
        outages::model_down
    ),
    case!(
        "model-call",
        ["1", "R5"],
        "worker killed while a language model is asked",
        calls::killed_during_call
    ),
    case!(
        "answer-stored",
        ["2", "R5"],
        "worker killed after a model's answer was kept, before the score",
        calls::killed_after_answer
    ),
    case!(
        "ledger-kills",
        ["S10"],
        "workers killed at random while models are asked",
        calls::killed_at_random
    ),
    case!(
        "rate-storm",
        ["19"],
        "a provider of models refuses 80 % with Retry-After",
        outages::rate_storm
    ),
    case!(
        "budget",
        ["21", "S10"],
        "an account without money, and caps that leave none",
        outages::budget
    ),
    case!(
        "malformed",
        ["22"],
        "what a model says is no verdict, too long or without an end",
        words::malformed
    ),
    case!(
        "injection",
        ["23", "S5"],
        "answers that speak to their grader, and a grader that obeys",
        injection::obeyed
    ),
    case!(
        "catalogue",
        ["24"],
        "entries of the catalogue that speak to a model, and a model that obeys",
        catalogue::poisoned
    ),
    case!("markup", ["25"], "a model that writes pages", words::markup),
    case!("redis-full", ["14"], "Redis out of memory", redis::full),
    case!(
        "shuffled",
        ["16"],
        "deliveries late and out of order",
        redis::shuffled
    ),
    case!(
        "redis-kills",
        ["R1"],
        "kill -9 of Redis and everything else, jobs dispatched by Redis",
        redis::kills,
        alone
    ),
];
