//! Callers whose role is proved before the rest of the request is read: whoever may not do a thing hears that, and not what
//! is wrong with the body.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::identity::{Admin, Staff};

use super::caller::Caller;
use super::problem::Problem;
use crate::runtime::AppState;

/// An admin; 403 for others.
pub(crate) struct ByAdmin {
    pub(crate) admin: Admin,
    pub(crate) caller: Caller,
}

/// An advisor or admin; 403 for others.
pub(crate) struct ByStaff {
    pub(crate) staff: Staff,
    pub(crate) caller: Caller,
}

impl FromRequestParts<AppState> for ByAdmin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        Ok(Self {
            admin: caller.admin()?,
            caller,
        })
    }
}

impl FromRequestParts<AppState> for ByStaff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        Ok(Self {
            staff: caller.staff()?,
            caller,
        })
    }
}
