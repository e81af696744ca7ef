//! Who is given more time, and the times of an attempt that is changed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::attempts::{Accommodation, Attempt, AttemptState, Retimed};
use domain::authoring::Settings;
use domain::identity::Role;
use domain::ids::UserId;
use domain::store::StoreError;
use domain::time::{Clock as _, Timestamp};
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::{MINUTE, Scene};
use crate::raw;
use crate::repository::in_tx;

both_databases!(
    an_accommodation_is_kept_and_replaced,
    only_students_are_accommodated,
    a_factor_out_of_range_is_refused_by_the_schema,
    attempts_out_of_range_are_refused_by_the_schema,
    an_attempt_is_retimed_while_it_is_open,
    an_attempt_in_another_state_keeps_its_times,
    the_mark_of_service_never_moves_back,
);

async fn accommodation(database: &TestDatabase, user_id: UserId, time_factor: u32) -> Accommodation {
    Accommodation {
        user_id,
        time_factor,
        note: Some("reads slowly".to_owned()),
        set_by: builders::advisor(database, 1).await.unwrap().user_id(),
        updated_at: database.clock.now(),
    }
}

async fn factor(database: &TestDatabase, user: UserId) -> u32 {
    in_tx!(database, tx => tx.timekeeping().time_factor(user)).unwrap()
}

async fn set(database: &TestDatabase, accommodation: Accommodation) -> Result<bool, StoreError> {
    in_tx!(database, tx => tx.timekeeping().set_accommodation(&accommodation))
}

async fn an_accommodation_is_kept_and_replaced(database: TestDatabase) {
    let student = builders::candidate(&database, 1).await.unwrap().user_id();
    assert_eq!(factor(&database, student).await, 100);
    let first = accommodation(&database, student, 150).await;
    assert!(set(&database, first.clone()).await.unwrap());
    assert_eq!(factor(&database, student).await, 150);
    let second = Accommodation {
        time_factor: 100,
        note: None,
        ..first
    };
    assert!(set(&database, second).await.unwrap());
    assert_eq!(factor(&database, student).await, 100);
    let other = builders::candidate(&database, 2).await.unwrap().user_id();
    assert_eq!(factor(&database, other).await, 100);
    assert_eq!(
        raw::count(&database, "accommodations WHERE note IS NULL").await,
        1
    );
    assert_eq!(raw::count(&database, "accommodations").await, 1);
}

async fn only_students_are_accommodated(database: TestDatabase) {
    for role in [Role::Advisor, Role::Admin, Role::Service] {
        let user = builders::principal(&database, role, 1).await.unwrap().user_id;
        let wanted = accommodation(&database, user, 150).await;
        assert!(!set(&database, wanted).await.unwrap(), "{role:?}");
    }
    let nobody = accommodation(&database, UserId(Uuid::nil()), 150).await;
    assert!(!set(&database, nobody).await.unwrap());
    assert_eq!(raw::count(&database, "accommodations").await, 0);
}

async fn a_factor_out_of_range_is_refused_by_the_schema(database: TestDatabase) {
    let student = builders::candidate(&database, 1).await.unwrap().user_id();
    for (time_factor, lawful) in [(99, false), (100, true), (1000, true), (1001, false)] {
        let wanted = accommodation(&database, student, time_factor).await;
        match set(&database, wanted).await {
            Ok(stored) => assert!(stored && lawful, "{time_factor}"),
            Err(StoreError::Constraint { name }) => {
                assert_eq!((name.as_str(), lawful), ("accommodations_time_factor", false));
            }
            Err(other) => panic!("{other}"),
        }
    }
}

async fn attempts_out_of_range_are_refused_by_the_schema(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let before = scene.attempt().await;
    for (constraint, change) in [
        ("attempts_time_factor", "time_factor = 99"),
        ("attempts_time_factor", "time_factor = 1001"),
        ("attempts_extra_time", "extra_time = -1"),
        ("attempts_kind", "kind = 'drawn'"),
        ("attempts_voided_by", "voided_by = 'nobody'"),
    ] {
        let refusal = raw::execute(&scene.database, &format!("UPDATE attempts SET {change}")).await;
        let refusal = refusal.unwrap_err().to_string();
        assert!(refusal.contains(constraint), "{change}: {refusal}");
    }
    assert_eq!(scene.attempt().await, before);
}

fn times(now: Timestamp) -> Retimed {
    Retimed {
        deadline_at: Some(now + 77 * MINUTE),
        inactivity_limit: 45 * MINUTE,
        time_factor: 150,
        extra_time: 12 * MINUTE,
        now,
    }
}

async fn an_attempt_is_retimed_while_it_is_open(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let opened = scene.attempt().await;
    scene.start().await;
    for state in [AttemptState::InProgress, AttemptState::OptedIn] {
        let text = format!("UPDATE attempts SET state = '{}'", state.as_str());
        raw::execute(&scene.database, &text).await.unwrap();
        let before = scene.attempt().await;
        scene.advance(MINUTE);
        let (id, wanted) = (opened.id, times(scene.now()));
        assert!(in_tx!(scene.database, tx => tx.timekeeping().retime(id, state, &wanted)).unwrap());
        let expected = Attempt {
            deadline_at: wanted.deadline_at,
            inactivity_limit: wanted.inactivity_limit,
            time_factor: wanted.time_factor,
            extra_time: wanted.extra_time,
            revision: before.revision + 1,
            updated_at: wanted.now,
            ..before
        };
        assert_eq!(scene.attempt().await, expected);
    }
    let (id, now) = (opened.id, scene.now());
    let without = Retimed {
        deadline_at: None,
        extra_time: Duration::ZERO,
        ..times(now)
    };
    assert!(
        in_tx!(scene.database, tx => tx.timekeeping().retime(id, AttemptState::OptedIn, &without)).unwrap()
    );
    assert_eq!(scene.attempt().await.deadline_at, None);
}

async fn an_attempt_in_another_state_keeps_its_times(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    scene.start().await;
    for state in AttemptState::ALL {
        let text = format!(
            "UPDATE attempts SET state = '{}', submitted_at = 5",
            state.as_str()
        );
        raw::execute(&scene.database, &text).await.unwrap();
        let before = scene.attempt().await;
        let open = [AttemptState::OptedIn, AttemptState::InProgress];
        let expectations = AttemptState::ALL
            .into_iter()
            .filter(|from| *from != state || !open.contains(from));
        for from in expectations {
            let (id, wanted) = (before.id, times(scene.now()));
            let changed = in_tx!(scene.database, tx => tx.timekeeping().retime(id, from, &wanted)).unwrap();
            assert!(!changed, "{state:?} as {from:?}");
        }
        assert_eq!(scene.attempt().await, before);
    }
}

async fn the_mark_of_service_never_moves_back(database: TestDatabase) {
    let last = async || in_tx!(database, tx => tx.timekeeping().last_served()).unwrap();
    let mark = async |at: Timestamp| in_tx!(database, tx => tx.timekeeping().mark_served(at)).unwrap();
    assert_eq!(last().await, None);
    let now = database.clock.now();
    mark(now).await;
    assert_eq!(last().await, Some(now));
    mark(now - MINUTE).await;
    assert_eq!(last().await, Some(now));
    mark(now + MINUTE).await;
    assert_eq!(last().await, Some(now + MINUTE));
    assert_eq!(raw::count(&database, "service_marks").await, 1);
}
