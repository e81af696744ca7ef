//! Items that break one rule each: keys, wording, wrong options.

use super::build::{fill, item, matching, mc, mr, numeric, ordering, short, tf};
use crate::authoring::item::{Blank, BlankComparison, ItemBody, ItemContent, Tolerance};
use crate::authoring::rubric::Rubric;

const LOCK: &str = "A lock is a mark on a data item that restricts access by other transactions.";
const TEA: &str = "Fill the kettle with water. Boil the water. Pour it over the leaves. Wait three minutes.";
const PLANETS: &str =
    "The inner planets are Mercury, Venus, Earth and Mars. The Earth needs 365 days for one orbit.";

pub(super) fn one_key() -> Vec<ItemContent> {
    let animals = ["Dog", "Cat", "Cow"];
    let quote = "A dog is an animal that barks. A cat purrs.";
    let blank = |comparison: BlankComparison, accepted: &str| ItemBody::FillBlank {
        blanks: vec![Blank {
            id: "b1".into(),
            accepted: vec![accepted.into()],
            comparison,
            weight: 1.0,
        }],
    };
    let tolerance = Tolerance::Absolute(0.0);
    let mut twin_ids = mc("Which animal barks?", &animals, "a", quote);
    if let ItemBody::MultipleChoice { options, .. } = &mut twin_ids.body {
        options[1].id = "a".to_owned();
    }
    vec![
        mc("Which animal barks?", &animals, "", quote),
        mc("Which animal barks?", &animals, "ab", quote),
        mc("Which animal barks?", &animals, "x", quote),
        twin_ids,
        mr("Which of these are animals?", &animals, "a", quote),
        mr("Which of these are animals?", &animals, "az", quote),
        tf("A dog is an ____ that barks.", true, quote),
        fill("A ____ is an animal that ____ loudly.", &[&["dog"]], quote),
        fill("A dog is an animal that barks.", &[&["dog"]], quote),
        fill("A ____ is an animal that barks.", &[&[" "]], quote),
        item(
            "The Earth needs ____ days.",
            blank(BlankComparison::Numeric { tolerance }, "many"),
            PLANETS,
        ),
        matching(&["Dog", "Cat"], &["Barks", "Purrs"], &[(1, 1)], quote),
        matching(&["Dog", "Cat"], &["Barks", "Purrs"], &[(1, 1), (2, 1)], quote),
        matching(&["Dog", "Cat"], &["Barks", "Purrs"], &[(1, 1), (2, 3)], quote),
        numeric("How many days does the Earth need?", f64::NAN, PLANETS),
        ordering(&["Boil the water", "Fill the kettle", "Wait"], "ba", TEA),
        ordering(&["Boil the water", "Fill the kettle"], "ba", TEA),
        short("What is a lock?", "  ", LOCK),
        item(
            "Discuss locks in databases.",
            ItemBody::Essay {
                reference: None,
                rubric: Rubric {
                    criteria: vec![],
                    floor: 0.0,
                },
            },
            LOCK,
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of examples")]
pub(super) fn flaws() -> Vec<ItemContent> {
    let long = "A mark on a data item that restricts access by other transactions until the holder has finished its own work";
    let quote = format!("{LOCK} {long}. {PLANETS}");
    vec![
        mc(
            "Which planet is an inner planet?",
            &["Venus", "Saturn", "All of the above"],
            "a",
            PLANETS,
        ),
        mc(
            "Which planet is an inner planet?",
            &["Venus", "Saturn", "None of the above"],
            "a",
            PLANETS,
        ),
        mr(
            "Which planets are inner planets?",
            &["Venus", "Mars", "Both A and B", "Saturn"],
            "ab",
            PLANETS,
        ),
        mc(
            "Which planet is not an outer planet?",
            &["Venus", "Saturn", "Neptune"],
            "a",
            PLANETS,
        ),
        mc(
            "All planets are outer planets except which?",
            &["Venus", "Saturn", "Neptune"],
            "a",
            PLANETS,
        ),
        mc("What is a lock?", &[long, "A file", "A key"], "a", &quote),
        mc(
            "Which planet is an",
            &["Earth", "Saturn", "Neptune"],
            "a",
            PLANETS,
        ),
        mc(
            "What restricts access?",
            &["Lock", "A rule that never fails", "A query"],
            "a",
            LOCK,
        ),
        tf("Locks always restrict access by other transactions.", false, LOCK),
        tf("It is a mark on a data item that restricts access.", false, LOCK),
        tf("However, a lock is a mark on a data item.", false, LOCK),
        tf("This lock restricts access by other transactions.", false, LOCK),
        fill(
            "They restrict access by a ____ on a data item.",
            &[&["mark"]],
            LOCK,
        ),
        fill("An ____ is a mark on a data item.", &[&["lock"]], LOCK),
        tf("Lock restricts.", false, LOCK),
        mc(
            "Which planet is an inner planet?",
            &["Venus", "Saturn", " "],
            "a",
            PLANETS,
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of examples")]
pub(super) fn distractors() -> Vec<ItemContent> {
    vec![
        mc(
            "Which planet is an inner planet?",
            &["Venus", "Saturn"],
            "a",
            PLANETS,
        ),
        mc("Which planet is an inner planet?", &["Venus"], "a", PLANETS),
        mr(
            "Which planets are inner planets?",
            &["Venus", "Mars"],
            "ab",
            PLANETS,
        ),
        mr(
            "Which planets are inner planets?",
            &["Venus", "Mars", "Saturn"],
            "ab",
            PLANETS,
        ),
        mc(
            "Which planet is an inner planet?",
            &["Venus", "Saturn", "saturn"],
            "a",
            PLANETS,
        ),
        mc(
            "Which planet is an inner planet?",
            &["Venus", "Saturn", "The Saturn."],
            "a",
            PLANETS,
        ),
        mc("What restricts access?", &["Lock", "Locks", "Query"], "a", LOCK),
        mc(
            "What restricts access?",
            &["Lock", "Running query", "Query runs"],
            "a",
            LOCK,
        ),
        mc(
            "Which planet is an inner planet?",
            &["Venus", "Mars", "Saturn"],
            "a",
            PLANETS,
        ),
        mr(
            "Which planets are inner planets?",
            &["Venus", "Mars", "Mercury", "Saturn"],
            "ab",
            PLANETS,
        ),
        mc(
            "What restricts access?",
            &["Lock", "Data item", "Query"],
            "a",
            LOCK,
        ),
        matching(
            &["Dog", "Dogs"],
            &["Barks", "Purrs"],
            &[(1, 1), (2, 2)],
            "A dog barks. Dogs purrs.",
        ),
        matching(
            &["Dog", "Cat"],
            &["Barks", "Barking"],
            &[(1, 1), (2, 2)],
            "A dog barks. A cat barking.",
        ),
        ordering(
            &["Boil the water", "The water boils", "Fill the kettle"],
            "cab",
            TEA,
        ),
    ]
}
