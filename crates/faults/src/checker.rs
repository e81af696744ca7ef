//! What has to be true after every case, whatever happened in it.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use serde_json::Value;
use uuid::Uuid;

use crate::books::Books;
use crate::effects::micros;
use crate::node;
use crate::stage::Stage;
use crate::waiting::until_true;

/// Nothing is under way: no job runs, waits for children or is due, and none that was begun before waits to be tried again.
const UNDER_WAY: &str =
    "(SELECT 1 FROM jobs WHERE state = 'running' UNION ALL SELECT 1 FROM jobs WHERE state = 'waiting'
    UNION ALL SELECT 1 FROM jobs WHERE state = 'ready' AND (run_at <= $now OR fence > 0)) AS under_way";

/// Each counts rows that must not be once nothing is under way. Recurring jobs may come and go while they are read.
const INVARIANTS: [(&str, &str); 21] = [
    (
        "every completed job has left its effect",
        "jobs j WHERE kind = 'faults_effect' AND state = 'completed' AND NOT EXISTS (
            SELECT 1 FROM jobs m WHERE m.kind = 'faults_mark' AND m.subject_id = j.id)",
    ),
    (
        "no job has left its effect twice",
        "(SELECT subject_id FROM jobs WHERE kind = 'faults_mark' GROUP BY subject_id HAVING count(*) > 1) twice",
    ),
    (
        "no effect without its job's completion",
        "jobs m JOIN jobs j ON j.id = m.subject_id WHERE m.kind = 'faults_mark' AND j.state <> 'completed'",
    ),
    (
        "an effect is that of the claim that completed",
        "jobs m JOIN jobs j ON j.id = m.subject_id WHERE m.kind = 'faults_mark' AND m.dedupe_key <> j.id || ':' || j.fence",
    ),
    (
        "an ended job has an end and no owner",
        "jobs WHERE state IN ('completed', 'failed', 'cancelled')
            AND (finished_at IS NULL OR owner IS NOT NULL OR lease_until IS NOT NULL)",
    ),
    (
        "a completed job was completed by exactly one claim",
        "jobs j WHERE state = 'completed' AND (
            SELECT count(*) FROM job_attempts a WHERE a.job_id = j.id AND a.outcome = 'completed') <> 1",
    ),
    (
        "only a completed job has a claim that completed",
        "job_attempts a JOIN jobs j ON j.id = a.job_id WHERE a.outcome = 'completed' AND j.state <> 'completed'",
    ),
    (
        "no claim is open when its job has ended",
        "job_attempts a JOIN jobs j ON j.id = a.job_id
            WHERE a.outcome = 'running' AND (j.state <> 'running' OR a.fence <> j.fence)",
    ),
    (
        "claims are numbered up to the fence",
        "(SELECT j.id FROM jobs j LEFT JOIN job_attempts a ON a.job_id = j.id GROUP BY j.id, j.fence
            HAVING count(a.fence) <> j.fence OR coalesce(max(a.fence), 0) <> j.fence) wrong",
    ),
    (
        "a candidate has one attempt in progress at most",
        "(SELECT user_id FROM attempts WHERE state = 'in_progress' GROUP BY user_id HAVING count(*) > 1) twice",
    ),
    (
        "a submitted attempt has one evaluation",
        "attempts a WHERE submitted_at IS NOT NULL AND (
            SELECT count(*) FROM jobs j WHERE j.subject_id = a.id AND j.kind = 'evaluate_attempt') <> 1",
    ),
    (
        "what was submitted is scored",
        "attempts WHERE submitted_at IS NOT NULL AND (state <> 'completed' OR scoring <> 'done' OR scored_at IS NULL)",
    ),
    (
        "every scored item has exactly one verdict that counts",
        "attempts a WHERE scored_at IS NOT NULL AND item_count <> (
            SELECT count(*) FROM resolutions r WHERE r.attempt_id = a.id)",
    ),
    (
        "the verdict that counts is of the same attempt and item",
        "resolutions r JOIN score_records s ON s.id = r.score_record_id
            WHERE s.attempt_id <> r.attempt_id OR s.item_version_id <> r.item_version_id",
    ),
    (
        "score records are within their range",
        "score_records WHERE points > max_points OR points < -max_points OR (points IS NULL) <> (reason = 'ungraded')",
    ),
    (
        "a score record's job has completed",
        "score_records s JOIN jobs j ON j.id = s.job_id WHERE j.state <> 'completed'",
    ),
    (
        "nothing is scored twice for one cause",
        "(SELECT 1 FROM score_records GROUP BY attempt_id, item_version_id, scorer, cause HAVING count(*) > 1) twice",
    ),
    (
        "starts and submissions have one audit row each",
        "(SELECT resource_id FROM audit_log WHERE action IN ('attempts.started', 'attempts.submitted')
            GROUP BY resource_id, action HAVING count(*) > 1) twice",
    ),
    (
        "no text is judged by a model twice",
        "(SELECT 1 FROM score_records WHERE scorer = 'llm' GROUP BY attempt_id, item_version_id HAVING count(*) > 1) twice",
    ),
    (
        "what is booked for a day is what its calls cost, or may cost",
        "(SELECT 1 FROM llm_days d LEFT JOIN llm_calls c ON c.day = d.day GROUP BY d.day, d.booked
            HAVING d.booked <> coalesce(sum(coalesce(c.cost, c.at_most)), 0)) wrong",
    ),
    (
        "a used idempotency key has its reply",
        "idempotency_keys WHERE status IS NULL OR reply IS NULL",
    ),
];

