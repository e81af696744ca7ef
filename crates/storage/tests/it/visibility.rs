//! Who sees which attempt. One by one and in lists the answer is the same.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::attempts::{Attempt, HistoryFilter, OptIn, Viewer};
use domain::authoring::Settings;
use domain::identity::{Candidate, EVERYONE, Staff};
use domain::ids::{AttemptId, CohortId, DefinitionId, UserId};
use domain::reports::PageRequest;
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::{alive, ctx};
use crate::repository::in_tx;

both_databases!(
    candidates_see_their_own_and_admins_see_all,
    advisors_see_everyone_to_begin_with,
    an_assessment_that_is_not_assigned_hides_its_attempts,
    a_candidate_who_left_is_not_seen_any_more,
    an_advisor_who_left_sees_nothing_any_more,
    membership_and_assignment_of_two_cohorts_do_not_add_up,
    one_of_two_cohorts_suffices,
    an_unknown_attempt_is_seen_by_nobody,
);

/// Student 1 has opted in to an assessment; advisor 1 looks on. Neither person is in `everyone`.
struct Ward {
    database: TestDatabase,
    candidate: Candidate,
    advisor: Staff,
    definition: DefinitionId,
    attempt: Attempt,
}

impl Ward {
    async fn new(database: TestDatabase) -> Self {
        let definition = builders::publish_sample(&database, Settings::default())
            .await
            .unwrap()
            .definition_id;
        let candidate = builders::candidate(&database, 1).await.unwrap();
        let advisor = builders::advisor(&database, 1).await.unwrap();
        let attempt = opted_in(&database, candidate, definition).await;
        for user in [candidate.user_id(), advisor.user_id()] {
            in_tx!(database, tx => tx.cohorts().remove_member(EVERYONE, user)).unwrap();
        }
        Self {
            database,
            candidate,
            advisor,
            definition,
            attempt,
        }
    }

    fn student(&self) -> UserId {
        self.candidate.user_id()
    }

    async fn cohort(&self, name: &str, members: &[UserId], assessments: &[DefinitionId]) -> CohortId {
        builders::cohort(&self.database, name, members, assessments)
            .await
            .unwrap()
    }

    async fn advisor_sees(&self) -> bool {
        sees(&self.database, Viewer::from(self.advisor), self.attempt.id).await
    }
}

async fn opted_in(database: &TestDatabase, candidate: Candidate, definition_id: DefinitionId) -> Attempt {
    let opt_in = OptIn {
        candidate,
        definition_id,
    };
    alive(database.store.run(&opt_in, &ctx(database)).await)
}

/// Whether the viewer finds the attempt; every way to read it has to agree.
async fn sees(database: &TestDatabase, viewer: Viewer, id: AttemptId) -> bool {
    let found = in_tx!(database, tx => tx.attempts().find_visible(id, viewer)).unwrap();
    let store = &database.store;
    let status = store.attempt_status(id, viewer).await.unwrap();
    let result = store.attempt_result(id, viewer).await.unwrap();
    let everything = HistoryFilter::default();
    let history = store
        .attempt_history(viewer, &everything, PageRequest::new(None, Some(100)).unwrap())
        .await
        .unwrap();
    assert_eq!(history.total, history.items.len() as u64);
    let listed = history.items.iter().filter(|summary| summary.id == id).count();
    let ways = [status.is_some(), result.is_some(), listed == 1];
    assert_eq!(ways, [found.is_some(); 3], "{viewer:?}");
    found.is_some()
}

async fn candidates_see_their_own_and_admins_see_all(database: TestDatabase) {
    let ward = Ward::new(database).await;
    let stranger = builders::candidate(&ward.database, 2).await.unwrap();
    // Sharing a cohort shows nothing to another candidate.
    let both = [ward.student(), stranger.user_id()];
    ward.cohort("pair", &both, &[ward.definition]).await;
    for (viewer, expected) in [
        (Viewer::Owner(ward.student()), true),
        (Viewer::Owner(stranger.user_id()), false),
        (Viewer::Admin, true),
    ] {
        assert_eq!(
            sees(&ward.database, viewer, ward.attempt.id).await,
            expected,
            "{viewer:?}"
        );
    }
}

