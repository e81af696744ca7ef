//! Cohorts: made, renamed, filled and removed; what the schema refuses.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::attempts::Viewer;
use domain::authoring::Settings;
use domain::identity::{Cohort, CohortError, CreateCohort, DeleteCohort, EVERYONE, MembershipChange, Role};
use domain::ids::{CohortId, DefinitionId, UserId};
use domain::reports::PageRequest;
use domain::store::StoreError;
use domain::time::Clock as _;
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::{MINUTE, ctx};
use crate::raw;
use crate::repository::in_tx;

both_databases!(
    a_cohort_is_made_renamed_and_removed,
    a_name_is_taken_once,
    only_students_and_advisors_become_members,
    only_what_exists_is_assigned,
    members_and_assignments_come_once_and_go,
    assignment_and_sharing_go_by_membership,
    removing_a_cohort_removes_its_memberships_only,
    cohorts_are_listed_by_name_with_their_sizes,
    members_are_listed_by_name_in_pages,
    new_accounts_and_assessments_join_everyone,
);

fn unknown() -> Uuid {
    Uuid::from_u128(404)
}

async fn user(database: &TestDatabase, role: Role, number: u32) -> UserId {
    builders::principal(database, role, number).await.unwrap().user_id
}

async fn definition(database: &TestDatabase) -> DefinitionId {
    builders::publish_sample(database, Settings::default())
        .await
        .unwrap()
        .definition_id
}

async fn a_cohort_is_made_renamed_and_removed(database: TestDatabase) {
    let now = database.clock.now();
    let cohort = Cohort {
        id: CohortId(Uuid::from_u128(5)),
        name: "spring".to_owned(),
        created_at: now,
        updated_at: now,
    };
    let (id, made) = (cohort.id, cohort.clone());
    in_tx!(database, tx => tx.cohorts().insert_cohort(&made)).unwrap();
    assert_eq!(
        in_tx!(database, tx => tx.cohorts().find_cohort(id)).unwrap(),
        Some(cohort.clone())
    );
    let later = now + MINUTE;
    assert!(in_tx!(database, tx => tx.cohorts().rename_cohort(id, "summer", later)).unwrap());
    let renamed = Cohort {
        name: "summer".to_owned(),
        updated_at: later,
        ..cohort
    };
    assert_eq!(
        in_tx!(database, tx => tx.cohorts().find_cohort(id)).unwrap(),
        Some(renamed)
    );
    assert!(in_tx!(database, tx => tx.cohorts().delete_cohort(id)).unwrap());
    assert_eq!(
        in_tx!(database, tx => tx.cohorts().find_cohort(id)).unwrap(),
        None
    );
    assert!(!in_tx!(database, tx => tx.cohorts().delete_cohort(id)).unwrap());
    assert!(!in_tx!(database, tx => tx.cohorts().rename_cohort(id, "autumn", later)).unwrap());
}

async fn a_name_is_taken_once(database: TestDatabase) {
    builders::cohort(&database, "spring", &[], &[]).await.unwrap();
    let summer = builders::cohort(&database, "summer", &[], &[]).await.unwrap();
    let now = database.clock.now();
    let refusal = in_tx!(database, tx => tx.cohorts().rename_cohort(summer, "spring", now)).unwrap_err();
    assert!(
        matches!(&refusal, StoreError::Constraint { name } if name == "cohorts_name"),
        "{refusal}"
    );
    for name in ["spring", " everyone "] {
        let twin = CreateCohort {
            admin: builders::admin(&database).await.unwrap(),
            name: name.to_owned(),
            change: MembershipChange::default(),
        };
        let refusal = database.store.run(&twin, &ctx(&database)).await.unwrap_err();
        assert!(matches!(refusal, CohortError::NameTaken), "{refusal}");
    }
    let everyone = DeleteCohort {
        admin: builders::admin(&database).await.unwrap(),
        cohort_id: EVERYONE,
    };
    let refusal = database.store.run(&everyone, &ctx(&database)).await.unwrap_err();
    assert!(matches!(refusal, CohortError::Everyone), "{refusal}");
    assert_eq!(raw::count(&database, "cohorts").await, 3);
}

async fn only_students_and_advisors_become_members(database: TestDatabase) {
    let cohort = builders::cohort(&database, "a", &[], &[]).await.unwrap();
    for role in Role::ALL {
        let user = user(&database, role, 1).await;
        let added = in_tx!(database, tx => tx.cohorts().add_member(cohort, user)).unwrap();
        assert_eq!(added, matches!(role, Role::Student | Role::Advisor), "{role:?}");
    }
    let nobody = UserId(unknown());
    assert!(!in_tx!(database, tx => tx.cohorts().add_member(cohort, nobody)).unwrap());
    let student = user(&database, Role::Student, 1).await;
    let nowhere = CohortId(unknown());
    let refusal = in_tx!(database, tx => tx.cohorts().add_member(nowhere, student)).unwrap_err();
    assert!(matches!(refusal, StoreError::Constraint { .. }), "{refusal}");
}

async fn only_what_exists_is_assigned(database: TestDatabase) {
    let cohort = builders::cohort(&database, "a", &[], &[]).await.unwrap();
    let nothing = DefinitionId(unknown());
    assert!(!in_tx!(database, tx => tx.cohorts().assign(cohort, nothing)).unwrap());
    // A use case that is refused half-way leaves nothing.
    let student = user(&database, Role::Student, 1).await;
    let create = CreateCohort {
        admin: builders::admin(&database).await.unwrap(),
        name: "b".to_owned(),
        change: MembershipChange {
            add_members: vec![student],
            add_assessments: vec![nothing],
            ..MembershipChange::default()
        },
    };
    let refusal = database.store.run(&create, &ctx(&database)).await.unwrap_err();
    assert!(
        matches!(refusal, CohortError::NoSuchAssessment { index: 0, id } if id == nothing),
        "{refusal}"
    );
    assert_eq!(raw::count(&database, "cohorts WHERE name = 'b'").await, 0);
}

