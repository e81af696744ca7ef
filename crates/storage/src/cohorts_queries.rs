//! Reads of cohorts outside a transaction.

use domain::attempts::Viewer;
use domain::identity::{CohortMember, CohortView, Role};
use domain::ids::{CohortId, DefinitionId, UserId};
use domain::reports::{Page, PageRequest};
use domain::store::StoreError;
use uuid::Uuid;

use crate::cohorts::cohort;
use crate::sql::{Row, fetch_all, fetch_count, fetch_optional, values};
use crate::store::Store;

const COHORT: &str = "SELECT id, name, created_at, updated_at,
        (SELECT count(*) FROM cohort_members m JOIN users u ON u.id = m.user_id
            WHERE m.cohort_id = cohorts.id AND u.role = 'student') AS candidates,
        (SELECT count(*) FROM cohort_members m JOIN users u ON u.id = m.user_id
            WHERE m.cohort_id = cohorts.id AND u.role = 'advisor') AS advisors
     FROM cohorts";

/// `$1` is who has to be in the cohort; NULL for whoever sees all of them.
const SEEN: &str = "($1 IS NULL OR EXISTS (
        SELECT 1 FROM cohort_members own WHERE own.cohort_id = cohorts.id AND own.user_id = $1))";

impl Store {
    /// Cohorts by name: all for admins, for others those they are in.
    pub async fn list_cohorts(
        &self,
        viewer: Viewer,
        page: PageRequest,
    ) -> Result<Page<CohortView>, StoreError> {
        let read = self.database().read();
        let seen_by = member_of(viewer);
        let text = format!("SELECT count(*) AS count FROM cohorts WHERE {SEEN}");
        let total = fetch_count(read, &text, values![seen_by]).await?;
        let text = format!("{COHORT} WHERE {SEEN} ORDER BY name LIMIT $2 OFFSET $3");
        let mut cohorts = Vec::new();
        for row in fetch_all(read, &text, values![seen_by, page.limit(), page.offset()]).await? {
            cohorts.push(self.cohort_view(&row).await?);
        }
        Ok(page.of(cohorts, total))
    }

    /// A cohort with its size and assignments; none for whoever is neither an admin nor in it.
    pub async fn find_cohort(&self, viewer: Viewer, id: CohortId) -> Result<Option<CohortView>, StoreError> {
        let text = format!("{COHORT} WHERE {SEEN} AND id = $2");
        let values = values![member_of(viewer), id.0];
        match fetch_optional(self.database().read(), &text, values).await? {
            Some(row) => self.cohort_view(&row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Who is in a cohort, by name.
    pub async fn list_cohort_members(
        &self,
        id: CohortId,
        page: PageRequest,
    ) -> Result<Page<CohortMember>, StoreError> {
        let read = self.database().read();
        let text = "SELECT count(*) AS count FROM cohort_members WHERE cohort_id = $1";
        let total = fetch_count(read, text, values![id.0]).await?;
        let text =
            "SELECT u.id, u.display_name, u.role FROM cohort_members m JOIN users u ON u.id = m.user_id
             WHERE m.cohort_id = $1 ORDER BY u.display_name, u.id LIMIT $2 OFFSET $3";
        let rows = fetch_all(read, text, values![id.0, page.limit(), page.offset()]).await?;
        Ok(page.of(rows.iter().map(member).collect::<Result<_, _>>()?, total))
    }

    async fn cohort_view(&self, row: &Row) -> Result<CohortView, StoreError> {
        let cohort = cohort(row)?;
        let text = "SELECT definition_id FROM cohort_assessments WHERE cohort_id = $1 ORDER BY definition_id";
        let assigned = fetch_all(self.database().read(), text, values![cohort.id.0]).await?;
        Ok(CohortView {
            candidates: row.count("candidates")?,
            advisors: row.count("advisors")?,
            assessments: assigned
                .iter()
                .map(|row| Ok(DefinitionId(row.get("definition_id")?)))
                .collect::<Result<_, StoreError>>()?,
            cohort,
        })
    }
}

fn member_of(viewer: Viewer) -> Option<Uuid> {
    viewer.advisor().or(viewer.owner()).map(|user| user.0)
}

fn member(row: &Row) -> Result<CohortMember, StoreError> {
    Ok(CohortMember {
        user_id: UserId(row.get("id")?),
        display_name: row.get("display_name")?,
        role: row.parse("users", "role", Role::parse)?,
    })
}