async fn advisors_see_everyone_to_begin_with(database: TestDatabase) {
    let ward = Ward::new(database).await;
    let newcomer = builders::candidate(&ward.database, 2).await.unwrap();
    let attempt = opted_in(&ward.database, newcomer, ward.definition).await;
    let advisor = builders::advisor(&ward.database, 2).await.unwrap();
    assert!(sees(&ward.database, Viewer::from(advisor), attempt.id).await);
    assert!(!sees(&ward.database, Viewer::from(advisor), ward.attempt.id).await);
    assert!(!sees(&ward.database, Viewer::from(ward.advisor), attempt.id).await);
    let admin = builders::staff_admin(&ward.database).await.unwrap();
    assert!(sees(&ward.database, Viewer::from(admin), ward.attempt.id).await);
}

async fn an_assessment_that_is_not_assigned_hides_its_attempts(database: TestDatabase) {
    let ward = Ward::new(database).await;
    let people = [ward.student(), ward.advisor.user_id()];
    let other = builders::publish_sample(&ward.database, Settings::default())
        .await
        .unwrap();
    let cohort = ward.cohort("a", &people, &[other.definition_id]).await;
    assert!(!ward.advisor_sees().await);
    let definition = ward.definition;
    in_tx!(ward.database, tx => tx.cohorts().assign(cohort, definition)).unwrap();
    assert!(ward.advisor_sees().await);
    in_tx!(ward.database, tx => tx.cohorts().unassign(cohort, definition)).unwrap();
    assert!(!ward.advisor_sees().await);
    // The owner keeps what is theirs.
    assert!(sees(&ward.database, Viewer::Owner(ward.student()), ward.attempt.id).await);
}

async fn a_candidate_who_left_is_not_seen_any_more(database: TestDatabase) {
    let ward = Ward::new(database).await;
    let people = [ward.student(), ward.advisor.user_id()];
    let cohort = ward.cohort("a", &people, &[ward.definition]).await;
    assert!(ward.advisor_sees().await);
    let student = ward.student();
    in_tx!(ward.database, tx => tx.cohorts().remove_member(cohort, student)).unwrap();
    assert!(!ward.advisor_sees().await);
}

async fn an_advisor_who_left_sees_nothing_any_more(database: TestDatabase) {
    let ward = Ward::new(database).await;
    let people = [ward.student(), ward.advisor.user_id()];
    let cohort = ward.cohort("a", &people, &[ward.definition]).await;
    let advisor = ward.advisor.user_id();
    in_tx!(ward.database, tx => tx.cohorts().remove_member(cohort, advisor)).unwrap();
    assert!(!ward.advisor_sees().await);
    in_tx!(ward.database, tx => tx.cohorts().add_member(cohort, advisor)).unwrap();
    assert!(ward.advisor_sees().await);
    in_tx!(ward.database, tx => tx.cohorts().delete_cohort(cohort)).unwrap();
    assert!(!ward.advisor_sees().await);
}

async fn membership_and_assignment_of_two_cohorts_do_not_add_up(database: TestDatabase) {
    let ward = Ward::new(database).await;
    let (student, advisor) = (ward.student(), ward.advisor.user_id());
    // Each has the assessment, neither has both people; the third has both people and not the assessment.
    ward.cohort("candidates", &[student], &[ward.definition]).await;
    ward.cohort("advisors", &[advisor], &[ward.definition]).await;
    let people = ward.cohort("people", &[student, advisor], &[]).await;
    assert!(!ward.advisor_sees().await);
    let definition = ward.definition;
    in_tx!(ward.database, tx => tx.cohorts().assign(people, definition)).unwrap();
    assert!(ward.advisor_sees().await);
}

async fn one_of_two_cohorts_suffices(database: TestDatabase) {
    let ward = Ward::new(database).await;
    let people = [ward.student(), ward.advisor.user_id()];
    let first = ward.cohort("a", &people, &[ward.definition]).await;
    let second = ward.cohort("b", &people, &[ward.definition]).await;
    // Seen in two ways it is still one attempt.
    assert!(ward.advisor_sees().await);
    in_tx!(ward.database, tx => tx.cohorts().delete_cohort(first)).unwrap();
    assert!(ward.advisor_sees().await);
    in_tx!(ward.database, tx => tx.cohorts().delete_cohort(second)).unwrap();
    assert!(!ward.advisor_sees().await);
}

async fn an_unknown_attempt_is_seen_by_nobody(database: TestDatabase) {
    let ward = Ward::new(database).await;
    let viewers = [
        Viewer::Owner(ward.student()),
        Viewer::Advisor(ward.advisor.user_id()),
        Viewer::Admin,
    ];
    for viewer in viewers {
        assert!(
            !sees(&ward.database, viewer, AttemptId(Uuid::nil())).await,
            "{viewer:?}"
        );
    }
}
