//! Refusals of review, publishing and archiving as problems.

use domain::authoring::{PublishingError, ReviewError};

use super::from_domain::content_errors;
use super::{FieldError, Problem, kinds};

impl From<PublishingError> for Problem {
    fn from(error: PublishingError) -> Self {
        match error {
            PublishingError::NotFound => Self::of(&kinds::DEFINITION),
            PublishingError::Archived => Self::of(&kinds::DEFINITION_ARCHIVED),
            PublishingError::IsTrack => Self::of(&kinds::DEFINITION_IS_TRACK),
            PublishingError::UnknownItem(_) => Self::of(&kinds::DEFINITION_ITEM).because(error),
            PublishingError::ItemChanged(_) => Self::of(&kinds::ITEM_CHANGED).because(error),
            PublishingError::Unlawful(refusal) => Self::of(&kinds::ITEM_REVIEW)
                .because(refusal)
                .with("item_id", refusal.item_id.to_string())
                .with("from_state", refusal.from)
                .with("event", refusal.event.as_str()),
            PublishingError::UnlawfulStatus(refusal) => Self::of(&kinds::DEFINITION_STEP)
                .because(refusal)
                .with("from_state", refusal.from.as_str())
                .with("event", refusal.step),
            PublishingError::Unreviewed(ref items) => {
                let ids: Vec<String> = items.iter().map(ToString::to_string).collect();
                Self::of(&kinds::ITEMS_UNREVIEWED)
                    .because(&error)
                    .with("item_ids", ids)
            }
            PublishingError::NothingToPublish => Self::of(&kinds::DEFINITION_EMPTY),
            PublishingError::ChangedMeanwhile => Self::of(&kinds::DEFINITION_CHANGED),
            PublishingError::Settings(error) => error.into(),
            PublishingError::Store(error) => error.into(),
        }
    }
}

impl From<ReviewError> for Problem {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Draft(error) => error.into(),
            ReviewError::NoSuchItem => Self::of(&kinds::DRAFT_ITEM),
            ReviewError::ReasonRequired => Self::invalid("/reason", error.to_string()),
            ReviewError::Invalid(errors) => Self::invalid_fields(content_errors("", errors)),
            ReviewError::Refused(refusals) => {
                let refusals = refusals.into_iter();
                let fields = refusals.map(|refusal| FieldError::new("", refusal.to_string()));
                Self::of(&kinds::QUALITY_GATE).fields(fields.collect())
            }
            ReviewError::NothingChanged => Self::invalid("", error.to_string()),
            ReviewError::NoSource => Self::of(&kinds::ITEM_WITHOUT_SOURCE),
            ReviewError::Store(error) => error.into(),
        }
    }
}
