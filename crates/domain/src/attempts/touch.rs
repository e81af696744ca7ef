//! The beginning of every move of a candidate: find the attempt, expire it when its time is up, check the table.

use super::error::AttemptError;
use super::model::Attempt;
use super::state::AttemptEvent;
use super::submission::expire;
use super::timing::Expiry;
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
    let found = tx.attempts().find_owned(id, candidate.user_id()).await?;
    let attempt = found.ok_or(AttemptError::NotFound)?;
    if let Some(expiry) = attempt.overdue(ctx.now()) {
        expire(ctx, tx, &attempt, expiry).await?;
        return Ok(Touched::Expired(expiry));
    }
    attempt.state.after(event).map_err(AttemptError::refused)?;
    Ok(Touched::Alive(attempt))
}
