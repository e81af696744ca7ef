//! Lines fitted to points: ridge regression with signs, and its logistic relative.
//!
//! Coordinate descent on the normal equations: some fifteen unknowns need no library, signs come for free, and sums in a
//! fixed order give the same coefficients on every run.

/// A point: inputs, what is to be met, and how much the point counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point<const N: usize> {
    pub(crate) inputs: [f64; N],
    pub(crate) target: f64,
    pub(crate) weight: f64,
}

/// What a coefficient may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    AtLeastZero,
    AtMostZero,
    Any,
    /// The input is left out.
    Zero,
}

/// `intercept + Σ slope · input`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<const N: usize> {
    pub(crate) intercept: f64,
    pub(crate) slopes: [f64; N],
}

const SWEEPS: usize = 2000;
const SETTLED: f64 = 1e-12;

impl<const N: usize> Line<N> {
    pub(crate) fn at(&self, inputs: &[f64; N]) -> f64 {
        let products = self.slopes.iter().zip(inputs).map(|(slope, input)| slope * input);
        self.intercept + products.sum::<f64>()
    }
}

/// Least squares with a penalty of `ridge` points on each squared slope, inputs scaled to variance 1 for it
/// (Hoerl and Kennard, 1970), under the given signs.
pub(crate) fn ridge<const N: usize>(points: &[Point<N>], signs: &[Sign; N], ridge: f64) -> Line<N> {
    let scaled = Scaled::new(points);
    let mut slopes = [0.0; N];
    for _ in 0..SWEEPS {
        let mut moved = 0.0_f64;
        for at in 0..N {
            let others: f64 = (0..N)
                .filter(|other| *other != at)
                .map(|other| scaled.products[at][other] * slopes[other])
                .sum();
            let free = (scaled.targets[at] - others) / (scaled.products[at][at] + ridge);
            let slope = match signs[at] {
                Sign::AtLeastZero => free.max(0.0),
                Sign::AtMostZero => free.min(0.0),
                Sign::Any => free,
                Sign::Zero => 0.0,
            };
            moved = moved.max((slope - slopes[at]).abs());
            slopes[at] = slope;
        }
        if moved < SETTLED {
            break;
        }
    }
    scaled.unscale(slopes)
}

/// Logistic regression with the same penalty, by reweighted least squares (McCullagh and Nelder, 1989); targets 0–1.
pub(crate) fn logistic<const N: usize>(points: &[Point<N>], signs: &[Sign; N], penalty: f64) -> Line<N> {
    let mut line = Line {
        intercept: 0.0,
        slopes: [0.0; N],
    };
    for _ in 0..ROUNDS {
        let working: Vec<Point<N>> = points
            .iter()
            .map(|point| {
                let odds = line.at(&point.inputs);
                let chance = 1.0 / (1.0 + (-odds).exp());
                let curvature = (chance * (1.0 - chance)).max(LEAST_CURVATURE);
                Point {
                    inputs: point.inputs,
                    target: odds + (point.target - chance) / curvature,
                    weight: point.weight * curvature,
                }
            })
            .collect();
        line = ridge(&working, signs, penalty);
    }
    line
}

const ROUNDS: usize = 25;
const LEAST_CURVATURE: f64 = 1e-3;

/// Centred and scaled normal equations.
struct Scaled<const N: usize> {
    means: [f64; N],
    deviations: [f64; N],
    target_mean: f64,
    products: [[f64; N]; N],
    targets: [f64; N],
}

impl<const N: usize> Scaled<N> {
    fn new(points: &[Point<N>]) -> Self {
        let weight: f64 = points.iter().map(|point| point.weight).sum();
        let mean = |of: &dyn Fn(&Point<N>) -> f64| -> f64 {
            points.iter().map(|point| point.weight * of(point)).sum::<f64>() / weight
        };
        let means: [f64; N] = std::array::from_fn(|at| mean(&|point| point.inputs[at]));
        let deviations: [f64; N] = std::array::from_fn(|at| {
            let variance = mean(&|point| (point.inputs[at] - means[at]).powi(2));
            // An input that never changes cannot be scaled; centred it is 0 anyway.
            if variance > 1e-12 { variance.sqrt() } else { 1.0 }
        });
        let mut scaled = Self {
            means,
            deviations,
            target_mean: mean(&|point| point.target),
            products: [[0.0; N]; N],
            targets: [0.0; N],
        };
        for point in points {
            scaled.add(point);
        }
        scaled
    }

    fn add(&mut self, point: &Point<N>) {
        let inputs: [f64; N] =
            std::array::from_fn(|at| (point.inputs[at] - self.means[at]) / self.deviations[at]);
        for at in 0..N {
            let weighted = point.weight * inputs[at];
            self.targets[at] += weighted * (point.target - self.target_mean);
            for (product, input) in self.products[at].iter_mut().zip(&inputs) {
                *product += weighted * input;
            }
        }
    }

    fn unscale(&self, slopes: [f64; N]) -> Line<N> {
        let slopes: [f64; N] = std::array::from_fn(|at| slopes[at] / self.deviations[at]);
        let shift: f64 = slopes
            .iter()
            .zip(&self.means)
            .map(|(slope, mean)| slope * mean)
            .sum();
        Line {
            intercept: self.target_mean - shift,
            slopes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(target: impl Fn(f64, f64) -> f64) -> Vec<Point<2>> {
        let grid = (0..10).flat_map(|one| (0..10).map(move |other| (f64::from(one), f64::from(other))));
        grid.map(|(one, other)| Point {
            inputs: [one, other],
            target: target(one, other),
            weight: 1.0,
        })
        .collect()
    }

    #[test]
    fn a_line_is_found_again() {
        let line = ridge(&points(|a, b| 1.0 + 2.0 * a - 3.0 * b), &[Sign::Any; 2], 0.0);
        assert!((line.intercept - 1.0).abs() < 1e-6, "{line:?}");
        assert!(
            (line.slopes[0] - 2.0).abs() < 1e-6 && (line.slopes[1] + 3.0).abs() < 1e-6,
            "{line:?}"
        );
    }

    #[test]
    fn signs_are_kept_and_what_is_left_out_stays_out() {
        let line = ridge(&points(|a, b| a - b), &[Sign::Zero, Sign::AtLeastZero], 0.0);
        assert!(line.slopes.iter().all(|slope| slope.abs() < 1e-12), "{line:?}");
    }

    #[test]
    fn odds_follow_the_shares() {
        let half = points(|a, _| f64::from(u8::from(a > 4.5)));
        let line = logistic(&half, &[Sign::Any; 2], 1.0);
        assert!(line.slopes[0] > 0.5 && line.slopes[1].abs() < 1e-6, "{line:?}");
        assert!(line.at(&[4.5, 3.0]).abs() < 1e-6, "{line:?}");
    }
}
