//! Development only: what the tests of several crates share.

pub mod bucket_suite;
pub mod builders;
pub mod clock;
pub mod database;
pub mod dispatch_suite;
pub mod handouts;
pub mod job_store_suite;
pub mod judged_answers;
pub mod judged_items;
pub mod odd_files;
pub mod pdf_writer;
pub mod redis;
pub mod silent_proxy;

pub use clock::{CountedIds, ManualClock, START};
pub use database::TestDatabase;
pub use storage::Backend;

/// Declares one test per database: `both_databases!(name, body)` where `body` is `async fn(TestDatabase)`.
#[macro_export]
macro_rules! both_databases {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let database = $crate::TestDatabase::new($crate::Backend::Sqlite).await.expect("an SQLite database");
                super::$name(database).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let database = $crate::TestDatabase::new($crate::Backend::Postgres).await.expect("a PostgreSQL database");
                super::$name(database).await;
            })+
        }
    };
}
