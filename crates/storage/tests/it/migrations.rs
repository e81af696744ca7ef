//! The schema is applied once, whoever starts first, and is the same on both databases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use domain::attempts::{AttemptState, ScoringState, VoidedBy};
use domain::authoring::item::ItemKind;
use domain::authoring::{DefinitionKind, DefinitionStatus, Review};
use domain::catalog::CredentialLevel;
use domain::identity::{Role, UserStatus};
use domain::job::Queue;
use domain::llm::{CallState, Finish};
use domain::regrades::{Outcome, Policy, RegradeState};
use domain::reviews::{Author, DecisionKind, InquiryEvent, InquiryState};
use domain::scoring::{DeferralReason, Reason, ResolutionReason, Scorer};
use storage::migrations::{migrate, pending};
use storage::personal_data::{IMPERSONAL_TEXT_COLUMNS, PERSONAL_TABLES};
use storage::{Database, DatabaseOptions, SecretPurpose, SigningAlgorithm, Store};
use testkit::database::{administer, database_url};
use testkit::{Backend, TestDatabase, both_databases};

use crate::raw;

both_databases!(
    a_migrated_database_has_nothing_pending,
    a_second_run_applies_nothing,
    two_migrators_at_once_apply_everything_once,
    value_sets_of_the_schema_are_the_enums_of_the_domain,
    every_text_column_is_declared_personal_or_impersonal,
);

/// Every migration, in order.
pub(crate) const ALL: [&str; 16] = [
    "initial",
    "attempts_complete",
    "accounts",
    "audit_chain",
    "rate_limits",
    "erasure",
    "item_review",
    "job_engine",
    "lighter_writes",
    "reasons",
    "reviews",
    "llm_calls",
    "regrades",
    "catalog",
    "recommendations",
    "overseen_fails",
];

/// The address of a new database without a schema, beside the given one.
pub(crate) async fn empty_database(database: &TestDatabase) -> String {
    match database.store.database().backend() {
        Backend::Sqlite => format!(
            "sqlite:{}",
            database.directory().unwrap().join("empty.db").display()
        ),
        Backend::Postgres => {
            let name = format!("{}_empty", database.url.rsplit('/').next().unwrap());
            administer(&format!("CREATE DATABASE {name}")).await.unwrap();
            database_url(&name).unwrap()
        }
    }
}

/// Two processes' connections to a database without a schema, beside the given one.
async fn two_on_an_empty_database(database: &TestDatabase) -> [Store; 2] {
    let url = empty_database(database).await;
    let first = Database::connect(DatabaseOptions::new(url.clone()))
        .await
        .unwrap();
    let second = Database::connect(DatabaseOptions::new(url)).await.unwrap();
    [Store::new(first), Store::new(second)]
}

async fn a_migrated_database_has_nothing_pending(database: TestDatabase) {
    assert_eq!(pending(&database.store).await.unwrap(), Vec::<&str>::new());
    let [empty, _] = two_on_an_empty_database(&database).await;
    assert_eq!(pending(&empty).await.unwrap(), ALL);
}

async fn a_second_run_applies_nothing(database: TestDatabase) {
    let [store, other] = two_on_an_empty_database(&database).await;
    assert_eq!(migrate(&store, &*database.clock).await.unwrap(), ALL);
    assert_eq!(
        migrate(&store, &*database.clock).await.unwrap(),
        Vec::<&str>::new()
    );
    assert_eq!(
        migrate(&other, &*database.clock).await.unwrap(),
        Vec::<&str>::new()
    );
    assert_eq!(pending(&other).await.unwrap(), Vec::<&str>::new());
}

async fn two_migrators_at_once_apply_everything_once(database: TestDatabase) {
    let [first, second] = two_on_an_empty_database(&database).await;
    let (one, two) = tokio::join!(
        migrate(&first, &*database.clock),
        migrate(&second, &*database.clock)
    );
    // Each migration by one of the two.
    let mut applied = [one.unwrap(), two.unwrap()].concat();
    applied.sort_unstable();
    let mut all = ALL;
    all.sort_unstable();
    assert_eq!(applied, all);
    assert_eq!(pending(&second).await.unwrap(), Vec::<&str>::new());
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let sqlite = TestDatabase::new(Backend::Sqlite).await.unwrap();
    let postgres = TestDatabase::new(Backend::Postgres).await.unwrap();
    let sqlite = columns(&sqlite).await;
    assert!(sqlite.len() > 100, "{sqlite:?}");
    assert_eq!(sqlite, columns(&postgres).await);
}

