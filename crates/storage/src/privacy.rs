//! Erasure: a walk over the list of personal columns, and the end of what is under way for its subject.
//!
//! Names of tables and columns are constants of this program.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::ids::{AttemptId, UserId};
use domain::job::payload;
use domain::privacy::PrivacyRepository;
use domain::privacy::jobs::{ERASE_AGAIN, EraseAgainPayload};
use domain::rate_limits::SignInSubject;
use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, Value};

use crate::dialect::for_update;
use crate::personal_data::{Erased, PERSONAL_TABLES, PersonalTable, Whose};
use crate::sql::{execute, fetch_all, fetch_optional, values};
use crate::transaction::SqlTx;

#[async_trait]
impl PrivacyRepository for SqlTx {
    async fn close_account(&mut self, id: UserId, now: Timestamp) -> Result<bool, StoreError> {
        // An update alone would not keep PostgreSQL from taking rows that refer to the account.
        let lock = format!("SELECT id FROM users WHERE id = $1{}", for_update(self.backend));
        fetch_all(&self.connection, &lock, values![id.0]).await?;
        let text = "UPDATE users SET status = 'disabled', erased_at = $2, updated_at = $2
             WHERE id = $1 AND erased_at IS NULL";
        Ok(execute(&self.connection, text, values![id.0, now.as_micros()]).await? == 1)
    }

    async fn unsettled_attempts(&mut self, id: UserId) -> Result<Vec<AttemptId>, StoreError> {
        let text = "SELECT id FROM attempts
             WHERE user_id = $1 AND state <> 'voided'
                AND (state IN ('opted_in', 'in_progress', 'awaiting_async') OR scoring = 'running')
             ORDER BY id";
        let rows = fetch_all(&self.connection, text, values![id.0]).await?;
        rows.iter().map(|row| row.get("id").map(AttemptId)).collect()
    }

    async fn cancel_jobs(&mut self, id: UserId, now: Timestamp) -> Result<u64, StoreError> {
        let text = "UPDATE jobs SET state = 'cancelled', finished_at = $2, lease_until = NULL, owner = NULL
             WHERE state IN ('waiting', 'ready', 'running')
                AND subject_id IN (SELECT a.id FROM attempts a WHERE a.user_id = $1)";
        execute(&self.connection, text, values![id.0, now.as_micros()]).await
    }

    async fn erase(
        &mut self,
        id: UserId,
        address: Option<&SignInSubject>,
    ) -> Result<BTreeMap<&'static str, u64>, StoreError> {
        let subject = Subject {
            id,
            address: address.cloned(),
        };
        let mut counts = BTreeMap::new();
        for table in PERSONAL_TABLES {
            if let Some((text, values)) = erasing(table, &subject) {
                *counts.entry(table.table).or_default() += execute(&self.connection, &text, values).await?;
            }
        }
        Ok(counts)
    }

    async fn forget_address(&mut self, id: UserId) -> Result<(), StoreError> {
        let left = payload(&EraseAgainPayload {
            user_id: id,
            address: None,
        })?;
        let text = "UPDATE jobs SET payload = $2 WHERE subject_id = $1 AND kind = $3";
        let values = values![id.0, left.to_string(), ERASE_AGAIN.name];
        execute(&self.connection, text, values).await?;
        Ok(())
    }
}

