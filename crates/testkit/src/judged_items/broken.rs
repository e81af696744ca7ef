//! Bad items that no table can write down: keys that name nothing, sources that are not there.

use std::collections::{BTreeMap, BTreeSet};

use domain::authoring::item::{BlankComparison, Choice, ItemBody, ItemContent, Tolerance};

use super::table::{Judged, Table};

const SOUND: &str = "\
= Animals
> A dog is an animal that barks. A cat is an animal that purrs. Fill the kettle. Boil the water. Wait three minutes. The \
    Earth needs 365 days for one orbit around the sun.
mc remember easy | Which animal barks? | *Dog / Goat / Cow
mr understand medium | Which of these animals are named? | *Dog / *Cat / Goat / Cow
tf remember easy | A dog is an animal that barks. | true
gap remember medium | A ____ is an animal that barks. | dog
match understand medium | Match each animal with its sound. | Dog = barks / Cat = purrs
num remember medium | How many days does the Earth need for one orbit? | 365 ±0 days
order understand medium | Put these steps into the right order. | Fill the kettle / Boil the water / Wait three minutes
short understand medium | Explain what a dog does. | A dog is an animal that barks.
essay understand medium | Describe the animals. | A dog is an animal that barks. A cat is an animal that purrs.
";

/// Where each kind stands in the table.
const CHOICE: usize = 0;
const RESPONSE: usize = 1;
const TRUTH: usize = 2;
const GAP: usize = 3;
const MATCHING: usize = 4;
const NUMERIC: usize = 5;
const ORDERING: usize = 6;
const SHORT: usize = 7;
const ESSAY: usize = 8;

/// Items whose keys are none, several, or of something that is not there.
pub(super) fn one_key() -> Table {
    let mut table = Table::read(SOUND);
    let sound = table.items.clone();
    let with = |kind: usize, change: &dyn Fn(&mut ItemContent)| {
        let mut item = sound[kind].item.clone();
        change(&mut item);
        Judged::plain(item)
    };
    table.items = [keys(&with), answers(&with), written(&with)].concat();
    table
}

/// Left id → right ids.
type Pairs = BTreeMap<String, BTreeSet<String>>;
type With<'a> = dyn Fn(usize, &dyn Fn(&mut ItemContent)) -> Judged + 'a;

fn keys(with: &With<'_>) -> Vec<Judged> {
    let keyed = |ids: &'static [&'static str]| {
        with(CHOICE, &move |item| {
            if let ItemBody::MultipleChoice { key, .. } = &mut item.body {
                *key = ids.iter().map(|id| (*id).to_owned()).collect();
            }
        })
    };
    let several = |ids: &'static [&'static str]| {
        with(RESPONSE, &move |item| {
            if let ItemBody::MultipleResponse { key, .. } = &mut item.body {
                *key = ids.iter().map(|id| (*id).to_owned()).collect();
            }
        })
    };
    let twins = with(CHOICE, &|item| {
        if let ItemBody::MultipleChoice { options, .. } = &mut item.body {
            "a".clone_into(&mut options[1].id);
        }
    });
    let ordered = |ids: &'static [&'static str]| {
        with(ORDERING, &move |item| {
            if let ItemBody::Ordering { key, .. } = &mut item.body {
                *key = ids.iter().map(|id| (*id).to_owned()).collect();
            }
        })
    };
    vec![
        keyed(&[]),
        keyed(&["a", "b"]),
        keyed(&["x"]),
        twins,
        several(&["a"]),
        several(&["a", "z"]),
        ordered(&["a", "b"]),
        ordered(&["a", "b", "b"]),
        with(TRUTH, &|item| {
            "A dog is an ____ that barks.".clone_into(&mut item.stem);
        }),
        with(TRUTH, &|item| {
            "Is a dog an animal that barks?".clone_into(&mut item.stem);
        }),
    ]
}

fn answers(with: &With<'_>) -> Vec<Judged> {
    let accepts = |answer: &'static str, comparison: BlankComparison| {
        with(GAP, &move |item| {
            if let ItemBody::FillBlank { blanks } = &mut item.body {
                blanks[0].accepted = vec![answer.to_owned()];
                blanks[0].comparison = comparison;
            }
        })
    };
    let stem = |text: &'static str| with(GAP, &move |item| text.clone_into(&mut item.stem));
    let matched = |change: &dyn Fn(&mut Pairs)| {
        with(MATCHING, &|item| {
            if let ItemBody::Matching { key, .. } = &mut item.body {
                change(key);
            }
        })
    };
    let tolerance = Tolerance::Absolute(0.0);
    vec![
        accepts(" ", BlankComparison::Normal),
        accepts("many", BlankComparison::Numeric { tolerance }),
        stem("A ____ is an animal that ____ loudly."),
        stem("A dog is an animal that barks."),
        stem("The ____ is."),
        matched(&|key| {
            key.remove("l1");
        }),
        matched(&|key| {
            let other = key["l2"].clone();
            key.insert("l1".to_owned(), other);
        }),
        matched(&|key| {
            key.insert("l1".to_owned(), ["r9".to_owned()].into());
        }),
    ]
}

fn written(with: &With<'_>) -> Vec<Judged> {
    let number = |value: f64, wide: Tolerance| {
        with(NUMERIC, &move |item| {
            if let ItemBody::Numeric { key, tolerance, .. } = &mut item.body {
                (*key, *tolerance) = (value, wide);
            }
        })
    };
    vec![
        number(f64::NAN, Tolerance::Absolute(0.0)),
        number(365.0, Tolerance::Absolute(-1.0)),
        number(365.0, Tolerance::Absolute(400.0)),
        with(SHORT, &|item| {
            if let ItemBody::ShortAnswer { reference, .. } = &mut item.body {
                "  ".clone_into(reference);
            }
        }),
        with(ESSAY, &|item| {
            if let ItemBody::Essay { rubric, .. } = &mut item.body {
                rubric.criteria.clear();
            }
        }),
        with(ESSAY, &|item| {
            if let ItemBody::Essay { rubric, .. } = &mut item.body {
                "depth".clone_into(&mut rubric.criteria[0].id);
                "depth".clone_into(&mut rubric.criteria[1].id);
            }
        }),
    ]
}

/// Items without a source, with an empty one, and with a quote that stands nowhere.
pub(super) fn without_source() -> Vec<Judged> {
    let sound = Table::read(SOUND).items;
    let mut uncited = sound[CHOICE].clone();
    uncited.item.source = None;
    let mut empty = sound[SHORT].clone();
    if let Some(source) = &mut empty.item.source {
        source.quote.clear();
    }
    let mut invented = sound[TRUTH].clone();
    invented.cited = Some("Cats and dogs are kept as pets.".to_owned());
    vec![uncited, empty, invented]
}

/// An item whose every option is blank but one, which no table line can hold.
pub(super) fn blank_option() -> Judged {
    let mut judged = Table::read(SOUND).items[CHOICE].clone();
    if let ItemBody::MultipleChoice { options, .. } = &mut judged.item.body {
        options.push(Choice {
            id: "d".to_owned(),
            text: " ".to_owned(),
        });
    }
    judged
}
