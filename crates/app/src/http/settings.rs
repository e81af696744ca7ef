//! How an assessment is taken and scored: as staff read it, and what they change of it.

use chrono::{DateTime, Utc};
use domain::authoring::{Mix, Settings, SettingsChange};
use domain::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// How an assessment is taken and scored.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the switches of the settings, one by one"
)]
pub(crate) struct SettingsBody {
    /// Whole time of an attempt; none means only inactivity ends it.
    pub(crate) time_limit_minutes: Option<u32>,
    /// Minutes without a save or heartbeat after which an attempt expires.
    pub(crate) inactivity_minutes: u32,
    /// Percentage from which an attempt passes.
    pub(crate) pass_percent: f64,
    /// Whether an expired attempt is scored with what it has.
    pub(crate) score_on_expiry: bool,
    /// How often a candidate may take it; none means any number.
    pub(crate) max_attempts: Option<u32>,
    /// Machine verdicts below this confidence (0–1) are provisional.
    pub(crate) review_below_confidence: f64,
    /// Verdicts of two machines that are further apart than this, in percent of the marks, are provisional.
    pub(crate) review_above_gap: f64,
    /// Not to be started before.
    pub(crate) opens_at: Option<DateTime<Utc>>,
    /// Neither to be started nor answered after; extensions go beyond it.
    pub(crate) closes_at: Option<DateTime<Utc>>,
    /// Minutes between the end of one attempt and the start of the next.
    pub(crate) cool_down_minutes: Option<u32>,
    /// What a candidate has to know to start.
    pub(crate) access_code: Option<String>,
    /// Whether the order of items differs from attempt to attempt.
    pub(crate) shuffle_items: bool,
    /// Whether the order of options differs from attempt to attempt.
    pub(crate) shuffle_options: bool,
    /// Whether results wait for a person to release them.
    pub(crate) hold_results: bool,
    /// Whether profile items are part of the mark.
    pub(crate) profile_counts: bool,
    /// Whether a fail that only machines gave is provisional, and in the queue of reviews, until a person has judged a question.
    pub(crate) human_oversight: bool,
    /// Whether candidates see names, descriptions and levels of criteria.
    pub(crate) show_rubric: bool,
    /// Whether released results show keys.
    pub(crate) show_keys_after_release: bool,
    /// How many items of each group an attempt draws; none means all there are.
    pub(crate) mix: Option<MixBody>,
}

/// How many items of each group an attempt draws.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct MixBody {
    /// Choice, gaps, matching, numbers, order.
    #[serde(default)]
    rule_scored: u32,
    /// Essays and short answers.
    #[serde(default)]
    essay: u32,
    /// What describes the candidate.
    #[serde(default)]
    profile: u32,
    /// Programs and files.
    #[serde(default)]
    external: u32,
}

/// Settings to change; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub(crate) struct SettingsPatch {
    /// 1–1440; `null` for no limit.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    time_limit_minutes: Change<u32>,
    /// 1–1440.
    inactivity_minutes: Option<u32>,
    /// 0–100.
    pass_percent: Option<f64>,
    /// Whether an expired attempt is scored with what it has.
    score_on_expiry: Option<bool>,
    /// From 1; `null` for any number.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    max_attempts: Change<u32>,
    /// 0–1.
    review_below_confidence: Option<f64>,
    /// 0–100: verdicts of two machines that are further apart than this, in percent of the marks, are provisional.
    review_above_gap: Option<f64>,
    /// Not to be started before; `null` for at once.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    opens_at: Change<DateTime<Utc>>,
    /// Neither to be started nor answered after; `null` for no end.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    closes_at: Change<DateTime<Utc>>,
    /// 1–527040; `null` for no pause.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    cool_down_minutes: Change<u32>,
    /// 1–100 characters in one line; `null` for none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    access_code: Change<String>,
    /// Whether the order of items differs from attempt to attempt.
    shuffle_items: Option<bool>,
    /// Whether the order of options differs from attempt to attempt.
    shuffle_options: Option<bool>,
    /// Whether results wait for a person to release them.
    hold_results: Option<bool>,
    /// Whether profile items are part of the mark.
    profile_counts: Option<bool>,
    /// Whether a fail that only machines gave is provisional, and in the queue of reviews, until a person has judged a question.
    human_oversight: Option<bool>,
    /// Whether candidates see names, descriptions and levels of criteria.
    show_rubric: Option<bool>,
    /// Whether released results show keys.
    show_keys_after_release: Option<bool>,
    /// 1–200 items in all; `null` for all there are.
    #[serde(default)]
    #[schema(value_type = Option<MixBody>)]
    mix: Change<MixBody>,
}

