//! Items a teacher would use as they are.

use super::build::{essay, fill, matching, mc, mr, numeric, ordering, short, tf};
use crate::authoring::item::ItemContent;

const CELL: &str = "A ribosome is a particle that builds proteins. The nucleus stores the genetic material. A membrane \
                    is a thin layer that separates the cell from its surroundings.";
const WATER: &str =
    "Water freezes at 0 degrees and boils at 100 degrees. Ice floats because ice is less dense than water.";
const ROME: &str = "Rome had three assemblies, namely the Curiate, the Centuriate and the Tribal Assembly. Augustus became \
                    the first emperor in 27 BC. The Senate advised the magistrates.";
const PUMP: &str = "Disconnect the pump. Close the valve. Unscrew the lid. Rinse the filter.";
const COST: &str = "A fixed cost is a cost that stays the same when output changes. A variable cost is a cost that grows with \
                    output. Demand falls when prices rise because buyers look for cheaper goods.";
const POEM: &str = "A sonnet is a poem of 14 lines. A stanza is a group of lines. A metaphor describes one thing as another \
                    without the word like. The Romantic poets include Keats, Shelley and Byron.";

pub(super) fn items() -> Vec<ItemContent> {
    [choices(), statements(), gaps(), others(), written()].concat()
}

#[expect(clippy::too_many_lines, reason = "a table of examples")]
fn choices() -> Vec<ItemContent> {
    vec![
        mc(
            "Which part of the cell builds proteins?",
            &["Ribosome", "Vacuole", "Cell wall", "Chloroplast"],
            "a",
            CELL,
        ),
        mc(
            "What lies between the cell and its surroundings?",
            &["Starch", "A membrane", "Sunlight"],
            "b",
            CELL,
        ),
        mc(
            "What is a membrane?",
            &["A long thread of DNA", "A thin layer", "A green pigment"],
            "b",
            CELL,
        ),
        mc(
            "Why does ice float?",
            &[
                "Ice is less dense than water",
                "Ice holds more salt",
                "Ice is colder than air",
            ],
            "a",
            WATER,
        ),
        mc(
            "Who became the first emperor?",
            &["Nero", "Augustus", "Trajan", "Hadrian"],
            "b",
            ROME,
        ),
        mc(
            "Which body advised the magistrates?",
            &["The Senate", "The Legion", "The Forum"],
            "a",
            ROME,
        ),
        mc(
            "What kind of cost is rent for a year?",
            &["Sunk cost", "Fixed cost", "Marginal cost"],
            "b",
            COST,
        ),
        mc(
            "Which of these is NOT described as growing with output?",
            &["Fixed cost", "Wage cost", "Fuel cost"],
            "a",
            COST,
        ),
        mc(
            "How is a poem of 14 lines called?",
            &["Sonnet", "Ode", "Ballad", "Haiku"],
            "a",
            POEM,
        ),
        mr(
            "Which assemblies did Rome have?",
            &["Curiate", "Centuriate", "Federal", "Parish"],
            "ab",
            ROME,
        ),
        mr(
            "Which of these poets were Romantics?",
            &["Keats", "Milton", "Byron", "Chaucer"],
            "ac",
            POEM,
        ),
    ]
}

fn statements() -> Vec<ItemContent> {
    vec![
        tf(
            "A membrane is a thin layer that separates the cell from its surroundings.",
            true,
            CELL,
        ),
        tf("A vacuole is a particle that builds proteins.", false, CELL),
        tf(
            "Water freezes at 0 degrees and boils at 100 degrees.",
            true,
            WATER,
        ),
        tf("Ice floats because ice is warmer than water.", false, WATER),
        tf("The Senate commanded the magistrates in war.", false, ROME),
        tf("A variable cost is a cost that grows with output.", true, COST),
        tf("A stanza is a group of poets.", false, POEM),
    ]
}

fn gaps() -> Vec<ItemContent> {
    vec![
        fill(
            "The ____ stores the genetic material.",
            &[&["nucleus", "nuclei"]],
            CELL,
        ),
        fill("Water ____ at 0 degrees.", &[&["freezes"]], WATER),
        fill("____ became the first emperor in 27 BC.", &[&["Augustus"]], ROME),
        fill(
            "A(n) ____ is a cost that stays the same when output changes.",
            &[&["fixed cost", "fixed costs"]],
            COST,
        ),
        fill(
            "A ____ describes one thing as another without the word ____.",
            &[&["metaphor"], &["like"]],
            POEM,
        ),
    ]
}

fn others() -> Vec<ItemContent> {
    let cells = [
        "A particle that builds proteins",
        "A thin layer that separates the cell from its surroundings",
    ];
    let costs = [
        "A cost that grows with output",
        "A cost that stays the same when output changes",
    ];
    vec![
        matching(&["Membrane", "Ribosome"], &cells, &[(1, 2), (2, 1)], CELL),
        matching(&["Fixed cost", "Variable cost"], &costs, &[(1, 2), (2, 1)], COST),
        matching(
            &["Sonnet", "Stanza"],
            &["A group of lines", "A poem of 14 lines"],
            &[(1, 2), (2, 1)],
            POEM,
        ),
        numeric("At how many degrees does water boil?", 100.0, WATER),
        numeric("In which year BC did Augustus become emperor?", 27.0, ROME),
        numeric("How many lines does a sonnet have?", 14.0, POEM),
        ordering(
            &[
                "Close the valve",
                "Disconnect the pump",
                "Rinse the filter",
                "Unscrew the lid",
            ],
            "badc",
            PUMP,
        ),
    ]
}

fn written() -> Vec<ItemContent> {
    let demand = "Demand falls when prices rise because buyers look for cheaper goods.";
    vec![
        short("Explain why demand depends on prices.", demand, COST),
        short(
            "Explain how ice behaves in a glass.",
            "Ice floats because ice is less dense than water.",
            WATER,
        ),
        short(
            "What is a ribosome?",
            "A ribosome is a particle that builds proteins.",
            CELL,
        ),
        essay("Discuss the parts of a cell and their tasks.", Some(CELL), CELL),
        essay(
            "Compare the kinds of cost of a firm and their effect on its prices.",
            None,
            COST,
        ),
        essay("Describe the political bodies of ancient Rome.", Some(ROME), ROME),
    ]
}
