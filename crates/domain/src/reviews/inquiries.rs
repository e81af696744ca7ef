//! A candidate contests a score, and both sides talk about it.

use async_trait::async_trait;
use serde_json::json;

use super::error::InquiryError;
use super::inquiry_state::{InquiryEvent, InquiryState};
use super::model::{Author, Inquiry, InquiryMessage};
use crate::attempts::{Attempt, AttemptState, ScoringState, Viewer};
use crate::audit::AuditEntry;
use crate::identity::{Candidate, Staff};
use crate::ids::{AttemptId, InquiryId, ItemId, ItemVersionId, UserId};
use crate::store::{Ctx, StoreError, Tx, UseCase};

/// Asks about a result, or about one item of it.
pub struct OpenInquiry {
    /// Who.
    pub candidate: Candidate,
    /// About which attempt.
    pub attempt_id: AttemptId,
    /// About which question; none is the whole result.
    pub question: Option<ItemId>,
    /// What they say.
    pub message: String,
}

#[async_trait]
impl UseCase for OpenInquiry {
    const NAME: &'static str = "inquiries.open";
    type Out = Inquiry;
    type Err = InquiryError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Inquiry, InquiryError> {
        let owner = self.candidate.user_id();
        let found = tx.attempts().find_owned(self.attempt_id, owner).await?;
        let attempt = found.ok_or(InquiryError::NoSuchAttempt)?;
        if !is_out(&attempt) {
            return Err(InquiryError::NotReleased);
        }
        let item_version_id = self.item(tx, &attempt).await?;
        // The attempt is locked, so that of two at once the second finds the first.
        if let Some(inquiry) = tx.inquiries().find_open(attempt.id, item_version_id).await? {
            return Err(InquiryError::AlreadyOpen { inquiry });
        }
        let inquiry = Inquiry {
            id: InquiryId(ctx.new_uuid()),
            attempt_id: attempt.id,
            item_version_id,
            state: InquiryState::Open,
            opened_at: ctx.now(),
            updated_at: ctx.now(),
        };
        tx.inquiries().insert(&inquiry).await?;
        let first = InquiryMessage {
            author: Author::Candidate,
            author_id: owner,
            event: InquiryEvent::Write,
            message: Some(self.message.clone()),
            created_at: ctx.now(),
        };
        tx.inquiries()
            .add_message(inquiry.id, ctx.new_uuid(), &first)
            .await?;
        let entry = AuditEntry::new(ctx, "inquiries.opened", "inquiry", Some(inquiry.id.0))
            .with(json!({ "attempt_id": attempt.id, "item_version_id": item_version_id }));
        tx.audit().record(entry).await?;
        Ok(inquiry)
    }
}

impl OpenInquiry {
    async fn item(&self, tx: &mut dyn Tx, attempt: &Attempt) -> Result<Option<ItemVersionId>, InquiryError> {
        let Some(question) = self.question else {
            return Ok(None);
        };
        let items = tx.attempts().items(attempt).await?;
        let item = items.into_iter().find(|item| item.item_id == question);
        let item = item.ok_or(InquiryError::NoSuchQuestion)?;
        Ok(Some(item.item_version_id))
    }
}

/// Whether the candidate sees a result.
fn is_out(attempt: &Attempt) -> bool {
    attempt.released_at.is_some()
        && attempt.state != AttemptState::Voided
        && matches!(attempt.scoring, ScoringState::Done | ScoringState::Failed)
}

/// Who takes a step.
#[derive(Clone, Copy, Debug)]
pub enum Party {
    /// Whose score it is.
    Owner(Candidate),
    /// An advisor or admin.
    Staff(Staff),
}

impl Party {
    const fn author(self) -> Author {
        match self {
            Self::Owner(_) => Author::Candidate,
            Self::Staff(_) => Author::Staff,
        }
    }

    const fn user_id(self) -> UserId {
        match self {
            Self::Owner(candidate) => candidate.user_id(),
            Self::Staff(staff) => staff.user_id(),
        }
    }

    fn viewer(self) -> Viewer {
        match self {
            Self::Owner(candidate) => Viewer::Owner(candidate.user_id()),
            Self::Staff(staff) => Viewer::from(staff),
        }
    }

    fn may(self, event: InquiryEvent) -> bool {
        event.is_for_owner() == (self.author() == Author::Candidate)
    }
}

/// Says something in an inquiry, or ends it.
pub struct TakeStep {
    /// Who.
    pub by: Party,
    /// In which inquiry.
    pub inquiry_id: InquiryId,
    /// What is done.
    pub event: InquiryEvent,
    /// What is said.
    pub message: Option<String>,
}

#[async_trait]
impl UseCase for TakeStep {
    const NAME: &'static str = "inquiries.take_step";
    type Out = Inquiry;
    type Err = InquiryError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Inquiry, InquiryError> {
        let inquiry = self.inquiry(tx).await?;
        if !self.by.may(self.event) {
            return Err(InquiryError::OtherSide(self.event));
        }
        if self.event.needs_message() && self.message.is_none() {
            return Err(InquiryError::MessageRequired(self.event));
        }
        let to = inquiry.state.after(self.event)?;
        if self.event == InquiryEvent::Revise {
            let (attempt, item) = (inquiry.attempt_id, inquiry.item_version_id);
            let judged = tx.reviews().judged_anew(attempt, item, inquiry.opened_at).await?;
            if !judged {
                return Err(InquiryError::NotReviewed);
            }
        }
        self.advance(ctx, tx, inquiry, to).await
    }
}

impl TakeStep {
    /// The inquiry, locked behind its attempt, which is the order of everybody.
    async fn inquiry(&self, tx: &mut dyn Tx) -> Result<Inquiry, InquiryError> {
        let attempt = tx.inquiries().attempt_of(self.inquiry_id).await?;
        let attempt = attempt.ok_or(InquiryError::NotFound)?;
        let visible = tx.attempts().find_visible(attempt, self.by.viewer()).await?;
        visible.ok_or(InquiryError::NotFound)?;
        let found = tx.inquiries().find(self.inquiry_id).await?;
        found.ok_or(InquiryError::NotFound)
    }

    async fn advance(
        &self,
        ctx: &Ctx,
        tx: &mut dyn Tx,
        inquiry: Inquiry,
        to: InquiryState,
    ) -> Result<Inquiry, InquiryError> {
        let from = inquiry.state;
        if !tx.inquiries().advance(inquiry.id, from, to, ctx.now()).await? {
            return Err(InquiryError::Store(StoreError::Conflict));
        }
        let message = InquiryMessage {
            author: self.by.author(),
            author_id: self.by.user_id(),
            event: self.event,
            message: self.message.clone(),
            created_at: ctx.now(),
        };
        tx.inquiries()
            .add_message(inquiry.id, ctx.new_uuid(), &message)
            .await?;
        let entry = AuditEntry::new(ctx, "inquiries.stepped", "inquiry", Some(inquiry.id.0)).with(json!({
            "attempt_id": inquiry.attempt_id,
            "event": self.event.as_str(),
            "from": from.as_str(),
            "to": to.as_str(),
        }));
        tx.audit().record(entry).await?;
        Ok(Inquiry {
            state: to,
            updated_at: ctx.now(),
            ..inquiry
        })
    }
}