/// The statement that takes a person's words out of a table; none where all of it stays. It passes over rows that are erased
/// already, so that it counts what it found.
fn erasing(table: &PersonalTable, subject: &Subject) -> Option<(String, Vec<Value>)> {
    let (name, (whose, first)) = (table.table, subject.rows(table.whose)?);
    if table.goes_with_subject() {
        return Some((format!("DELETE FROM {name} WHERE {whose}"), vec![first]));
    }
    let mut values = vec![first];
    let (mut assignments, mut not_yet) = (Vec::new(), Vec::new());
    for column in table.columns {
        let (column, text) = match column.erased {
            Erased::Null => {
                assignments.push(format!("{} = NULL", column.column));
                not_yet.push(format!("{} IS NOT NULL", column.column));
                continue;
            }
            Erased::Text(text) => (column.column, text.to_owned()),
            Erased::Unique(text) => (column.column, text.replace("{id}", &subject.id.to_string())),
            Erased::WithRow | Erased::Kept(_) => continue,
        };
        values.push(text.into());
        assignments.push(format!("{column} = ${}", values.len()));
        not_yet.push(format!("{column} <> ${}", values.len()));
    }
    (!assignments.is_empty()).then(|| {
        let (set, not_yet) = (assignments.join(", "), not_yet.join(" OR "));
        (
            format!("UPDATE {name} SET {set} WHERE ({whose}) AND ({not_yet})"),
            values,
        )
    })
}

/// By what rows are found to be about a person.
pub(crate) struct Subject {
    id: UserId,
    address: Option<SignInSubject>,
}

impl Subject {
    /// An account that is not there has no rows.
    pub(crate) async fn find(connection: &impl ConnectionTrait, id: UserId) -> Result<Self, StoreError> {
        let text = "SELECT email FROM users WHERE id = $1";
        let row = fetch_optional(connection, text, values![id.0]).await?;
        let email: String = row.map_or(Ok(String::new()), |row| row.get("email"))?;
        Ok(Self {
            id,
            address: Some(SignInSubject::of(&email)),
        })
    }

    /// The condition on a table's rows with the value of `$1`.
    pub(crate) fn rows(&self, whose: Whose) -> Option<(&'static str, Value)> {
        match whose {
            Whose::Id(condition) => Some((condition, self.id.0.into())),
            Whose::IdText(condition) => Some((condition, self.id.to_string().into())),
            Whose::AddressHash(condition) => {
                let address = self.address.as_ref()?;
                Some((condition, address.as_str().into()))
            }
            Whose::Nobody(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::personal_data::{PersonalColumn, Retention, Shown};

    const fn column(column: &'static str, erased: Erased) -> PersonalColumn {
        PersonalColumn {
            column,
            retention: Retention::WithSubject,
            shown: Shown::Text,
            erased,
        }
    }

    fn statement(columns: &'static [PersonalColumn]) -> Option<(String, usize)> {
        let table = PersonalTable {
            table: "things",
            whose: Whose::Id("owner = $1"),
            exported_if: None,
            context: &[],
            columns,
        };
        let nobody = Subject {
            id: UserId(Uuid::nil()),
            address: None,
        };
        erasing(&table, &nobody).map(|(text, values)| (text, values.len()))
    }

    #[test]
    fn rows_go_with_their_subject_or_are_emptied_once() {
        const GONE: &[PersonalColumn] = &[column("word", Erased::WithRow)];
        const EMPTIED: &[PersonalColumn] = &[
            column("word", Erased::Null),
            column("law", Erased::Kept("a log")),
            column("name", Erased::Unique("nobody-{id}")),
        ];
        const KEPT: &[PersonalColumn] = &[column("law", Erased::Kept("a log"))];
        let gone = ("DELETE FROM things WHERE owner = $1".to_owned(), 1);
        assert_eq!(statement(GONE), Some(gone.clone()));
        assert_eq!(statement(&[]), Some(gone));
        let emptied = "UPDATE things SET word = NULL, name = $2 WHERE (owner = $1) AND (word IS NOT NULL OR name <> $2)";
        assert_eq!(statement(EMPTIED), Some((emptied.to_owned(), 2)));
        assert_eq!(statement(KEPT), None);
    }

    #[test]
    fn a_row_is_deleted_as_a_whole_or_not_at_all() {
        for table in PERSONAL_TABLES {
            let gone = table
                .columns
                .iter()
                .filter(|column| column.erased == Erased::WithRow);
            assert!(
                table.goes_with_subject() || gone.count() == 0,
                "{} neither stays nor goes",
                table.table
            );
        }
    }
}
