//! Tracks in the store: found by slug and id, changed, deleted; a slug is free again afterwards.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::authoring::{
    ChangeTrack, CreateTrack, DefinitionStatus, DeleteTrack, NewTrack, Settings, Skill, Track, TrackError,
};
use domain::ids::DefinitionId;
use domain::store::StoreError;
use domain::time::Clock as _;
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::{MINUTE, ctx};
use crate::raw;
use crate::repository::in_tx;

both_databases!(
    a_track_is_found_as_it_was_made,
    a_track_without_questions_is_a_draft,
    a_slug_names_one_live_track,
    a_deleted_track_is_gone_and_its_slug_free,
    description_and_skills_are_replaced,
    a_change_freezes_a_version,
    tracks_are_listed_by_slug_with_their_banks,
    a_slug_in_capitals_is_refused_by_the_schema,
);

fn skills() -> Vec<Skill> {
    vec![Skill {
        skill: "http-apis".to_owned(),
        name: "HTTP \"APIs\"".to_owned(),
        target_level: 72.5,
    }]
}

async fn track(database: &TestDatabase, slug: &str) -> Track {
    builders::track(database, slug, builders::bank(), Settings::for_tracks())
        .await
        .unwrap()
}

async fn found(database: &TestDatabase, slug: &'static str) -> Option<Track> {
    in_tx!(database, tx => tx.bank().find_track(slug)).unwrap()
}

async fn a_track_is_found_as_it_was_made(database: TestDatabase) {
    let new = NewTrack {
        slug: "backend".to_owned(),
        title: "Backend".to_owned(),
        description: "Servers; 100 %.".to_owned(),
        skills: skills(),
        settings: Settings::for_tracks(),
        items: builders::bank(),
    };
    let create = CreateTrack {
        admin: builders::admin(&database).await.unwrap(),
        track: new.clone(),
    };
    let made = database.store.run(&create, &ctx(&database)).await.unwrap();
    assert_eq!(found(&database, "backend").await, Some(made.clone()));
    assert_eq!(
        (made.slug, made.description, made.skills),
        (new.slug, new.description, new.skills)
    );
    assert_eq!(
        (made.definition.title, made.definition.settings),
        (new.title, new.settings)
    );
    assert_eq!(made.definition.status, DefinitionStatus::Published);
    let id = made.definition.id;
    let by_id = database.store.find_track_by_id(id).await.unwrap().unwrap();
    assert_eq!(
        by_id,
        database.store.find_track("backend").await.unwrap().unwrap()
    );
    assert_eq!((by_id.track.definition.id, by_id.questions), (id, 15));
    assert_eq!(found(&database, "frontend").await, None);
    assert_eq!(
        database
            .store
            .find_track_by_id(DefinitionId(Uuid::nil()))
            .await
            .unwrap(),
        None
    );
}

async fn a_track_without_questions_is_a_draft(database: TestDatabase) {
    assert!(!database.store.has_had_tracks().await.unwrap());
    let made = builders::track(&database, "empty", Vec::new(), Settings::for_tracks())
        .await
        .unwrap();
    assert_eq!(
        (made.definition.status, made.definition.published_version_id),
        (DefinitionStatus::Draft, None)
    );
    assert_eq!(found(&database, "empty").await, Some(made.clone()));
    let definition = made.definition.id;
    assert_eq!(
        in_tx!(database, tx => tx.attempts().open_version(definition)).unwrap(),
        None
    );
    assert!(database.store.has_had_tracks().await.unwrap());
}

async fn a_slug_names_one_live_track(database: TestDatabase) {
    track(&database, "backend").await;
    let refusal = builders::track(&database, "backend", Vec::new(), Settings::for_tracks())
        .await
        .unwrap_err();
    assert!(
        matches!(refusal.downcast_ref(), Some(TrackError::SlugTaken)),
        "{refusal}"
    );
    // The refused definition is not left behind.
    assert_eq!(raw::count(&database, "assessment_definitions").await, 1);
    let twin = Track {
        definition: track(&database, "frontend").await.definition,
        slug: "backend".to_owned(),
        description: String::new(),
        skills: Vec::new(),
    };
    raw::execute(&database, "DELETE FROM tracks WHERE slug = 'frontend'")
        .await
        .unwrap();
    let refusal = in_tx!(database, tx => tx.bank().insert_track(&twin)).unwrap_err();
    assert!(
        matches!(&refusal, StoreError::Constraint { name } if name == "tracks_slug"),
        "{refusal}"
    );
}

