//! The log as administrators read it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::audit::{AuditFilter, AuditView};
use domain::reports::{Page, PageRequest};
use domain::time::Clock as _;
use testkit::{TestDatabase, both_databases};
use uuid::Uuid;

use crate::audit_scene::{begin, seal_all, write};

both_databases!(the_log_is_listed_newest_first, the_log_is_listed_by_every_filter,);

async fn list(database: &TestDatabase, filter: AuditFilter, page: u32) -> Page<AuditView> {
    let page = PageRequest::new(Some(page), Some(10)).unwrap();
    database.store.list_audit(&filter, page).await.unwrap()
}

async fn the_log_is_listed_newest_first(database: TestDatabase) {
    begin(&database).await;
    write(&database, 12).await;
    seal_all(&database, 12).await;
    write(&database, 12).await;

    let all = list(&database, AuditFilter::default(), 1).await;
    assert_eq!((all.total, all.items.len()), (24, 10));
    assert!(
        all.items
            .is_sorted_by(|one, next| one.row.created_at > next.row.created_at)
    );
    let sealed = |page: &Page<AuditView>| page.items.iter().filter(|view| view.sealed).count();
    assert_eq!(sealed(&all), 0);
    assert_eq!(sealed(&list(&database, AuditFilter::default(), 2).await), 8);
    assert_eq!(sealed(&list(&database, AuditFilter::default(), 3).await), 4);
}

async fn the_log_is_listed_by_every_filter(database: TestDatabase) {
    let start = database.clock.now();
    write(&database, 12).await;
    write(&database, 12).await;
    let total = async |filter| list(&database, filter, 1).await.total;
    let everything = AuditFilter::default;
    let action = Some("tracks.changed".to_owned());
    assert_eq!(
        total(AuditFilter {
            action,
            ..everything()
        })
        .await,
        8
    );
    let actor_id = Some(Uuid::from_u128(5));
    assert_eq!(
        total(AuditFilter {
            actor_id,
            ..everything()
        })
        .await,
        2
    );
    let resource_id = Some(Uuid::from_u128(7_004));
    assert_eq!(
        total(AuditFilter {
            resource_id,
            ..everything()
        })
        .await,
        2
    );
    for (resource_type, expected) in [("attempt", 24), ("user", 0)] {
        let resource_type = Some(resource_type.to_owned());
        assert_eq!(
            total(AuditFilter {
                resource_type,
                ..everything()
            })
            .await,
            expected
        );
    }
    let minutes = |minutes| Some(start + Duration::from_mins(minutes));
    let (from, until) = (minutes(3), minutes(7));
    let between = AuditFilter {
        from,
        until,
        ..everything()
    };
    let found = list(&database, between.clone(), 1).await;
    let times: Vec<_> = found.items.iter().map(|view| Some(view.row.created_at)).collect();
    assert_eq!(times, [minutes(6), minutes(5), minutes(4), minutes(3)]);
    let action = Some("tracks.changed".to_owned());
    assert_eq!(total(AuditFilter { action, ..between }).await, 1);
}
