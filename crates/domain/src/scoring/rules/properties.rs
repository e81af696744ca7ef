//! What must hold for every answer, however odd.

mod items;
mod profile;

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use serde_json::{Value, json};

use self::items::{IDS, RIGHT, blanks, body, choices, json_value, key_map, negative, owned};
use super::*;
use crate::authoring::item::ProfileForm;
use crate::scoring::answer::parse;

fn points(body: &ItemBody, raw: &Value) -> Points {
    match score(body, Points::whole(7), Some(raw)) {
        RuleOutcome::Scored(verdict) => verdict.points.unwrap_or_default(),
        RuleOutcome::NeedsText | RuleOutcome::NeedsRunner | RuleOutcome::NeedsPerson => Points::ZERO,
    }
}

/// The same item with everything a candidate sees in a list shown backwards.
fn backwards(mut body: ItemBody) -> ItemBody {
    match &mut body {
        ItemBody::MultipleChoice { options, .. }
        | ItemBody::MultipleResponse { options, .. }
        | ItemBody::Ordering { options, .. } => options.reverse(),
        ItemBody::Matching { left, right, .. } => {
            left.reverse();
            right.reverse();
        }
        ItemBody::Profile { form } => form_backwards(form),
        ItemBody::FillBlank { .. }
        | ItemBody::TrueFalse { .. }
        | ItemBody::Numeric { .. }
        | ItemBody::ShortAnswer { .. }
        | ItemBody::Essay { .. }
        | ItemBody::Coding { .. }
        | ItemBody::FileUpload { .. } => {}
    }
    body
}

