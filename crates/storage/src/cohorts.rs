//! `cohorts`, `cohort_members`, `cohort_assessments`.

use async_trait::async_trait;
use domain::identity::{Cohort, CohortRepository};
use domain::ids::{CohortId, DefinitionId, UserId};
use domain::store::StoreError;
use domain::time::Timestamp;

use crate::dialect::for_update;
use crate::sql::{Row, execute, fetch_optional, values};
use crate::transaction::SqlTx;

pub(crate) fn cohort(row: &Row) -> Result<Cohort, StoreError> {
    Ok(Cohort {
        id: CohortId(row.get("id")?),
        name: row.get("name")?,
        created_at: row.timestamp("created_at")?,
        updated_at: row.timestamp("updated_at")?,
    })
}

impl SqlTx {
    async fn exists(&self, text: &str, values: Vec<sea_orm::Value>) -> Result<bool, StoreError> {
        Ok(fetch_optional(&self.connection, text, values).await?.is_some())
    }
}

#[async_trait]
impl CohortRepository for SqlTx {
    async fn find_cohort(&mut self, id: CohortId) -> Result<Option<Cohort>, StoreError> {
        let text = format!(
            "SELECT id, name, created_at, updated_at FROM cohorts WHERE id = $1{}",
            for_update(self.backend)
        );
        let row = fetch_optional(&self.connection, &text, values![id.0]).await?;
        row.as_ref().map(cohort).transpose()
    }

    async fn insert_cohort(&mut self, cohort: &Cohort) -> Result<(), StoreError> {
        let text = "INSERT INTO cohorts (id, name, created_at, updated_at) VALUES ($1, $2, $3, $4)";
        let values = values![
            cohort.id.0,
            cohort.name.clone(),
            cohort.created_at.as_micros(),
            cohort.updated_at.as_micros()
        ];
        execute(&self.connection, text, values).await?;
        Ok(())
    }

    async fn rename_cohort(&mut self, id: CohortId, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        let text = "UPDATE cohorts SET name = $2, updated_at = $3 WHERE id = $1";
        Ok(execute(&self.connection, text, values![id.0, name, now.as_micros()]).await? == 1)
    }

    async fn delete_cohort(&mut self, id: CohortId) -> Result<bool, StoreError> {
        for text in [
            "DELETE FROM cohort_members WHERE cohort_id = $1",
            "DELETE FROM cohort_assessments WHERE cohort_id = $1",
        ] {
            execute(&self.connection, text, values![id.0]).await?;
        }
        let text = "DELETE FROM cohorts WHERE id = $1";
        Ok(execute(&self.connection, text, values![id.0]).await? == 1)
    }

    async fn add_member(&mut self, id: CohortId, user: UserId) -> Result<bool, StoreError> {
        let text = "SELECT id FROM users WHERE id = $1 AND role IN ('student', 'advisor')";
        if !self.exists(text, values![user.0]).await? {
            return Ok(false);
        }
        let text = "INSERT INTO cohort_members (cohort_id, user_id) VALUES ($1, $2)
             ON CONFLICT (cohort_id, user_id) DO NOTHING";
        execute(&self.connection, text, values![id.0, user.0]).await?;
        Ok(true)
    }

    async fn remove_member(&mut self, id: CohortId, user: UserId) -> Result<(), StoreError> {
        let text = "DELETE FROM cohort_members WHERE cohort_id = $1 AND user_id = $2";
        execute(&self.connection, text, values![id.0, user.0]).await?;
        Ok(())
    }

    async fn assign(&mut self, id: CohortId, definition: DefinitionId) -> Result<bool, StoreError> {
        let text = "SELECT id FROM assessment_definitions WHERE id = $1";
        if !self.exists(text, values![definition.0]).await? {
            return Ok(false);
        }
        let text = "INSERT INTO cohort_assessments (cohort_id, definition_id) VALUES ($1, $2)
             ON CONFLICT (cohort_id, definition_id) DO NOTHING";
        execute(&self.connection, text, values![id.0, definition.0]).await?;
        Ok(true)
    }

    async fn unassign(&mut self, id: CohortId, definition: DefinitionId) -> Result<(), StoreError> {
        let text = "DELETE FROM cohort_assessments WHERE cohort_id = $1 AND definition_id = $2";
        execute(&self.connection, text, values![id.0, definition.0]).await?;
        Ok(())
    }

    async fn is_assigned(&mut self, user: UserId, definition: DefinitionId) -> Result<bool, StoreError> {
        let text = "SELECT m.user_id FROM cohort_members m
             JOIN cohort_assessments a ON a.cohort_id = m.cohort_id
             WHERE m.user_id = $1 AND a.definition_id = $2 LIMIT 1";
        self.exists(text, values![user.0, definition.0]).await
    }

    async fn share_cohort(&mut self, one: UserId, other: UserId) -> Result<bool, StoreError> {
        let text = "SELECT m.user_id FROM cohort_members m
             JOIN cohort_members n ON n.cohort_id = m.cohort_id
             WHERE m.user_id = $1 AND n.user_id = $2 LIMIT 1";
        self.exists(text, values![one.0, other.0]).await
    }
}
