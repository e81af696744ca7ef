//! The history of attempts: filters, viewers, pages, and what a line says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::attempts::{AttemptState, AttemptSummary, HistoryFilter, OptIn, ScoringState, Take, Viewer};
use domain::authoring::{DefinitionKind, Settings};
use domain::identity::{Candidate, EVERYONE};
use domain::ids::{AttemptId, DefinitionId, UserId};
use domain::reports::{Page, PageRequest};
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::{MINUTE, alive, ctx};
use crate::raw;
use crate::repository::in_tx;

both_databases!(
    every_filter_under_every_viewer_gives_what_fits_both,
    the_latest_come_first_in_pages,
    a_line_says_what_it_is_about,
    attempts_at_one_instant_have_one_order,
    attempts_of_a_deleted_track_keep_their_slug,
);

/// Two students, both at a generated assessment and at the track `backend`; advisor 1 sees student 1 at the track only.
struct School {
    database: TestDatabase,
    students: [UserId; 2],
    advisor: UserId,
    generated: DefinitionId,
    track: DefinitionId,
    /// Oldest first: who and what.
    made: Vec<Made>,
}

#[derive(Clone, Copy, Debug)]
struct Made {
    id: AttemptId,
    user: UserId,
    definition: DefinitionId,
    state: AttemptState,
}

impl School {
    async fn new(database: TestDatabase) -> Self {
        let generated = builders::publish_sample(&database, Settings::default())
            .await
            .unwrap()
            .definition_id;
        let track = builders::track(&database, "backend", builders::bank(), Settings::for_tracks())
            .await
            .unwrap();
        let track = track.definition.id;
        let advisor = builders::advisor(&database, 1).await.unwrap().user_id();
        in_tx!(database, tx => tx.cohorts().remove_member(EVERYONE, advisor)).unwrap();
        let candidates = [
            builders::candidate(&database, 1).await.unwrap(),
            builders::candidate(&database, 2).await.unwrap(),
        ];
        let students = candidates.map(Candidate::user_id);
        builders::cohort(&database, "first", &[advisor, students[0]], &[track])
            .await
            .unwrap();
        let mut made = Vec::new();
        for candidate in candidates {
            made.push(opt_in(&database, candidate, generated).await);
            made.push(take(&database, candidate, track).await);
        }
        Self {
            database,
            students,
            advisor,
            generated,
            track,
            made,
        }
    }

    async fn history(&self, viewer: Viewer, filter: &HistoryFilter) -> Page<AttemptSummary> {
        let page = PageRequest::new(None, None).unwrap();
        self.database
            .store
            .attempt_history(viewer, filter, page)
            .await
            .unwrap()
    }

    fn viewers(&self) -> Vec<Viewer> {
        let [one, two] = self.students;
        vec![
            Viewer::Admin,
            Viewer::Owner(one),
            Viewer::Owner(two),
            Viewer::Advisor(self.advisor),
            Viewer::Advisor(UserId(Uuid::nil())),
        ]
    }

    fn filters(&self) -> Vec<HistoryFilter> {
        let mut filters = Vec::new();
        for track in [None, Some("backend"), Some("frontend")] {
            for definition in [None, Some(self.generated), Some(self.track)] {
                for state in [None, Some(AttemptState::OptedIn), Some(AttemptState::InProgress)] {
                    for candidate in [None, Some(self.students[1])] {
                        filters.push(HistoryFilter {
                            track: track.map(ToOwned::to_owned),
                            definition,
                            state,
                            candidate,
                        });
                    }
                }
            }
        }
        filters
    }

    fn is_visible(&self, viewer: Viewer, made: &Made) -> bool {
        match viewer {
            Viewer::Admin | Viewer::Machine => true,
            Viewer::Owner(user) => made.user == user,
            Viewer::Advisor(user) => {
                user == self.advisor && made.user == self.students[0] && made.definition == self.track
            }
        }
    }

    fn fits(&self, filter: &HistoryFilter, made: &Made) -> bool {
        let of_track = |slug: &String| slug == "backend" && made.definition == self.track;
        filter.track.as_ref().is_none_or(of_track)
            && filter
                .definition
                .is_none_or(|definition| definition == made.definition)
            && filter.state.is_none_or(|state| state == made.state)
            && filter.candidate.is_none_or(|candidate| candidate == made.user)
    }
}

async fn opt_in(database: &TestDatabase, candidate: Candidate, definition_id: DefinitionId) -> Made {
    let opt_in = OptIn {
        candidate,
        definition_id,
    };
    database.clock.advance(MINUTE);
    let attempt = alive(database.store.run(&opt_in, &ctx(database)).await);
    Made {
        id: attempt.id,
        user: attempt.user_id,
        definition: definition_id,
        state: attempt.state,
    }
}

