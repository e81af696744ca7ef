//! Lists from a real streaming replica: nobody misses what they have just done, whichever process they ask.

use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use sea_orm::{ConnectionTrait as _, Database as SeaOrm, DatabaseConnection};
use serde_json::json;
use testkit::redis::{OwnRedis, key_prefix, shared_url};
use testkit::{Backend, TestDatabase};
use touchstone::config::{Config, SecretUrl};
use touchstone::list_reads::FURTHEST_BEHIND;

use super::support::{Client, MINUTE, Reply, SECOND, TestApp};

fn with_replica(replica: &str, redis: &str, prefix: &str) -> impl Fn(&mut Config) + use<> {
    let [replica, redis, prefix] = [replica, redis, prefix].map(str::to_owned);
    move |config| {
        config.database.replica_url = SecretUrl::new(&replica);
        config.redis.url = SecretUrl::new(&redis);
        config.redis.prefix.clone_from(&prefix);
    }
}

/// The log of the replica is replayed up to here, and no further until it goes on.
struct Replay(DatabaseConnection);

impl Replay {
    async fn of(replica: &str) -> Self {
        Self(SeaOrm::connect(replica).await.unwrap())
    }

    async fn say(&self, text: &str) {
        self.0.execute_unprepared(text).await.unwrap();
    }

    async fn pauses(&self) {
        self.say("SELECT pg_wal_replay_pause()").await;
    }

    async fn goes_on(&self) {
        self.say("SELECT pg_wal_replay_resume()").await;
    }
}

/// Returns when the account's lists come from the replica.
async fn caught_up(app: &TestApp, client: &Client) {
    let caller = client.user().id;
    let catching_up = async {
        loop {
            app.advance(2 * SECOND);
            app.state.lists.look(app.state.now()).await;
            if app.state.lists.copy_for(caller, app.state.now()).await.is_some() {
                break;
            }
        }
    };
    tokio::time::timeout(MINUTE, catching_up).await.unwrap();
}

async fn titles(client: &Client) -> Vec<String> {
    let page = client.get("/assessments/definitions").await.is(200);
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|item| item["title"].as_str().unwrap().to_owned())
        .collect()
}

async fn rename(client: &Client, path: &str, title: &str) -> Reply {
    Reply::to(
        client
            .request(Method::PATCH, path)
            .json(&json!({ "title": title })),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_never_lacks_what_its_reader_has_just_done_through_another_process() {
    let (database, replica) = TestDatabase::replicated().await.unwrap();
    let settings = with_replica(&replica, &shared_url().unwrap(), &key_prefix());
    let one = TestApp::over(database, &settings).await;
    let other = one.beside(&settings).await;
    let definition = one.publish_sample(domain::authoring::Settings::default()).await;
    let path = format!("/assessments/definitions/{}", definition.definition_id);
    let (here, there) = (one.admin().await, other.admin().await);
    rename(&here, &path, "First").await.is(200);
    // Nobody has looked at the replica yet.
    assert_eq!(titles(&there).await, ["First"]);
    let replay = Replay::of(&replica).await;
    caught_up(&other, &there).await;
    replay.pauses().await;
    // Past every process: what the replica shows now is old, and is shown to those who have not written.
    one.rows
        .execute("UPDATE assessment_definitions SET title = 'Behind their backs'")
        .await;
    assert_eq!(
        titles(&there).await,
        ["First"],
        "it was not read from the replica"
    );
    // The same person through the other process.
    rename(&here, &path, "Second").await.is(200);
    assert_eq!(titles(&there).await, ["Second"]);
    assert_eq!(titles(&here).await, ["Second"]);
    other.advance(5 * SECOND);
    other.state.lists.look(other.state.now()).await;
    assert_eq!(titles(&there).await, ["Second"], "the replica has not caught up");
    replay.goes_on().await;
    caught_up(&other, &there).await;
    assert_eq!(titles(&there).await, ["Second"]);
    // A replica that stands still for long is as good as none.
    replay.pauses().await;
    one.rows
        .execute("UPDATE assessment_definitions SET title = 'Third'")
        .await;
    other.advance(2 * FURTHEST_BEHIND);
    assert_eq!(titles(&there).await, ["Third"]);
    replay.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_that_was_emptied_sends_everybody_to_the_primary_until_the_replica_is_newer() {
    let (database, replica) = TestDatabase::replicated().await.unwrap();
    let redis = OwnRedis::start(&[]).await.unwrap();
    let app = TestApp::over(database, with_replica(&replica, &redis.url(), "own")).await;
    let admin = app.admin().await;
    caught_up(&app, &admin).await;
    redis.say("FLUSHALL").await.unwrap();
    let now = app.state.now();
    assert!(app.state.lists.copy_for(admin.user().id, now).await.is_none());
    caught_up(&app, &admin).await;
    assert_eq!(titles(&admin).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_replica_or_without_redis_lists_come_from_the_primary() {
    let (database, replica) = TestDatabase::replicated().await.unwrap();
    let mut redis = OwnRedis::start(&[]).await.unwrap();
    let app = TestApp::over(database, with_replica(&replica, &redis.url(), "own")).await;
    // Nobody listens on port 1.
    let gone = with_replica("postgres://postgres@127.0.0.1:1/nowhere", &redis.url(), "own");
    let lonely = app.beside(gone).await;
    assert!(lonely.state.lists.look(lonely.state.now()).await.is_none());
    assert_eq!(titles(&lonely.admin().await).await, Vec::<String>::new());
    // The primary is no replica of itself.
    let itself = app
        .beside(with_replica(&app.database.url, &redis.url(), "own"))
        .await;
    assert!(itself.state.lists.look(itself.state.now()).await.is_none());
    let admin = app.admin().await;
    caught_up(&app, &admin).await;
    redis.stop().await.unwrap();
    assert!(
        app.state
            .lists
            .copy_for(admin.user().id, app.state.now())
            .await
            .is_none()
    );
    assert_eq!(titles(&admin).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_hangs_costs_a_second_query() {
    let (database, replica) = TestDatabase::replicated().await.unwrap();
    let settings = with_replica(&replica, &shared_url().unwrap(), &key_prefix());
    let app = TestApp::over(database, &settings).await;
    let admin = app.admin().await;
    caught_up(&app, &admin).await;
    let asked = AtomicUsize::new(0);
    let reading = app.state.lists.read(admin.user().id, app.state.now(), |_place| {
        let is_replica = asked.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if is_replica {
                std::future::pending::<()>().await;
            }
            Ok("the primary's")
        }
    });
    let found = tokio::time::timeout(MINUTE, reading).await.unwrap();
    assert_eq!(found.unwrap(), "the primary's");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_there_is_nothing_to_look_at() {
    let app = TestApp::start(Backend::Sqlite).await;
    assert!(app.state.lists.look(app.state.now()).await.is_none());
}
