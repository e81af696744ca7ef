//! Accounts and tokens: register, sign in, refresh, sign out, passwords, who am I.
//!
//! Deliberately absent: any hint whether an address has an account, except where one is made.

mod change_password;
mod login;
mod logout;
mod me;
mod refresh;
mod register;
mod reset_password;

use domain::identity::{IssueRefreshToken, User};
use domain::ids::TokenFamilyId;
use domain::store::Ctx;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::endpoints::Endpoints;
use super::policy::{ANYONE, EVERYBODY, SIGNED_IN};
use super::problem::{Problem, kinds};
use crate::runtime::AppState;
use crate::security::RefreshSecret;

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(ANYONE.signs_in(), routes!(register::register))
        .with(ANYONE.signs_in(), routes!(login::login))
        .with(ANYONE.signs_in(), routes!(refresh::refresh))
        .with(ANYONE.signs_in(), routes!(reset_password::reset_password))
        .with(SIGNED_IN.acts(), routes!(logout::logout))
        .with(SIGNED_IN.acts(), routes!(change_password::change_password))
        .with(EVERYBODY.reads(), routes!(me::me))
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
    fn new(
        state: &AppState,
        (user, family): (&User, TokenFamilyId),
        refresh: RefreshSecret,
    ) -> Result<Self, Problem> {
        let access = state
            .tokens
            .issue(user, family, state.now())
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
        user: user.clone(),
        token_hash: refresh.hash.clone(),
        lifetime: state.config.auth.refresh_token_lifetime(),
    };
    let family = state.store.run(&issue, ctx).await?;
    // Disabled or given another password in this very moment: as if a moment earlier.
    let family = family.ok_or_else(|| Problem::of(&kinds::CREDENTIALS))?;
    SignedInBody::new(state, (user, family), refresh)
}
