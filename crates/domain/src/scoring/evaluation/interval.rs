//! How far a figure could have come out otherwise with other questions.

use serde::Serialize;

use crate::chance::Chance;

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// On all the data.
    pub value: f64,
    /// 2.5th percentile over the resamples; `None` for fewer than two questions.
    pub low: Option<f64>,
    /// 97.5th percentile.
    pub high: Option<f64>,
}

/// Percentile bootstrap over whole clusters (Efron and Tibshirani, 1993, chapters 8 and 13), from a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// How often clusters are drawn.
    pub resamples: usize,
    /// The same seed draws the same clusters.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self {
            resamples: 1000,
            seed: 1,
        }
    }
}

impl Bootstrap {
    /// `figure` on all members, with an interval from as many clusters drawn with replacement as there are.
    ///
    /// A draw on which the figure is not defined is left out. `None` when it is not defined on all members.
    pub fn estimate<T: Clone>(
        self,
        clusters: &[Vec<T>],
        figure: impl Fn(&[T]) -> Option<f64>,
    ) -> Option<Estimate> {
        let value = figure(&clusters.concat())?;
        if clusters.len() < 2 {
            return Some(Estimate {
                value,
                low: None,
                high: None,
            });
        }
        let mut chance = Chance::for_purpose(self.seed, "bootstrap");
        let mut drawn = Vec::new();
        let mut figures = Vec::with_capacity(self.resamples);
        for _ in 0..self.resamples {
            drawn.clear();
            for _ in clusters {
                drawn.extend_from_slice(&clusters[chance.below(clusters.len())]);
            }
            figures.extend(figure(&drawn));
        }
        figures.sort_by(f64::total_cmp);
        Some(Estimate {
            value,
            low: percentile(&figures, 25),
            high: percentile(&figures, 975),
        })
    }
}

/// The value at `thousandths` of the way through sorted values, the nearest rank.
fn percentile(sorted: &[f64], thousandths: usize) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last * thousandths + 500) / 1000).copied()
}
