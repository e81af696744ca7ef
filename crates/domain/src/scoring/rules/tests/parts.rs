//! Items with parts, and numbers.

use super::*;

#[test]
fn blanks_are_weighted_within_the_marks_of_the_item() {
    let blanks = vec![
        blank("b1", &["mitosis"], BlankComparison::Normal, 3.0),
        blank("b2", &["DNA"], BlankComparison::Strict, 1.0),
    ];
    let body = ItemBody::FillBlank { blanks };
    assert_eq!(hundredths(&body, 1, &json!({"b1": "Mitosis", "b2": "dna"})), 75);
    assert_eq!(hundredths(&body, 1, &json!(["mitosis", "DNA"])), 100);
    let verdict = verdict_of(&body, 1, &json!({"B2": "DNA"}));
    assert_eq!(verdict.points, Some(Points::from_hundredths(25)));
    let parts: Vec<_> = verdict
        .criteria
        .iter()
        .map(|p| (p.criterion.as_str(), p.score, p.weight))
        .collect();
    assert_eq!(parts, [("b1", 0.0, 0.75), ("b2", 100.0, 0.25)]);
    assert_eq!(verdict.criteria[0].rationale, "This blank was left empty.");
    assert_eq!(verdict.criteria[1].rationale, "This blank is right.");
}

#[test]
fn white_space_in_a_blank_is_collapsed_and_not_removed() {
    let body = ItemBody::FillBlank {
        blanks: vec![blank("b1", &["New York"], BlankComparison::Normal, 1.0)],
    };
    assert_eq!(hundredths(&body, 1, &json!("  new\n york ")), 100);
    assert_eq!(hundredths(&body, 1, &json!("newyork")), 0);
}

#[test]
fn a_numeric_blank_takes_numbers_within_tolerance() {
    let comparison = BlankComparison::Numeric {
        tolerance: Tolerance::Relative(0.01),
    };
    let body = ItemBody::FillBlank {
        blanks: vec![blank("b1", &["1,000 m"], comparison, 1.0)],
    };
    for raw in [json!(1005), json!("995 m"), json!("1e3")] {
        assert_eq!(hundredths(&body, 1, &raw), 100, "{raw}");
    }
    for raw in [json!(1011), json!("1000 km"), json!("a lot")] {
        assert_eq!(hundredths(&body, 1, &raw), 0, "{raw}");
    }
}

#[test]
fn nonsensical_weights_fall_back_to_equal_ones() {
    let mut blanks = vec![
        blank("b1", &["x"], BlankComparison::Normal, 0.0),
        blank("b2", &["y"], BlankComparison::Normal, f64::NAN),
    ];
    assert_eq!(
        hundredths(
            &ItemBody::FillBlank {
                blanks: blanks.clone()
            },
            2,
            &json!(["x", "z"])
        ),
        100
    );
    blanks[0].weight = f64::MAX;
    blanks[1].weight = f64::MAX;
    assert_eq!(
        hundredths(&ItemBody::FillBlank { blanks }, 2, &json!(["x", "z"])),
        100
    );
}

#[test]
fn a_semantic_blank_needs_a_text_scorer_only_when_its_words_differ() {
    let blanks = vec![
        blank("b1", &["photosynthesis"], BlankComparison::Semantic, 1.0),
        blank("b2", &["leaf"], BlankComparison::Normal, 1.0),
    ];
    let body = ItemBody::FillBlank { blanks };
    let outcome = |raw: Value| score(&body, Points::whole(2), Some(&raw));
    assert_eq!(
        outcome(json!(["making sugar from light", "leaf"])),
        RuleOutcome::NeedsText
    );
    assert_eq!(hundredths(&body, 2, &json!(["Photosynthesis", "leaf"])), 200);
    assert_eq!(hundredths(&body, 2, &json!({"b2": "leaf"})), 100);
}

#[test]
fn matching_pairs_earn_their_share_and_choosing_everything_earns_nothing() {
    let body = matching(true);
    assert_eq!(
        hundredths(&body, 3, &json!({"l1": "R1", "l2": ["r2", "r3"]})),
        300
    );
    assert_eq!(hundredths(&body, 3, &json!([["l1", "r1"], ["l2", "r2"]])), 200);
    let everything = json!({"l1": ["r1", "r2", "r3", "r4"], "l2": ["r1", "r2", "r3", "r4"]});
    assert_eq!(hundredths(&body, 3, &everything), 0);
    let with_stray = json!({"l1": "r1", "l2": ["r2", "r3"], "l3": "r4"});
    assert_eq!(hundredths(&body, 3, &with_stray), 200);
    let parts = verdict_of(&body, 3, &json!([["l2", "r2"]])).criteria;
    let texts: Vec<_> = parts.iter().map(|part| part.rationale.as_str()).collect();
    assert_eq!(texts, ["This match is not right.", "This match is partly right."]);
}

#[test]
fn matching_without_partial_credit_is_all_or_nothing() {
    let body = matching(false);
    assert_eq!(
        hundredths(&body, 3, &json!({"l1": "r1", "l2": ["r3", "r2"]})),
        300
    );
    assert_eq!(hundredths(&body, 3, &json!({"l1": "r1", "l2": ["r2"]})), 0);
}

#[test]
fn numbers_are_right_within_tolerance_and_with_the_right_unit_or_none() {
    let body = numeric(42.0, Tolerance::Absolute(0.5), Some("ms"));
    for raw in [
        json!(42.5),
        json!("41.5"),
        json!("42 ms"),
        json!({"value": 42, "unit": " ms "}),
    ] {
        assert_eq!(hundredths(&body, 1, &raw), 100, "{raw}");
    }
    for raw in [json!(42.51), json!("42 s"), json!({"value": "42", "unit": "Ms"})] {
        assert_eq!(hundredths(&body, 1, &raw), 0, "{raw}");
    }
    assert_eq!(
        hundredths(
            &numeric(-200.0, Tolerance::Relative(0.1), None),
            1,
            &json!("-220")
        ),
        100
    );
    assert_eq!(
        hundredths(&numeric(42.0, Tolerance::Absolute(0.0), None), 1, &json!("42 ms")),
        0
    );
}

#[test]
fn an_order_is_exact_or_earns_its_longest_right_run() {
    let body = ordering(true);
    assert_eq!(hundredths(&body, 4, &json!(["a", "B", "c", "d"])), 400);
    assert_eq!(hundredths(&body, 4, &json!(["d", "a", "b", "c"])), 300);
    assert_eq!(hundredths(&body, 4, &json!(["a", "b", "d", "c"])), 200);
    assert_eq!(hundredths(&body, 4, &json!(["a", "b"])), 200);
    assert_eq!(hundredths(&body, 4, &json!(["d", "c", "b", "a"])), 0);
    assert_eq!(hundredths(&ordering(false), 4, &json!(["d", "a", "b", "c"])), 0);
}

#[test]
fn repeated_or_foreign_entries_spoil_an_order() {
    for raw in [
        json!(["a", "a", "b", "c", "d"]),
        json!(["a", "b", "c", "d", "e"]),
        json!(["x", "a", "b", "c"]),
    ] {
        assert_eq!(hundredths(&ordering(true), 4, &raw), 0, "{raw}");
    }
}
