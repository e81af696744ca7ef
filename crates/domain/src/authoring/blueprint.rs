//! What a generated assessment should look like.
//!
//! Every field has a default, so `{}` is a valid blueprint: all sections of the text, six items each, every kind the
//! text allows.

use serde::{Deserialize, Serialize};

use super::item::{CognitiveLevel, Difficulty, ItemGroup, ItemKind};

/// The order for a generated assessment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Blueprint {
    /// Title of the assessment; the subject when absent.
    pub title: Option<String>,
    /// Who proposes items.
    #[serde(skip_serializing_if = "is_offline")]
    pub writer: Writer,
    /// Items per section, 1–30. A section whose text gives fewer sound items gets fewer.
    pub items_per_section: usize,
    /// Most sections, 1–50; neighbouring sections of the text are put together to stay below.
    pub max_sections: usize,
    /// Kinds to use; all the text allows when absent.
    pub kinds: Option<Vec<ItemKind>>,
    /// Essays in the whole assessment; two (one when there are fewer than three sections) when absent.
    pub essays: Option<usize>,
    /// Sections to use, by words of their titles in any case; all when absent.
    pub topics: Option<Vec<String>>,
    /// Relative shares of the difficulties; as the text gives when absent.
    pub difficulty: Option<DifficultyMix>,
    /// Exact counts by topic, cognitive level and difficulty. When not empty it replaces `items_per_section`,
    /// `essays` and `difficulty`.
    pub cells: Vec<BlueprintCell>,
    /// Minutes from start to deadline; none when absent.
    pub time_limit_minutes: Option<u32>,
    /// Least percentage of the marks that passes, 0–100.
    pub pass_percent: f64,
}

/// Who proposes items. Whoever it is, the gate decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Writer {
    /// Rules, from the text alone.
    #[default]
    Offline,
    /// A language model; what it does not give, and the kinds it does not write, are made offline.
    Model,
}

/// Left out of what is stored, so that requests of before have the same key.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what serde calls takes a reference"
)]
fn is_offline(writer: &Writer) -> bool {
    *writer == Writer::Offline
}

/// Relative shares of the difficulties; they need not sum to anything.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct DifficultyMix {
    pub easy: f64,
    pub medium: f64,
    pub hard: f64,
}

impl DifficultyMix {
    /// The share of one difficulty, as given.
    pub const fn share(&self, difficulty: Difficulty) -> f64 {
        match difficulty {
            Difficulty::Easy => self.easy,
            Difficulty::Medium => self.medium,
            Difficulty::Hard => self.hard,
        }
    }
}

/// A number of items of one description; what is absent may be anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlueprintCell {
    /// Words of a section title.
    #[serde(default)]
    pub topic: Option<String>,
    /// What the candidate has to do.
    #[serde(default)]
    pub cognitive_level: Option<CognitiveLevel>,
    /// How hard.
    #[serde(default)]
    pub difficulty: Option<Difficulty>,
    /// How many items, 1–100.
    pub count: usize,
}

impl Default for Blueprint {
    fn default() -> Self {
        Self {
            title: None,
            writer: Writer::Offline,
            items_per_section: 6,
            max_sections: 12,
            kinds: None,
            essays: None,
            topics: None,
            difficulty: None,
            cells: Vec::new(),
            time_limit_minutes: None,
            pass_percent: 60.0,
        }
    }
}

/// A field of a blueprint that cannot be met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {reason}")]
pub struct BlueprintError {
    /// JSON pointer of the field inside the blueprint (`/items_per_section`).
    pub pointer: String,
    /// What to write instead.
    pub reason: String,
}

impl Blueprint {
    /// Checks every field; the first one at fault is reported.
    pub fn validate(&self) -> Result<(), BlueprintError> {
        within("/items_per_section", self.items_per_section, 1, 30)?;
        within("/max_sections", self.max_sections, 1, 50)?;
        within("/essays", self.essays.unwrap_or(0), 0, 50)?;
        if let Some(title) = &self.title {
            text("/title", title)?;
        }
        refuse(
            self.kinds.as_ref().is_some_and(Vec::is_empty),
            "/kinds",
            "name at least one kind or leave it out",
        )?;
        for (index, kind) in self.kinds.iter().flatten().enumerate() {
            let pointer = format!("/kinds/{index}");
            refuse(!is_generated(*kind), &pointer, "this kind is not made from texts")?;
        }
        refuse(
            self.topics.as_ref().is_some_and(Vec::is_empty),
            "/topics",
            "name at least one or leave it out",
        )?;
        for (index, topic) in self.topics.iter().flatten().enumerate() {
            text(&format!("/topics/{index}"), topic)?;
        }
        self.validate_numbers()?;
        within("/cells", self.cells.len(), 0, 200)?;
        for (index, cell) in self.cells.iter().enumerate() {
            within(&format!("/cells/{index}/count"), cell.count, 1, 100)?;
            if let Some(topic) = &cell.topic {
                text(&format!("/cells/{index}/topic"), topic)?;
            }
        }
        Ok(())
    }

