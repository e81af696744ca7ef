//! Learning from people how far a language model's verdicts are to be believed.

use sha2::{Digest as _, Sha256};

use super::super::evaluation::Judgement;
use super::isotonic::Isotonic;
use super::{blend, weight};

/// Fewer judged verdicts than this teach nothing: people look first at what is unsure, and a few say little of the rest.
pub const LEAST_JUDGED: usize = 30;
/// Judged verdicts of one model that are learnt from, the latest first.
pub const MOST_JUDGED: u32 = 1_000;
/// Judged verdicts at which what they show counts half.
const TRUST_PRIOR: f64 = 50.0;
const NAME_DIGITS: usize = 12;

/// From the confidence that a model's verdict has before anything is learnt to the share of such verdicts that people agreed
/// with (within one point of five): isotonic regression of agreement on confidence, weighted n / (n + 50) against the confidence
/// itself. The curve ends at (0, 0) and (1, 1), because people look at unsure verdicts first and say little of the sure ones. A surer
/// verdict never becomes the less sure one.
#[derive(Clone, Debug, PartialEq)]
pub struct Trust {
    curve: Isotonic,
    weight: f64,
    name: String,
}

impl Trust {
    /// Learns from verdicts of one model that people judged too; `confidence` is that before anything was learnt. What is not
    /// finite is passed over; nothing is learnt from fewer than [`LEAST_JUDGED`].
    pub fn fit(judged: &[Judgement]) -> Option<Self> {
        let sound = |one: &&Judgement| {
            one.predicted.is_finite() && one.human.is_finite() && (0.0..=1.0).contains(&one.confidence)
        };
        let points: Vec<(f64, f64)> = judged
            .iter()
            .filter(sound)
            .map(|one| (one.confidence, f64::from(u8::from(one.is_right()))))
            .collect();
        let ends = [(0.0, 0.0), (1.0, 1.0)];
        (points.len() >= LEAST_JUDGED).then(|| Self {
            curve: Isotonic::fit(&[&ends[..], &points].concat()),
            weight: weight(points.len(), TRUST_PRIOR),
            name: name_of(&points),
        })
    }

    /// How far a verdict of this confidence is to be believed, 0–1, to a hundredth.
    pub fn apply(&self, confidence: f64) -> f64 {
        let shown = self.curve.at(confidence).unwrap_or(confidence);
        let believed = blend(confidence, shown, self.weight).clamp(0.0, 1.0);
        (believed * 100.0).round() / 100.0
    }

    /// `cal-<n>-<what it was learnt from>`; the same name is the same trust.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Of the points in whatever order.
fn name_of(points: &[(f64, f64)]) -> String {
    let mut lines: Vec<String> = points
        .iter()
        .map(|(sure, right)| format!("{sure:.6} {right}\n"))
        .collect();
    lines.sort();
    let digest = Sha256::digest(lines.concat());
    let digits = digest
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("cal-{}-{}", points.len(), &digits[..NAME_DIGITS])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn judged(confidence: f64, right: bool) -> Judgement {
        Judgement {
            predicted: 0.5,
            human: if right { 0.6 } else { 0.9 },
            confidence,
        }
    }

    #[test]
    fn a_model_that_says_nine_of_ten_and_is_right_half_the_time_is_believed_less() {
        let all: Vec<Judgement> = (0..50).map(|at| judged(0.9, at % 2 == 0)).collect();
        let trust = Trust::fit(&all).unwrap();
        // Half of the way from .9 to .5.
        assert!((trust.apply(0.9) - 0.7).abs() < 1e-9, "{}", trust.apply(0.9));
        assert!(trust.name().starts_with("cal-50-"), "{}", trust.name());
    }

    #[test]
    fn what_was_judged_of_unsure_verdicts_says_little_of_the_others() {
        let disagreed: Vec<Judgement> = (0..200).map(|at| judged(0.5, at % 5 < 2)).collect();
        let trust = Trust::fit(&disagreed).unwrap();
        assert!(
            (trust.apply(0.5) - 0.42).abs() < 1e-9 && trust.apply(0.9) > 0.85,
            "{}",
            trust.apply(0.9)
        );
        let agreed: Vec<Judgement> = (0..1_000).map(|_| judged(0.5, true)).collect();
        let trust = Trust::fit(&agreed).unwrap();
        assert!(
            trust.apply(0.5) > 0.9 && trust.apply(0.0) < 1e-9,
            "{}",
            trust.apply(0.0)
        );
    }

    #[test]
    fn a_few_teach_nothing_and_neither_does_what_is_no_number() {
        let few: Vec<Judgement> = (0..29).map(|_| judged(0.9, false)).collect();
        assert_eq!(Trust::fit(&few), None);
        let odd: Vec<Judgement> = (0..40).map(|_| judged(f64::NAN, false)).collect();
        assert_eq!(Trust::fit(&odd), None);
    }

    #[test]
    fn the_order_does_not_count_and_every_verdict_does() {
        let mut all: Vec<Judgement> = (0..40).map(|at| judged(f64::from(at) / 40.0, at > 20)).collect();
        let before = Trust::fit(&all).unwrap();
        all.reverse();
        assert_eq!(Trust::fit(&all).unwrap(), before);
        all[0] = judged(0.975, false);
        assert_ne!(Trust::fit(&all).unwrap().name(), before.name());
    }

    proptest! {
        #[test]
        fn it_is_a_share_and_keeps_the_order(
            all in proptest::collection::vec((0.0..=1.0, any::<bool>()), 30..80), one in 0.0..=1.0, other in 0.0..=1.0
        ) {
            let all: Vec<Judgement> = all.into_iter().map(|(sure, right)| judged(sure, right)).collect();
            let trust = Trust::fit(&all).unwrap();
            let (low, high): (f64, f64) = if one < other { (one, other) } else { (other, one) };
            let (low, high) = (trust.apply(low), trust.apply(high));
            prop_assert!((0.0..=1.0).contains(&low) && low <= high && high <= 1.0);
        }
    }
}
