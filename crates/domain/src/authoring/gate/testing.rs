//! A short way to write an item down for the tests beside the rules; the planted and the sound items are in the test kit.

use super::super::item::{Choice, CognitiveLevel, Difficulty, ItemBody, ItemContent, Negative, SourceSpan};
use crate::ids::SyllabusId;
use crate::points::Points;

/// A multiple-choice item whose first option is right.
pub(super) fn choice(stem: &str, options: &[&str], quote: &str) -> ItemContent {
    let options = ('a'..='z')
        .zip(options)
        .map(|(id, text)| Choice {
            id: id.to_string(),
            text: (*text).to_owned(),
        })
        .collect();
    ItemContent {
        stem: stem.to_owned(),
        marks: Points::whole(1),
        body: ItemBody::MultipleChoice {
            options,
            key: vec!["a".to_owned()],
            negative: Negative::default(),
        },
        topic: "Animals".to_owned(),
        cognitive_level: CognitiveLevel::Remember,
        difficulty: Difficulty::Easy,
        source: Some(SourceSpan {
            syllabus_id: SyllabusId(uuid::Uuid::nil()),
            page: 1,
            start: 0,
            end: u32::try_from(quote.chars().count()).unwrap_or(u32::MAX),
            quote: quote.to_owned(),
        }),
        skills: Vec::new(),
        written_by: None,
    }
}
