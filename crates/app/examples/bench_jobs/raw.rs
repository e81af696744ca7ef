//! The database's own limit: loops that claim, complete and write the attempt row for [`BATCH`] jobs with as few statements
//! as it takes, and know nothing of leases that are renewed, of handlers or of failures.

use anyhow::Result;
use domain::time::Clock as _;
use futures::future::try_join_all;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement, Value};
use testkit::Backend;
use uuid::Uuid;

use crate::ground::{BATCH, Ground, LEASE, new_id, single_connection};

/// Loops at once on PostgreSQL; more do not make it faster on two processors.
const LOOPS: usize = 4;

const CLAIM: &str = "WITH due AS MATERIALIZED (
        SELECT id AS due_id FROM jobs WHERE state = 'ready' AND queue = 'static' AND priority = 0 AND run_at <= $1
        ORDER BY run_at, id LIMIT $4{skip_locked}
    )
    UPDATE jobs SET state = 'running', fence = fence + 1, attempt = attempt + 1, lease_until = $2, owner = $3, started_at = $1
    FROM due WHERE id = due_id RETURNING {id} AS claimed";

const COMPLETE_ON_POSTGRES: &str = "WITH done AS (
        UPDATE jobs SET state = 'completed', finished_at = $2, lease_until = NULL, owner = NULL
        WHERE id = ANY (CAST($1 AS uuid[])) RETURNING id, fence, attempt
    )
    INSERT INTO job_attempts (job_id, fence, attempt, owner, started_at, finished_at, outcome)
    SELECT id, fence, attempt, $3, $2, $2, 'completed' FROM done";

const COMPLETE_ON_SQLITE: &str =
    "UPDATE jobs SET state = 'completed', finished_at = $2, lease_until = NULL, owner = NULL
    WHERE id IN (SELECT unhex(value) FROM json_each($1))";
const ATTEMPTS_ON_SQLITE: &str = "INSERT INTO job_attempts (job_id, fence, attempt, owner, started_at, finished_at, outcome)
    SELECT id, fence, attempt, $3, $2, $2, 'completed' FROM jobs WHERE id IN (SELECT unhex(value) FROM json_each($1))";

/// Works off what is ready; returns the connections by which it did.
pub(crate) async fn work_off(ground: &Ground) -> Result<Vec<DatabaseConnection>> {
    let loops = match ground.backend {
        Backend::Sqlite => 1,
        Backend::Postgres => LOOPS,
    };
    try_join_all((0..loops).map(|_| work(ground))).await
}

async fn work(ground: &Ground) -> Result<DatabaseConnection> {
    let connection = single_connection(&ground.database.url).await?;
    if ground.backend == Backend::Sqlite {
        connection
            .execute_unprepared("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
            .await?;
    }
    let owner = new_id();
    loop {
        let claimed = claim(ground, &connection, owner).await?;
        if claimed.is_empty() {
            return Ok(connection);
        }
        complete(ground, &connection, owner, &claimed).await?;
    }
}

async fn claim(ground: &Ground, connection: &DatabaseConnection, owner: Uuid) -> Result<Vec<String>> {
    let (skip_locked, id) = match ground.backend {
        Backend::Sqlite => ("", "hex(id)"),
        Backend::Postgres => (" FOR UPDATE SKIP LOCKED", "CAST(id AS text)"),
    };
    let text = CLAIM.replace("{skip_locked}", skip_locked).replace("{id}", id);
    let now = ground.clock.now();
    let limit = i64::try_from(BATCH)?;
    let values = [
        now.as_micros().into(),
        (now + LEASE).as_micros().into(),
        owner.into(),
        limit.into(),
    ];
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), text, values);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter()
        .map(|row| Ok(row.try_get::<String>("", "claimed")?))
        .collect()
}

async fn complete(
    ground: &Ground,
    connection: &DatabaseConnection,
    owner: Uuid,
    claimed: &[String],
) -> Result<()> {
    let now = Value::from(ground.clock.now().as_micros());
    let execute = async |text: &str, ids: String| -> Result<()> {
        let values = [Value::from(ids), now.clone(), owner.into()];
        let statement = Statement::from_sql_and_values(connection.get_database_backend(), text, values);
        connection.execute_raw(statement).await?;
        Ok(())
    };
    match ground.backend {
        Backend::Postgres => execute(COMPLETE_ON_POSTGRES, format!("{{{}}}", claimed.join(","))).await,
        Backend::Sqlite => {
            let ids = serde_json::to_string(claimed)?;
            connection.execute_unprepared("BEGIN IMMEDIATE").await?;
            execute(COMPLETE_ON_SQLITE, ids.clone()).await?;
            execute(ATTEMPTS_ON_SQLITE, ids).await?;
            connection.execute_unprepared("COMMIT").await?;
            Ok(())
        }
    }
}
