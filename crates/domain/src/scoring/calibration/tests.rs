//! What calibration must do, whatever people gave.

mod scorer;

use proptest::prelude::*;

use super::*;

fn graded(pairs: &[(f64, f64)]) -> Vec<Judgement> {
    let judgement = |(predicted, human): &(f64, f64)| Judgement {
        predicted: *predicted,
        human: *human,
        confidence: 0.5,
    };
    pairs.iter().map(judgement).collect()
}

#[test]
fn too_few_exemplars_change_nothing() {
    let calibration = Calibration::fit(&graded(&[(0.2, 1.0), (0.4, 1.0)]));
    assert_eq!(calibration.exemplars(), 0);
    for share in [0.0, 0.31, 1.0] {
        assert!((calibration.apply(share) - share).abs() < 1e-12);
        assert!((calibration.confidence(share) - share).abs() < 1e-12);
    }
}

#[test]
fn a_few_mild_grades_shift_and_many_are_followed() {
    let mild = [(0.2, 0.6), (0.4, 0.8), (0.6, 1.0), (0.3, 0.7), (0.5, 0.9)];
    // Shift: .4 · 5/10 = .2, so .4 becomes .6; the curve says .8 there and counts 5/30.
    let few = Calibration::fit(&graded(&mild));
    assert!(
        (few.apply(0.4) - (0.6 + 0.2 / 6.0)).abs() < 1e-9,
        "{}",
        few.apply(0.4)
    );
    let many: Vec<(f64, f64)> = mild.iter().copied().cycle().take(200).collect();
    let many = Calibration::fit(&graded(&many));
    assert!((many.apply(0.4) - 0.8).abs() < 0.01, "{}", many.apply(0.4));
}

#[test]
fn confidence_follows_how_often_the_others_tell_a_grade() {
    let agreed: Vec<(f64, f64)> = (0..20_u8)
        .map(|i| (f64::from(i) / 20.0, f64::from(i) / 20.0))
        .collect();
    let sure = Calibration::fit(&graded(&agreed));
    assert!(
        (sure.confidence(0.5) - 0.75).abs() < 1e-9,
        "half way from .5 to 1"
    );
    let at_odds: Vec<(f64, f64)> = (0..20_u8).map(|i| (0.5, f64::from(i % 2))).collect();
    let unsure = Calibration::fit(&graded(&at_odds));
    assert!(
        (unsure.confidence(0.5) - 0.25).abs() < 1e-9,
        "half way from .5 to 0"
    );
}

#[test]
fn what_is_no_number_teaches_nothing() {
    let pairs = [(f64::NAN, 1.0), (0.5, f64::INFINITY), (0.5, 0.5), (0.5, 0.5)];
    assert_eq!(Calibration::fit(&graded(&pairs)).exemplars(), 0);
}

fn pairs() -> impl Strategy<Value = Vec<(f64, f64)>> {
    proptest::collection::vec((0.0..=1.0, 0.0..=1.0), 0..40)
}

proptest! {
    #[test]
    fn better_stays_better_and_within_the_marks(pairs in pairs(), left in 0.0..=1.0, right in 0.0..=1.0) {
        let calibration = Calibration::fit(&graded(&pairs));
        let (low, high) = (f64::min(left, right), f64::max(left, right));
        let (worse, better) = (calibration.apply(low), calibration.apply(high));
        prop_assert!(worse <= better + 1e-12, "{} {}", worse, better);
        prop_assert!((0.0..=1.0).contains(&worse) && (0.0..=1.0).contains(&better));
        prop_assert!((0.0..=1.0).contains(&calibration.confidence(left)));
    }

    #[test]
    fn the_order_of_exemplars_does_not_matter(pairs in pairs(), share in 0.0..=1.0) {
        let turned: Vec<(f64, f64)> = pairs.iter().rev().copied().collect();
        let (one, other) = (Calibration::fit(&graded(&pairs)), Calibration::fit(&graded(&turned)));
        prop_assert!((one.apply(share) - other.apply(share)).abs() < 1e-9);
    }

    #[test]
    fn exemplars_that_agree_leave_scores_as_they_are(shares in proptest::collection::vec(0.0..=1.0, 3..30)) {
        let pairs: Vec<(f64, f64)> = shares.iter().map(|share| (*share, *share)).collect();
        let calibration = Calibration::fit(&graded(&pairs));
        for share in shares {
            prop_assert!((calibration.apply(share) - share).abs() < 1e-9);
        }
    }
}
