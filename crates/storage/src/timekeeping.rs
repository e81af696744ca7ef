//! Deadlines, `accommodations`, `service_marks`.

use async_trait::async_trait;
use domain::attempts::{
    Accommodation, AttemptState, GRACE, OPT_IN_LIFETIME, Retimed, Stalled, TimeRepository,
};
use domain::ids::{AttemptId, UserId};
use domain::job::JobStatus;
use domain::store::StoreError;
use domain::time::Timestamp;

use crate::attempts::{integer, micros};
use crate::dialect::for_update;
use crate::sql::{Row, execute, fetch_all, fetch_optional, values};
use crate::transaction::SqlTx;

/// The mark of processes that take answers.
const TAKING_ANSWERS: &str = "taking_answers";

#[async_trait]
impl TimeRepository for SqlTx {
    async fn time_factor(&mut self, user: UserId) -> Result<u32, StoreError> {
        let text = "SELECT time_factor FROM accommodations WHERE user_id = $1";
        let row = fetch_optional(&self.connection, text, values![user.0]).await?;
        row.map_or(Ok(100), |row| row.small_count("time_factor"))
    }

    async fn set_accommodation(&mut self, accommodation: &Accommodation) -> Result<bool, StoreError> {
        let text = "INSERT INTO accommodations (user_id, time_factor, note, set_by, updated_at)
             SELECT id, $2, $3, $4, $5 FROM users WHERE id = $1 AND role = 'student'
             ON CONFLICT (user_id) DO UPDATE SET time_factor = excluded.time_factor, note = excluded.note,
                set_by = excluded.set_by, updated_at = excluded.updated_at";
        let values = values![
            accommodation.user_id.0,
            integer(accommodation.time_factor),
            accommodation.note.clone(),
            accommodation.set_by.0,
            accommodation.updated_at.as_micros()
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn retime(
        &mut self,
        id: AttemptId,
        state: AttemptState,
        times: &Retimed,
    ) -> Result<bool, StoreError> {
        let text =
            "UPDATE attempts SET deadline_at = $3, inactivity_limit = $4, time_factor = $5, extra_time = $6,
                revision = revision + 1, updated_at = $7
             WHERE id = $1 AND (state || '') = $2 AND $2 IN ('opted_in', 'in_progress')";
        let values = values![
            id.0,
            state.as_str(),
            times.deadline_at.map(Timestamp::as_micros),
            micros(times.inactivity_limit),
            integer(times.time_factor),
            micros(times.extra_time),
            times.now.as_micros()
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn last_served(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let text = format!(
            "SELECT seen_at FROM service_marks WHERE name = $1{}",
            for_update(self.backend)
        );
        let row = fetch_optional(&self.connection, &text, values![TAKING_ANSWERS]).await?;
        row.map(|row| row.timestamp("seen_at")).transpose()
    }

    async fn mark_served(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let text = "INSERT INTO service_marks (name, seen_at) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at
             WHERE service_marks.seen_at < excluded.seen_at";
        execute(&self.connection, text, values![TAKING_ANSWERS, now.as_micros()]).await?;
        Ok(())
    }

    async fn credit_downtime(&mut self, since: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        // The gap of an attempt that began after the mark is shorter. Lost time makes nobody active later than `now`, nor
        // earlier than before, should the clock have been put back.
        let text = "UPDATE attempts SET
                deadline_at = deadline_at + ($2 - CASE WHEN started_at > $1 THEN started_at ELSE $1 END),
                last_activity_at = CASE
                    WHEN last_activity_at > $2 THEN last_activity_at
                    WHEN last_activity_at > CASE WHEN started_at > $1 THEN started_at ELSE $1 END THEN $2
                    ELSE last_activity_at + ($2 - CASE WHEN started_at > $1 THEN started_at ELSE $1 END) END,
                revision = revision + 1, updated_at = $2
             WHERE state = 'in_progress' AND started_at < $2
                AND (deadline_at IS NULL OR deadline_at >= $3) AND last_activity_at + inactivity_limit >= $3";
        let values = values![since.as_micros(), now.as_micros(), (since - GRACE).as_micros()];
        execute(&self.connection, text, values).await
    }

    async fn overdue(&mut self, now: Timestamp, limit: u32) -> Result<Vec<AttemptId>, StoreError> {
        let text = "SELECT id FROM (
                SELECT id FROM attempts
                WHERE state = 'in_progress' AND (deadline_at < $1 OR last_activity_at + inactivity_limit < $1)
                UNION ALL
                SELECT id FROM attempts WHERE state = 'opted_in' AND opted_in_at < $2) overdue
             LIMIT $3";
        let latest = now - GRACE;
        let values = values![
            latest.as_micros(),
            (latest - OPT_IN_LIFETIME).as_micros(),
            i64::from(limit)
        ];
        let rows = fetch_all(&self.connection, text, values).await?;
        let ids = rows.iter().map(|row| Ok(AttemptId(row.get("id")?)));
        // Sorted here: two sweeps lock in one order, and the statement still reads the partial indexes only.
        let mut ids = ids.collect::<Result<Vec<_>, StoreError>>()?;
        ids.sort_unstable();
        Ok(ids)
    }

    async fn stalled(&mut self, before: Timestamp, limit: u32) -> Result<Vec<Stalled>, StoreError> {
        let text = "SELECT a.id, j.state FROM attempts a LEFT JOIN jobs j ON j.id = a.evaluation_job_id
             WHERE a.scoring = 'running' AND a.updated_at < $1 AND (j.id IS NULL OR j.retry_at IS NULL)
                AND NOT EXISTS (SELECT 1 FROM jobs alive
                    WHERE alive.subject_id = a.id AND alive.state IN ('waiting', 'ready', 'running'))
             ORDER BY a.updated_at LIMIT $2";
        let values = values![before.as_micros(), i64::from(limit)];
        let rows = fetch_all(&self.connection, text, values).await?;
        rows.iter().map(stalled_of).collect()
    }
}

fn stalled_of(row: &Row) -> Result<Stalled, StoreError> {
    let state: Option<String> = row.get("state")?;
    let ended = |state: String| JobStatus::of_state(&state).ok_or_else(|| row.inconsistent("jobs", "state"));
    Ok(Stalled {
        attempt_id: AttemptId(row.get("id")?),
        evaluation: state.map(ended).transpose()?,
    })
}