/// What was lost and what happened twice; both are to be none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) acknowledged: u64,
    pub(crate) lost: u64,
    pub(crate) duplicated: u64,
}

/// Waits until every job is completed, failed, cancelled or scheduled, then looks at everything. Broken invariants are an error that names them.
pub(crate) async fn check(stage: &Stage<'_>, books: Option<&Books>) -> Result<Verdict> {
    quiet(stage).await?;
    let mut broken = Vec::new();
    let mut duplicated = 0;
    for (name, from) in INVARIANTS {
        let count = stage.sql.count(from).await?;
        if count > 0 {
            broken.push(format!("{name}: {count} exceptions"));
        }
        if name.contains("twice") || name.contains("one") {
            duplicated += u64::try_from(count)?;
        }
    }
    let mut lost = 0;
    if let Some(books) = books {
        let missing = missing(stage, books).await?;
        lost = missing.len() as u64;
        broken.extend(missing);
        broken.extend(books.surprises());
    }
    broken.extend(node::panics(&stage.recipe.directory)?);
    if !broken.is_empty() {
        broken.truncate(20);
        bail!("{}", broken.join("; "));
    }
    stage.run(&["audit", "verify"]).await?;
    let effects = stage.sql.count("jobs WHERE kind = 'faults_effect'").await?;
    Ok(Verdict {
        acknowledged: books.map_or(0, Books::acknowledged) + u64::try_from(effects)?,
        lost,
        duplicated,
    })
}

/// Returns when no job runs, waits, is due or is to be tried again.
pub(crate) async fn quiet(stage: &Stage<'_>) -> Result<()> {
    let quiet = until_true("all jobs to end", stage.patience(), async || {
        let from = UNDER_WAY.replace("$now", &micros().to_string());
        Ok(stage.sql.count(&from).await? == 0)
    });
    if let Err(error) = quiet.await {
        let open = "SELECT kind || ' ' || state || ' × ' || count(*) || ' crash_count ' || max(crash_count) FROM jobs
            WHERE kind <> 'faults_mark' AND state IN ('running', 'waiting', 'ready') GROUP BY kind, state";
        bail!("{error:#}: {}", stage.sql.texts(open).await?.join(", "));
    }
    Ok(())
}

/// Acknowledged things that are not there.
async fn missing(stage: &Stage<'_>, books: &Books) -> Result<Vec<String>> {
    let mut missing = Vec::new();
    for attempt in books.attempts() {
        let stored = stored(stage, attempt.id).await?;
        for (question, answer) in &attempt.saved {
            let unsure = attempt
                .unsure
                .as_ref()
                .is_some_and(|(id, value)| id == question && stored.get(question) == Some(value));
            if stored.get(question) != Some(answer) && !unsure {
                missing.push(format!(
                    "attempt {}: the acknowledged answer to {question} was {answer}, stored is {:?}",
                    attempt.id,
                    stored.get(question)
                ));
            }
        }
        let submitted = format!(
            "attempts WHERE id = '{}' AND submitted_at IS NOT NULL",
            attempt.id
        );
        if attempt.submitted && stage.sql.count(&submitted).await? != 1 {
            missing.push(format!("attempt {}: the acknowledged submission", attempt.id));
        }
    }
    Ok(missing)
}

async fn stored(stage: &Stage<'_>, attempt: Uuid) -> Result<BTreeMap<Uuid, Value>> {
    let text = format!(
        "SELECT v.item_id, r.answer FROM responses r JOIN item_versions v ON v.id = r.item_version_id
         WHERE r.attempt_id = '{attempt}'"
    );
    let rows = stage.sql.rows(&text).await?;
    rows.iter()
        .map(|row| {
            let answer: String = row.try_get_by_index(1)?;
            Ok((row.try_get_by_index(0)?, serde_json::from_str(&answer)?))
        })
        .collect()
}

/// No job that did nothing wrong is a dead letter.
pub(crate) async fn no_dead_letters(stage: &Stage<'_>) -> Result<()> {
    let dead = "SELECT kind || ' ' || coalesce(error_code, '') || ' crash_count ' || crash_count FROM jobs
        WHERE state = 'failed' LIMIT 5";
    let dead = stage.sql.texts(dead).await?;
    ensure!(
        dead.is_empty(),
        "healthy jobs are dead letters: {}",
        dead.join(", ")
    );
    Ok(())
}