/// A value that can be taken away: absent keeps it, `null` removes it.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) enum Change<T> {
    #[default]
    Keep,
    Set(Option<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Set)
    }
}

impl<T> Change<T> {
    /// What holds after the change, given what was kept.
    pub(crate) fn or(self, kept: Option<T>) -> Option<T> {
        match self {
            Self::Keep => kept,
            Self::Set(value) => value,
        }
    }
}

impl SettingsPatch {
    /// The same as a change of whatever is in force when the use case runs.
    pub(crate) fn into_change(self) -> SettingsChange {
        Box::new(move |in_force: &Settings| self.clone().applied_to(in_force))
    }

    /// The settings with the changes; ranges are checked by the use case.
    pub(crate) fn applied_to(self, settings: &Settings) -> Settings {
        let kept = settings.clone();
        Settings {
            time_limit_minutes: self.time_limit_minutes.or(kept.time_limit_minutes),
            inactivity_minutes: self.inactivity_minutes.unwrap_or(kept.inactivity_minutes),
            pass_percent: self.pass_percent.unwrap_or(kept.pass_percent),
            score_on_expiry: self.score_on_expiry.unwrap_or(kept.score_on_expiry),
            max_attempts: self.max_attempts.or(kept.max_attempts),
            review_below_confidence: self
                .review_below_confidence
                .unwrap_or(kept.review_below_confidence),
            review_above_gap: self.review_above_gap.unwrap_or(kept.review_above_gap),
            opens_at: instant(self.opens_at, kept.opens_at),
            closes_at: instant(self.closes_at, kept.closes_at),
            cool_down_minutes: self.cool_down_minutes.or(kept.cool_down_minutes),
            access_code: self.access_code.or(kept.access_code),
            shuffle_items: self.shuffle_items.unwrap_or(kept.shuffle_items),
            shuffle_options: self.shuffle_options.unwrap_or(kept.shuffle_options),
            hold_results: self.hold_results.unwrap_or(kept.hold_results),
            profile_counts: self.profile_counts.unwrap_or(kept.profile_counts),
            human_oversight: self.human_oversight.unwrap_or(kept.human_oversight),
            show_rubric: self.show_rubric.unwrap_or(kept.show_rubric),
            show_keys_after_release: self
                .show_keys_after_release
                .unwrap_or(kept.show_keys_after_release),
            mix: self.mix.or(kept.mix.map(MixBody::from)).map(Mix::from),
        }
    }
}

fn instant(change: Change<DateTime<Utc>>, kept: Option<Timestamp>) -> Option<Timestamp> {
    match change {
        Change::Keep => kept,
        Change::Set(instant) => instant.map(Timestamp::from),
    }
}

impl From<&Settings> for SettingsBody {
    fn from(settings: &Settings) -> Self {
        Self {
            time_limit_minutes: settings.time_limit_minutes,
            inactivity_minutes: settings.inactivity_minutes,
            pass_percent: settings.pass_percent,
            score_on_expiry: settings.score_on_expiry,
            max_attempts: settings.max_attempts,
            review_below_confidence: settings.review_below_confidence,
            review_above_gap: settings.review_above_gap,
            opens_at: settings.opens_at.map(Timestamp::to_datetime),
            closes_at: settings.closes_at.map(Timestamp::to_datetime),
            cool_down_minutes: settings.cool_down_minutes,
            access_code: settings.access_code.clone(),
            shuffle_items: settings.shuffle_items,
            shuffle_options: settings.shuffle_options,
            hold_results: settings.hold_results,
            profile_counts: settings.profile_counts,
            human_oversight: settings.human_oversight,
            show_rubric: settings.show_rubric,
            show_keys_after_release: settings.show_keys_after_release,
            mix: settings.mix.map(MixBody::from),
        }
    }
}

impl From<Mix> for MixBody {
    fn from(mix: Mix) -> Self {
        Self {
            rule_scored: mix.rule_scored,
            essay: mix.essay,
            profile: mix.profile,
            external: mix.external,
        }
    }
}

impl From<MixBody> for Mix {
    fn from(body: MixBody) -> Self {
        Self {
            rule_scored: body.rule_scored,
            essay: body.essay,
            profile: body.profile,
            external: body.external,
        }
    }
}
