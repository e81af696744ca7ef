//! Exporting and erasing.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::jobs::{ERASE_AGAIN, EraseAgainPayload};
use super::model::{Erased, MayExport};
use crate::attempts::{AttemptError, void_as_staff};
use crate::audit::AuditEntry;
use crate::identity::{AccountError, Admin, Role, User, UserStatus};
use crate::ids::UserId;
use crate::job::{JobId, NewJob, Priority, payload};
use crate::rate_limits::SignInSubject;
use crate::store::{Ctx, StoreError, Tx, UseCase};

/// Tries of the second walk.
const MAX_ATTEMPTS: i32 = 5;

/// Notes that everything that is kept of a person is about to be read; reading needs no transaction.
pub struct NoteExport {
    /// Who may read whose.
    pub permission: MayExport,
}

#[async_trait]
impl UseCase for NoteExport {
    const NAME: &'static str = "privacy.export";
    type Out = ();
    type Err = AccountError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), AccountError> {
        let subject = self.permission.subject();
        let user = tx.identity().find_user(subject).await?;
        user.ok_or(AccountError::NotFound)?;
        let entry = AuditEntry::new(ctx, "privacy.exported", "user", Some(subject.0));
        Ok(tx.audit().record(entry).await?)
    }
}

/// Takes everything about a person out of the database. A repetition finds nothing left.
pub struct Erase {
    /// Who may.
    pub admin: Admin,
    /// Whom.
    pub user_id: UserId,
    /// No request that has been let in lasts longer.
    pub requests_end_within: Duration,
}

#[async_trait]
impl UseCase for Erase {
    const NAME: &'static str = "privacy.erase";
    type Out = Erased;
    type Err = AccountError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Erased, AccountError> {
        // Locked in one order by everybody who may take an admin away, so that two of them cannot take the last two.
        let admins = tx.identity().lock_active_admins().await?;
        let found = tx.identity().find_user(self.user_id).await?;
        let user = found.ok_or(AccountError::NotFound)?;
        if user.role == Role::Service {
            return Err(AccountError::Machine);
        }
        if is_active_admin(&user) && admins == [user.id] {
            return Err(AccountError::LastAdmin);
        }
        let first = tx.privacy().close_account(user.id, ctx.now()).await?;
        let address = SignInSubject::of(&user.email);
        let erased = erase(ctx, tx, user.id, Some(&address)).await?;
        if first {
            tx.jobs().enqueue(self.second_walk(ctx, address)?).await?;
        }
        note(ctx, tx, user.id, &erased).await?;
        Ok(erased)
    }
}

impl Erase {
    /// The account has lost its address by then.
    fn second_walk(&self, ctx: &Ctx, address: SignInSubject) -> Result<NewJob, StoreError> {
        let user_id = self.user_id;
        let carried = EraseAgainPayload {
            user_id,
            address: Some(address),
        };
        Ok(NewJob {
            id: JobId(ctx.new_uuid()),
            kind: ERASE_AGAIN,
            dedupe_key: user_id.to_string(),
            payload: payload(&carried)?,
            run_at: ctx.now() + self.requests_end_within,
            priority: Priority::Urgent,
            parent: None,
            waits_for_children: false,
            owner: Some(self.admin.user_id()),
            subject: Some(user_id.0),
            max_attempts: MAX_ATTEMPTS,
        })
    }
}

/// The effect of the second walk: what requests have written that were under way when the account was closed.
pub struct EraseAgain {
    /// Whom.
    pub user_id: UserId,
    /// The address that the account had.
    pub address: Option<SignInSubject>,
}

impl EraseAgain {
    /// Walks the list again; leaves a trace only when it found something.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Erased, StoreError> {
        let erased = erase(ctx, tx, self.user_id, self.address.as_ref()).await?;
        tx.privacy().forget_address(self.user_id).await?;
        if !erased.is_nothing() {
            note(ctx, tx, self.user_id, &erased).await?;
        }
        Ok(erased)
    }
}

/// Jobs come before attempts, in which order a job that ends locks them, and again after them for those that a submission
/// has made meanwhile.
async fn erase(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    user: UserId,
    address: Option<&SignInSubject>,
) -> Result<Erased, StoreError> {
    let mut erased = Erased {
        jobs_cancelled: tx.privacy().cancel_jobs(user, ctx.now()).await?,
        ..Erased::default()
    };
    for id in tx.privacy().unsettled_attempts(user).await? {
        let voided = void_as_staff(ctx, tx, id).await.map_err(storage_only)?;
        erased.attempts_voided += u64::from(voided);
    }
    erased.jobs_cancelled += tx.privacy().cancel_jobs(user, ctx.now()).await?;
    erased.rows = tx.privacy().erase(user, address).await?;
    Ok(erased)
}

async fn note(ctx: &Ctx, tx: &mut dyn Tx, user: UserId, erased: &Erased) -> Result<(), StoreError> {
    let entry = AuditEntry::new(ctx, "privacy.erased", "user", Some(user.0)).with(json!({
        "attempts_voided": erased.attempts_voided,
        "jobs_cancelled": erased.jobs_cancelled,
        "rows": erased.rows,
    }));
    tx.audit().record(entry).await
}

fn is_active_admin(user: &User) -> bool {
    user.role == Role::Admin && user.status == UserStatus::Active
}

/// Voiding an attempt that may be voided is refused by nothing but storage.
fn storage_only(error: AttemptError) -> StoreError {
    match error {
        AttemptError::Store(error) => error,
        other => StoreError::Rejected(Box::new(other)),
    }
}
