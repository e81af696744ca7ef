//! How an assessment is taken and scored; frozen with the version an attempt refers to.

use serde::{Deserialize, Serialize};

use super::item::ItemGroup;
use crate::time::Timestamp;

/// Sitting, timing and scoring rules of an assessment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches that teachers turn one by one"
)]
pub struct Settings {
    /// Whole time of an attempt; none means only inactivity ends it.
    pub time_limit_minutes: Option<u32>,
    /// Minutes without a save or heartbeat after which an attempt expires.
    pub inactivity_minutes: u32,
    /// Percentage from which an attempt passes, 0–100.
    pub pass_percent: f64,
    /// Whether an expired attempt is scored with what it has.
    pub score_on_expiry: bool,
    /// How often a candidate may take it; none means any number.
    pub max_attempts: Option<u32>,
    /// Machine verdicts below this confidence (0–1) are provisional.
    pub review_below_confidence: f64,
    /// Verdicts of two machines that are further apart than this, in percent of the marks (0–100), are provisional.
    pub review_above_gap: f64,
    /// Not to be started before.
    pub opens_at: Option<Timestamp>,
    /// Neither to be started nor answered after; extensions go beyond it.
    pub closes_at: Option<Timestamp>,
    /// Minutes between the end of one attempt and the start of the next.
    pub cool_down_minutes: Option<u32>,
    /// What a candidate has to know to start; never shown to candidates.
    pub access_code: Option<String>,
    /// Whether the order of items differs from attempt to attempt.
    pub shuffle_items: bool,
    /// Whether the order of options differs from attempt to attempt.
    pub shuffle_options: bool,
    /// Whether results wait for a person to release them.
    pub hold_results: bool,
    /// Whether profile items are part of the mark.
    pub profile_counts: bool,
    /// Whether a fail that only machines gave stays provisional until a person has judged.
    pub human_oversight: bool,
    /// Whether candidates see names, descriptions and levels of criteria.
    pub show_rubric: bool,
    /// Whether released results show keys.
    pub show_keys_after_release: bool,
    /// How many items of each group an attempt draws; none means all there are.
    pub mix: Option<Mix>,
}

/// How many items of each group are drawn from a bank; a group with fewer gives what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mix {
    /// Choice, gaps, matching, numbers, order.
    pub rule_scored: u32,
    /// Essays and short answers.
    pub essay: u32,
    /// What describes the candidate.
    pub profile: u32,
    /// Programs and files.
    pub external: u32,
}

impl Default for Mix {
    /// The mix of a track.
    fn default() -> Self {
        Self {
            rule_scored: 3,
            essay: 3,
            profile: 4,
            external: 0,
        }
    }
}

impl Mix {
    /// How many of a group.
    pub const fn of(self, group: ItemGroup) -> u32 {
        match group {
            ItemGroup::RuleScored => self.rule_scored,
            ItemGroup::Essay => self.essay,
            ItemGroup::Profile => self.profile,
            ItemGroup::External => self.external,
        }
    }

    /// Items of all groups.
    pub const fn total(self) -> u32 {
        self.rule_scored
            .saturating_add(self.essay)
            .saturating_add(self.profile)
            .saturating_add(self.external)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            time_limit_minutes: None,
            inactivity_minutes: 30,
            pass_percent: 60.0,
            score_on_expiry: true,
            max_attempts: Some(1),
            review_below_confidence: 0.6,
            review_above_gap: 25.0,
            opens_at: None,
            closes_at: None,
            cool_down_minutes: None,
            access_code: None,
            shuffle_items: false,
            shuffle_options: false,
            hold_results: false,
            profile_counts: false,
            human_oversight: false,
            show_rubric: true,
            show_keys_after_release: false,
            mix: None,
        }
    }
}

/// A setting out of its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {expected}")]
pub struct SettingsError {
    /// The field.
    pub field: &'static str,
    /// What it takes.
    pub expected: &'static str,
}

impl Settings {
    /// What a track begins with: 45 minutes, any number of attempts, options shuffled, the default mix.
    pub fn for_tracks() -> Self {
        Self {
            time_limit_minutes: Some(45),
            max_attempts: None,
            shuffle_options: true,
            mix: Some(Mix::default()),
            ..Self::default()
        }
    }

    /// Whether items of this group are part of the mark.
    pub fn counts(&self, group: ItemGroup) -> bool {
        self.profile_counts || group != ItemGroup::Profile
    }

