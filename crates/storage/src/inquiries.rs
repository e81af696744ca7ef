//! `inquiries`, `inquiry_messages`.

use async_trait::async_trait;
use domain::ids::{AttemptId, InquiryId, ItemVersionId};
use domain::reviews::{Inquiry, InquiryMessage, InquiryRepository, InquiryState};
use domain::store::StoreError;
use domain::time::Timestamp;
use uuid::Uuid;

use crate::dialect::for_update;
use crate::sql::{Row, execute, fetch_optional, values};
use crate::transaction::SqlTx;

pub(crate) fn inquiry(row: &Row) -> Result<Inquiry, StoreError> {
    Ok(Inquiry {
        id: InquiryId(row.get("id")?),
        attempt_id: AttemptId(row.get("attempt_id")?),
        item_version_id: row.get::<Option<Uuid>>("item_version_id")?.map(ItemVersionId),
        state: row.parse("inquiries", "state", InquiryState::parse)?,
        opened_at: row.timestamp("opened_at")?,
        updated_at: row.timestamp("updated_at")?,
    })
}

#[async_trait]
impl InquiryRepository for SqlTx {
    async fn attempt_of(&mut self, id: InquiryId) -> Result<Option<AttemptId>, StoreError> {
        let text = "SELECT attempt_id FROM inquiries WHERE id = $1";
        let row = fetch_optional(&self.connection, text, values![id.0]).await?;
        row.map(|row| row.get("attempt_id").map(AttemptId)).transpose()
    }

    async fn find(&mut self, id: InquiryId) -> Result<Option<Inquiry>, StoreError> {
        let text = format!(
            "SELECT id, attempt_id, item_version_id, state, opened_at, updated_at FROM inquiries WHERE id = $1{}",
            for_update(self.backend)
        );
        let row = fetch_optional(&self.connection, &text, values![id.0]).await?;
        row.as_ref().map(inquiry).transpose()
    }

    async fn find_open(
        &mut self,
        attempt: AttemptId,
        item: Option<ItemVersionId>,
    ) -> Result<Option<InquiryId>, StoreError> {
        let text = "SELECT id FROM inquiries WHERE attempt_id = $1 AND state IN ('open', 'answered')
             AND (item_version_id = $2 OR (item_version_id IS NULL AND $2 IS NULL))";
        let values = values![attempt.0, item.map(|item| item.0)];
        let row = fetch_optional(&self.connection, text, values).await?;
        row.map(|row| row.get("id").map(InquiryId)).transpose()
    }

    async fn insert(&mut self, inquiry: &Inquiry) -> Result<(), StoreError> {
        let text = "INSERT INTO inquiries (id, attempt_id, item_version_id, state, opened_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6)";
        let values = values![
            inquiry.id.0,
            inquiry.attempt_id.0,
            inquiry.item_version_id.map(|item| item.0),
            inquiry.state.as_str(),
            inquiry.opened_at.as_micros(),
            inquiry.updated_at.as_micros()
        ];
        execute(&self.connection, text, values).await?;
        Ok(())
    }

    async fn advance(
        &mut self,
        id: InquiryId,
        from: InquiryState,
        to: InquiryState,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE inquiries SET state = $3, updated_at = $4 WHERE id = $1 AND state = $2";
        let values = values![id.0, from.as_str(), to.as_str(), now.as_micros()];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn add_message(
        &mut self,
        inquiry: InquiryId,
        id: Uuid,
        message: &InquiryMessage,
    ) -> Result<(), StoreError> {
        let text =
            "INSERT INTO inquiry_messages (id, inquiry_id, author, author_id, event, message, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = values![
            id,
            inquiry.0,
            message.author.as_str(),
            message.author_id.0,
            message.event.as_str(),
            message.message.clone(),
            message.created_at.as_micros()
        ];
        execute(&self.connection, text, values).await?;
        Ok(())
    }
}
