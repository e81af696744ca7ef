//! What people do with attempts, once through every statement of it.

use async_trait::async_trait;
use domain::attempts::{
    Abandon, Accommodate, Attempt, AttemptState, Extend, FinishEvaluation, Heartbeat, HistoryFilter,
    MarkServing, NewResponse, OptIn, Release, ResolveRefusedSave, StartAttempt, Submit, Sweep, Take, Touched,
    Viewer, Void,
};
use domain::audit::Actor;
use domain::authoring::Settings;
use domain::authoring::sample_answers::answer_key;
use domain::identity::{Candidate, Staff};
use domain::ids::{AttemptId, DefinitionId, JobId};
use domain::reports::PageRequest;
use domain::reviews::{
    Decide, Decision, InquiryEvent, OpenInquiry, Party, ReviewFilter, ReviewOrder, TakeStep, WaitsFor,
};
use domain::store::{Ctx, StoreError, Tx, UseCase};
use domain::time::Clock as _;
use testkit::builders;

use super::Watched;

impl Watched {
    fn ctx(&self) -> Ctx {
        builders::ctx(&self.database, Actor::System)
    }

    async fn run<U: UseCase>(&self, use_case: &U) -> Result<U::Out, U::Err> {
        self.store.run(use_case, &self.ctx()).await
    }

    async fn track(&self) -> DefinitionId {
        let made = builders::track(
            &self.database,
            "backend",
            builders::bank(),
            Settings::for_tracks(),
        )
        .await;
        made.unwrap().definition.id
    }

    async fn take(&self, candidate: Candidate, definition_id: DefinitionId) -> Attempt {
        let take = Take {
            candidate,
            definition_id,
            access_code: None,
            metadata: None,
        };
        let Ok(Touched::Alive(taken)) = self.run(&take).await else {
            panic!("the track cannot be taken");
        };
        taken.attempt
    }

    /// An answer to every item of the attempt.
    async fn answers(&self, id: AttemptId) -> Vec<NewResponse> {
        let result = self
            .store
            .attempt_result(id, Viewer::Admin)
            .await
            .unwrap()
            .unwrap();
        let answer = |item: domain::attempts::ResultItem| NewResponse {
            item_version_id: item.item.item_version_id,
            answer: answer_key(&item.item.content),
            written_at: Some(self.database.clock.now()),
        };
        result.items.into_iter().map(answer).collect()
    }

    async fn history(&self, viewer: Viewer) {
        let page = PageRequest::new(None, None).unwrap();
        for track in [None, Some("backend".to_owned())] {
            for state in [None, Some(AttemptState::Completed)] {
                let track = track.clone();
                let filter = HistoryFilter {
                    track,
                    state,
                    ..HistoryFilter::default()
                };
                self.store.attempt_history(viewer, &filter, page).await.unwrap();
            }
        }
    }

    /// A person confirms what an inquiry is about, and says so.
    async fn judge(&self, candidate: Candidate, staff: Staff, attempt_id: AttemptId) {
        let release = Release {
            staff,
            attempt_id,
            hold: false,
        };
        self.run(&release).await.unwrap();
        let result = self
            .store
            .attempt_result(attempt_id, Viewer::Admin)
            .await
            .unwrap();
        let item = result.unwrap().items.remove(0);
        let seen = item.counts.unwrap().record.id;
        let open = OpenInquiry {
            candidate,
            attempt_id,
            question: Some(item.item.item_id),
            message: "Why?".to_owned(),
        };
        let inquiry_id = self.run(&open).await.unwrap().id;
        let decide = Decide {
            staff,
            review: seen,
            seen,
            decision: Decision::Confirm { counts: None },
        };
        self.run(&decide).await.unwrap();
        let viewer = Viewer::from(staff);
        assert!(self.store.review(seen, viewer).await.unwrap().is_some());
        let revise = TakeStep {
            by: Party::Staff(staff),
            inquiry_id,
            event: InquiryEvent::Revise,
            message: Some("Because.".to_owned()),
        };
        self.run(&revise).await.unwrap();
        assert!(self.store.inquiry(inquiry_id, viewer).await.unwrap().is_some());
    }

    async fn read(&self, id: AttemptId, viewer: Viewer) {
        assert!(self.store.attempt_status(id, viewer).await.unwrap().is_some());
        assert!(self.store.attempt_result(id, viewer).await.unwrap().is_some());
    }
}

/// By both doors, from what is offered to the result.
pub(super) async fn of_a_candidate(watched: &Watched) {
    let track = watched.track().await;
    let published = builders::publish_sample(&watched.database, Settings::default())
        .await
        .unwrap();
    let candidate = builders::candidate(&watched.database, 1).await.unwrap();
    let owner = Viewer::Owner(candidate.user_id());
    watched
        .store
        .available_assessments(candidate.user_id())
        .await
        .unwrap();
    let attempt = watched.take(candidate, track).await;
    move_on(watched, candidate, &attempt).await;
    watched.read(attempt.id, owner).await;
    watched.history(owner).await;
    let opt_in = OptIn {
        candidate,
        definition_id: published.definition_id,
    };
    let Touched::Alive(other) = watched.run(&opt_in).await.unwrap() else {
        panic!("nothing was open that could expire");
    };
    let start = StartAttempt {
        candidate,
        attempt_id: other.id,
        access_code: None,
    };
    watched.run(&start).await.unwrap();
    let abandon = Abandon {
        candidate,
        attempt_id: other.id,
    };
    watched.run(&abandon).await.unwrap();
    watched
        .store
        .available_assessments(candidate.user_id())
        .await
        .unwrap();
}

