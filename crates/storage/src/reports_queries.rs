//! Lists that pages and integrators read.

use domain::attempts::{AttemptState, AttemptSummary, DegradedReason, HistoryFilter, ScoringState, Viewer};
use domain::authoring::item::{ItemGroup, ItemKind};
use domain::authoring::{
    AvailableAssessment, DefinitionKind, DefinitionStatus, DefinitionSummary, Mix, Settings, SyllabusSummary,
};
use domain::ids::{AttemptId, DefinitionId, SyllabusId, UserId};
use domain::reports::{Page, PageRequest};
use domain::store::StoreError;
use uuid::Uuid;

use crate::conditions::Conditions;
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

    /// What a candidate may take, newest first: published, assigned to a cohort of theirs, and either open or with an
    /// attempt left.
    pub async fn available_assessments(&self, user: UserId) -> Result<Vec<AvailableAssessment>, StoreError> {
        let read = self.database().read();
        let text = "SELECT d.id, v.id AS version_id, v.title, d.kind, v.settings, v.section_count, v.item_count, t.slug,
                (SELECT a.id FROM attempts a WHERE a.user_id = $1 AND a.definition_id = d.id
                    AND a.state IN ('opted_in', 'in_progress')) AS open_attempt,
                (SELECT count(*) FROM attempts a WHERE a.user_id = $1 AND a.definition_id = d.id
                    AND (a.state <> 'voided' OR (a.voided_by = 'owner' AND a.started_at IS NOT NULL))
                    AND (a.state <> 'expired' OR a.started_at IS NOT NULL)) AS attempts
             FROM assessment_definitions d JOIN definition_versions v ON v.id = d.published_version_id
             LEFT JOIN tracks t ON t.definition_id = d.id
             WHERE d.status = 'published' AND d.id IN (
                SELECT c.definition_id FROM cohort_members m JOIN cohort_assessments c ON c.cohort_id = m.cohort_id
                WHERE m.user_id = $1)
             ORDER BY v.published_at DESC, d.id";
        let mut offered = Vec::new();
        for row in fetch_all(read, text, values![user.0]).await? {
            let mut assessment = available(&row)?;
            if assessment.open_attempt.is_none() && assessment.attempts_left == Some(0) {
                continue;
            }
            let settings: Settings = row.json("definition_versions", "settings")?;
            if let Some(mix) = settings.mix {
                assessment.items = self.drawn(row.get("version_id")?, mix).await?;
            }
            offered.push(assessment);
        }
        Ok(offered)
    }

    /// How many items an attempt draws of a version by a mix: a group with fewer than are asked for gives what it has.
    async fn drawn(&self, version: Uuid, mix: Mix) -> Result<u32, StoreError> {
        let text = "SELECT v.kind, count(*) AS count
             FROM definition_version_items d JOIN item_versions v ON v.id = d.item_version_id
             WHERE d.definition_version_id = $1 GROUP BY v.kind";
        let rows = fetch_all(self.database().read(), text, values![version]).await?;
        let mut drawn = 0;
        for group in ItemGroup::ALL {
            let mut all = 0;
            for row in &rows {
                if row.parse("item_versions", "kind", ItemKind::parse)?.group() == group {
                    all += row.count("count")?;
                }
            }
            drawn += mix.of(group).min(all);
        }
        Ok(drawn)
    }

    /// Attempts that the viewer may see, latest first.
    pub async fn attempt_history(
        &self,
        viewer: Viewer,
        filter: &HistoryFilter,
        page: PageRequest,
    ) -> Result<Page<AttemptSummary>, StoreError> {
        let read = self.database().read();
        let asked = history_conditions(viewer, filter);
        let total = format!("SELECT count(*) AS count FROM attempts{}", asked.clause());
        let total = fetch_count(read, &total, asked.values.clone()).await?;
        let text = format!(
            "SELECT attempts.id, attempts.user_id, attempts.definition_id, v.title, attempts.kind, t.slug, attempts.state,
                attempts.scoring, attempts.degraded_reasons, attempts.opted_in_at, attempts.started_at,
                attempts.submitted_at, attempts.ended_at, attempts.released_at
             FROM attempts JOIN definition_versions v ON v.id = attempts.definition_version_id
             LEFT JOIN tracks t ON t.definition_id = attempts.definition_id{}
             ORDER BY attempts.opted_in_at DESC, attempts.id DESC LIMIT ${} OFFSET ${}",
            asked.clause(),
            asked.values.len() + 1,
            asked.values.len() + 2
        );
        let mut values = asked.values;
        values.extend(values![page.limit(), page.offset()]);
        let rows = fetch_all(read, &text, values).await?;
        Ok(page.of(rows.iter().map(attempt_summary).collect::<Result<_, _>>()?, total))
    }
}

