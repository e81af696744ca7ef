//! Every state that the protocol can reach, with the faults it is made for.

use std::time::Instant;

use stateright::{Checker as _, HasDiscoveries, Model, Property};

use super::model::{Action, CLAIMS, Faults, Job, Row, Rules, State, Worker};

/// One clock is right by the rescuer's, one a beat behind, one a beat ahead; who has which makes no difference.
const CLOCKS: [i8; 3] = [-1, 0, 1];

/// Any two of these in one history.
const FAULTS: Faults = Faults {
    crashes: 2,
    freezes: 2,
    lost_beats: 2,
    lost_replies: 1,
    releases: 1,
    outages: 1,
    cancels: 1,
    together: 2,
};

/// More than the longest way from any state to the end of all jobs.
const STEPS: usize = 100;

struct Protocol(Rules);

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(CLOCKS, FAULTS).canonical()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        state.actions(self.0, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        Some(state.after(self.0, action).canonical())
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(ONE_EFFECT, |_, state: &State| {
                state.jobs.iter().all(has_its_effect)
            }),
            Property::always(NO_STALE_WRITE, |_, state: &State| !state.stale_write),
            Property::always(NO_WRONG_CRASH, |_, state: &State| !state.wrong_crash),
            Property::always(LANE_OF_ONE, |_, state: &State| {
                let in_lane = |worker: &Worker| state.suspects_held(*worker) <= 1;
                state.workers.iter().all(in_lane)
            }),
            Property::always(NO_JOB_LOST, |protocol: &Self, state: &State| {
                ends(protocol.0, *state)
            }),
        ]
    }
}

const ONE_EFFECT: &str = "one effect of a job that completed or died, none of any other";
const NO_STALE_WRITE: &str = "no write under an old fence";
const NO_WRONG_CRASH: &str = "no crash counted against a process that beat as it could";
const LANE_OF_ONE: &str = "one suspect at a time in a process";
const NO_JOB_LOST: &str = "every job ends once faults do";

fn has_its_effect(job: &Job) -> bool {
    u8::from(matches!(job.row, Row::Completed | Row::Dead)) == job.effects
}

/// Lets everything that is left happen without further faults, each in its turn, and tells whether the jobs end.
fn ends(rules: Rules, mut state: State) -> bool {
    state.left = Faults::default();
    let turn = |action: &Action| match action {
        Action::DatabaseUp | Action::Resume(_) | Action::Restart(_) => 0,
        Action::Beat(_) => 1,
        Action::Judge(_) | Action::Rescue(_) => 2,
        Action::Complete { .. } => 3,
        Action::Claim { .. } => 4,
        _ => 5,
    };
    let mut actions = Vec::new();
    for _ in 0..STEPS {
        // A job whose last claim that is looked at was given back would be claimed again.
        if state
            .jobs
            .iter()
            .all(|job| job.has_ended() || (job.row == Row::Ready && job.fence == CLAIMS))
        {
            return true;
        }
        actions.clear();
        state.actions(rules, &mut actions);
        let Some(next) = actions.iter().copied().min_by_key(turn) else {
            return false;
        };
        state = state.after(rules, next);
    }
    false
}

#[test]
fn nothing_goes_wrong_in_any_order_of_events() {
    let begun = Instant::now();
    let checker = Protocol(Rules::ALL).checker().threads(2).spawn_bfs().join();
    println!(
        "lease protocol: {} states, {} events at the most, in {:?}",
        checker.unique_state_count(),
        checker.max_depth(),
        begun.elapsed()
    );
    checker.assert_properties();
    assert!(
        checker.unique_state_count() > 100_000,
        "most of the protocol is never reached"
    );
}

#[test]
fn every_rule_of_the_protocol_is_needed() {
    let without = [
        (
            Rules {
                fence: false,
                ..Rules::ALL
            },
            NO_STALE_WRITE,
        ),
        (
            Rules {
                running: false,
                ..Rules::ALL
            },
            ONE_EFFECT,
        ),
        (
            Rules {
                ready: false,
                ..Rules::ALL
            },
            ONE_EFFECT,
        ),
        (
            Rules {
                lane_of_one: false,
                ..Rules::ALL
            },
            LANE_OF_ONE,
        ),
        (
            Rules {
                reconnect_wait: false,
                ..Rules::ALL
            },
            NO_WRONG_CRASH,
        ),
        (
            Rules {
                owner_gone: false,
                ..Rules::ALL
            },
            NO_WRONG_CRASH,
        ),
        (
            Rules {
                rescue: false,
                ..Rules::ALL
            },
            NO_JOB_LOST,
        ),
    ];
    for (rules, broken) in without {
        let checker = Protocol(rules)
            .checker()
            .finish_when(HasDiscoveries::Any)
            .spawn_bfs()
            .join();
        let found: Vec<_> = checker.discoveries().into_keys().collect();
        assert_eq!(found, [broken], "{rules:?}");
    }
}
