//! Accounts and tokens: register, sign in, refresh, who am I.
//!
//! Deliberately absent: any hint whether an address has an account, except where one is made.

mod login;
mod me;
mod refresh;
mod register;

use domain::identity::{IssueRefreshToken, User};
use domain::store::Ctx;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::Problem;
use crate::runtime::AppState;
use crate::security::RefreshSecret;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(login::login))
        .routes(routes!(refresh::refresh))
        .routes(routes!(me::me))
}

/// An account as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
struct UserBody {
    /// Who.
    user_id: Uuid,
    /// Lower-cased.
    email: String,
    /// What people call them.
    display_name: String,
    /// `student`, `advisor`, `admin` or `service`.
    #[schema(example = "student")]
    role: &'static str,
}

impl From<&User> for UserBody {
    fn from(user: &User) -> Self {
        Self {
            user_id: user.id.0,
            email: user.email.clone(),
            display_name: user.display_name.clone(),
            role: user.role.as_str(),
        }
    }
}

/// The tokens of a sign-in.
#[derive(Debug, Serialize, ToSchema)]
struct TokensBody {
    /// Sent as `Authorization: Bearer …`.
    access_token: String,
    /// Exchanged once for new tokens at `/auth/refresh`.
    refresh_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds that the access token is good for.
    expires_in: u64,
}

/// An account and its tokens.
#[derive(Debug, Serialize, ToSchema)]
struct SignedInBody {
    /// The account.
    user: UserBody,
    /// Its tokens.
    tokens: TokensBody,
}

impl SignedInBody {
    fn new(state: &AppState, user: &User, refresh: RefreshSecret) -> Result<Self, Problem> {
        let access = state
            .tokens
            .issue(user, state.now())
            .map_err(|error| Problem::internal(&error))?;
        let tokens = TokensBody {
            access_token: access.token,
            refresh_token: refresh.token,
            token_type: "Bearer",
            expires_in: access.expires_in,
        };
        Ok(Self {
            user: user.into(),
            tokens,
        })
    }
}

/// Begins a family of refresh tokens for an account whose owner has just proved to be it.
async fn sign_in(state: &AppState, ctx: &Ctx, user: &User) -> Result<SignedInBody, Problem> {
    let refresh = RefreshSecret::generate();
    let issue = IssueRefreshToken {
        user_id: user.id,
        token_hash: refresh.hash.clone(),
        lifetime: state.config.auth.refresh_token_lifetime(),
    };
    state.store.run(&issue, ctx).await?;
    SignedInBody::new(state, user, refresh)
}
