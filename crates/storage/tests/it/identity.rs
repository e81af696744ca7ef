//! Accounts and refresh tokens.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use async_trait::async_trait;
use domain::audit::Actor;
use domain::identity::{
    AccountError, CreateUser, CreateUserError, IssueRefreshToken, NewUser, REUSE_GRACE, RefreshError,
    RefreshOutcome, Role, RotateRefreshToken, SetPassword, SignOut, User,
};
use domain::ids::{TokenFamilyId, UserId};
use domain::store::{Ctx, Tx, UseCase};
use domain::time::Clock as _;
use testkit::{TestDatabase, both_databases, builders};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::raw;

const DAY: Duration = Duration::from_hours(24);
const ALMOST_TEN_SECONDS: Duration = Duration::from_micros(9_999_999);
const ALMOST_A_DAY: Duration = Duration::from_secs(86_399);

both_databases!(
    an_address_has_one_account_in_whatever_case,
    an_account_is_found_as_it_was_made,
    a_password_is_replaced,
    only_active_admins_are_counted,
    a_refresh_token_is_exchanged_for_its_successor,
    a_lost_reply_is_given_again_for_ten_seconds,
    reuse_revokes_the_family_and_that_commits,
    a_reuse_also_ends_a_rotation_under_way,
    a_sign_out_everywhere_also_ends_a_rotation_under_way,
    a_sign_in_ends_however_often_it_was_renewed,
    a_password_that_was_changed_meanwhile_is_not_overwritten,
    what_is_kept_for_a_time_only_is_pruned,
    an_expired_token_is_not_exchanged,
    an_unknown_token_is_not_exchanged,
    a_disabled_account_gets_no_successor,
);

async fn create(database: &TestDatabase, email: &str) -> Result<User, CreateUserError> {
    let user = NewUser {
        email: email.to_owned(),
        display_name: "  Some Body ".to_owned(),
        role: Role::Advisor,
        password_hash: "first".to_owned(),
    };
    database
        .store
        .run(&CreateUser { user }, &builders::ctx(database, Actor::System))
        .await
}

async fn an_address_has_one_account_in_whatever_case(database: TestDatabase) {
    create(&database, "Some.Body@School.Test").await.unwrap();
    let again = create(&database, " some.body@school.TEST ").await;
    assert!(matches!(again, Err(CreateUserError::EmailTaken)), "{again:?}");
    assert_eq!(raw::count(&database, "users").await, 1);
}

async fn an_account_is_found_as_it_was_made(database: TestDatabase) {
    let made = create(&database, "Some.Body@School.Test").await.unwrap();
    assert_eq!(
        (made.email.as_str(), made.display_name.as_str()),
        ("some.body@school.test", "Some Body")
    );
    assert_eq!(
        database.store.find_user(made.id).await.unwrap().as_ref(),
        Some(&made)
    );
    assert_eq!(
        database.store.find_user_by_email(&made.email).await.unwrap(),
        Some(made)
    );
    assert_eq!(database.store.find_user(UserId(Uuid::nil())).await.unwrap(), None);
    assert_eq!(
        raw::count(&database, "audit_log WHERE action = 'identity.user_created'").await,
        1
    );
}

async fn a_password_is_replaced(database: TestDatabase) {
    let user = create(&database, "one@school.test").await.unwrap();
    let ctx = builders::ctx(&database, Actor::System);
    let set = |user_id| SetPassword {
        user_id,
        except: None,
        from: None,
        password_hash: "second".to_owned(),
    };
    database.store.run(&set(user.id), &ctx).await.unwrap();
    assert_eq!(
        database
            .store
            .find_user(user.id)
            .await
            .unwrap()
            .unwrap()
            .password_hash,
        "second"
    );
    let nobody = database.store.run(&set(UserId(Uuid::nil())), &ctx).await;
    assert!(matches!(nobody, Err(AccountError::NotFound)), "{nobody:?}");
    assert_eq!(
        raw::count(&database, "audit_log WHERE action = 'identity.password_set'").await,
        1
    );
}

async fn only_active_admins_are_counted(database: TestDatabase) {
    assert_eq!(database.store.count_active_admins().await.unwrap(), 0);
    for number in 1..=2 {
        builders::principal(&database, Role::Admin, number).await.unwrap();
    }
    builders::candidate(&database, 1).await.unwrap();
    raw::execute(
        &database,
        "UPDATE users SET status = 'disabled' WHERE email = 'admin2@school.test'",
    )
    .await
    .unwrap();
    assert_eq!(database.store.count_active_admins().await.unwrap(), 1);
}

/// An account that has signed in and holds the token `t1`.
async fn signed_in(database: &TestDatabase) -> (User, TokenFamilyId) {
    let user = create(database, "one@school.test").await.unwrap();
    let issue = IssueRefreshToken {
        user: user.clone(),
        token_hash: "t1".to_owned(),
        lifetime: DAY,
    };
    let family = database
        .store
        .run(&issue, &builders::ctx(database, Actor::System))
        .await;
    (user, family.unwrap().unwrap())
}

