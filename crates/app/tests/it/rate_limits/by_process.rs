//! Several processes over one database, and one whose database is away.

use super::*;

on_both_databases!(
    two_processes_together_admit_exactly_the_quota,
    a_flood_from_all_sides_is_let_in_exactly_as_often_as_the_quota_says,
    what_is_held_too_long_is_lost_and_never_spent_later,
    without_its_table_each_process_counts_for_itself,
    what_stands_for_nothing_is_pruned_on_schedule,
);

fn shared_reads(reads: u32) -> impl FnOnce(&mut Config) {
    move |config| {
        config.rate_limits.reads = reads;
        config.rate_limits.shared = SharedBuckets::Database;
    }
}

async fn pair(backend: Backend, reads: u32) -> (TestApp, TestApp) {
    let one = TestApp::configured(backend, shared_reads(reads)).await;
    let other = one.beside(shared_reads(reads)).await;
    (one, other)
}

pub(super) async fn take(state: &AppState, name: &str) -> Decision {
    let who = Bucket::address(name);
    state.rate_limits.take(Class::Reads, &who, state.now()).await
}

pub(super) async fn admitted(state: &AppState, name: &str, tries: usize) -> usize {
    let mut admitted = 0;
    for _ in 0..tries {
        admitted += usize::from(take(state, name).await.allowed);
    }
    admitted
}

pub(super) async fn is_let_in(client: &Client) -> bool {
    let status = client.get("/auth/me").await.status;
    assert!(status == 200 || status == 429, "{status}");
    status == 200
}

async fn two_processes_together_admit_exactly_the_quota(backend: Backend) {
    let (one, other) = pair(backend, 50).await;
    let (here, there) = (one.student(1).await, other.student(1).await);
    let mut counts = [0, 0];
    for _ in 0..60 {
        counts[0] += u32::from(is_let_in(&here).await);
        counts[1] += u32::from(is_let_in(&there).await);
    }
    assert_eq!(counts.iter().sum::<u32>(), 50, "{counts:?}");
    assert!(
        counts.iter().all(|count| *count > 10),
        "one had nearly all: {counts:?}"
    );
    one.advance(MINUTE);
    assert!(is_let_in(&there).await);
}

async fn a_flood_from_all_sides_is_let_in_exactly_as_often_as_the_quota_says(backend: Backend) {
    let (one, other) = pair(backend, 100).await;
    let takers = (0..300).map(|number| {
        let state = if number % 2 == 0 {
            one.state.clone()
        } else {
            other.state.clone()
        };
        tokio::spawn(async move { take(&state, "flood").await.allowed })
    });
    let taken = join_all(takers).await;
    assert_eq!(
        taken.into_iter().filter(|taken| *taken.as_ref().unwrap()).count(),
        100
    );
    // A flood of one caller is nothing to another one.
    assert!(take(&one.state, "quiet").await.allowed);
}

async fn what_is_held_too_long_is_lost_and_never_spent_later(backend: Backend) {
    let (one, other) = pair(backend, 600).await;
    // A sixtieth of the quota is in hand now.
    assert_eq!(take(&one.state, "slow").await.remaining, 599);
    one.advance(MINUTE);
    let (here, there) = (
        admitted(&one.state, "slow", 700).await,
        admitted(&other.state, "slow", 700).await,
    );
    assert_eq!((here, there), (600, 0));
}

async fn without_its_table_each_process_counts_for_itself(backend: Backend) {
    let (one, other) = pair(backend, 5).await;
    one.rows.execute("DROP TABLE rate_limits").await;
    for app in [&one, &other] {
        assert_eq!(admitted(&app.state, "somebody", 20).await, 5);
        let student = app.student(1).await;
        student.get("/auth/me").await.is(200);
    }
}

async fn what_stands_for_nothing_is_pruned_on_schedule(backend: Backend) {
    let app = TestApp::configured(backend, shared_reads(5)).await;
    app.tick().await;
    take(&app.state, "somebody").await;
    assert_eq!(app.count("rate_limits", &[]).await, 1);
    app.tick().await;
    assert_eq!(app.count("rate_limits", &[]).await, 1);
    app.advance(10 * MINUTE);
    app.tick().await;
    assert_eq!(app.count("rate_limits", &[]).await, 0);
}

/// Who asks often does not cost a statement each time, and neither does who is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_caller_costs_a_statement_per_handful() {
    let app = TestApp::configured(Backend::Sqlite, shared_reads(300)).await;
    app.rows.execute("CREATE TABLE asked (number INTEGER)").await;
    for event in ["INSERT", "UPDATE"] {
        let trigger = format!(
            "CREATE TRIGGER asked_{event} AFTER {event} ON rate_limits BEGIN INSERT INTO asked VALUES (1); END"
        );
        app.rows.execute(&trigger).await;
    }
    assert_eq!(admitted(&app.state, "busy", 300).await, 300);
    let statements = app.count("asked", &[]).await;
    assert!((10..=16).contains(&statements), "{statements}");
    assert_eq!(admitted(&app.state, "busy", 300).await, 0);
    assert_eq!(app.count("asked", &[]).await, statements + 1);
    // Those who come at once wait for one statement: the first handful is five.
    join_all((0..5).map(|_| take(&app.state, "at once"))).await;
    assert_eq!(app.count("asked", &[]).await, statements + 2);
}
