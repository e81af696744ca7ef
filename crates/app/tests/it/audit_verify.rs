//! `touchstone audit verify` as an operator runs it, before and after somebody was at the database.

use std::path::Path;
use std::process::Output;

use anyhow::{Context as _, Result, ensure};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};
use serde_json::Value;
use uuid::Uuid;

use super::support::process::{Server, program, wait_for};

/// Tampers with the newest sealed row.
const TAMPER: &str = "DROP TRIGGER audit_log_no_update;
    UPDATE audit_log SET actor_role = 'admin', action = 'nothing.happened'
    WHERE id = (SELECT audit_id FROM audit_chain ORDER BY seq DESC LIMIT 1)";

async fn verify(data: &Path, arguments: &[&str]) -> Result<(Option<i32>, Vec<String>)> {
    let arguments = [&["audit", "verify"], arguments].concat();
    let mut command = program(data, &arguments);
    let Output {
        status,
        stdout,
        stderr,
    } = command.env("TOUCHSTONE_DATA_DIR", data).output().await?;
    let printed = String::from_utf8(stdout)?;
    ensure!(status.code().is_some(), "{}", String::from_utf8_lossy(&stderr));
    Ok((status.code(), printed.lines().map(str::to_owned).collect()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_verifies_the_log_while_the_service_runs_and_afterwards() {
    check().await.unwrap();
}

async fn check() -> Result<()> {
    let data = tempfile::tempdir()?;
    let server = Server::start(data.path(), &[]).await?;
    let url = format!("sqlite:{}", data.path().join("touchstone.db").display());
    let connection = Database::connect(&url).await?;
    let sealed = || async {
        let (code, lines) = verify(data.path(), &[]).await?;
        ensure!(code == Some(0), "{lines:?}");
        Ok(lines
            .last()
            .and_then(|line| line.strip_prefix("head "))
            .map(str::to_owned))
    };
    let anchor = wait_for("the first seal", sealed).await?;
    let (code, lines) = verify(data.path(), &["--expect", &anchor, "--json"]).await?;
    let summary: Value = serde_json::from_str(lines.last().context("there is a summary")?)?;
    ensure!(
        code == Some(0) && lines.len() == 1 && summary["faults"] == 0,
        "{lines:?}"
    );
    ensure!(
        summary["entries"].as_u64() > Some(0)
            && summary["head"]["seq"].is_u64()
            && summary["began_at"].is_string(),
        "{summary}"
    );
    server.terminate().await?;

    let (code, lines) = verify(data.path(), &["--expect", &format!("1:{}", "0".repeat(64))]).await?;
    ensure!(code == Some(1) && lines[0].contains("entry 1 "), "{lines:?}");
    let newest = "SELECT audit_id FROM audit_chain ORDER BY seq DESC LIMIT 1";
    let newest = sea_orm::Statement::from_string(connection.get_database_backend(), newest);
    let newest = connection
        .query_one_raw(newest)
        .await?
        .context("rows are sealed")?;
    let newest: Uuid = newest.try_get_by_index(0)?;
    connection.execute_unprepared(TAMPER).await?;
    let (code, lines) = verify(data.path(), &[]).await?;
    ensure!(code == Some(1), "{lines:?}");
    ensure!(
        lines[0].contains(&newest.to_string())
            && lines[0].contains("was changed")
            && lines[1].contains("1 faults"),
        "{lines:?}"
    );
    let (code, lines) = verify(data.path(), &["--json"]).await?;
    let fault: Value = serde_json::from_str(&lines[0])?;
    ensure!(code == Some(1) && fault["fault"] == "row_changed", "{lines:?}");
    ensure!(fault["audit_id"] == newest.to_string(), "{fault}");
    check_without_key(data.path(), &connection).await
}

/// A key that is gone is not replaced by whoever only reads.
async fn check_without_key(data: &Path, connection: &DatabaseConnection) -> Result<()> {
    connection
        .execute_unprepared("DELETE FROM secrets WHERE purpose = 'audit'")
        .await?;
    let (code, lines) = verify(data, &[]).await?;
    ensure!(code == Some(1) && lines.is_empty(), "{lines:?}");
    let count = "SELECT COUNT(*) FROM secrets WHERE purpose = 'audit'";
    let count = sea_orm::Statement::from_string(connection.get_database_backend(), count);
    let count = connection
        .query_one_raw(count)
        .await?
        .context("there is a count")?;
    ensure!(
        count.try_get_by_index::<i64>(0)? == 0,
        "a verification made a key"
    );
    Ok(())
}