/// What the viewer may see, as [`crate::attempts::VISIBLE`] says of one attempt; here from the advisor's side, so that only
/// attempts of their cohorts are read.
pub(crate) fn see(asked: &mut Conditions, viewer: Viewer) {
    asked.add("attempts.user_id = $n", viewer.owner().map(|user| user.0));
    asked.add(
        "(attempts.user_id, attempts.definition_id) IN (
            SELECT candidate.user_id, assigned.definition_id FROM cohort_members advisor
            JOIN cohort_members candidate ON candidate.cohort_id = advisor.cohort_id
            JOIN cohort_assessments assigned ON assigned.cohort_id = advisor.cohort_id
            WHERE advisor.user_id = $n)",
        viewer.advisor().map(|user| user.0),
    );
}

fn history_conditions(viewer: Viewer, filter: &HistoryFilter) -> Conditions {
    let mut asked = Conditions::default();
    see(&mut asked, viewer);
    asked.add(
        "attempts.definition_id = $n",
        filter.definition.map(|definition| definition.0),
    );
    asked.add(
        "attempts.definition_id IN (SELECT definition_id FROM tracks WHERE slug = $n)",
        filter.track.clone(),
    );
    asked.add("attempts.state = $n", filter.state.map(AttemptState::as_str));
    asked.add(
        "attempts.user_id = $n",
        filter.candidate.map(|candidate| candidate.0),
    );
    asked
}

fn attempt_summary(row: &Row) -> Result<AttemptSummary, StoreError> {
    let degraded_reasons: Vec<DegradedReason> = row.json("attempts", "degraded_reasons")?;
    Ok(AttemptSummary {
        id: AttemptId(row.get("id")?),
        user_id: UserId(row.get("user_id")?),
        definition_id: DefinitionId(row.get("definition_id")?),
        title: row.get("title")?,
        kind: row.parse("attempts", "kind", DefinitionKind::parse)?,
        track: row.get("slug")?,
        state: row.parse("attempts", "state", AttemptState::parse)?,
        scoring: row.parse("attempts", "scoring", ScoringState::parse)?,
        degraded: !degraded_reasons.is_empty(),
        opted_in_at: row.timestamp("opted_in_at")?,
        started_at: row.optional_timestamp("started_at")?,
        submitted_at: row.optional_timestamp("submitted_at")?,
        ended_at: row.optional_timestamp("ended_at")?,
        released_at: row.optional_timestamp("released_at")?,
    })
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
        sections: row.small_count("section_count")?,
        items: row.small_count("item_count")?,
        time_limit_minutes: settings.time_limit_minutes,
        attempts_left: settings.max_attempts.map(|allowed| allowed.saturating_sub(made)),
        open_attempt: row.get::<Option<Uuid>>("open_attempt")?.map(AttemptId),
        opens_at: settings.opens_at,
        closes_at: settings.closes_at,
        needs_access_code: settings.access_code.is_some(),
        slug: row.get("slug")?,
    })
}
