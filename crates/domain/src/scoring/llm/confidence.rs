//! How far a model's verdict is believed.

/// What is known about one verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signals {
    /// How sure the model says it is, 0–1; `None` if it did not say.
    pub self_report: Option<f64>,
    /// The local scorer's share of the marks minus the model's, without sign, 0–1; `None` without a local verdict.
    pub gap: Option<f64>,
    /// How sure the local scorer is, 0–1: a gap to an unsure scorer says little.
    pub local_confidence: f64,
    /// Greatest minus least share of the marks over the samples, 0–1; `None` with one sample.
    pub spread: Option<f64>,
    /// Share of the criteria with a score above 0 whose quote is in the answer; `None` where no criterion has one.
    pub quotes_found: Option<f64>,
}

/// What a model's own word is worth at most: models say 0.9 of nearly everything.
const SELF_REPORT_CEILING: f64 = 0.9;
/// Taken for the self-report of a model that gives none.
const SILENT: f64 = 0.5;
/// How much a gap between the scorers takes away, by the local scorer's confidence.
const GAP_LOSS: f64 = 1.2;
/// A gap that is within what two people differ by.
const GAP_FREE: f64 = 0.1;
/// How much a spread of samples takes away.
const SPREAD_LOSS: f64 = 1.5;
/// How much it takes away when no quote is found.
const QUOTE_LOSS: f64 = 0.5;

/// The share of verdicts (0–1) with these signals that people are expected to agree with, before anything was learnt of people's
/// grades: a product of what is left after each doubt.
///
/// `min(self, 0.9) · (1 − 1.2 · max(0, gap − 0.1) · local) · (1 − 1.5 · spread) · (1 − 0.5 · (1 − found))`, each factor in
/// [0, 1]. The constants are a prior, not a measurement; [`super::super::calibration::Trust`] moves the result towards
/// what people's grades show.
pub fn mixed_confidence(signals: &Signals) -> f64 {
    let own = signals
        .self_report
        .unwrap_or(SILENT)
        .clamp(0.0, SELF_REPORT_CEILING);
    let gap = signals.gap.map_or(0.0, |gap| (gap - GAP_FREE).max(0.0));
    let factors = [
        1.0 - GAP_LOSS * gap * signals.local_confidence.clamp(0.0, 1.0),
        1.0 - SPREAD_LOSS * signals.spread.unwrap_or(0.0),
        1.0 - QUOTE_LOSS * (1.0 - signals.quotes_found.unwrap_or(1.0)),
    ];
    let left: f64 = factors.iter().map(|factor| factor.clamp(0.0, 1.0)).product();
    (own * left * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SURE: Signals = Signals {
        self_report: Some(0.95),
        gap: Some(0.05),
        local_confidence: 0.8,
        spread: None,
        quotes_found: Some(1.0),
    };

    fn is(signals: Signals, expected: f64) {
        assert!(
            (mixed_confidence(&signals) - expected).abs() < 1e-9,
            "{signals:?}"
        );
    }

    #[test]
    fn every_doubt_takes_its_share() {
        is(SURE, 0.9);
        is(
            Signals {
                self_report: None,
                ..SURE
            },
            0.5,
        );
        is(
            Signals {
                gap: Some(0.6),
                ..SURE
            },
            0.47,
        );
        is(
            Signals {
                gap: Some(0.6),
                local_confidence: 0.1,
                ..SURE
            },
            0.85,
        );
        is(
            Signals {
                spread: Some(0.2),
                ..SURE
            },
            0.63,
        );
        is(
            Signals {
                quotes_found: Some(0.0),
                ..SURE
            },
            0.45,
        );
        is(
            Signals {
                spread: Some(0.9),
                ..SURE
            },
            0.0,
        );
    }

    proptest! {
        #[test]
        fn it_is_a_share_and_more_doubt_never_makes_it_surer(own in 0.0..=1.0, gap in 0.0..=1.0, sure in 0.0..=1.0, spread in 0.0..=1.0, found in 0.0..=1.0, more in 0.0..=1.0) {
            let signals = Signals { self_report: Some(own), gap: Some(gap), local_confidence: sure, spread: Some(spread), quotes_found: Some(found) };
            let mixed = mixed_confidence(&signals);
            prop_assert!((0.0..=1.0).contains(&mixed));
            let worse = [
                Signals { gap: Some(gap.max(more)), ..signals },
                Signals { spread: Some(spread.max(more)), ..signals },
                Signals { quotes_found: Some(found.min(more)), ..signals },
            ];
            for worse in worse {
                prop_assert!(mixed_confidence(&worse) <= mixed);
            }
        }
    }
}