#[tokio::test]
async fn both_databases_have_the_same_indexes() {
    let sqlite = TestDatabase::new(Backend::Sqlite).await.unwrap();
    let postgres = TestDatabase::new(Backend::Postgres).await.unwrap();
    let of_sqlite = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name";
    // Primary keys have an index in PostgreSQL's catalogue too; SQLite keeps theirs without a statement.
    let of_postgres = "SELECT i.relname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_namespace n ON n.oid = i.relnamespace WHERE n.nspname = 'public' AND NOT x.indisprimary
        ORDER BY i.relname COLLATE \"C\"";
    let sqlite = raw::texts(&sqlite, of_sqlite).await;
    assert!(sqlite.contains(&"jobs_dedupe".to_owned()), "{sqlite:?}");
    assert_eq!(sqlite, raw::texts(&postgres, of_postgres).await);
}

/// `table.column` with `null` where it may be, of the whole schema.
async fn columns(database: &TestDatabase) -> BTreeSet<String> {
    let text = match database.store.database().backend() {
        Backend::Sqlite => {
            "SELECT t.name || '.' || c.name || CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN '' ELSE ' null' END
             FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
        }
        Backend::Postgres => {
            "SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN '' ELSE ' null' END
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    raw::texts(database, text).await.into_iter().collect()
}

async fn every_text_column_is_declared_personal_or_impersonal(database: TestDatabase) {
    let text = match database.store.database().backend() {
        Backend::Sqlite => {
            "SELECT t.name || '.' || c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' AND upper(c.type) = 'TEXT'"
        }
        Backend::Postgres => {
            "SELECT table_name || '.' || column_name FROM information_schema.columns
             WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'json', 'jsonb')"
        }
    };
    let in_schema: BTreeSet<String> = raw::texts(&database, text).await.into_iter().collect();
    let personal = PERSONAL_TABLES.iter().flat_map(|table| {
        let columns = table.columns.iter();
        columns.map(|column| format!("{}.{}", table.table, column.column))
    });
    let impersonal = IMPERSONAL_TEXT_COLUMNS
        .iter()
        .flat_map(|(table, columns)| columns.iter().map(move |column| format!("{table}.{column}")));
    let declared: Vec<String> = personal.chain(impersonal).collect();
    let distinct: BTreeSet<String> = declared.iter().cloned().collect();
    assert_eq!(declared.len(), distinct.len(), "a column is declared twice");
    assert_eq!(distinct, in_schema);
}

async fn value_sets_of_the_schema_are_the_enums_of_the_domain(database: TestDatabase) {
    let roles = Role::ALL.map(Role::as_str);
    let actors = [&roles[..], &["system", "anonymous"]].concat();
    let expected: [(&str, Vec<&str>); 18] = [
        ("users_role", roles.to_vec()),
        ("users_status", UserStatus::ALL.map(UserStatus::as_str).to_vec()),
        ("audit_log_actor_role", actors),
        (
            "assessment_definitions_kind",
            DefinitionKind::ALL.map(DefinitionKind::as_str).to_vec(),
        ),
        (
            "assessment_definitions_status",
            DefinitionStatus::ALL.map(DefinitionStatus::as_str).to_vec(),
        ),
        (
            "definition_items_review",
            Review::ALL.map(Review::as_str).to_vec(),
        ),
        (
            "attempts_state",
            AttemptState::ALL.map(AttemptState::as_str).to_vec(),
        ),
        (
            "attempts_scoring",
            ScoringState::ALL.map(ScoringState::as_str).to_vec(),
        ),
        ("score_records_scorer", Scorer::ALL.map(Scorer::as_str).to_vec()),
        ("score_records_reason", Reason::ALL.map(Reason::as_str).to_vec()),
        (
            "resolutions_reason",
            ResolutionReason::ALL.map(ResolutionReason::as_str).to_vec(),
        ),
        (
            "attempts_kind",
            DefinitionKind::ALL.map(DefinitionKind::as_str).to_vec(),
        ),
        ("attempts_voided_by", VoidedBy::ALL.map(VoidedBy::as_str).to_vec()),
        ("item_versions_kind", ItemKind::ALL.map(ItemKind::as_str).to_vec()),
        ("jobs_queue", Queue::ALL.map(Queue::as_str).to_vec()),
        (
            "deferred_scores_reason",
            DeferralReason::ALL.map(DeferralReason::as_str).to_vec(),
        ),
        ("llm_calls_state", CallState::ALL.map(CallState::as_str).to_vec()),
        ("llm_calls_finish", Finish::ALL.map(Finish::as_str).to_vec()),
    ];
    let others = of_people()
        .into_iter()
        .chain(of_regrades())
        .chain(of_no_attempt());
    for (constraint, values) in expected.into_iter().chain(others) {
        let values: BTreeSet<String> = values.into_iter().map(str::to_owned).collect();
        assert_eq!(value_set(&database, constraint).await, values, "{constraint}");
    }
}

/// What people say of scores.
fn of_people() -> [(&'static str, Vec<&'static str>); 4] {
    [
        (
            "review_decisions_decision",
            DecisionKind::ALL.map(DecisionKind::as_str).to_vec(),
        ),
        (
            "inquiries_state",
            InquiryState::ALL.map(InquiryState::as_str).to_vec(),
        ),
        (
            "inquiry_messages_author",
            Author::ALL.map(Author::as_str).to_vec(),
        ),
        (
            "inquiry_messages_event",
            InquiryEvent::ALL.map(InquiryEvent::as_str).to_vec(),
        ),
    ]
}

/// What is scored again.
fn of_regrades() -> [(&'static str, Vec<&'static str>); 5] {
    [
        ("regrades_policy", Policy::ALL.map(Policy::as_str).to_vec()),
        (
            "regrades_state",
            RegradeState::ALL.map(RegradeState::as_str).to_vec(),
        ),
        (
            "regrade_changes_outcome",
            Outcome::ALL.map(Outcome::as_str).to_vec(),
        ),
        ("regrade_changes_scorer", Scorer::ALL.map(Scorer::as_str).to_vec()),
        (
            "regrade_changes_reason",
            ResolutionReason::ALL.map(ResolutionReason::as_str).to_vec(),
        ),
    ]
}

/// What is about no attempt.
fn of_no_attempt() -> [(&'static str, Vec<&'static str>); 4] {
    [
        (
            "secrets_purpose",
            SecretPurpose::ALL.map(SecretPurpose::as_str).to_vec(),
        ),
        (
            "secrets_algorithm",
            SigningAlgorithm::ALL.map(SigningAlgorithm::as_str).to_vec(),
        ),
        (
            "credentials_level",
            CredentialLevel::ALL.map(CredentialLevel::as_str).to_vec(),
        ),
        (
            "recommendations_outcome",
            domain::recommendations::Outcome::ALL
                .map(domain::recommendations::Outcome::as_str)
                .to_vec(),
        ),
    ]
}

/// The quoted values of a named CHECK constraint.
async fn value_set(database: &TestDatabase, constraint: &str) -> BTreeSet<String> {
    let definition = match database.store.database().backend() {
        Backend::Sqlite => {
            let like =
                format!("SELECT sql FROM sqlite_master WHERE sql LIKE '%CONSTRAINT {constraint} CHECK%'");
            let table = raw::texts(database, &like).await.remove(0);
            let (_, definition) = table
                .split_once(&format!("CONSTRAINT {constraint} CHECK"))
                .unwrap();
            definition.split("CONSTRAINT ").next().unwrap().to_owned()
        }
        Backend::Postgres => {
            let named =
                format!("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{constraint}'");
            raw::texts(database, &named).await.remove(0)
        }
    };
    definition
        .split('\'')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}
