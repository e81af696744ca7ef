//! The mark of an attempt, added up from its items.

use crate::points::Points;

/// What counts for one item now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemScore {
    /// Full marks.
    pub marks: Points,
    /// Resolved points; `None` is ungraded.
    pub points: Option<Points>,
    /// Whether a person may still change it.
    pub provisional: bool,
}

/// The mark of an attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Total {
    /// Sum of the resolved points; below zero when wrong answers cost more than right ones earned.
    pub points: Points,
    /// Full marks of the graded items.
    pub max_points: Points,
    /// 0–100 with two decimals; `None` when nothing is graded or what is graded carries no marks.
    pub percent: Option<f64>,
    /// Items with points.
    pub graded: usize,
    /// Items without; they are left out of the sums.
    pub ungraded: usize,
    /// Whether the mark may still change.
    pub provisional: bool,
    /// Whether the percentage as shown reaches the pass mark; `None` when there is no percentage.
    pub passed: Option<bool>,
}

/// Adds up: `max(0, Σ resolved points / Σ marks of graded items × 100)`, rounded once.
///
/// An ungraded item is left out, counted, and makes the total provisional: missing is not zero. Items that are not part of
/// the mark are not to be passed in.
pub fn total(items: &[ItemScore], pass_percent: f64) -> Total {
    let graded: Vec<(Points, Points)> = items
        .iter()
        .filter_map(|item| item.points.map(|points| (points, item.marks)))
        .collect();
    let points: Points = graded.iter().map(|(points, _)| *points).sum();
    let max_points: Points = graded.iter().map(|(_, marks)| *marks).sum();
    let percent = percent(points, max_points);
    let ungraded = items.len() - graded.len();
    Total {
        points,
        max_points,
        percent,
        graded: graded.len(),
        ungraded,
        provisional: ungraded > 0 || items.iter().any(|item| item.provisional),
        passed: percent.map(|percent| percent >= pass_percent),
    }
}

/// Two decimals, half away from zero, in [0, 100].
fn percent(points: Points, max_points: Points) -> Option<f64> {
    if max_points <= Points::ZERO {
        return None;
    }
    // In whole numbers, so that a candidate exactly on the pass mark is never failed by binary fractions.
    let (points, max_points) = (
        i128::from(points.hundredths()).max(0),
        i128::from(max_points.hundredths()),
    );
    let hundredths = (points * 20_000 + max_points) / (2 * max_points);
    let hundredths = i32::try_from(hundredths.min(10_000)).unwrap_or(10_000);
    Some(f64::from(hundredths) / 100.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn item(marks: i64, hundredths: Option<i64>) -> ItemScore {
        ItemScore {
            marks: Points::whole(marks),
            points: hundredths.map(Points::from_hundredths),
            provisional: false,
        }
    }

    #[test]
    fn ungraded_items_are_left_out_counted_and_keep_the_total_provisional() {
        let total = total(&[item(4, Some(300)), item(6, None), item(4, Some(400))], 60.0);
        assert_eq!(
            (total.points, total.max_points),
            (Points::whole(7), Points::whole(8))
        );
        assert_eq!(total.percent, Some(87.5));
        assert_eq!((total.graded, total.ungraded), (2, 1));
        assert!(total.provisional);
        assert_eq!(total.passed, Some(true));
    }

    #[test]
    fn nothing_graded_has_no_percentage_and_no_verdict() {
        for items in [&[][..], &[item(5, None)][..], &[item(0, Some(0))][..]] {
            let total = total(items, 60.0);
            assert_eq!((total.percent, total.passed), (None, None));
        }
    }

    #[test]
    fn the_percentage_is_rounded_once_and_never_below_zero() {
        assert_eq!(total(&[item(3, Some(200))], 60.0).percent, Some(66.67));
        assert_eq!(total(&[item(3, Some(100))], 60.0).percent, Some(33.33));
        let negative = total(&[item(2, Some(-100)), item(2, Some(0))], 60.0);
        assert_eq!(
            (negative.points, negative.percent),
            (Points::whole(-1), Some(0.0))
        );
        assert_eq!(negative.passed, Some(false));
    }

    #[test]
    fn who_reaches_the_pass_mark_exactly_has_passed() {
        assert_eq!(total(&[item(10, Some(600))], 60.0).passed, Some(true));
        assert_eq!(total(&[item(100, Some(5999))], 60.0).passed, Some(false));
        assert_eq!(total(&[item(7, Some(210))], 30.0).passed, Some(true));
    }

    #[test]
    fn one_provisional_item_makes_the_total_provisional() {
        let sure = item(2, Some(200));
        assert!(!total(&[sure], 60.0).provisional);
        assert!(
            total(
                &[
                    sure,
                    ItemScore {
                        provisional: true,
                        ..sure
                    }
                ],
                60.0
            )
            .provisional
        );
    }

    proptest! {
        #[test]
        fn the_percentage_stays_in_range_and_order_does_not_matter(
            scores in prop::collection::vec((0_i64..50, prop::option::of(-5000_i64..5000)), 0..12),
        ) {
            let items: Vec<ItemScore> = scores.iter().map(|(marks, points)| item(*marks, *points)).collect();
            let forward = total(&items, 60.0);
            let backward = total(&items.iter().rev().copied().collect::<Vec<_>>(), 60.0);
            prop_assert_eq!(forward, backward);
            prop_assert!(forward.percent.is_none_or(|percent| (0.0..=100.0).contains(&percent)));
            prop_assert_eq!(forward.graded + forward.ungraded, items.len());
        }
    }
}