/// Saves, a heartbeat, a refused save, and the submission.
async fn move_on(watched: &Watched, candidate: Candidate, attempt: &Attempt) {
    let now = watched.database.clock.now();
    let answers = watched.answers(attempt.id).await;
    let owner = watched.store.attempt_version(attempt.id).await.unwrap().unwrap();
    for answers in [&answers[..1], &answers[..4]] {
        let saved = watched
            .store
            .save_responses(&owner, 0, answers, now)
            .await
            .unwrap();
        assert_eq!(saved.map(|saved| saved.len()), Some(answers.len()));
    }
    watched.database.clock.advance(std::time::Duration::from_mins(2));
    let attempt_id = attempt.id;
    watched
        .run(&Heartbeat {
            candidate,
            attempt_id,
        })
        .await
        .unwrap();
    let refused = ResolveRefusedSave {
        candidate,
        attempt_id,
        section_index: 0,
    };
    watched.run(&refused).await.unwrap();
    watched.take(candidate, attempt.definition_id).await;
    let submit = Submit {
        candidate,
        attempt_id,
        answers,
    };
    watched.run(&submit).await.unwrap();
}

/// More time, the history of their cohorts, voiding, scoring and release.
pub(super) async fn of_an_advisor(watched: &Watched) {
    let track = watched.track().await;
    let candidate = builders::candidate(&watched.database, 1).await.unwrap();
    let staff = builders::advisor(&watched.database, 1).await.unwrap();
    let viewer = Viewer::from(staff);
    let attempt_id = watched.take(candidate, track).await.id;
    let extend = Extend {
        staff,
        attempt_id,
        minutes: 5,
        reason: None,
    };
    watched.run(&extend).await.unwrap();
    let accommodate = Accommodate {
        staff,
        user_id: candidate.user_id(),
        time_factor: 150,
        note: None,
    };
    watched.run(&accommodate).await.unwrap();
    let submit = Submit {
        candidate,
        attempt_id,
        answers: Vec::new(),
    };
    watched.run(&submit).await.unwrap();
    let finish = Finish(FinishEvaluation {
        attempt_id,
        cause: "initial".to_owned(),
        job_id: JobId(attempt_id.0),
    });
    watched.run(&finish).await.unwrap();
    let hold = Release {
        staff,
        attempt_id,
        hold: true,
    };
    watched.run(&hold).await.unwrap();
    watched.read(attempt_id, viewer).await;
    watched.history(viewer).await;
    watched.judge(candidate, staff, attempt_id).await;
    let void = Void {
        staff,
        attempt_id,
        reason: None,
    };
    watched.run(&void).await.unwrap();
}

/// What waits for people, in every order.
pub(super) async fn of_a_marker(watched: &Watched) {
    watched.track().await;
    let staff = builders::advisor(&watched.database, 1).await.unwrap();
    let page = PageRequest::new(None, None).unwrap();
    for viewer in [Viewer::from(staff), Viewer::Admin] {
        for order in ReviewOrder::ALL {
            for reason in [None, Some(WaitsFor::Fail), Some(WaitsFor::Inquiry)] {
                let filter = ReviewFilter {
                    reason,
                    ..ReviewFilter::default()
                };
                watched
                    .store
                    .list_reviews(viewer, (filter, order), page)
                    .await
                    .unwrap();
            }
        }
    }
}

/// A mark, downtime that is given back, and an expiry.
pub(super) async fn of_a_sweep(watched: &Watched) {
    let track = watched.track().await;
    let candidate = builders::candidate(&watched.database, 1).await.unwrap();
    watched.run(&MarkServing).await.unwrap();
    watched.take(candidate, track).await;
    watched.database.clock.advance(std::time::Duration::from_mins(40));
    assert_eq!(watched.run(&SweepOnce).await.unwrap(), 0);
    watched.database.clock.advance(std::time::Duration::from_secs(29));
    watched.run(&MarkServing).await.unwrap();
    for _ in 0..100 {
        watched.database.clock.advance(std::time::Duration::from_secs(29));
        watched.run(&MarkServing).await.unwrap();
    }
    assert_eq!(watched.run(&SweepOnce).await.unwrap(), 1);
}

struct SweepOnce;

#[async_trait]
impl UseCase for SweepOnce {
    const NAME: &'static str = "test.sweep";
    type Out = u32;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<u32, StoreError> {
        Sweep.apply(ctx, tx).await.map(|swept| swept.expired)
    }
}

struct Finish(FinishEvaluation);

#[async_trait]
impl UseCase for Finish {
    const NAME: &'static str = "test.finish_evaluation";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        self.0.apply(ctx, tx).await
    }
}
