//! Worked by hand, and by what must always hold.

use proptest::prelude::*;

use super::*;

fn close(left: Option<f64>, right: f64) -> bool {
    left.is_some_and(|left| (left - right).abs() < 1e-9)
}

#[test]
fn correlation_is_that_of_the_textbook() {
    // x̄ = 3, ȳ = 4: Σxy = 8, Σx² = 10, Σy² = 10.
    let pairs = [(1.0, 2.0), (2.0, 4.0), (3.0, 3.0), (4.0, 6.0), (5.0, 5.0)];
    assert!(close(pearson(&pairs), 0.8));
    assert_eq!(pearson(&[(0.1, 1.0), (0.1, 2.0), (0.1, 3.0)]), None);
    assert_eq!(pearson(&[(1.0, 4.2), (2.0, 4.2), (7.0, 4.2)]), None);
    assert_eq!(pearson(&[]), None);
}

#[test]
fn errors_are_squared_before_they_are_averaged() {
    assert!(close(
        root_mean_square_error(&[(1.0, 1.0), (5.0, 1.0)]),
        8.0_f64.sqrt()
    ));
    assert_eq!(root_mean_square_error(&[]), None);
}

#[test]
fn kappa_weighs_by_the_square_of_the_distance() {
    // Observed Σw = 0 + 1 + 25 = 26. Expected: steps 0, 1, 5 against 0, 2, 0, each pair a third:
    // (0+4+0 + 1+1+1 + 25+9+25) / 3 = 22.
    let pairs = [(0.0, 0.0), (1.0, 2.0), (5.0, 0.0)];
    assert!(close(quadratic_weighted_kappa(&pairs), 1.0 - 26.0 / 22.0));
    assert!(close(
        quadratic_weighted_kappa(&[(0.0, 0.4), (5.0, 4.5), (9.0, 5.0)]),
        1.0
    ));
    assert_eq!(quadratic_weighted_kappa(&[(3.0, 3.0), (3.0, 3.0)]), None);
}

#[test]
fn calibration_error_compares_confidence_and_success_per_bin() {
    // Bin .9–1: mean .95, half right, gap .45 on 2 of 4; bin .2–.3: mean .2, half right, gap .3 on 2 of 4.
    let judged = [(0.9, true), (1.0, false), (0.2, true), (0.2, false)];
    assert!(close(calibration_error(&judged), 0.375));
    assert!(close(calibration_error(&[(0.5, true), (0.5, false)]), 0.0));
    assert_eq!(calibration_error(&[]), None);
}

#[test]
fn a_tie_counts_half_under_the_curve() {
    // Positives .8 and .4 against negatives .4, .1: wins 1 + 1 + ½ + 1 of 4.
    let scored = [(0.8, true), (0.4, true), (0.4, false), (0.1, false)];
    assert!(close(area_under_roc(&scored), 0.875));
    assert_eq!(area_under_roc(&[(0.8, true)]), None);
}

#[test]
fn the_surest_half_takes_its_share_of_a_tie() {
    // Half of three is 1.5: error 1 in full, then half of the tied 2 and 4 (mean square 10).
    let judged = [(0.5, 2.0), (0.9, 1.0), (0.5, 4.0)];
    let expected = ((1.0 + 0.5 * 10.0) / 1.5_f64).sqrt();
    assert!(close(rmse_of_surest_half(&judged), expected));
    assert_eq!(rmse_of_surest_half(&[]), None);
}

#[test]
fn word_overlap_counts_each_word_of_the_reference_once() {
    assert!((word_overlap("A stack, a STACK of plates", "stacks? a stack!") - 0.5).abs() < 1e-9);
    assert!(word_overlap("…", "anything").abs() < 1e-9);
}

fn judgement(predicted: f64, human: f64, confidence: f64) -> Judgement {
    Judgement {
        predicted,
        human,
        confidence,
    }
}

#[test]
fn one_point_of_five_is_still_right() {
    assert!(judgement(0.8, 0.6, 1.0).is_right() && judgement(0.4, 0.6, 1.0).is_right());
    assert!(!judgement(0.81, 0.6, 1.0).is_right());
}

#[test]
fn agreement_is_the_share_that_is_right() {
    let judged = [judgement(0.8, 0.6, 1.0), judgement(0.9, 0.6, 1.0)];
    let figures = Figures::of(&[judged.to_vec()], 5.0, Bootstrap::default());
    assert!(close(figures.agreement.map(|agreement| agreement.value), 0.5));
    assert!(close(share(&[true, true, false, true]), 0.75));
    assert_eq!(share(&[]), None);
}

