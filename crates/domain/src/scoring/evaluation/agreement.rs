//! Agreement of scores with scores.

/// The highest of the steps 0, 1, … that [`quadratic_weighted_kappa`] rounds to.
pub const KAPPA_TOP_LEVEL: u8 = 5;

const LEVELS: usize = KAPPA_TOP_LEVEL as usize + 1;

/// Product-moment correlation (Pearson, 1895) of (predicted, human): `Σ(x−x̄)(y−ȳ) / √(Σ(x−x̄)² Σ(y−ȳ)²)`.
///
/// `None` when either side does not vary.
pub fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let count = count(pairs)?;
    let mean_x = pairs.iter().map(|pair| pair.0).sum::<f64>() / count;
    let mean_y = pairs.iter().map(|pair| pair.1).sum::<f64>() / count;
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        let (x, y) = (x - mean_x, y - mean_y);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    // A constant summed and divided is not always the same constant again.
    let varies = |squares: f64, mean: f64| squares > count * (mean.abs().max(1e-12) * 1e-12).powi(2);
    (varies(xx, mean_x) && varies(yy, mean_y)).then(|| (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0))
}

/// `√(Σ(predicted − human)² / n)`, in the unit of the scores; `None` without scores.
pub fn root_mean_square_error(pairs: &[(f64, f64)]) -> Option<f64> {
    let count = count(pairs)?;
    let squares: f64 = pairs
        .iter()
        .map(|(predicted, human)| (predicted - human).powi(2))
        .sum();
    Some((squares / count).sqrt())
}

/// Weighted kappa (Cohen, 1968) with quadratic weights: `1 − Σ w·observed / Σ w·expected`, `w = (i − j)²`.
///
/// Scores are on a scale of 0 to [`KAPPA_TOP_LEVEL`], rounded half up to whole steps and clamped. `None` when both sides
/// always give one and the same step: then there is nothing to agree about.
pub fn quadratic_weighted_kappa(pairs: &[(f64, f64)]) -> Option<f64> {
    let count = count(pairs)?;
    let mut predicted = [0.0_f64; LEVELS];
    let mut human = [0.0_f64; LEVELS];
    let mut observed = 0.0;
    for (left, right) in pairs {
        let (left, right) = (level(*left), level(*right));
        predicted[left] += 1.0;
        human[right] += 1.0;
        observed += weight(left, right);
    }
    let mut expected = 0.0;
    for (left, on_left) in predicted.iter().enumerate() {
        for (right, on_right) in human.iter().enumerate() {
            expected += weight(left, right) * on_left * on_right / count;
        }
    }
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

/// The share of what is true; `None` of nothing.
pub fn share(of: &[bool]) -> Option<f64> {
    let count = |number: usize| u32::try_from(number).map_or(f64::from(u32::MAX), f64::from);
    let held = of.iter().filter(|one| **one).count();
    (!of.is_empty()).then(|| count(held) / count(of.len()))
}

fn level(score: f64) -> usize {
    let steps = (0..KAPPA_TOP_LEVEL).filter(|step| score >= f64::from(*step) + 0.5);
    steps.count()
}

fn weight(left: usize, right: usize) -> f64 {
    let steps = u8::try_from(left.abs_diff(right)).unwrap_or(KAPPA_TOP_LEVEL);
    f64::from(steps).powi(2)
}

fn count(pairs: &[(f64, f64)]) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "nobody grades 2^52 answers")]
    (!pairs.is_empty()).then_some(pairs.len() as f64)
}