fn form_backwards(form: &mut ProfileForm) {
    match form {
        ProfileForm::Text => {}
        ProfileForm::Choice { options, .. } => options.reverse(),
        ProfileForm::Checklist { context, .. } => context.reverse(),
        ProfileForm::Compound { fields } => {
            fields.reverse();
            for field in fields {
                form_backwards(&mut field.form);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_json_to_any_item_scores_within_its_range_and_twice_the_same(
        body in body(), raw in json_value(), hundredths in 0_i64..2000,
    ) {
        let marks = Points::from_hundredths(hundredths);
        let outcome = score(&body, marks, Some(&raw));
        prop_assert_eq!(&outcome, &score(&body, marks, Some(&raw)));
        if let RuleOutcome::Scored(verdict) = outcome {
            let least = -penalty(negative_of(&body), marks);
            if let Some(points) = verdict.points {
                prop_assert!(least <= points && points <= marks, "{points} not in [{least}, {marks}]");
            }
            prop_assert_eq!(verdict.points.is_none(), verdict.reason == Reason::Ungraded);
            prop_assert!(verdict.criteria.iter().all(|part| (0.0..=100.0).contains(&part.score)));
        }
    }

    #[test]
    fn saving_and_scoring_agree_on_what_is_unanswered(body in body(), raw in json_value()) {
        if let Ok(None) = parse(&body, &raw) {
            let RuleOutcome::Scored(verdict) = score(&body, Points::whole(2), Some(&raw)) else {
                return Err(TestCaseError::fail("an unanswered item was handed on"));
            };
            prop_assert_eq!(verdict.reason, Reason::Unanswered);
        }
    }

    #[test]
    fn the_order_of_what_is_shown_does_not_matter(body in body(), raw in json_value()) {
        prop_assert_eq!(points(&body, &raw), points(&backwards(body), &raw));
    }

    #[test]
    fn a_wrong_choice_never_earns_more_than_a_right_one(
        key in subsequence(IDS.to_vec(), 1..=6), negative in negative(), chosen in any::<Index>(), truth in any::<bool>(),
    ) {
        let body = ItemBody::MultipleChoice { options: choices(&IDS), key: owned(&key), negative };
        prop_assert!(points(&body, &json!(IDS[chosen.index(6)])) <= points(&body, &json!(key[0])));
        let statement = ItemBody::TrueFalse { key: truth, negative };
        prop_assert!(points(&statement, &json!(!truth)) <= points(&statement, &json!(truth)));
    }

    #[test]
    fn a_wrong_option_in_place_of_a_right_one_never_earns_more(
        chosen in subsequence(vec!["a", "b", "c"], 1..=3), negative in negative(), partial_credit in any::<bool>(),
    ) {
        let key = owned(&["a", "b", "c"]).into_iter().collect();
        let body = ItemBody::MultipleResponse { options: choices(&IDS), key, partial_credit, negative };
        let mut spoiled = chosen.clone();
        spoiled[0] = "e";
        prop_assert!(points(&body, &json!(spoiled)) <= points(&body, &json!(chosen)));
    }

    #[test]
    fn one_more_right_option_never_earns_less(key in subsequence(IDS.to_vec(), 1..=6), cut in any::<Index>()) {
        let body = ItemBody::MultipleResponse {
            options: choices(&IDS),
            key: owned(&key).into_iter().collect(),
            partial_credit: true,
            negative: Negative { percent: Some(0.5), mark: None },
        };
        let chosen = &key[..cut.index(key.len())];
        let more = &key[..=cut.index(key.len())];
        prop_assert!(points(&body, &json!(chosen)) <= points(&body, &json!(more)));
    }

    #[test]
    fn the_order_of_chosen_options_does_not_matter(
        chosen in subsequence(IDS.to_vec(), 0..=6).prop_shuffle(), partial_credit in any::<bool>(),
    ) {
        let body = ItemBody::MultipleResponse {
            options: choices(&IDS),
            key: owned(&["a", "b", "c"]).into_iter().collect(),
            partial_credit,
            negative: Negative { percent: Some(0.5), mark: None },
        };
        let mut sorted = chosen.clone();
        sorted.sort_unstable();
        prop_assert_eq!(points(&body, &json!(chosen)), points(&body, &json!(sorted)));
        let twice = [chosen.clone(), chosen.clone()].concat();
        prop_assert_eq!(points(&body, &json!(chosen)), points(&body, &json!(twice)));
    }

    #[test]
    fn one_more_right_pair_never_earns_less_in_any_order(
        picks in prop::collection::vec(0_usize..6, 6), mend in 0_usize..6, partial_credit in any::<bool>(),
    ) {
        let body = ItemBody::Matching {
            left: choices(&IDS), right: choices(&RIGHT), key: key_map(), partial_credit,
        };
        let pairs = |picks: &[usize]| -> Vec<Value> {
            picks.iter().enumerate().map(|(left, right)| json!([IDS[left], RIGHT[*right]])).collect()
        };
        let mut mended = picks.clone();
        mended[mend] = mend;
        prop_assert!(points(&body, &json!(pairs(&picks))) <= points(&body, &json!(pairs(&mended))));
        let backwards: Vec<Value> = pairs(&picks).into_iter().rev().collect();
        prop_assert_eq!(points(&body, &json!(pairs(&picks))), points(&body, &json!(backwards)));
    }

    #[test]
    fn one_more_right_blank_never_earns_less(
        written in prop::collection::vec("(12|13| |x)", 4), mend in 0_usize..4,
    ) {
        let body = ItemBody::FillBlank { blanks: blanks() };
        let mut mended = written.clone();
        mended[mend] = "12".to_owned();
        prop_assert!(points(&body, &json!(written)) <= points(&body, &json!(mended)));
    }

    #[test]
    fn a_longer_right_start_never_earns_less(length in 0_usize..6) {
        let body = ItemBody::Ordering { options: choices(&IDS), key: owned(&IDS), partial_credit: true };
        prop_assert!(points(&body, &json!(IDS[..length])) <= points(&body, &json!(IDS[..=length])));
    }

    #[test]
    fn no_order_earns_more_than_the_right_one(
        order in Just(IDS.to_vec()).prop_shuffle(), partial_credit in any::<bool>(), foreign in 0_usize..6,
    ) {
        let body = ItemBody::Ordering { options: choices(&IDS), key: owned(&IDS), partial_credit };
        prop_assert!(points(&body, &json!(order)) <= points(&body, &json!(IDS)));
        let mut spoiled = order.clone();
        spoiled[foreign] = "zebra";
        prop_assert!(points(&body, &json!(spoiled)) <= points(&body, &json!(order)));
    }

    #[test]
    fn a_closer_number_never_earns_less(gap in -10.0_f64..10.0, closer in 0.0_f64..1.0) {
        let body = ItemBody::Numeric { key: 5.0, tolerance: Tolerance::Absolute(1.0), unit: None };
        prop_assert!(points(&body, &json!(5.0 + gap)) <= points(&body, &json!(5.0 + gap * closer)));
    }
}