#[test]
fn the_mean_correlates_with_nothing_and_its_constant_confidence_tells_nothing() {
    let questions = [
        vec![judgement(0.0, 1.0, 0.1), judgement(0.0, 0.8, 0.1)],
        vec![judgement(0.0, 0.0, 0.1), judgement(0.0, 0.6, 0.1)],
    ];
    let figures = Figures::of(&predicting_the_mean(&questions), 5.0, Bootstrap::default());
    assert_eq!(figures.pearson, None);
    assert!(close(figures.rmse.map(|rmse| rmse.value), 3.5_f64.sqrt()));
    assert!(close(figures.confidence_auroc.map(|auroc| auroc.value), 0.5));
    assert!(close(figures.calibration_error.map(|error| error.value), 0.0));
}

#[test]
fn one_question_has_no_interval() {
    let bootstrap = Bootstrap::default();
    let mean = |numbers: &[f64]| (!numbers.is_empty()).then(|| numbers[0]);
    let alone = bootstrap.estimate(&[vec![1.0, 2.0]], mean);
    assert_eq!(
        alone,
        Some(Estimate {
            value: 1.0,
            low: None,
            high: None
        })
    );
    assert_eq!(bootstrap.estimate::<f64>(&[], mean), None);
}

#[test]
fn the_interval_of_a_mean_is_about_two_standard_errors_wide() {
    // 100 clusters of one number each, 0 … 99: standard error 28.87 / 10.
    let clusters: Vec<Vec<f64>> = (0..100_u8).map(|number| vec![f64::from(number)]).collect();
    let mean = |numbers: &[f64]| Some(numbers.iter().sum::<f64>() / 100.0);
    let estimate = Bootstrap::default().estimate(&clusters, mean).unwrap();
    let (low, high) = (estimate.low.unwrap(), estimate.high.unwrap());
    assert!(
        (low - 43.8).abs() < 1.0 && (high - 55.2).abs() < 1.0,
        "{low} {high}"
    );
}

fn scores() -> impl Strategy<Value = Vec<(f64, f64)>> {
    proptest::collection::vec((0.0..5.0, 0.0..5.0), 1..40)
}

fn flags() -> impl Strategy<Value = Vec<(f64, bool)>> {
    proptest::collection::vec((0.0..=1.0, any::<bool>()), 1..40)
}

proptest! {
    #[test]
    fn figures_stay_in_their_range(pairs in scores(), judged in flags()) {
        prop_assert!(pearson(&pairs).is_none_or(|r| (-1.0..=1.0).contains(&r)));
        prop_assert!(quadratic_weighted_kappa(&pairs).is_none_or(|kappa| kappa <= 1.0));
        prop_assert!(root_mean_square_error(&pairs).is_some_and(|error| (0.0..=5.0).contains(&error)));
        prop_assert!(calibration_error(&judged).is_some_and(|error| (0.0..=1.0).contains(&error)));
        prop_assert!(area_under_roc(&judged).is_none_or(|area| (0.0..=1.0).contains(&area)));
    }

    #[test]
    fn a_scorer_that_repeats_people_is_perfect(pairs in scores()) {
        let same: Vec<(f64, f64)> = pairs.iter().map(|pair| (pair.1, pair.1)).collect();
        prop_assert!(pearson(&same).is_none_or(|r| (r - 1.0).abs() < 1e-9));
        prop_assert!(quadratic_weighted_kappa(&same).is_none_or(|kappa| (kappa - 1.0).abs() < 1e-9));
        prop_assert_eq!(root_mean_square_error(&same), Some(0.0));
    }

    #[test]
    fn scale_and_offset_leave_the_correlation(pairs in scores(), factor in 0.1..9.0, offset in -3.0..3.0) {
        let moved: Vec<(f64, f64)> = pairs.iter().map(|(x, y)| (x * factor + offset, *y)).collect();
        match (pearson(&pairs), pearson(&moved)) {
            (Some(left), Some(right)) => prop_assert!((left - right).abs() < 1e-6),
            (left, right) => prop_assert_eq!(left.is_some(), right.is_some()),
        }
    }

    #[test]
    fn turning_the_scores_round_turns_the_area(judged in flags()) {
        let turned: Vec<(f64, bool)> = judged.iter().map(|(score, positive)| (-score, *positive)).collect();
        match (area_under_roc(&judged), area_under_roc(&turned)) {
            (Some(left), Some(right)) => prop_assert!((left + right - 1.0).abs() < 1e-9),
            (left, right) => prop_assert_eq!(left, right),
        }
    }

    #[test]
    fn a_seed_gives_one_interval_around_the_value_of_most_draws(pairs in scores(), seed in any::<u64>()) {
        let bootstrap = Bootstrap { resamples: 50, seed };
        let clusters: Vec<Vec<(f64, f64)>> = pairs.chunks(3).map(<[_]>::to_vec).collect();
        let first = bootstrap.estimate(&clusters, root_mean_square_error);
        prop_assert_eq!(first, bootstrap.estimate(&clusters, root_mean_square_error));
        let estimate = first.unwrap();
        prop_assert!(estimate.low <= estimate.high);
    }
}