fn rotation(presented: &str, successor: &str) -> RotateRefreshToken {
    RotateRefreshToken {
        presented_hash: presented.to_owned(),
        successor_hash: successor.to_owned(),
        lifetime: DAY,
        longest_sign_in: 3 * DAY,
    }
}

async fn rotate(
    database: &TestDatabase,
    presented: &str,
    successor: &str,
) -> Result<RefreshOutcome, RefreshError> {
    database
        .store
        .run(
            &rotation(presented, successor),
            &builders::ctx(database, Actor::System),
        )
        .await
}

async fn a_refresh_token_is_exchanged_for_its_successor(database: TestDatabase) {
    let (user, family) = signed_in(&database).await;
    database.clock.advance(ALMOST_A_DAY);
    assert_eq!(
        rotate(&database, "t1", "t2").await.unwrap(),
        RefreshOutcome::Rotated(user.clone(), family)
    );
    // The successor lives a whole lifetime from its own issue.
    database.clock.advance(ALMOST_A_DAY);
    assert_eq!(
        rotate(&database, "t2", "t3").await.unwrap(),
        RefreshOutcome::Rotated(user, family)
    );
}

async fn a_lost_reply_is_given_again_for_ten_seconds(database: TestDatabase) {
    let (user, family) = signed_in(&database).await;
    let rotated = RefreshOutcome::Rotated(user.clone(), family);
    assert_eq!(rotate(&database, "t1", "t2").await.unwrap(), rotated);
    database.clock.advance(ALMOST_TEN_SECONDS);
    assert_eq!(rotate(&database, "t1", "t2").await.unwrap(), rotated);
    // One successor, however often it was asked for.
    assert_eq!(raw::count(&database, "refresh_tokens").await, 2);
    // Once the successor was used, its predecessor is nobody's lost reply any more.
    assert_eq!(rotate(&database, "t2", "t3").await.unwrap(), rotated);
    assert_eq!(
        rotate(&database, "t1", "t2").await.unwrap(),
        RefreshOutcome::Reused(user.id)
    );
}

async fn reuse_revokes_the_family_and_that_commits(database: TestDatabase) {
    let (user, _) = signed_in(&database).await;
    rotate(&database, "t1", "t2").await.unwrap();
    database.clock.advance(REUSE_GRACE);
    assert_eq!(
        rotate(&database, "t1", "t2").await.unwrap(),
        RefreshOutcome::Reused(user.id)
    );
    for token in ["t1", "t2"] {
        let outcome = rotate(&database, token, "t3").await;
        assert!(
            matches!(outcome, Err(RefreshError::Invalid)),
            "{token}: {outcome:?}"
        );
    }
    assert_eq!(
        raw::count(&database, "refresh_tokens WHERE revoked_at IS NULL").await,
        0
    );
    assert_eq!(
        raw::count(
            &database,
            "audit_log WHERE action = 'identity.refresh_token_reused'"
        )
        .await,
        1
    );
}

/// Rotates, says so, and commits only when told.
struct SlowRotation {
    rotation: RotateRefreshToken,
    rotated: Notify,
    order: Notify,
}

#[async_trait]
impl UseCase for SlowRotation {
    const NAME: &'static str = "test.slow_rotation";
    type Out = RefreshOutcome;
    type Err = RefreshError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<RefreshOutcome, RefreshError> {
        let outcome = self.rotation.run(ctx, tx).await?;
        self.rotated.notify_one();
        self.order.notified().await;
        Ok(outcome)
    }
}

/// Begins something once the rotation is under way, and lets that end when the other one waits for it.
async fn while_rotating<T>(
    database: &TestDatabase,
    slow: &SlowRotation,
    other: impl Future<Output = T>,
) -> T {
    slow.rotated.notified().await;
    let order = async {
        raw::until_somebody_waits(database).await;
        slow.order.notify_one();
    };
    tokio::join!(other, order).0
}

async fn a_sign_out_everywhere_also_ends_a_rotation_under_way(database: TestDatabase) {
    let (user, family) = signed_in(&database).await;
    let ctx = builders::ctx(&database, Actor::System);
    let slow = SlowRotation {
        rotation: rotation("t1", "t2"),
        rotated: Notify::new(),
        order: Notify::new(),
    };
    let everywhere = SignOut {
        user_id: user.id,
        family: None,
    };
    let ending = while_rotating(&database, &slow, database.store.run(&everywhere, &ctx));
    let (rotated, ended) = tokio::join!(database.store.run(&slow, &ctx), ending);
    assert_eq!(rotated.unwrap(), RefreshOutcome::Rotated(user.clone(), family));
    ended.unwrap();
    let outcome = rotate(&database, "t2", "t3").await;
    assert!(matches!(outcome, Err(RefreshError::Invalid)), "{outcome:?}");
    let nobody = (domain::ids::UserId(uuid::Uuid::nil()), family);
    let asked = [nobody, (user.id, family)];
    let states = database.store.sign_in_states(&asked).await.unwrap();
    let [(of, state)] = states[..] else {
        panic!("one account of the two is there: {states:?}");
    };
    assert_eq!((of, state.is_live), ((user.id, family), false));
}

