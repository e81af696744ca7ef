//! What must hold for everything that candidates say of themselves.

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use serde_json::{Map, Value, json};

use super::items::{IDS, checklist_form, choices, compound_form, form};
use super::points;
use crate::authoring::item::{ContextEntry, CountBand, ItemBody, ProfileForm};
use crate::points::Points;

fn item(form: ProfileForm) -> ItemBody {
    ItemBody::Profile { form }
}

/// The best or the worst answer to a field, and nothing where the form has no fields.
fn fields(form: &ProfileForm, answer: impl Fn(usize, &str) -> Value) -> Value {
    let ProfileForm::Compound { fields } = form else {
        return Value::Null;
    };
    let answers = fields
        .iter()
        .enumerate()
        .map(|(index, field)| (field.id.clone(), answer(index, field.form.as_str())));
    answers.collect::<Map<_, _>>().into()
}

/// An answer to a simple form, known to it or not.
fn said(form: &str, number: usize) -> Value {
    let named = ["a", "b", "c", "zebra"][number % 4];
    match form {
        "text" => json!("Some words."),
        "choice" => json!(named),
        _ => json!({"count": number, "context": [named]}),
    }
}

proptest! {
    #[test]
    fn one_more_circumstance_never_earns_less_and_an_unknown_one_never_more(
        form in checklist_form(), named in subsequence(IDS.to_vec(), 0..=6).prop_shuffle(), more in 0_usize..6,
        count in prop::option::of(0_u64..40),
    ) {
        let body = item(form);
        let of = |context: &[&str]| points(&body, &json!({"count": count, "context": context}));
        let with = [named.clone(), vec![IDS[more]]].concat();
        prop_assert!(of(&named) <= of(&with));
        let foreign: Vec<&str> = with.iter().map(|id| if *id == IDS[more] { "zebra" } else { id }).collect();
        prop_assert!(of(&foreign) <= of(&with));
        let mut sorted = with.clone();
        sorted.sort_unstable();
        prop_assert_eq!(of(&with), of(&sorted));
        prop_assert_eq!(of(&with), of(&[with.clone(), with.clone()].concat()));
    }

    #[test]
    fn more_of_a_thing_never_earns_less_where_bands_rise(
        cuts in prop::collection::btree_set(1_u64..30, 1..5), count in 0_u64..40, more in 0_u64..10,
    ) {
        let cuts: Vec<u64> = cuts.into_iter().collect();
        let band = |(index, from): (usize, &u64)| CountBand {
            from: *from,
            to: cuts.get(index + 1).map(|next| next - 1),
            score: [20.0, 40.0, 60.0, 80.0][index],
        };
        let bands = cuts.iter().enumerate().map(band).collect();
        let body = item(ProfileForm::Checklist { bands, context: Vec::new() });
        let of = |count: u64| points(&body, &json!({ "count": count }));
        prop_assert!(of(count) <= of(count + more));
        let entries: Vec<String> = (0..count).map(|number| format!("thing {number}")).collect();
        if count > 0 {
            prop_assert_eq!(points(&body, &json!({ "entries": entries })), of(count));
        }
    }

    #[test]
    fn a_checklist_earns_its_band_and_its_points_up_to_a_hundred(
        band in 0_u32..=100, points_each in prop::collection::vec(0_u32..=60, 1..5), ticked in any::<Index>(),
    ) {
        let entry = |(id, points): (&&str, &u32)| ContextEntry {
            id: (*id).to_owned(),
            text: String::new(),
            points: f64::from(*points),
        };
        let context = IDS.iter().zip(&points_each).map(entry).collect();
        let bands = vec![CountBand { from: 1, to: None, score: f64::from(band) }];
        let ticked = ticked.index(points_each.len() + 1);
        let expected = (band + points_each[..ticked].iter().sum::<u32>()).min(100);
        let raw = json!({"count": 1, "context": IDS[..ticked]});
        let earned = points(&item(ProfileForm::Checklist { bands, context }), &raw);
        prop_assert_eq!(earned, Points::whole(7).scaled(f64::from(expected) / 100.0));
    }

    #[test]
    fn one_more_field_never_earns_less(form in compound_form(), numbers in prop::collection::vec(0_usize..40, 6), left in 0_usize..6) {
        let all = fields(&form, |index, kind| said(kind, numbers[index]));
        let without = fields(&form, |index, kind| if index == left { Value::Null } else { said(kind, numbers[index]) });
        let body = item(form);
        prop_assert!(points(&body, &without) <= points(&body, &all));
    }

    #[test]
    fn a_higher_option_never_earns_less(scores in prop::collection::vec(0.0_f64..=100.0, 6), one in 0_usize..6, other in 0_usize..6) {
        let map = IDS.iter().zip(&scores).map(|(id, score)| ((*id).to_owned(), *score)).collect();
        let body = item(ProfileForm::Choice { options: choices(&IDS), scores: map });
        let (low, high) = if scores[one] <= scores[other] { (one, other) } else { (other, one) };
        prop_assert!(points(&body, &json!(IDS[low])) <= points(&body, &json!(IDS[high])));
        prop_assert_eq!(points(&body, &json!("zebra")), Points::ZERO);
    }

    #[test]
    fn without_a_scoring_map_what_fits_the_form_counts_in_full(form in form(), number in 0_usize..3) {
        let plain = match form {
            ProfileForm::Text => ProfileForm::Text,
            ProfileForm::Choice { options, .. } => ProfileForm::Choice { options, scores: [].into() },
            ProfileForm::Checklist { .. } | ProfileForm::Compound { .. } => {
                ProfileForm::Checklist { bands: Vec::new(), context: Vec::new() }
            }
        };
        let raw = said(plain.as_str(), number);
        prop_assert_eq!(points(&item(plain), &raw), Points::whole(7));
    }
}
