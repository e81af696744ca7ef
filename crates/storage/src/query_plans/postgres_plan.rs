//! What PostgreSQL would do with a statement whose values it does not know, as it does with one it has prepared.

use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement, Value};

use super::OF_EVERYBODY;

/// A school of other people with their attempts and jobs: what is cheapest in an empty database says nothing.
const OTHERS: [&str; 13] = [
    "INSERT INTO users SELECT gen_random_uuid(), 'other' || n || '@school.test', 'Other', 'student', 'x', 'active', 1, 1
     FROM generate_series(1, 1000) n",
    "INSERT INTO cohorts SELECT gen_random_uuid(), 'other ' || n, 1, 1 FROM generate_series(1, 20) n",
    "INSERT INTO cohort_members SELECT c.id, u.id FROM cohorts c, users u WHERE u.display_name = 'Other'",
    "INSERT INTO assessment_definitions (id, title, kind, status, blueprint, settings, dropped, revision, created_at, updated_at)
     SELECT gen_random_uuid(), 'Other', 'generated', 'draft', '{}', '{}', '[]', 1, n, n FROM generate_series(1, 1000) n",
    "INSERT INTO attempts (id, user_id, definition_id, definition_version_id, state, scoring, current_section, section_count,
        response_seq, opted_in_at, inactivity_limit, degraded_reasons, revision, updated_at)
     SELECT gen_random_uuid(), u.id, v.definition_id, v.id, 'expired', 'none', 0, 1, 0, n, 1, '[]', 1, n
     FROM users u, generate_series(1, 20) n, (SELECT id, definition_id FROM definition_versions LIMIT 1) v
     WHERE u.display_name = 'Other'",
    "UPDATE attempts SET state = 'in_progress', started_at = 1, last_activity_at = 1
     WHERE opted_in_at = 1 AND state = 'expired'",
    "UPDATE attempts SET state = 'opted_in', definition_id = (SELECT id FROM assessment_definitions WHERE title = 'Other' LIMIT 1)
     WHERE opted_in_at = 2 AND state = 'expired'",
    "UPDATE attempts SET state = 'awaiting_async', scoring = 'running', submitted_at = 1
     WHERE opted_in_at BETWEEN 3 AND 6 AND state = 'expired'",
    "INSERT INTO jobs (id, kind, queue, dedupe_key, state, run_at, max_attempts, payload, created_at, finished_at)
     SELECT gen_random_uuid(), 'other', (ARRAY['static', 'llm', 'rag'])[1 + n % 3], 'parent ' || n,
        (ARRAY['ready', 'completed', 'waiting', 'failed', 'cancelled'])[1 + n % 5], n, 5, 'null', n, n
     FROM generate_series(1, 5000) n",
    "INSERT INTO jobs (id, kind, queue, dedupe_key, state, run_at, max_attempts, payload, created_at, finished_at, parent_id)
     SELECT gen_random_uuid(), 'other', 'llm', 'child ' || created_at, 'completed', run_at, 5, 'null', created_at, created_at, id
     FROM jobs WHERE kind = 'other'",
    "INSERT INTO score_records (id, attempt_id, item_version_id, scorer, scorer_version, cause, points, max_points, reason,
        criteria, flags, created_at)
     SELECT gen_random_uuid(), a.id, v.id, 'local', 'local-1', 'initial', 1, 1, 'judged', '[]', '[]', 1
     FROM attempts a, (SELECT id FROM item_versions LIMIT 1) v WHERE a.state = 'expired'",
    "INSERT INTO resolutions (attempt_id, item_version_id, score_record_id, provisional, reason, resolved_at)
     SELECT attempt_id, item_version_id, id, hashtext(id::text) % 50 = 0, 'low_confidence', 1 FROM score_records
     WHERE scorer_version = 'local-1'",
    "ANALYZE",
];

/// What grows with candidates. Authored tables are small, and a small table is best read whole.
const GROWING: [&str; 13] = [
    "users",
    "refresh_tokens",
    "cohort_members",
    "accommodations",
    "assessment_definitions",
    "attempts",
    "section_submissions",
    "responses",
    "score_records",
    "resolutions",
    "jobs",
    "audit_log",
    "audit_chain",
];

/// Adds [`OTHERS`].
pub(super) async fn fill(connection: &DatabaseConnection) {
    for statement in OTHERS {
        connection.execute_unprepared(statement).await.unwrap();
    }
}

/// Small tables are read whole whenever that is allowed, and joined by reading both whole.
const SETTINGS: &str = "SET enable_seqscan = off; SET enable_mergejoin = off; SET enable_hashjoin = off;
     SET plan_cache_mode = force_generic_plan";

/// The lines of the plan.
pub(super) async fn plan(connection: &DatabaseConnection, statement: &Statement) -> Vec<String> {
    let values = statement.values.as_ref().map_or(&[][..], |values| &values.0);
    let types: Vec<&str> = values.iter().map(type_of).collect();
    let types = if types.is_empty() {
        String::new()
    } else {
        format!("({})", types.join(", "))
    };
    let nulls = vec!["NULL"; values.len()].join(", ");
    let arguments = if nulls.is_empty() {
        nulls
    } else {
        format!("({nulls})")
    };
    let prepare = format!("{SETTINGS}; PREPARE watched {types} AS {}", statement.sql);
    connection.execute_unprepared(&prepare).await.unwrap();
    let explain = format!("EXPLAIN EXECUTE watched {arguments}");
    let explain = Statement::from_string(connection.get_database_backend(), explain);
    let rows = connection.query_all_raw(explain).await.unwrap();
    connection.execute_unprepared("DEALLOCATE watched").await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Lines of the plan that read a table, or an index without a condition on it.
pub(super) async fn scans(connection: &DatabaseConnection, statement: &Statement) -> Vec<String> {
    let lines = plan(connection, statement).await;
    let faulty = lines.iter().enumerate().filter(|(index, line)| {
        let reads_all =
            line.contains("Seq Scan on") || (is_index_scan(line) && !has_condition(&lines[index + 1..]));
        let grows = table_of(line).is_some_and(|table| GROWING.contains(&table));
        (reads_all && grows) || line.contains(OF_EVERYBODY)
    });
    faulty.map(|(_, line)| line.trim().to_owned()).collect()
}

/// The table in `… Scan using index on table alias  (cost…`.
fn table_of(line: &str) -> Option<&str> {
    line.split_once(" on ")?.1.split_whitespace().next()
}

fn is_index_scan(line: &str) -> bool {
    line.contains("Index Scan") || line.contains("Index Only Scan")
}

/// Whether the lines that follow a node, up to the next one, have the condition its index is searched with.
fn has_condition(following: &[String]) -> bool {
    let own = following.iter().take_while(|line| !line.contains("->"));
    own.into_iter().any(|line| line.contains("Index Cond:"))
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Uuid(_) => "uuid",
        Value::String(_) => "text",
        Value::BigInt(_) => "bigint",
        Value::Int(_) => "integer",
        Value::Bool(_) => "boolean",
        Value::Double(_) => "double precision",
        other => panic!("{other:?} is bound by no statement so far"),
    }
}
