//! What a candidate is offered.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::attempts::OptIn;
use domain::authoring::{AvailableAssessment, DefinitionKind, Mix, Settings};
use domain::identity::{Candidate, EVERYONE};
use domain::ids::DefinitionId;
use domain::time::Clock as _;
use testkit::{TestDatabase, both_databases, builders};

use crate::attempt_scene::{MINUTE, alive, ctx};
use crate::raw;
use crate::repository::in_tx;
use crate::track_scene::TrackScene;

both_databases!(
    an_offer_says_what_the_candidate_has_to_know,
    only_what_is_assigned_to_a_cohort_of_theirs_is_offered,
    two_cohorts_offer_an_assessment_once,
    drafts_and_archived_assessments_are_not_offered,
    what_is_used_up_is_offered_while_it_is_open,
    a_track_offers_what_it_draws,
);

async fn offers(database: &TestDatabase, candidate: Candidate) -> Vec<AvailableAssessment> {
    database
        .store
        .available_assessments(candidate.user_id())
        .await
        .unwrap()
}

async fn offered(database: &TestDatabase, candidate: Candidate) -> Vec<DefinitionId> {
    offers(database, candidate)
        .await
        .into_iter()
        .map(|offer| offer.definition_id)
        .collect()
}

async fn published(database: &TestDatabase, settings: Settings) -> DefinitionId {
    builders::publish_sample(database, settings)
        .await
        .unwrap()
        .definition_id
}

async fn an_offer_says_what_the_candidate_has_to_know(database: TestDatabase) {
    let now = database.clock.now();
    let settings = Settings {
        time_limit_minutes: Some(50),
        max_attempts: Some(3),
        opens_at: Some(now + MINUTE),
        closes_at: Some(now + 90 * MINUTE),
        access_code: Some("let me in".to_owned()),
        ..Settings::default()
    };
    let definition_id = published(&database, settings).await;
    let candidate = builders::candidate(&database, 1).await.unwrap();
    let opt_in = OptIn {
        candidate,
        definition_id,
    };
    let attempt = alive(database.store.run(&opt_in, &ctx(&database)).await);
    let expected = AvailableAssessment {
        definition_id,
        title: "Transactions".to_owned(),
        kind: DefinitionKind::Generated,
        sections: 2,
        items: 9,
        time_limit_minutes: Some(50),
        attempts_left: Some(2),
        open_attempt: Some(attempt.id),
        opens_at: Some(now + MINUTE),
        closes_at: Some(now + 90 * MINUTE),
        needs_access_code: true,
        slug: None,
    };
    assert_eq!(offers(&database, candidate).await, [expected]);
}

async fn only_what_is_assigned_to_a_cohort_of_theirs_is_offered(database: TestDatabase) {
    let first = published(&database, Settings::default()).await;
    let second = published(&database, Settings::default()).await;
    let insider = builders::candidate(&database, 1).await.unwrap();
    let outsider = builders::candidate(&database, 2).await.unwrap();
    let (inside, outside) = (insider.user_id(), outsider.user_id());
    in_tx!(database, tx => tx.cohorts().remove_member(EVERYONE, outside)).unwrap();
    assert_eq!(offered(&database, outsider).await, []);
    builders::cohort(&database, "small", &[outside], &[second])
        .await
        .unwrap();
    assert_eq!(offered(&database, outsider).await, [second]);
    in_tx!(database, tx => tx.cohorts().unassign(EVERYONE, second)).unwrap();
    assert_eq!(offered(&database, insider).await, [first]);
    in_tx!(database, tx => tx.cohorts().remove_member(EVERYONE, inside)).unwrap();
    assert_eq!(offered(&database, insider).await, []);
}

async fn two_cohorts_offer_an_assessment_once(database: TestDatabase) {
    let first = published(&database, Settings::default()).await;
    let candidate = builders::candidate(&database, 1).await.unwrap();
    for name in ["a", "b"] {
        builders::cohort(&database, name, &[candidate.user_id()], &[first])
            .await
            .unwrap();
    }
    assert_eq!(offered(&database, candidate).await, [first]);
    database.clock.advance(MINUTE);
    let second = published(&database, Settings::default()).await;
    assert_eq!(
        offered(&database, candidate).await,
        [second, first],
        "newest first"
    );
}

async fn drafts_and_archived_assessments_are_not_offered(database: TestDatabase) {
    let candidate = builders::candidate(&database, 1).await.unwrap();
    builders::draft(&database, vec![builders::every_kind()])
        .await
        .unwrap();
    builders::track(&database, "empty", Vec::new(), Settings::for_tracks())
        .await
        .unwrap();
    assert_eq!(offered(&database, candidate).await, []);
    let definition = published(&database, Settings::default()).await;
    assert_eq!(offered(&database, candidate).await, [definition]);
    let archive = "UPDATE assessment_definitions SET status = 'archived' WHERE status = 'published'";
    raw::execute(&database, archive).await.unwrap();
    assert_eq!(offered(&database, candidate).await, []);
}

async fn what_is_used_up_is_offered_while_it_is_open(database: TestDatabase) {
    let definition_id = published(&database, Settings::default()).await;
    let candidate = builders::candidate(&database, 1).await.unwrap();
    let other = builders::candidate(&database, 2).await.unwrap();
    let opt_in = OptIn {
        candidate,
        definition_id,
    };
    let attempt = alive(database.store.run(&opt_in, &ctx(&database)).await);
    for (state, open) in [
        ("opted_in", true),
        ("in_progress", true),
        ("expired", false),
        ("failed", false),
    ] {
        let text = format!("UPDATE attempts SET state = '{state}', started_at = 1, last_activity_at = 1");
        raw::execute(&database, &text).await.unwrap();
        let offers = offers(&database, candidate).await;
        let expected: Vec<_> = open.then_some((Some(attempt.id), Some(0))).into_iter().collect();
        let offers: Vec<_> = offers
            .iter()
            .map(|offer| (offer.open_attempt, offer.attempts_left))
            .collect();
        assert_eq!(offers, expected, "{state}");
    }
    // Another candidate has everything left.
    let offers = offers(&database, other).await;
    assert_eq!((offers[0].open_attempt, offers[0].attempts_left), (None, Some(1)));
}

async fn a_track_offers_what_it_draws(database: TestDatabase) {
    for (rule_scored, expected) in [(3, 5), (50, 9)] {
        let slug = format!("track-{rule_scored}");
        let mix = Mix {
            rule_scored,
            essay: 2,
            profile: 0,
            external: 0,
        };
        let settings = Settings {
            mix: Some(mix),
            ..Settings::for_tracks()
        };
        builders::track(&database, &slug, builders::bank(), settings)
            .await
            .unwrap();
        let candidate = builders::candidate(&database, 1).await.unwrap();
        let offers = offers(&database, candidate).await;
        let offer = offers
            .iter()
            .find(|offer| offer.slug.as_ref() == Some(&slug))
            .unwrap();
        assert_eq!(
            (offer.kind, offer.sections, offer.items),
            (DefinitionKind::Track, 1, expected)
        );
        assert_eq!((offer.time_limit_minutes, offer.attempts_left), (Some(45), None));
    }
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let attempt = scene.take().await;
    let offers = offers(&scene.database, scene.candidate).await;
    let offer = offers
        .iter()
        .find(|offer| offer.slug.as_deref() == Some("backend"))
        .unwrap();
    assert_eq!(
        (offer.open_attempt, offer.items),
        (Some(attempt.id), attempt.item_count)
    );
}
