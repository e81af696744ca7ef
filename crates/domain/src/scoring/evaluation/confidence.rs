//! Whether a scorer knows when it is right.

/// Bins of equal width over 0–1 in [`calibration_error`]; a bin holds its lower bound, the last one 1 too.
pub const CALIBRATION_BINS: u8 = 10;

/// Expected calibration error (Naeini, Cooper and Hauskrecht, 2015) of (confidence 0–1, whether it was right):
/// `Σ |bin| / n · |mean confidence − share right|` over [`CALIBRATION_BINS`] bins. 0 is perfect; `None` without input.
pub fn calibration_error(judged: &[(f64, bool)]) -> Option<f64> {
    let mut gaps = [0.0_f64; CALIBRATION_BINS as usize];
    for (confidence, right) in judged {
        // Mean and share have the same divisor, so a bin's gap times its size is one sum.
        gaps[bin(*confidence)] += confidence - f64::from(u8::from(*right));
    }
    let gaps: f64 = gaps.iter().map(|gap| gap.abs()).sum();
    (!judged.is_empty()).then(|| gaps / count(judged.len()))
}

fn bin(confidence: f64) -> usize {
    let bounds = (1..CALIBRATION_BINS).map(|bound| f64::from(bound) / f64::from(CALIBRATION_BINS));
    bounds.filter(|bound| confidence >= *bound).count()
}

/// Area under the receiver operating characteristic of (score, whether it is a positive): the chance that a positive has
/// a higher score than a negative, a tie counting half (Mann and Whitney, 1947). `None` unless there are both.
pub fn area_under_roc(scored: &[(f64, bool)]) -> Option<f64> {
    let mut ordered = scored.to_vec();
    ordered.sort_by(|left, right| left.0.total_cmp(&right.0));
    let (mut positives, mut negatives, mut wins) = (0.0, 0.0, 0.0);
    for tied in ordered.chunk_by(|left, right| left.0.total_cmp(&right.0).is_eq()) {
        let positive = count(tied.iter().filter(|one| one.1).count());
        let negative = count(tied.len()) - positive;
        wins += positive * (negatives + negative / 2.0);
        positives += positive;
        negatives += negative;
    }
    (positives > 0.0 && negatives > 0.0).then(|| wins / (positives * negatives))
}

/// Root mean square error over the half with the highest confidence, from (confidence, error).
///
/// Of judgements tied at the border each counts with the share of them that fits, so their order does not matter.
pub fn rmse_of_surest_half(judged: &[(f64, f64)]) -> Option<f64> {
    let mut ordered = judged.to_vec();
    ordered.sort_by(|left, right| right.0.total_cmp(&left.0));
    let half = count(judged.len()) / 2.0;
    let (mut taken, mut squares) = (0.0, 0.0);
    for tied in ordered.chunk_by(|left, right| left.0.total_cmp(&right.0).is_eq()) {
        let fitting = count(tied.len()).min(half - taken);
        let mean = tied.iter().map(|one| one.1 * one.1).sum::<f64>() / count(tied.len());
        squares += fitting * mean;
        taken += fitting;
        if taken >= half {
            break;
        }
    }
    (taken > 0.0).then(|| (squares / taken).sqrt())
}

fn count(number: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "nobody grades 2^52 answers")]
    {
        number as f64
    }
}