    fn validate_numbers(&self) -> Result<(), BlueprintError> {
        if let Some(mix) = &self.difficulty {
            let shares = [mix.easy, mix.medium, mix.hard];
            let sound = shares.iter().all(|share| share.is_finite() && *share >= 0.0);
            let positive = shares.iter().sum::<f64>() > 0.0;
            refuse(
                !(sound && positive),
                "/difficulty",
                "shares must be 0 or more and one of them above 0",
            )?;
        }
        let minutes = self.time_limit_minutes;
        let lawful = minutes.is_none_or(|minutes| (1..=1440).contains(&minutes));
        refuse(
            !lawful,
            "/time_limit_minutes",
            "must be between 1 and 1440, or absent for no limit",
        )?;
        let percent = self.pass_percent;
        refuse(
            !(0.0..=100.0).contains(&percent),
            "/pass_percent",
            "must be between 0 and 100",
        )
    }

    /// Whether a kind may be used.
    pub fn allows(&self, kind: ItemKind) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }
}

/// Whether the generator can make items of the kind.
const fn is_generated(kind: ItemKind) -> bool {
    matches!(kind.group(), ItemGroup::RuleScored | ItemGroup::Essay)
}

fn refuse(wrong: bool, pointer: &str, reason: &str) -> Result<(), BlueprintError> {
    if wrong {
        return Err(BlueprintError {
            pointer: pointer.to_owned(),
            reason: reason.to_owned(),
        });
    }
    Ok(())
}

fn within(pointer: &str, value: usize, least: usize, most: usize) -> Result<(), BlueprintError> {
    let lawful = (least..=most).contains(&value);
    refuse(
        !lawful,
        pointer,
        &format!("must be between {least} and {most}, not {value}"),
    )
}

fn text(pointer: &str, text: &str) -> Result<(), BlueprintError> {
    let length = text.trim().chars().count();
    refuse(
        !(1..=200).contains(&length) || text.chars().any(char::is_control),
        pointer,
        "must have between 1 and 200 characters, none of them a control character",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_object_is_the_default_blueprint() {
        let blueprint: Blueprint = serde_json::from_str("{}").unwrap();
        assert_eq!(blueprint, Blueprint::default());
        assert_eq!(blueprint.validate(), Ok(()));
    }

    #[test]
    fn an_unknown_field_is_refused() {
        assert!(serde_json::from_str::<Blueprint>(r#"{"item_count": 3}"#).is_err());
    }

    #[test]
    fn every_fault_is_reported_at_its_field() {
        let cases: [(&str, &str); 12] = [
            (r#"{"items_per_section": 0}"#, "/items_per_section"),
            (r#"{"max_sections": 51}"#, "/max_sections"),
            (r#"{"title": "  "}"#, "/title"),
            (r#"{"kinds": []}"#, "/kinds"),
            (r#"{"kinds": ["essay", "profile"]}"#, "/kinds/1"),
            (r#"{"topics": ["keys", ""]}"#, "/topics/1"),
            (r#"{"essays": 51}"#, "/essays"),
            (
                r#"{"difficulty": {"easy": 0, "medium": 0, "hard": 0}}"#,
                "/difficulty",
            ),
            (
                r#"{"difficulty": {"easy": -1, "medium": 1, "hard": 1}}"#,
                "/difficulty",
            ),
            (r#"{"time_limit_minutes": 0}"#, "/time_limit_minutes"),
            (r#"{"pass_percent": 101}"#, "/pass_percent"),
            (r#"{"cells": [{"count": 2}, {"count": 0}]}"#, "/cells/1/count"),
        ];
        for (json, pointer) in cases {
            let blueprint: Blueprint = serde_json::from_str(json).unwrap();
            assert_eq!(blueprint.validate().unwrap_err().pointer, pointer, "{json}");
        }
    }
}
