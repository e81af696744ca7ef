//! Invitations, for servers where only those who were asked may register; and registration itself.

use async_trait::async_trait;
use serde_json::json;

use super::accounts::{CreateUser, CreateUserError};
use super::model::{NewUser, Role, User};
use super::permission::Admin;
use crate::audit::AuditEntry;
use crate::ids::{CohortId, InvitationId, UserId};
use crate::store::{Ctx, StoreError, Tx, UseCase, UseCaseError};
use crate::time::Timestamp;

/// Lets people register as students.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Which.
    pub id: InvitationId,
    /// SHA-256 of the code, hexadecimal.
    pub code_hash: String,
    /// The only address it is for, lower-cased.
    pub email: Option<String>,
    /// A cohort that its accounts join, beside `everyone`.
    pub cohort_id: Option<CohortId>,
    /// Accounts it is good for.
    pub max_uses: u32,
    /// Accounts made with it.
    pub uses: u32,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// From when on it is not good any more.
    pub expires_at: Timestamp,
    /// When an admin ended it.
    pub revoked_at: Option<Timestamp>,
}

/// The code makes no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// Unknown, used up, ended, expired, or for another address: told apart it would help guessing.
    #[error("the invitation code is not valid for this address")]
    Invalid,
}

/// Makes a student's account.
pub struct Register {
    /// Name to sign in with.
    pub email: String,
    /// What people call them.
    pub display_name: String,
    /// PHC string.
    pub password_hash: String,
    /// SHA-256 of an invitation's code, where one is needed.
    pub invitation: Option<String>,
}

#[async_trait]
impl UseCase for Register {
    const NAME: &'static str = "identity.register";
    type Out = User;
    type Err = CreateUserError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<User, CreateUserError> {
        let email = self.email.trim().to_lowercase();
        let cohort = match &self.invitation {
            None => None,
            Some(code) => {
                let used = tx.identity().use_invitation(code, &email, ctx.now()).await?;
                used.ok_or(InvitationError::Invalid)?.cohort_id
            }
        };
        let user = NewUser {
            email,
            display_name: self.display_name.clone(),
            role: Role::Student,
            password_hash: self.password_hash.clone(),
        };
        let user = CreateUser { user }.run(ctx, tx).await?;
        if let Some(cohort) = cohort {
            tx.cohorts().add_member(cohort, user.id).await?;
        }
        Ok(user)
    }
}

/// Makes an invitation.
pub struct CreateInvitation {
    /// Who may.
    pub admin: Admin,
    /// SHA-256 of the code, hexadecimal.
    pub code_hash: String,
    /// The only address it is for.
    pub email: Option<String>,
    /// A cohort that its accounts join.
    pub cohort_id: Option<CohortId>,
    /// Accounts it is good for.
    pub max_uses: u32,
    /// From when on it is not good any more.
    pub expires_at: Timestamp,
}

/// Why an invitation is not made or ended.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// No invitation has this id.
    #[error("there is no such invitation")]
    NotFound,
    /// It would never be good.
    #[error("the end is in the past")]
    Ended,
    /// Its cohort does not exist.
    #[error("there is no such cohort")]
    Cohort,
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for InviteError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotFound | Self::Ended | Self::Cohort => None,
        }
    }
}

#[async_trait]
impl UseCase for CreateInvitation {
    const NAME: &'static str = "identity.create_invitation";
    type Out = Invitation;
    type Err = InviteError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Invitation, InviteError> {
        if self.expires_at <= ctx.now() {
            return Err(InviteError::Ended);
        }
        if let Some(cohort) = self.cohort_id {
            let found = tx.cohorts().find_cohort(cohort).await?;
            found.ok_or(InviteError::Cohort)?;
        }
        let invitation = Invitation {
            id: InvitationId(ctx.new_uuid()),
            code_hash: self.code_hash.clone(),
            email: self.email.as_deref().map(|email| email.trim().to_lowercase()),
            cohort_id: self.cohort_id,
            max_uses: self.max_uses,
            uses: 0,
            created_by: self.admin.user_id(),
            created_at: ctx.now(),
            expires_at: self.expires_at,
            revoked_at: None,
        };
        tx.identity().insert_invitation(&invitation).await?;
        let entry = AuditEntry::new(
            ctx,
            "identity.invitation_created",
            "invitation",
            Some(invitation.id.0),
        )
        .with(json!({ "max_uses": invitation.max_uses, "cohort_id": invitation.cohort_id }));
        tx.audit().record(entry).await?;
        Ok(invitation)
    }
}

/// Ends an invitation. Ending it again changes nothing.
pub struct RevokeInvitation {
    /// Who may.
    pub admin: Admin,
    /// Which.
    pub id: InvitationId,
}

#[async_trait]
impl UseCase for RevokeInvitation {
    const NAME: &'static str = "identity.revoke_invitation";
    type Out = ();
    type Err = InviteError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), InviteError> {
        let found = tx.identity().find_invitation(self.id).await?;
        found.ok_or(InviteError::NotFound)?;
        if tx.identity().revoke_invitation(self.id, ctx.now()).await? {
            let entry = AuditEntry::new(ctx, "identity.invitation_revoked", "invitation", Some(self.id.0));
            tx.audit().record(entry).await?;
        }
        Ok(())
    }
}
