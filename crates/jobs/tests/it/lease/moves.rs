//! What may happen next.

use super::model::{Action, CLAIMS, JOBS, Job, LEASE, Process, Row, Rules, State, Worker, fences, small};

impl State {
    /// Everything that may happen next.
    pub(crate) fn actions(&self, rules: Rules, actions: &mut Vec<Action>) {
        if self.may_tick() {
            actions.push(Action::Tick);
        }
        for (index, worker) in self.workers.iter().enumerate() {
            self.actions_of(rules, index, *worker, actions);
        }
        for (index, job) in self.jobs.iter().enumerate() {
            self.actions_on(rules, index, job, actions);
        }
        if !self.database_up {
            actions.push(Action::DatabaseUp);
        } else if self.may_fail(self.left.outages) {
            actions.push(Action::DatabaseDown);
        }
    }

    fn may_fail(&self, left: u8) -> bool {
        left > 0 && self.left.together > 0
    }

    /// Time waits for the beats that are due, which real time does because it is slow.
    fn may_tick(&self) -> bool {
        let waits = |worker: &Worker| worker.process == Process::Alive && !worker.has_beaten;
        !self.database_up || !self.workers.iter().any(waits)
    }

    fn actions_of(&self, rules: Rules, index: usize, worker: Worker, actions: &mut Vec<Action>) {
        let name = small(index);
        match worker.process {
            Process::Ended => return actions.push(Action::Restart(name)),
            Process::Frozen => actions.push(Action::Resume(name)),
            Process::Alive if self.may_fail(self.left.freezes) => actions.push(Action::Freeze(name)),
            Process::Alive => {}
        }
        if self.may_fail(self.left.crashes) {
            actions.push(Action::Crash(name));
        }
        if worker.process == Process::Frozen || !self.database_up {
            return;
        }
        if !worker.has_beaten {
            actions.push(Action::Beat(name));
            if self.may_fail(self.left.lost_beats) {
                actions.push(Action::LoseBeat(name));
            }
        }
        let replies = if self.may_fail(self.left.lost_replies) {
            &[true, false][..]
        } else {
            &[true]
        };
        for (job_index, job) in self.jobs.iter().enumerate() {
            let job_name = small(job_index);
            for reply in replies.iter().copied() {
                if self.may_claim(rules, worker, job) {
                    actions.push(Action::Claim {
                        worker: name,
                        job: job_name,
                        reply,
                    });
                }
                for fence in fences(worker.held[job_index]) {
                    actions.push(Action::Complete {
                        worker: name,
                        job: job_name,
                        fence,
                        reply,
                    });
                    if self.may_fail(self.left.releases) {
                        actions.push(Action::Release {
                            worker: name,
                            job: job_name,
                            fence,
                        });
                    }
                }
            }
        }
    }

    fn may_claim(&self, rules: Rules, worker: Worker, job: &Job) -> bool {
        let takes = job.row == Row::Ready || !rules.ready;
        let in_lane = job.crashes == 0 || !rules.lane_of_one || self.suspects_held(worker) == 0;
        takes && in_lane && job.fence < CLAIMS
    }

    /// Claims a process holds that it took as suspects.
    pub(crate) fn suspects_held(&self, worker: Worker) -> u32 {
        (0..JOBS)
            .map(|job| (worker.held[job] & self.jobs[job].suspect_claims).count_ones())
            .sum()
    }

    fn actions_on(&self, rules: Rules, index: usize, job: &Job, actions: &mut Vec<Action>) {
        let name = small(index);
        if !self.database_up {
            return;
        }
        if matches!(job.row, Row::Ready | Row::Running) && self.may_fail(self.left.cancels) {
            actions.push(Action::Cancel(name));
        }
        if job.verdict.is_some() {
            actions.push(Action::Rescue(name));
        } else if rules.rescue
            && job.row == Row::Running
            && job.lease_left < if self.owner_age(name) < LEASE { -1 } else { 0 }
            && (self.answered >= LEASE || !rules.reconnect_wait)
        {
            actions.push(Action::Judge(name));
        }
    }
}
