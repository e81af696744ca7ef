//! Lists that pages and integrators read.

use domain::authoring::{
    AvailableAssessment, DefinitionKind, DefinitionStatus, DefinitionSummary, Settings, SyllabusSummary,
};
use domain::ids::{DefinitionId, SyllabusId, UserId};
use domain::reports::{Page, PageRequest};
use domain::store::StoreError;

use crate::sql::{Row, fetch_all, fetch_count, values};
use crate::store::Store;

impl Store {
    /// Active syllabi, newest first.
    pub async fn list_syllabi(&self, page: PageRequest) -> Result<Page<SyllabusSummary>, StoreError> {
        let read = self.database().read();
        let text = "SELECT count(*) AS count FROM syllabi WHERE status = 'active'";
        let total = fetch_count(read, text, Vec::new()).await?;
        let text = "SELECT id, subject, file_name, media_type, pages, created_at FROM syllabi WHERE status = 'active'
             ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2";
        let rows = fetch_all(read, text, values![page.limit(), page.offset()]).await?;
        Ok(page.of(
            rows.iter().map(syllabus_summary).collect::<Result<_, _>>()?,
            total,
        ))
    }

    /// Definitions, newest first, of one status or of all.
    pub async fn list_definitions(
        &self,
        status: Option<DefinitionStatus>,
        page: PageRequest,
    ) -> Result<Page<DefinitionSummary>, StoreError> {
        let read = self.database().read();
        let status = status.map(|status| status.as_str().to_owned());
        let text = "SELECT count(*) AS count FROM assessment_definitions
             WHERE CAST($1 AS TEXT) IS NULL OR status = $1";
        let total = fetch_count(read, text, values![status.clone()]).await?;
        let text = "SELECT id, title, kind, status, created_at, updated_at,
                (SELECT count(*) FROM definition_items i WHERE i.definition_id = assessment_definitions.id) AS item_count
             FROM assessment_definitions WHERE CAST($1 AS TEXT) IS NULL OR status = $1
             ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3";
        let rows = fetch_all(read, text, values![status, page.limit(), page.offset()]).await?;
        Ok(page.of(
            rows.iter().map(definition_summary).collect::<Result<_, _>>()?,
            total,
        ))
    }

    /// What a candidate may take, newest first; assessments with no attempts left are not listed.
    pub async fn available_assessments(&self, user: UserId) -> Result<Vec<AvailableAssessment>, StoreError> {
        let text = "SELECT d.id, v.title, d.kind, v.settings, v.section_count, v.item_count,
                (SELECT count(*) FROM attempts a
                    WHERE a.user_id = $1 AND a.definition_id = d.id AND a.state <> 'voided') AS attempts
             FROM assessment_definitions d JOIN definition_versions v ON v.id = d.published_version_id
             WHERE d.status = 'published' ORDER BY v.published_at DESC, d.id";
        let rows = fetch_all(self.database().read(), text, values![user.0]).await?;
        let all = rows.iter().map(available).collect::<Result<Vec<_>, _>>()?;
        Ok(all
            .into_iter()
            .filter(|assessment| assessment.attempts_left != Some(0))
            .collect())
    }
}

fn syllabus_summary(row: &Row) -> Result<SyllabusSummary, StoreError> {
    let pages: Vec<String> = row.json("syllabi", "pages")?;
    Ok(SyllabusSummary {
        id: SyllabusId(row.get("id")?),
        subject: row.get("subject")?,
        file_name: row.get("file_name")?,
        media_type: row.get("media_type")?,
        characters: pages
            .iter()
            .map(|page| u64::try_from(page.chars().count()).unwrap_or(0))
            .sum(),
        pages: u32::try_from(pages.len()).unwrap_or(u32::MAX),
        created_at: row.timestamp("created_at")?,
    })
}

fn definition_summary(row: &Row) -> Result<DefinitionSummary, StoreError> {
    Ok(DefinitionSummary {
        id: DefinitionId(row.get("id")?),
        title: row.get("title")?,
        kind: row.parse("assessment_definitions", "kind", DefinitionKind::parse)?,
        status: row.parse("assessment_definitions", "status", DefinitionStatus::parse)?,
        item_count: row.count("item_count")?,
        created_at: row.timestamp("created_at")?,
        updated_at: row.timestamp("updated_at")?,
    })
}

fn available(row: &Row) -> Result<AvailableAssessment, StoreError> {
    let settings: Settings = row.json("definition_versions", "settings")?;
    let made = row.count("attempts")?;
    Ok(AvailableAssessment {
        definition_id: DefinitionId(row.get("id")?),
        title: row.get("title")?,
        kind: row.parse("assessment_definitions", "kind", DefinitionKind::parse)?,
        sections: u32::try_from(row.get::<i32>("section_count")?).unwrap_or(0),
        items: u32::try_from(row.get::<i32>("item_count")?).unwrap_or(0),
        time_limit_minutes: settings.time_limit_minutes,
        attempts_left: settings.max_attempts.map(|allowed| allowed.saturating_sub(made)),
    })
}