async fn a_deleted_track_is_gone_and_its_slug_free(database: TestDatabase) {
    let first = track(&database, "backend").await;
    let delete = DeleteTrack {
        admin: builders::admin(&database).await.unwrap(),
        slug: "backend".to_owned(),
    };
    database.store.run(&delete, &ctx(&database)).await.unwrap();
    let again = database.store.run(&delete, &ctx(&database)).await.unwrap_err();
    assert!(matches!(again, TrackError::NotFound), "{again}");
    assert_eq!(found(&database, "backend").await, None);
    let (id, now) = (first.definition.id, database.clock.now());
    assert_eq!(database.store.find_track_by_id(id).await.unwrap(), None);
    assert!(!in_tx!(database, tx => tx.bank().delete_track(id, now)).unwrap());
    let stale = first.clone();
    assert!(!in_tx!(database, tx => tx.bank().update_track(&stale)).unwrap());
    assert_eq!(
        in_tx!(database, tx => tx.attempts().open_version(id)).unwrap(),
        None
    );
    let second = track(&database, "backend").await;
    assert_ne!(second.definition.id, id);
    assert_eq!(found(&database, "backend").await, Some(second));
    assert_eq!(raw::count(&database, "tracks WHERE slug = 'backend'").await, 2);
}

async fn description_and_skills_are_replaced(database: TestDatabase) {
    let made = track(&database, "backend").await;
    let other = track(&database, "frontend").await;
    let changed = Track {
        description: "New.".to_owned(),
        skills: skills(),
        slug: "a-slug-stays".to_owned(),
        ..made.clone()
    };
    assert!(in_tx!(database, tx => tx.bank().update_track(&changed)).unwrap());
    let expected = Track {
        description: "New.".to_owned(),
        skills: skills(),
        ..made
    };
    assert_eq!(found(&database, "backend").await, Some(expected));
    assert_eq!(found(&database, "frontend").await, Some(other));
}

async fn a_change_freezes_a_version(database: TestDatabase) {
    let made = track(&database, "backend").await;
    let change = ChangeTrack {
        admin: builders::admin(&database).await.unwrap(),
        slug: "backend".to_owned(),
        title: None,
        description: None,
        skills: None,
        settings: Some(Box::new(|settings| Settings {
            time_limit_minutes: Some(20),
            ..settings.clone()
        })),
    };
    let changed = database.store.run(&change, &ctx(&database)).await.unwrap();
    assert_ne!(
        changed.definition.published_version_id,
        made.definition.published_version_id
    );
    let id = made.definition.id;
    let open = in_tx!(database, tx => tx.attempts().open_version(id))
        .unwrap()
        .unwrap();
    let settings = Settings {
        time_limit_minutes: Some(20),
        ..Settings::for_tracks()
    };
    assert_eq!(
        (Some(open.id), open.settings),
        (changed.definition.published_version_id, settings)
    );
    assert_eq!(
        in_tx!(database, tx => tx.authoring().latest_version_number(id)).unwrap(),
        2
    );
}

async fn tracks_are_listed_by_slug_with_their_banks(database: TestDatabase) {
    for slug in ["zebra", "ant", "mole"] {
        track(&database, slug).await;
    }
    builders::track(&database, "bee", Vec::new(), Settings::for_tracks())
        .await
        .unwrap();
    let mole = found(&database, "mole").await.unwrap().definition.id;
    let later = database.clock.now() + MINUTE;
    assert!(in_tx!(database, tx => tx.bank().delete_track(mole, later)).unwrap());
    let listed = database.store.list_tracks().await.unwrap();
    let listed: Vec<_> = listed
        .iter()
        .map(|view| (view.track.slug.as_str(), view.questions))
        .collect();
    assert_eq!(listed, [("ant", 15), ("bee", 0), ("zebra", 15)]);
}

async fn a_slug_in_capitals_is_refused_by_the_schema(database: TestDatabase) {
    track(&database, "backend").await;
    let refusal = raw::execute(&database, "UPDATE tracks SET slug = 'Backend'")
        .await
        .unwrap_err();
    assert!(refusal.to_string().contains("tracks_slug_lower"), "{refusal}");
}
