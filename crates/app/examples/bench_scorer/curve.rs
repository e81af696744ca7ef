//! What a few graded answers to the same question are worth.

use domain::scoring::calibration::Calibration;
use domain::scoring::evaluation::{Judgement, pearson, root_mean_square_error};

use crate::data::FULL_MARKS;

/// Graded answers shown to the calibration.
const EXEMPLARS: [usize; 4] = [0, 5, 10, 20];
/// Answers of a question that are kept to measure on, at least.
const MEASURED: usize = 4;
/// Ways to choose the exemplars of a question.
const DRAWS: usize = 20;
/// Steps through a question's answers; no question has a multiple of these.
const STRIDES: [usize; 4] = [7, 11, 13, 17];

/// Accuracy after so many exemplars.
pub(crate) struct Step {
    pub(crate) exemplars: usize,
    pub(crate) pearson: f64,
    pub(crate) rmse: f64,
}

/// Every step on the same answers: those that no step was shown.
pub(crate) fn measure(judged: &[Vec<Judgement>]) -> Vec<Step> {
    let most = EXEMPLARS[EXEMPLARS.len() - 1];
    EXEMPLARS
        .into_iter()
        .map(|exemplars| {
            let mut pairs = Vec::new();
            for question in judged.iter().filter(|question| question.len() >= most + MEASURED) {
                for draw in 0..DRAWS {
                    let order = order(question.len(), draw);
                    let shown: Vec<Judgement> = order[..exemplars].iter().map(|at| question[*at]).collect();
                    let calibration = Calibration::fit(&shown);
                    pairs.extend(order[most..].iter().map(|at| {
                        let one = question[*at];
                        (
                            calibration.apply(one.predicted) * FULL_MARKS,
                            one.human * FULL_MARKS,
                        )
                    }));
                }
            }
            Step {
                exemplars,
                pearson: pearson(&pairs).unwrap_or_default(),
                rmse: root_mean_square_error(&pairs).unwrap_or_default(),
            }
        })
        .collect()
}

/// All indices below `length`, each once, in an order of its own for each draw.
fn order(length: usize, draw: usize) -> Vec<usize> {
    let stride = STRIDES
        .into_iter()
        .cycle()
        .skip(draw)
        .take(STRIDES.len())
        .find(|stride| !length.is_multiple_of(*stride))
        .unwrap_or(1);
    (0..length).map(|at| (draw + at * stride) % length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_holds_every_answer_once() {
        for length in 24..60 {
            for draw in 0..DRAWS {
                let mut order = order(length, draw);
                order.sort_unstable();
                assert_eq!(order, (0..length).collect::<Vec<_>>());
            }
        }
    }
}
