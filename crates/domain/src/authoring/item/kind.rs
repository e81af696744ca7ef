//! The kinds of item, and the groups a mix of items is ordered in.

use serde::{Deserialize, Serialize};

/// The kinds of item in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the names are the field's standard terms, described at ItemBody"
)]
pub enum ItemKind {
    MultipleChoice,
    MultipleResponse,
    TrueFalse,
    FillBlank,
    Matching,
    Numeric,
    Ordering,
    ShortAnswer,
    Essay,
    Coding,
    Profile,
    FileUpload,
}

impl ItemKind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::MultipleChoice,
        Self::MultipleResponse,
        Self::TrueFalse,
        Self::FillBlank,
        Self::Matching,
        Self::Numeric,
        Self::Ordering,
        Self::ShortAnswer,
        Self::Essay,
        Self::Coding,
        Self::Profile,
        Self::FileUpload,
    ];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MultipleChoice => "multiple_choice",
            Self::MultipleResponse => "multiple_response",
            Self::TrueFalse => "true_false",
            Self::FillBlank => "fill_blank",
            Self::Matching => "matching",
            Self::Numeric => "numeric",
            Self::Ordering => "ordering",
            Self::ShortAnswer => "short_answer",
            Self::Essay => "essay",
            Self::Coding => "coding",
            Self::Profile => "profile",
            Self::FileUpload => "file_upload",
        }
    }

    /// The kind of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether answers are text judged per criterion, after submission.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::ShortAnswer | Self::Essay)
    }

    /// The group it counts for in a mix.
    pub const fn group(self) -> ItemGroup {
        match self {
            Self::MultipleChoice
            | Self::MultipleResponse
            | Self::TrueFalse
            | Self::FillBlank
            | Self::Matching
            | Self::Numeric
            | Self::Ordering => ItemGroup::RuleScored,
            Self::ShortAnswer | Self::Essay => ItemGroup::Essay,
            Self::Profile => ItemGroup::Profile,
            Self::Coding | Self::FileUpload => ItemGroup::External,
        }
    }
}

/// Kinds that are scored in the same way; a track says how many items of each it draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemGroup {
    /// Fixed rules decide at once.
    RuleScored,
    /// Texts of any length, judged per criterion.
    Essay,
    /// What a candidate says of himself; reported apart from the mark.
    Profile,
    /// A program runner or a person decides.
    External,
}

impl ItemGroup {
    /// All groups.
    pub const ALL: [Self; 4] = [Self::RuleScored, Self::Essay, Self::Profile, Self::External];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RuleScored => "rule_scored",
            Self::Essay => "essay",
            Self::Profile => "profile",
            Self::External => "external",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_group_has_one_name_in_json_and_in_the_database() {
        for kind in ItemKind::ALL {
            assert_eq!(serde_json::json!(kind), kind.as_str());
        }
        for group in ItemGroup::ALL {
            assert_eq!(serde_json::json!(group), group.as_str());
        }
    }

    #[test]
    fn every_group_has_kinds_and_texts_are_essays() {
        for group in ItemGroup::ALL {
            assert!(
                ItemKind::ALL.iter().any(|kind| kind.group() == group),
                "{group:?}"
            );
        }
        assert!(
            ItemKind::ALL
                .iter()
                .all(|kind| kind.is_text() == (kind.group() == ItemGroup::Essay))
        );
        assert_eq!(ItemKind::Coding.group(), ItemGroup::External);
    }
}
