//! Items that break one rule each: giveaways, ungrounded keys, repetitions.

use super::build::{essay, fill, matching, mc, mr, numeric, ordering, short, tf};
use crate::authoring::item::ItemContent;

const LOCK: &str = "A lock is a mark on a data item that restricts access by other transactions.";
const TEA: &str = "Fill the kettle with water. Boil the water. Pour it over the leaves. Wait three minutes.";
const PLANETS: &str =
    "The inner planets are Mercury, Venus, Earth and Mars. The Earth needs 365 days for one orbit.";

#[expect(clippy::too_many_lines, reason = "a table of examples")]
pub(super) fn no_leak() -> Vec<ItemContent> {
    let hash = "A hash index is an index that maps each key to a bucket.";
    vec![
        mc(
            "Which lock is called a lock?",
            &["Lock", "Query", "Row"],
            "a",
            LOCK,
        ),
        mc(
            "Which term is described as “an index that maps each key”?",
            &["Hash index", "Lock", "Join"],
            "a",
            hash,
        ),
        mc(
            "Venus is an inner planet. Which planet is it?",
            &["Venus", "Saturn", "Neptune"],
            "a",
            PLANETS,
        ),
        mr(
            "Which planets, such as Venus, are inner planets?",
            &["Venus", "Mars", "Saturn", "Neptune"],
            "ab",
            PLANETS,
        ),
        tf("A lock is a mark on a data item (true).", false, LOCK),
        tf(
            "Note that this statement is false: a lock is a file.",
            false,
            LOCK,
        ),
        fill("A ____ is a mark; a lock restricts access.", &[&["lock"]], LOCK),
        fill(
            "The lock or ____ restricts access by other transactions.",
            &[&["mark", "lock"]],
            LOCK,
        ),
        matching(
            &["Lock", "Planet"],
            &["A lock on a data item", "An orbit"],
            &[(1, 1), (2, 2)],
            "lock planet a lock on a data item an orbit",
        ),
        numeric(
            "The Earth needs 365 days, so how many days does it need?",
            365.0,
            PLANETS,
        ),
        ordering(
            &[
                "Fill the kettle with water",
                "Boil the water",
                "Pour it over the leaves",
            ],
            "abc",
            TEA,
        ),
        ordering(
            &["First boil the water", "Fill the kettle", "Pour it"],
            "bac",
            TEA,
        ),
        ordering(&["2 boil the water", "Fill the kettle", "Pour it"], "bac", TEA),
        short(
            "Is a lock a mark on a data item that restricts access by other transactions?",
            LOCK,
            LOCK,
        ),
        essay(
            "Discuss why a lock is a mark on a data item that restricts access by other transactions.",
            Some(LOCK),
            LOCK,
        ),
    ]
}

pub(super) fn grounded() -> Vec<ItemContent> {
    let uncited = |mut item: ItemContent| {
        item.source = None;
        item
    };
    vec![
        uncited(mc(
            "Which planet is an inner planet?",
            &["Venus", "Saturn", "Neptune"],
            "a",
            PLANETS,
        )),
        mc(
            "Which planet is an inner planet?",
            &["Venus", "Saturn", "Neptune"],
            "a",
            "",
        ),
        mc(
            "Which planet is an inner planet?",
            &["Pluto", "Saturn", "Neptune"],
            "a",
            PLANETS,
        ),
        mr(
            "Which planets are inner planets?",
            &["Venus", "Pluto", "Saturn", "Neptune"],
            "ab",
            PLANETS,
        ),
        tf("A lock is a file on the disk.", true, LOCK),
        tf("A lock is a mark on a data item", false, LOCK),
        tf("Bananas grow in warm countries.", false, LOCK),
        fill("A ____ is a mark on a data item.", &[&["tuple"]], LOCK),
        fill("A ____ keeps thieves out of the old house.", &[&["lock"]], LOCK),
        matching(
            &["Lock", "Query"],
            &["A mark on a data item", "Access"],
            &[(1, 1), (2, 2)],
            LOCK,
        ),
        numeric("How many days does the Earth need?", 366.0, PLANETS),
        ordering(
            &["Boil the water", "Fill the kettle", "Drink the tea"],
            "bac",
            TEA,
        ),
        ordering(
            &["Fill the kettle", "Boil the water", "Wait three minutes"],
            "bac",
            TEA,
        ),
        short("What is a lock?", "A tuple is a row of a relation.", LOCK),
        essay(
            "Discuss the role of locks.",
            Some("Cats purr while dogs bark at night."),
            LOCK,
        ),
    ]
}

/// A bank and items that ask the same again.
#[expect(clippy::too_many_lines, reason = "a table of examples")]
pub(super) fn duplicates() -> (Vec<ItemContent>, Vec<ItemContent>) {
    let steps = ["Boil the water", "Fill the kettle", "Wait three minutes"];
    let pairs = [(1, 2), (2, 1)];
    let words = (
        ["Lock", "Planet"],
        ["An orbit around a star", "A mark on a data item"],
    );
    let both = "A lock is a mark on a data item. A planet has an orbit around a star.";
    let bank = vec![
        mc(
            "Which planet is an inner planet?",
            &["Venus", "Saturn", "Neptune"],
            "a",
            PLANETS,
        ),
        mr(
            "Which planets are inner planets of the sun?",
            &["Venus", "Mars", "Saturn", "Neptune"],
            "ab",
            PLANETS,
        ),
        tf(LOCK, true, LOCK),
        numeric("How many days does the Earth need for one orbit?", 365.0, PLANETS),
        ordering(&steps, "bac", TEA),
        matching(&words.0, &words.1, &pairs, both),
        short(
            "Explain why locks restrict access by other transactions.",
            LOCK,
            LOCK,
        ),
        essay(
            "Write about locks and data items in busy databases.",
            Some(LOCK),
            LOCK,
        ),
    ];
    let copies = vec![
        bank[0].clone(),
        mc(
            "Which planet is an inner planet?",
            &["Saturn", "Uranus", "Venus"],
            "c",
            PLANETS,
        ),
        mc(
            "which  planet is an INNER planet",
            &["Neptune", "Venus", "Saturn"],
            "b",
            PLANETS,
        ),
        mr(
            "Which planets are inner planets of the sun?",
            &["Saturn", "Mars", "Venus", "Jupiter"],
            "bc",
            PLANETS,
        ),
        tf(LOCK.trim_end_matches('.'), true, LOCK),
        tf(
            "A latch is a mark on a data item that restricts access by other transactions.",
            false,
            LOCK,
        ),
        fill(
            "A ____ is a mark on a data item that restricts access by other transactions.",
            &[&["lock"]],
            LOCK,
        ),
        numeric(
            "How many days does the earth need, for one orbit?",
            365.0,
            PLANETS,
        ),
        ordering(
            &["Wait three minutes", "Boil the water", "Fill the kettle"],
            "cba",
            TEA,
        ),
        matching(&words.0, &words.1, &pairs, both),
        short(
            "Explain why a lock restricts the access of other transactions.",
            LOCK,
            LOCK,
        ),
        essay(
            "Write about data items and locks in a busy database.",
            Some(LOCK),
            LOCK,
        ),
    ];
    (bank, copies)
}
