//! What came of touching an attempt, as a reply.

use domain::attempts::{AttemptError, Touched};

use super::problem::Problem;

/// What is alive, or 410: the expiry has been committed.
pub(crate) fn alive<T>(touched: &Touched<T>) -> Result<&T, Problem> {
    match touched {
        Touched::Alive(value) => Ok(value),
        Touched::Expired(expiry) => Err(AttemptError::Expired { by: Some(*expiry) }.into()),
    }
}