async fn take(database: &TestDatabase, candidate: Candidate, definition_id: DefinitionId) -> Made {
    let take = Take {
        candidate,
        definition_id,
        access_code: None,
        metadata: None,
    };
    database.clock.advance(MINUTE);
    let attempt = alive(database.store.run(&take, &ctx(database)).await).attempt;
    Made {
        id: attempt.id,
        user: attempt.user_id,
        definition: definition_id,
        state: attempt.state,
    }
}

fn ids(page: &Page<AttemptSummary>) -> Vec<AttemptId> {
    page.items.iter().map(|summary| summary.id).collect()
}

async fn every_filter_under_every_viewer_gives_what_fits_both(database: TestDatabase) {
    let school = School::new(database).await;
    let mut shown = 0;
    for viewer in school.viewers() {
        for filter in school.filters() {
            let expected = school.made.iter().rev();
            let expected =
                expected.filter(|made| school.is_visible(viewer, made) && school.fits(&filter, made));
            let expected: Vec<AttemptId> = expected.map(|made| made.id).collect();
            let page = school.history(viewer, &filter).await;
            assert_eq!(ids(&page), expected, "{viewer:?} {filter:?}");
            assert_eq!(page.total, expected.len() as u64);
            shown += expected.len();
        }
    }
    assert!(shown > 50, "the filters leave nothing: {shown}");
}

async fn the_latest_come_first_in_pages(database: TestDatabase) {
    let school = School::new(database).await;
    let candidate = builders::candidate(&school.database, 3).await.unwrap();
    let mut expected = Vec::new();
    for _ in 0..21 {
        expected.push(take(&school.database, candidate, school.track).await.id);
        raw::execute(
            &school.database,
            "UPDATE attempts SET state = 'completed', submitted_at = 1",
        )
        .await
        .unwrap();
    }
    expected.reverse();
    let mut read = Vec::new();
    for number in 1..=3 {
        let page = PageRequest::new(Some(number), Some(10)).unwrap();
        let owner = Viewer::Owner(candidate.user_id());
        let store = &school.database.store;
        let page = store
            .attempt_history(owner, &HistoryFilter::default(), page)
            .await
            .unwrap();
        assert_eq!((page.total, page.page), (21, number));
        read.extend(ids(&page));
    }
    assert_eq!(read, expected);
}

async fn a_line_says_what_it_is_about(database: TestDatabase) {
    let school = School::new(database).await;
    let text = "UPDATE attempts SET scoring = 'done', submitted_at = 3, ended_at = 4, released_at = 5,
            degraded_reasons = '[\"unanswered\"]', state = 'completed' WHERE kind = 'track'";
    raw::execute(&school.database, text).await.unwrap();
    let page = school
        .history(Viewer::Owner(school.students[0]), &HistoryFilter::default())
        .await;
    let [track, generated] = page.items.as_slice() else {
        panic!("{page:?}");
    };
    assert_eq!(
        (track.kind, track.track.as_deref()),
        (DefinitionKind::Track, Some("backend"))
    );
    assert_eq!(
        (track.title.as_str(), track.definition_id),
        ("Track backend", school.track)
    );
    assert_eq!(
        (track.state, track.scoring, track.degraded),
        (AttemptState::Completed, ScoringState::Done, true)
    );
    let instants = [track.submitted_at, track.ended_at, track.released_at];
    assert_eq!(instants.map(|at| at.unwrap().as_micros()), [3, 4, 5]);
    assert_eq!(track.started_at, Some(track.opted_in_at));
    assert_eq!(
        (generated.kind, generated.track.as_deref()),
        (DefinitionKind::Generated, None)
    );
    assert_eq!(
        (generated.user_id, generated.degraded),
        (school.students[0], false)
    );
    assert_eq!((generated.started_at, generated.ended_at), (None, None));
}

async fn attempts_at_one_instant_have_one_order(database: TestDatabase) {
    let school = School::new(database).await;
    raw::execute(&school.database, "UPDATE attempts SET opted_in_at = 7")
        .await
        .unwrap();
    let read = ids(&school.history(Viewer::Admin, &HistoryFilter::default()).await);
    let mut sorted = read.clone();
    sorted.sort();
    sorted.reverse();
    assert_eq!((read.len(), read), (4, sorted));
}

async fn attempts_of_a_deleted_track_keep_their_slug(database: TestDatabase) {
    let school = School::new(database).await;
    raw::execute(&school.database, "UPDATE tracks SET deleted_at = 1")
        .await
        .unwrap();
    let of_track = HistoryFilter {
        track: Some("backend".to_owned()),
        ..HistoryFilter::default()
    };
    let page = school.history(Viewer::Admin, &of_track).await;
    assert_eq!(page.total, 2);
    assert!(
        page.items
            .iter()
            .all(|summary| summary.track.as_deref() == Some("backend"))
    );
}