async fn members_and_assignments_come_once_and_go(database: TestDatabase) {
    let (student, definition) = (
        user(&database, Role::Student, 1).await,
        definition(&database).await,
    );
    let cohort = builders::cohort(&database, "a", &[student], &[definition])
        .await
        .unwrap();
    assert!(in_tx!(database, tx => tx.cohorts().add_member(cohort, student)).unwrap());
    assert!(in_tx!(database, tx => tx.cohorts().assign(cohort, definition)).unwrap());
    let view = database
        .store
        .find_cohort(Viewer::Admin, cohort)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (view.candidates, view.advisors, view.assessments),
        (1, 0, vec![definition])
    );
    for _ in 0..2 {
        in_tx!(database, tx => tx.cohorts().remove_member(cohort, student)).unwrap();
        in_tx!(database, tx => tx.cohorts().unassign(cohort, definition)).unwrap();
    }
    let view = database
        .store
        .find_cohort(Viewer::Admin, cohort)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((view.candidates, view.assessments), (0, vec![]));
    assert_eq!(
        database
            .store
            .find_cohort(Viewer::Admin, CohortId(unknown()))
            .await
            .unwrap(),
        None
    );
}

async fn assignment_and_sharing_go_by_membership(database: TestDatabase) {
    let (one, two) = (
        user(&database, Role::Student, 1).await,
        user(&database, Role::Advisor, 1).await,
    );
    let definition = definition(&database).await;
    let assigned = async |user| in_tx!(database, tx => tx.cohorts().is_assigned(user, definition)).unwrap();
    let share = async || in_tx!(database, tx => tx.cohorts().share_cohort(one, two)).unwrap();
    assert!(assigned(one).await && share().await, "by everyone");
    in_tx!(database, tx => tx.cohorts().remove_member(EVERYONE, one)).unwrap();
    assert!(!assigned(one).await && !share().await);
    assert!(assigned(two).await);
    let cohort = builders::cohort(&database, "a", &[one], &[definition])
        .await
        .unwrap();
    assert!(assigned(one).await && !share().await);
    in_tx!(database, tx => tx.cohorts().add_member(cohort, two)).unwrap();
    assert!(share().await);
    in_tx!(database, tx => tx.cohorts().unassign(cohort, definition)).unwrap();
    assert!(!assigned(one).await && share().await);
}

async fn removing_a_cohort_removes_its_memberships_only(database: TestDatabase) {
    let (student, definition) = (
        user(&database, Role::Student, 1).await,
        definition(&database).await,
    );
    let cohort = builders::cohort(&database, "a", &[student], &[definition])
        .await
        .unwrap();
    assert!(in_tx!(database, tx => tx.cohorts().delete_cohort(cohort)).unwrap());
    assert!(in_tx!(database, tx => tx.cohorts().is_assigned(student, definition)).unwrap());
    assert_eq!(raw::count(&database, "cohort_members").await, 1);
    assert_eq!(raw::count(&database, "cohort_assessments").await, 1);
}

async fn cohorts_are_listed_by_name_with_their_sizes(database: TestDatabase) {
    let (student, advisor) = (
        user(&database, Role::Student, 1).await,
        user(&database, Role::Advisor, 1).await,
    );
    let definition = definition(&database).await;
    for (name, members, assessments) in [
        ("zebra", vec![student, advisor], vec![definition]),
        ("ant", vec![advisor], vec![]),
    ] {
        builders::cohort(&database, name, &members, &assessments)
            .await
            .unwrap();
    }
    let page = database
        .store
        .list_cohorts(Viewer::Admin, PageRequest::new(None, None).unwrap())
        .await
        .unwrap();
    let listed: Vec<_> = page
        .items
        .iter()
        .map(|view| {
            (
                view.cohort.name.as_str(),
                view.candidates,
                view.advisors,
                view.assessments.len(),
            )
        })
        .collect();
    assert_eq!(
        listed,
        [("ant", 0, 1, 0), ("everyone", 1, 1, 1), ("zebra", 1, 1, 1)]
    );
    assert_eq!(page.total, 3);
    let beyond = database
        .store
        .list_cohorts(Viewer::Admin, PageRequest::new(Some(2), None).unwrap())
        .await
        .unwrap();
    assert_eq!((beyond.items, beyond.total), (vec![], 3));
}

async fn members_are_listed_by_name_in_pages(database: TestDatabase) {
    for number in 1..=11 {
        user(&database, Role::Student, number).await;
    }
    let mut names = Vec::new();
    for page in 1..=2 {
        let page = PageRequest::new(Some(page), Some(10)).unwrap();
        let members = database.store.list_cohort_members(EVERYONE, page).await.unwrap();
        assert_eq!(members.total, 11);
        names.extend(members.items.into_iter().map(|member| member.display_name));
    }
    assert_eq!(names.len(), 11);
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(names, sorted);
}

async fn new_accounts_and_assessments_join_everyone(database: TestDatabase) {
    for role in Role::ALL {
        user(&database, role, 1).await;
    }
    let generated = definition(&database).await;
    let track = builders::track(&database, "backend", Vec::new(), Settings::for_tracks())
        .await
        .unwrap();
    let everyone = database
        .store
        .find_cohort(Viewer::Admin, EVERYONE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((everyone.candidates, everyone.advisors), (1, 1));
    let mut expected = vec![generated, track.definition.id];
    expected.sort();
    assert_eq!(everyone.assessments, expected);
}
