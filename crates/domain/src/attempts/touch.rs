//! The beginning of every move of a candidate: find the attempt, expire it when its time is up, check the table.

use super::downtime::settle_downtime;
use super::error::AttemptError;
use super::model::Attempt;
use super::state::AttemptEvent;
use super::submission::expire;
use super::timing::Expiry;
use super::views::Viewer;
use crate::identity::Candidate;
use crate::ids::AttemptId;
use crate::store::{Ctx, Tx};

/// What came of touching an attempt. Expiry is an outcome, not an error: it has to commit.
#[derive(Clone, Debug, PartialEq)]
pub enum Touched<T> {
    /// It is alive; what was asked for.
    Alive(T),
    /// Its time was up; it is expired now.
    Expired(Expiry),
}

/// The candidate's own attempt, locked, if its time is not up and its state takes `event`.
pub(super) async fn touch(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    candidate: Candidate,
    id: AttemptId,
    event: AttemptEvent,
) -> Result<Touched<Attempt>, AttemptError> {
    touch_as(ctx, tx, Viewer::Owner(candidate.user_id()), id, event).await
}

/// The same for whoever may see it.
pub(super) async fn touch_as(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    viewer: Viewer,
    id: AttemptId,
    event: AttemptEvent,
) -> Result<Touched<Attempt>, AttemptError> {
    let found = tx.attempts().find_visible(id, viewer).await?;
    let attempt = found.ok_or(AttemptError::NotFound)?;
    match expire_if_overdue(ctx, tx, attempt).await? {
        Touched::Alive(attempt) => {
            attempt.state.after(event).map_err(AttemptError::refused)?;
            Ok(Touched::Alive(attempt))
        }
        expired @ Touched::Expired(_) => Ok(expired),
    }
}

/// Expires the attempt if its time is up even when downtime is given back; otherwise gives it as it is now.
pub(super) async fn expire_if_overdue(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    attempt: Attempt,
) -> Result<Touched<Attempt>, AttemptError> {
    if attempt.overdue(ctx.now()).is_none() {
        return Ok(Touched::Alive(attempt));
    }
    let attempt = if settle_downtime(ctx, tx).await?.is_some() {
        let found = tx.attempts().find(attempt.id).await?;
        found.ok_or(AttemptError::NotFound)?
    } else {
        attempt
    };
    let Some(expiry) = attempt.overdue(ctx.now()) else {
        return Ok(Touched::Alive(attempt));
    };
    expire(ctx, tx, &attempt, expiry).await?;
    Ok(Touched::Expired(expiry))
}