async fn a_sign_in_ends_however_often_it_was_renewed(database: TestDatabase) {
    signed_in(&database).await;
    for day in 1..=3 {
        database.clock.advance(ALMOST_A_DAY);
        let (presented, successor) = (format!("t{day}"), format!("t{}", day + 1));
        let outcome = rotate(&database, &presented, &successor).await;
        assert!(outcome.is_ok(), "day {day}: {outcome:?}");
    }
    // Three days after it began; the last token was cut to that.
    database.clock.advance(Duration::from_secs(3));
    let outcome = rotate(&database, "t4", "t5").await;
    assert!(matches!(outcome, Err(RefreshError::Invalid)), "{outcome:?}");
}

async fn a_password_that_was_changed_meanwhile_is_not_overwritten(database: TestDatabase) {
    let user = create(&database, "one@school.test").await.unwrap();
    let ctx = builders::ctx(&database, Actor::System);
    let set = |from: &str, to: &str| SetPassword {
        user_id: user.id,
        except: None,
        from: Some(from.to_owned()),
        password_hash: to.to_owned(),
    };
    database
        .store
        .run(&set(&user.password_hash, "victim's"), &ctx)
        .await
        .unwrap();
    let late = database
        .store
        .run(&set(&user.password_hash, "thief's"), &ctx)
        .await;
    assert!(matches!(late, Err(AccountError::Changed)), "{late:?}");
    let kept = database.store.find_user(user.id).await.unwrap().unwrap();
    assert_eq!(kept.password_hash, "victim's");
}

async fn what_is_kept_for_a_time_only_is_pruned(database: TestDatabase) {
    signed_in(&database).await;
    let keys = "INSERT INTO idempotency_keys (principal, route, key, request_hash, created_at) VALUES ('p', 'r', 'k', 'h', ";
    let now = database.clock.now();
    raw::execute(&database, &format!("{keys}{})", now.as_micros()))
        .await
        .unwrap();
    let pruned = async |later: Duration| database.store.prune_expired(now + later).await.unwrap();
    assert_eq!(pruned(DAY * 2).await, 0);
    // The token ended after a day and was kept for another.
    assert_eq!(pruned(DAY * 2 + Duration::from_micros(1)).await, 1);
    assert_eq!(pruned(DAY * 3).await, 0);
    assert_eq!(pruned(DAY * 3 + Duration::from_micros(1)).await, 1);
}

async fn a_reuse_also_ends_a_rotation_under_way(database: TestDatabase) {
    signed_in(&database).await;
    rotate(&database, "t1", "t2").await.unwrap();
    let ctx = builders::ctx(&database, Actor::System);
    let slow = SlowRotation {
        rotation: rotation("t2", "t3"),
        rotated: Notify::new(),
        order: Notify::new(),
    };
    let reuse = while_rotating(&database, &slow, rotate(&database, "t1", "stolen"));
    let (rotated, reused) = tokio::join!(database.store.run(&slow, &ctx), reuse);
    assert!(matches!(rotated, Ok(RefreshOutcome::Rotated(..))), "{rotated:?}");
    assert!(matches!(reused, Ok(RefreshOutcome::Reused(_))), "{reused:?}");
    let outcome = rotate(&database, "t3", "t4").await;
    assert!(
        matches!(outcome, Err(RefreshError::Invalid)),
        "the successor outlived its family: {outcome:?}"
    );
}

async fn an_expired_token_is_not_exchanged(database: TestDatabase) {
    signed_in(&database).await;
    database.clock.advance(DAY);
    let outcome = rotate(&database, "t1", "t2").await;
    assert!(matches!(outcome, Err(RefreshError::Invalid)), "{outcome:?}");
    assert_eq!(raw::count(&database, "refresh_tokens").await, 1);
}

async fn an_unknown_token_is_not_exchanged(database: TestDatabase) {
    signed_in(&database).await;
    let outcome = rotate(&database, "t0", "t2").await;
    assert!(matches!(outcome, Err(RefreshError::Invalid)), "{outcome:?}");
}

async fn a_disabled_account_gets_no_successor(database: TestDatabase) {
    signed_in(&database).await;
    raw::execute(&database, "UPDATE users SET status = 'disabled'")
        .await
        .unwrap();
    let outcome = rotate(&database, "t1", "t2").await;
    assert!(matches!(outcome, Err(RefreshError::Invalid)), "{outcome:?}");
    // The refusal rolled the use of the token back as well.
    assert_eq!(
        raw::count(&database, "refresh_tokens WHERE used_at IS NOT NULL").await,
        0
    );
}
