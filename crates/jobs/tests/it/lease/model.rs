//! The lease protocol as a machine of small integers: what the rows say, what each process believes, and what may go wrong.
//!
//! Time is counted in beats. A lease is [`LEASE`] beats; every process has a clock of its own, at most one beat
//! beside the rescuer's, by which it writes leases and beats. Times are kept as what is left of them by the rescuer's clock, so
//! that nothing grows without bound. Between two ticks everything may happen in any order; a tick waits only for those whose
//! beat is due and possible. Delays between tries are left out: a job that is ready may be claimed at once or never.

/// Beats in a lease: 15 s of 5 s.
pub(crate) const LEASE: i8 = 3;
/// A job that was running in this many dying processes is dead.
pub(crate) const POISON: u8 = 3;
/// Claims of one job that are looked at.
pub(crate) const CLAIMS: u8 = 3;
pub(crate) const WORKERS: usize = 3;
pub(crate) const JOBS: usize = 2;

/// What the protocol relies on; each may be taken away to see that the check notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each rule may be taken away by itself"
)]
pub(crate) struct Rules {
    /// A finish counts only for the last claim.
    pub(crate) fence: bool,
    /// A finish counts only while the job is running.
    pub(crate) running: bool,
    /// A claim takes only what is ready.
    pub(crate) ready: bool,
    /// A process runs one job at a time that a dying process was running.
    pub(crate) lane_of_one: bool,
    /// The rescuer judges nobody before the database has answered it for one lease.
    pub(crate) reconnect_wait: bool,
    /// A rescue is a crash only if the owner has stopped beating.
    pub(crate) owner_gone: bool,
    /// The rescuer takes expired claims.
    pub(crate) rescue: bool,
}

impl Rules {
    pub(crate) const ALL: Self = Self {
        fence: true,
        running: true,
        ready: true,
        lane_of_one: true,
        reconnect_wait: true,
        owner_gone: true,
        rescue: true,
    };
}

/// How many faults of each kind there may be in one history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Faults {
    pub(crate) crashes: u8,
    pub(crate) freezes: u8,
    pub(crate) lost_beats: u8,
    pub(crate) lost_replies: u8,
    pub(crate) releases: u8,
    pub(crate) outages: u8,
    pub(crate) cancels: u8,
    /// Of all kinds together.
    pub(crate) together: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Row {
    Ready,
    Running,
    Completed,
    Dead,
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Owner {
    Nobody,
    Worker(u8),
    /// A process that has ended, with the age of its last beat.
    Gone(i8),
}

/// What the rescuer has read of a job and is about to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Verdict {
    pub(crate) fence: u8,
    pub(crate) owner_gone: bool,
    /// Whether the owner really had failed to beat by its own fault.
    pub(crate) deserved: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Job {
    pub(crate) row: Row,
    pub(crate) fence: u8,
    pub(crate) crashes: u8,
    pub(crate) owner: Owner,
    /// Beats left of the lease by the rescuer's clock; negative is expired, and −2 for so long that a living owner loses it.
    pub(crate) lease_left: i8,
    /// Effects that were committed.
    pub(crate) effects: u8,
    pub(crate) verdict: Option<Verdict>,
    /// Fences under which it was claimed as a suspect, as bits.
    pub(crate) suspect_claims: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Process {
    Alive,
    Frozen,
    Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Worker {
    pub(crate) process: Process,
    /// Its clock minus the rescuer's, in beats.
    pub(crate) skew: i8,
    /// Age of its last beat by the rescuer's clock, at most [`LEASE`].
    pub(crate) beat_age: i8,
    /// Whether it has beaten since the last tick, or tried to.
    pub(crate) has_beaten: bool,
    /// Whether, since its last beat, it was frozen or lost one.
    pub(crate) at_fault: bool,
    /// The claims it believes to have: fences as bits, by job.
    pub(crate) held: [u8; JOBS],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) jobs: [Job; JOBS],
    pub(crate) workers: [Worker; WORKERS],
    pub(crate) database_up: bool,
    /// For how many beats the database has answered the rescuer, at most [`LEASE`]; negative before its first look.
    pub(crate) answered: i8,
    pub(crate) left: Faults,
    /// A write under an old fence was accepted.
    pub(crate) stale_write: bool,
    /// A crash was counted against a process that had not stopped.
    pub(crate) wrong_crash: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Tick,
    Beat(u8),
    LoseBeat(u8),
    Claim {
        worker: u8,
        job: u8,
        reply: bool,
    },
    Complete {
        worker: u8,
        job: u8,
        fence: u8,
        reply: bool,
    },
    Release {
        worker: u8,
        job: u8,
        fence: u8,
    },
    Freeze(u8),
    Resume(u8),
    Crash(u8),
    Restart(u8),
    Cancel(u8),
    DatabaseDown,
    DatabaseUp,
    Judge(u8),
    Rescue(u8),
}

impl State {
    /// Everything ready, everybody fresh, with these clocks.
    pub(crate) fn new(skews: [i8; WORKERS], left: Faults) -> Self {
        Self {
            jobs: [Job {
                row: Row::Ready,
                fence: 0,
                crashes: 0,
                owner: Owner::Nobody,
                lease_left: 0,
                effects: 0,
                verdict: None,
                suspect_claims: 0,
            }; JOBS],
            workers: skews.map(|skew| Worker {
                process: Process::Alive,
                skew,
                beat_age: -skew,
                has_beaten: true,
                at_fault: false,
                held: [0; JOBS],
            }),
            database_up: true,
            answered: -1,
            left,
            stale_write: false,
            wrong_crash: false,
        }
    }

    /// The same state with processes and jobs in one order: who is who makes no difference.
    pub(crate) fn canonical(mut self) -> Self {
        for (index, job) in self.jobs.iter_mut().enumerate() {
            let is_held = self.workers.iter().any(|worker| worker.held[index] != 0);
            if job.has_ended() && !is_held {
                (job.fence, job.crashes, job.suspect_claims) = (0, 0, 0);
            }
            if job
                .verdict
                .is_some_and(|verdict| job.row != Row::Running || job.fence != verdict.fence)
            {
                job.verdict = None;
            }
        }
        if self.jobs[1] < self.jobs[0] {
            self.jobs.swap(0, 1);
            for worker in &mut self.workers {
                worker.held.swap(0, 1);
            }
        }
        let mut order = [0, 1, 2];
        let owned = |name: usize| self.jobs.map(|job| job.owner == Owner::Worker(small(name)));
        order.sort_by_key(|name| (self.workers[*name], owned(*name)));
        let mut place = [0; WORKERS];
        for (new, old) in order.iter().enumerate() {
            place[*old] = small(new);
        }
        self.workers = order.map(|old| self.workers[old]);
        for job in &mut self.jobs {
            if let Owner::Worker(name) = &mut job.owner {
                *name = place[usize::from(*name)];
            }
        }
        self
    }
}

impl Job {
    /// Ends the claim. What nobody reads any more is forgotten, so that fewer states differ.
    pub(crate) fn leave(&mut self, row: Row) {
        self.row = row;
        self.owner = Owner::Nobody;
        self.lease_left = 0;
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.row, Row::Completed | Row::Dead | Row::Cancelled)
    }
}

pub(crate) fn bit(fence: u8) -> u8 {
    1 << fence
}

/// The fences in a set of bits.
pub(crate) fn fences(bits: u8) -> impl Iterator<Item = u8> {
    (1..=CLAIMS).filter(move |fence| bits & bit(*fence) != 0)
}

pub(crate) fn small(index: usize) -> u8 {
    u8::try_from(index).unwrap_or(u8::MAX)
}
