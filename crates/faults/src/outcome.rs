//! What a case found, as it is kept, printed and reported.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::checker::Verdict;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// How often the fault was injected.
    pub(crate) cycles: u32,
    /// Requests and jobs that were acknowledged.
    pub(crate) acknowledged: u64,
    pub(crate) lost: u64,
    pub(crate) duplicated: u64,
    /// Seconds until things went on.
    pub(crate) recovery: Vec<f64>,
    pub(crate) remark: String,
}

impl Outcome {
    /// With the checker's verdict after `cycles` faults.
    pub(crate) fn of(cycles: u32, verdict: Verdict) -> Self {
        Self {
            cycles,
            acknowledged: verdict.acknowledged,
            lost: verdict.lost,
            duplicated: verdict.duplicated,
            ..Self::default()
        }
    }

    pub(crate) fn recovered(mut self, spans: impl IntoIterator<Item = Duration>) -> Self {
        self.recovery
            .extend(spans.into_iter().map(|span| span.as_secs_f64()));
        self
    }

    pub(crate) fn remark(mut self, text: impl Into<String>) -> Self {
        self.remark = text.into();
        self
    }

    /// The recovery that this share of all was not slower than.
    pub(crate) fn percentile(&self, share: f64) -> Option<f64> {
        percentile(&self.recovery, share)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cycles,
            acknowledged,
            lost,
            duplicated,
            remark,
            ..
        } = self;
        write!(
            out,
            "{cycles} cycles, {acknowledged} acknowledged, {lost} lost, {duplicated} duplicated"
        )?;
        if let (Some(half), Some(most)) = (self.percentile(0.5), self.percentile(0.99)) {
            write!(out, ", recovery p50 {half:.2} s p99 {most:.2} s")?;
        }
        if !remark.is_empty() {
            write!(out, "; {remark}")?;
        }
        Ok(())
    }
}

/// The nearest rank.
pub(crate) fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rank among few values"
    )]
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=100).map(f64::from).rev().collect();
        assert_eq!(
            (percentile(&values, 0.5), percentile(&values, 0.99)),
            (Some(50.0), Some(99.0))
        );
        assert_eq!(percentile(&[7.0], 0.99), Some(7.0));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
