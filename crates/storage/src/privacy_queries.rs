//! Export: everything that the list of personal columns says may be shown, as JSON a person can read.

use std::collections::BTreeMap;

use domain::ids::UserId;
use domain::points::Points;
use domain::privacy::PersonalExport;
use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::ConnectionTrait;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::store_error;
use crate::personal_data::{Context, PERSONAL_TABLES, PersonalTable, Shown};
use crate::privacy::Subject;
use crate::sql::{Row, fetch_all};
use crate::store::Store;

impl Store {
    /// What is kept of a person and may be told to them, table by table, as it was in one instant. It is held in memory.
    pub async fn personal_data(&self, id: UserId, now: Timestamp) -> Result<PersonalExport, StoreError> {
        let snapshot = self.snapshot().await?;
        let subject = Subject::find(&snapshot, id).await?;
        let mut tables = BTreeMap::new();
        for table in PERSONAL_TABLES {
            let rows = rows_about(&snapshot, table, &subject).await?;
            if !rows.is_empty() {
                tables.insert(table.table, rows);
            }
        }
        snapshot.rollback().await.map_err(store_error)?;
        Ok(PersonalExport {
            user_id: id,
            exported_at: now,
            tables,
        })
    }
}

async fn rows_about(
    connection: &impl ConnectionTrait,
    table: &PersonalTable,
    subject: &Subject,
) -> Result<Vec<Map<String, Value>>, StoreError> {
    let shown = shown(table);
    let Some((whose, first)) = subject.rows(table.whose).filter(|_| !shown.is_empty()) else {
        return Ok(Vec::new());
    };
    let rows = fetch_all(connection, &reading(table, &shown, whose), vec![first]).await?;
    rows.iter().map(|row| entry(row, table, &shown)).collect()
}

/// Everything of a table that is not withheld.
fn shown(table: &PersonalTable) -> Vec<Context> {
    let personal = table.columns.iter().map(|column| Context {
        name: column.column,
        sql: column.column,
        shown: column.shown,
    });
    let all = table.context.iter().copied().chain(personal);
    all.filter(|column| !matches!(column.shown, Shown::Never(_)))
        .collect()
}

/// In the order of the first column shown, which is an id or what a row is about.
fn reading(table: &PersonalTable, shown: &[Context], whose: &str) -> String {
    let columns: Vec<String> = shown
        .iter()
        .map(|column| format!("{} AS {}", column.sql, column.name))
        .collect();
    let exported_if = table
        .exported_if
        .map(|condition| format!(" AND ({condition})"))
        .unwrap_or_default();
    format!(
        "SELECT {} FROM {} WHERE ({whose}){exported_if} ORDER BY 1",
        columns.join(", "),
        table.table
    )
}

fn entry(row: &Row, table: &PersonalTable, shown: &[Context]) -> Result<Map<String, Value>, StoreError> {
    shown
        .iter()
        .map(|column| Ok((column.name.to_owned(), value(row, table.table, column)?)))
        .collect()
}

fn value(row: &Row, table: &'static str, column: &Context) -> Result<Value, StoreError> {
    let name = column.name;
    Ok(match column.shown {
        Shown::Text => row.get::<Option<String>>(name)?.into(),
        Shown::Json(without) => document(row, table, column, without)?,
        Shown::Id => row.get::<Option<Uuid>>(name)?.map(|id| id.to_string()).into(),
        Shown::Instant => row.optional_timestamp(name)?.map(|at| at.to_string()).into(),
        Shown::Points => row
            .get::<Option<i64>>(name)?
            .map(|points| Points::from_hundredths(points).as_f64())
            .into(),
        Shown::Integer => row.get::<Option<i32>>(name)?.into(),
        Shown::Number => row.get::<Option<f64>>(name)?.into(),
        Shown::Never(_) => Value::Null,
    })
}

/// A stored document without the members that are not to be told.
fn document(row: &Row, table: &'static str, column: &Context, without: &[&str]) -> Result<Value, StoreError> {
    let Some(text) = row.get::<Option<String>>(column.name)? else {
        return Ok(Value::Null);
    };
    let parsed = serde_json::from_str(&text).map_err(|_| row.inconsistent(table, column.name))?;
    Ok(pruned(parsed, without))
}

fn pruned(value: Value, without: &[&str]) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(name, _)| !without.contains(&name.as_str()))
            .map(|(name, member)| (name, pruned(member, without)))
            .collect(),
        Value::Array(entries) => entries.into_iter().map(|entry| pruned(entry, without)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_left_out_wherever_they_stand() {
        let document = json!([{ "weight": 1, "parts": [{ "weight": { "a": 1 }, "text": "weight" }] }]);
        let told = json!([{ "parts": [{ "text": "weight" }] }]);
        assert_eq!(pruned(document.clone(), &["weight"]), told);
        assert_eq!(pruned(document.clone(), &[]), document);
    }

    #[test]
    fn what_is_withheld_is_not_read() {
        for table in PERSONAL_TABLES {
            let told = shown(table);
            let withheld = table
                .columns
                .iter()
                .filter(|column| matches!(column.shown, Shown::Never(_)));
            for column in withheld {
                let statement = reading(table, &told, "TRUE");
                assert!(
                    !statement.contains(&format!("{} AS", column.column)),
                    "{}: {statement}",
                    table.table
                );
            }
        }
    }
}
