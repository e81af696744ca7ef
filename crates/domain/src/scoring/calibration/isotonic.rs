//! Isotonic regression.

/// The non-decreasing step function nearest to points in the least-squares sense, by pooling adjacent violators (Ayer,
/// Brunk, Ewing, Reid and Silverman, 1955); straight lines join its steps.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Isotonic(Vec<Step>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    from: f64,
    to: f64,
    sum: f64,
    count: f64,
}

impl Isotonic {
    /// Fits finite points (x, y), all of the same weight, in any order.
    pub(super) fn fit(points: &[(f64, f64)]) -> Self {
        let mut ordered = points.to_vec();
        ordered.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.total_cmp(&right.1)));
        let mut steps: Vec<Step> = Vec::new();
        for tied in ordered.chunk_by(|left, right| left.0.total_cmp(&right.0).is_eq()) {
            let mut step = Step::of(tied);
            while let Some(before) = steps.pop_if(|before| before.mean() >= step.mean()) {
                step = before.joined(step);
            }
            steps.push(step);
        }
        Self(steps)
    }

    /// The value at `x`; the nearest step's beyond the points, `None` without any.
    pub(super) fn at(&self, x: f64) -> Option<f64> {
        let next = self.0.partition_point(|step| step.to < x);
        let Some(after) = self.0.get(next) else {
            return self.0.last().map(Step::mean);
        };
        let Some(before) = next.checked_sub(1).map(|index| self.0[index]) else {
            return Some(after.mean());
        };
        if x >= after.from {
            return Some(after.mean());
        }
        let way = (x - before.to) / (after.from - before.to);
        Some(before.mean() + way * (after.mean() - before.mean()))
    }
}

impl Step {
    fn of(tied: &[(f64, f64)]) -> Self {
        let mut step = Self {
            from: f64::INFINITY,
            to: f64::NEG_INFINITY,
            sum: 0.0,
            count: 0.0,
        };
        for (x, y) in tied {
            step.from = step.from.min(*x);
            step.to = step.to.max(*x);
            step.sum += y;
            step.count += 1.0;
        }
        step
    }

    fn mean(&self) -> f64 {
        self.sum / self.count
    }

    fn joined(self, after: Self) -> Self {
        Self {
            from: self.from,
            to: after.to,
            sum: self.sum + after.sum,
            count: self.count + after.count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(curve: &Isotonic, x: f64) -> f64 {
        curve.at(x).unwrap()
    }

    #[test]
    fn violators_are_pooled_and_steps_joined_by_lines() {
        // .5 and .3 fall, so they are pooled at .4; the tie at .9 is its mean, .8.
        let curve = Isotonic::fit(&[(0.9, 0.6), (0.2, 0.1), (0.4, 0.5), (0.6, 0.3), (0.9, 1.0)]);
        let expected = [
            (0.0, 0.1),
            (0.2, 0.1),
            (0.3, 0.25),
            (0.4, 0.4),
            (0.6, 0.4),
            (0.75, 0.6),
            (1.0, 0.8),
        ];
        for (x, y) in expected {
            assert!((at(&curve, x) - y).abs() < 1e-12, "{x}: {}", at(&curve, x));
        }
        assert_eq!(Isotonic::fit(&[]).at(0.5), None);
    }

    #[test]
    fn pooling_reaches_as_far_back_as_it_must() {
        let curve = Isotonic::fit(&[(0.1, 0.4), (0.2, 0.5), (0.3, 0.0)]);
        assert!(
            [0.1, 0.2, 0.3]
                .iter()
                .all(|x| (at(&curve, *x) - 0.3).abs() < 1e-12)
        );
    }
}
