//! What each event does.

use super::model::{Action, JOBS, LEASE, Owner, POISON, Process, Row, Rules, State, Verdict, bit, small};

impl State {
    /// What the action makes of the state. The action must be one of [`State::actions`].
    pub(crate) fn after(mut self, rules: Rules, action: Action) -> Self {
        match action {
            Action::Tick => self.tick(),
            Action::Beat(worker) => self.beat(worker),
            Action::LoseBeat(worker) => {
                self.left.lost_beats -= 1;
                self.left.together -= 1;
                let worker = &mut self.workers[usize::from(worker)];
                worker.has_beaten = true;
                worker.at_fault = true;
            }
            Action::Claim { worker, job, reply } => self.claim(worker, job, reply),
            Action::Complete {
                worker,
                job,
                fence,
                reply,
            } => {
                self.finish(rules, (worker, job, fence), true, reply);
            }
            Action::Release { worker, job, fence } => {
                self.left.releases -= 1;
                self.left.together -= 1;
                self.finish(rules, (worker, job, fence), false, true);
            }
            Action::Freeze(worker) => {
                self.left.freezes -= 1;
                self.left.together -= 1;
                let worker = &mut self.workers[usize::from(worker)];
                worker.process = Process::Frozen;
                worker.at_fault = true;
            }
            Action::Resume(worker) => self.workers[usize::from(worker)].process = Process::Alive,
            Action::Crash(worker) => {
                self.left.crashes -= 1;
                self.left.together -= 1;
                self.end(worker);
            }
            Action::Restart(worker) => self.restart(worker),
            Action::Cancel(job) => {
                self.left.cancels -= 1;
                self.left.together -= 1;
                self.jobs[usize::from(job)].leave(Row::Cancelled);
            }
            Action::DatabaseDown => {
                self.left.outages -= 1;
                self.left.together -= 1;
                self.database_up = false;
            }
            Action::DatabaseUp => self.database_up = true,
            Action::Judge(job) => self.judge(rules, job),
            Action::Rescue(job) => self.rescue(job),
        }
        self
    }

    /// One beat of time passes. The rescuer looks at least this often, so this is where it learns of an outage.
    fn tick(&mut self) {
        for (index, worker) in self.workers.iter_mut().enumerate() {
            worker.has_beaten = false;
            worker.beat_age = (worker.beat_age + 1).min(LEASE);
            // Nobody can tell when the beat of an idle process comes, so it comes at once: fewer states differ.
            let owns = self
                .jobs
                .iter()
                .any(|job| job.owner == Owner::Worker(small(index)));
            if self.database_up && worker.process == Process::Alive && worker.held == [0; JOBS] && !owns {
                worker.has_beaten = true;
                worker.at_fault = false;
                worker.beat_age = -worker.skew;
            }
        }
        for job in &mut self.jobs {
            if job.row == Row::Running {
                job.lease_left = (job.lease_left - 1).max(-2);
            }
            if let Owner::Gone(age) = &mut job.owner {
                *age = (*age + 1).min(LEASE);
            }
        }
        self.answered = if self.database_up {
            (self.answered + 1).min(LEASE)
        } else {
            -1
        };
    }

    /// Extends by job and owner; the fence comes back with the reply, and what it does not confirm is cancelled. A cancelled
    /// handler may still end its work, so nothing is dropped here.
    fn beat(&mut self, name: u8) {
        let worker = &mut self.workers[usize::from(name)];
        worker.has_beaten = true;
        worker.at_fault = false;
        worker.beat_age = -worker.skew;
        for (job, held) in self.jobs.iter_mut().zip(worker.held) {
            if held != 0 && job.row == Row::Running && job.owner == Owner::Worker(name) {
                job.lease_left = LEASE + worker.skew;
            }
        }
    }

    fn claim(&mut self, name: u8, job: u8, reply: bool) {
        let worker = &mut self.workers[usize::from(name)];
        let row = &mut self.jobs[usize::from(job)];
        row.fence += 1;
        row.row = Row::Running;
        row.owner = Owner::Worker(name);
        row.lease_left = LEASE + worker.skew;
        if row.crashes > 0 {
            row.suspect_claims |= bit(row.fence);
        }
        if reply {
            worker.held[usize::from(job)] |= bit(row.fence);
        } else {
            self.lose_reply();
        }
    }

    fn lose_reply(&mut self) {
        self.left.lost_replies -= 1;
        self.left.together -= 1;
    }

    /// The row and the effect change together or not at all. Without a reply the process asks again.
    fn finish(&mut self, rules: Rules, (worker, job, fence): (u8, u8, u8), done: bool, reply: bool) {
        let row = &mut self.jobs[usize::from(job)];
        let accepted = (row.fence == fence || !rules.fence) && (row.row == Row::Running || !rules.running);
        if accepted {
            self.stale_write |= row.fence != fence;
            if done {
                row.effects = (row.effects + 1).min(2);
                row.leave(Row::Completed);
            } else {
                row.leave(Row::Ready);
            }
        }
        if reply {
            self.workers[usize::from(worker)].held[usize::from(job)] &= !bit(fence);
        } else {
            self.lose_reply();
        }
    }

    fn end(&mut self, name: u8) {
        let worker = &mut self.workers[usize::from(name)];
        worker.process = Process::Ended;
        worker.held = [0; JOBS];
        worker.has_beaten = false;
        worker.at_fault = false;
        for job in &mut self.jobs {
            if job.owner == Owner::Worker(name) {
                job.owner = Owner::Gone(worker.beat_age);
            }
        }
        worker.beat_age = 0;
    }

    /// A new process in the place of one that has ended; it registers before it claims.
    fn restart(&mut self, name: u8) {
        let worker = &mut self.workers[usize::from(name)];
        worker.process = Process::Alive;
        worker.beat_age = -worker.skew;
        worker.has_beaten = true;
    }

    /// Beats since the owner's last one.
    pub(crate) fn owner_age(&self, job: u8) -> i8 {
        match self.jobs[usize::from(job)].owner {
            Owner::Nobody => 0,
            Owner::Gone(age) => age,
            Owner::Worker(name) => self.workers[usize::from(name)].beat_age,
        }
    }

    fn judge(&mut self, rules: Rules, job: u8) {
        let row = &self.jobs[usize::from(job)];
        let deserved = match row.owner {
            Owner::Nobody => return,
            Owner::Gone(_) => true,
            Owner::Worker(name) => self.workers[usize::from(name)].at_fault,
        };
        let age = self.owner_age(job);
        let row = &mut self.jobs[usize::from(job)];
        row.verdict = Some(Verdict {
            fence: row.fence,
            owner_gone: age >= LEASE || !rules.owner_gone,
            deserved,
        });
    }

    fn rescue(&mut self, job: u8) {
        let row = &mut self.jobs[usize::from(job)];
        let Some(verdict) = row.verdict.take() else { return };
        if row.row != Row::Running || row.fence != verdict.fence || row.lease_left >= 0 {
            return;
        }
        if verdict.owner_gone {
            self.wrong_crash |= !verdict.deserved;
            row.crashes += 1;
        }
        if row.crashes >= POISON {
            row.effects = (row.effects + 1).min(2);
            row.leave(Row::Dead);
        } else {
            row.leave(Row::Ready);
        }
    }
}