    /// Checks every range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        match self.out_of_range() {
            Some((field, expected)) => Err(SettingsError { field, expected }),
            None => Ok(()),
        }
    }

    fn out_of_range(&self) -> Option<(&'static str, &'static str)> {
        let outside = |minutes: Option<u32>, longest: u32| {
            minutes.is_some_and(|minutes| !(1..=longest).contains(&minutes))
        };
        if outside(self.time_limit_minutes, 1440) {
            return Some(("time_limit_minutes", "between 1 and 1440"));
        }
        if outside(Some(self.inactivity_minutes), 1440) {
            return Some(("inactivity_minutes", "between 1 and 1440"));
        }
        if !(0.0..=100.0).contains(&self.pass_percent) {
            return Some(("pass_percent", "between 0 and 100"));
        }
        if self.max_attempts == Some(0) {
            return Some(("max_attempts", "at least 1"));
        }
        if !(0.0..=1.0).contains(&self.review_below_confidence) {
            return Some(("review_below_confidence", "between 0 and 1"));
        }
        if !(0.0..=100.0).contains(&self.review_above_gap) {
            return Some(("review_above_gap", "between 0 and 100"));
        }
        if outside(self.cool_down_minutes, 527_040) {
            return Some(("cool_down_minutes", "between 1 and 527040 (a year)"));
        }
        if matches!((self.opens_at, self.closes_at), (Some(opens), Some(closes)) if closes <= opens) {
            return Some(("closes_at", "later than opens_at"));
        }
        let speakable = |code: &String| {
            !code.trim().is_empty() && code.chars().count() <= 100 && !code.chars().any(char::is_control)
        };
        if self.access_code.as_ref().is_some_and(|code| !speakable(code)) {
            return Some(("access_code", "1 to 100 characters in one line"));
        }
        if self.mix.is_some_and(|mix| !(1..=200).contains(&mix.total())) {
            return Some(("mix", "1 to 200 items in all"));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_named() {
        assert_eq!(Settings::default().validate(), Ok(()));
        let cases = [
            (
                Settings {
                    time_limit_minutes: Some(0),
                    ..Settings::default()
                },
                "time_limit_minutes",
            ),
            (
                Settings {
                    inactivity_minutes: 0,
                    ..Settings::default()
                },
                "inactivity_minutes",
            ),
            (
                Settings {
                    pass_percent: f64::NAN,
                    ..Settings::default()
                },
                "pass_percent",
            ),
            (
                Settings {
                    max_attempts: Some(0),
                    ..Settings::default()
                },
                "max_attempts",
            ),
            (
                Settings {
                    review_below_confidence: 1.5,
                    ..Settings::default()
                },
                "review_below_confidence",
            ),
            (
                Settings {
                    review_above_gap: f64::NAN,
                    ..Settings::default()
                },
                "review_above_gap",
            ),
        ];
        for (settings, field) in cases.into_iter().chain(sitting_rules_out_of_range()) {
            assert_eq!(settings.validate().map_err(|error| error.field), Err(field));
        }
    }

    fn sitting_rules_out_of_range() -> [(Settings, &'static str); 5] {
        let (early, late) = (Timestamp::from_micros(1), Timestamp::from_micros(2));
        let base = Settings::default;
        [
            (
                Settings {
                    cool_down_minutes: Some(0),
                    ..base()
                },
                "cool_down_minutes",
            ),
            (
                Settings {
                    opens_at: Some(late),
                    closes_at: Some(early),
                    ..base()
                },
                "closes_at",
            ),
            (
                Settings {
                    access_code: Some("  ".to_owned()),
                    ..base()
                },
                "access_code",
            ),
            (
                Settings {
                    access_code: Some("blue\u{0}heron".to_owned()),
                    ..base()
                },
                "access_code",
            ),
            (
                Settings {
                    mix: Some(Mix {
                        rule_scored: 0,
                        essay: 0,
                        profile: 0,
                        external: 0,
                    }),
                    ..base()
                },
                "mix",
            ),
        ]
    }

    #[test]
    fn settings_frozen_before_a_switch_existed_read_as_without_it() {
        let old: Settings = serde_json::from_str(r#"{"inactivity_minutes":10,"max_attempts":2}"#).unwrap();
        assert_eq!(
            old,
            Settings {
                inactivity_minutes: 10,
                max_attempts: Some(2),
                ..Settings::default()
            }
        );
    }

    #[test]
    fn a_track_draws_the_default_mix_in_45_minutes() {
        let settings = Settings::for_tracks();
        assert_eq!(settings.validate(), Ok(()));
        let drawn = ItemGroup::ALL.map(|group| settings.mix.unwrap().of(group));
        assert_eq!((drawn, settings.time_limit_minutes), ([3, 3, 4, 0], Some(45)));
    }
}
