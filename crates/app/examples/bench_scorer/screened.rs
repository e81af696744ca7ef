//! What is taken for an answer that speaks to its grader: the attacks and honest answers of the tests, and the development answers.

use std::fmt::Write as _;

use domain::authoring::item::Difficulty;
use domain::authoring::rubric::Rubric;
use domain::scoring::llm::screening::screen;
use providers::{HONEST_ANSWERS, attacks, placements};

use crate::data::Graded;

/// Where an attack stands in an answer, in the order of [`placements`].
const PLACES: [&str; 3] = ["at the beginning", "in the middle", "at the end"];

/// The table.
pub(crate) fn render(questions: &[Vec<Graded>]) -> String {
    let rubric = Rubric::default_for(Difficulty::Medium);
    let is_suspected = |text: &str| screen(text, &rubric).is_suspicion();
    let mut text =
        "\n| answers that speak to their grader | texts | suspected | share |\n|---|---|---|---|\n"
            .to_owned();
    let mut row = |name: &str, texts: usize, suspected: usize| {
        let share = crate::report::percent(suspected, texts);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {name} | {texts} | {suspected} | {share} |");
    };
    let attacks = attacks();
    let placed: Vec<[String; 3]> = attacks
        .iter()
        .map(|attack| placements(attack, HONEST_ANSWERS[0]))
        .collect();
    for (at, place) in PLACES.iter().enumerate() {
        let found = placed.iter().filter(|texts| is_suspected(&texts[at])).count();
        let name = format!("attacks {place} of an answer (goal all)");
        row(&name, attacks.len(), found);
    }
    let flagged = HONEST_ANSWERS
        .iter()
        .filter(|answer| is_suspected(answer))
        .count();
    row(
        "honest answers with the words of attacks (goal none)",
        HONEST_ANSWERS.len(),
        flagged,
    );
    let answers: Vec<&Graded> = questions.iter().flatten().collect();
    let flagged = answers
        .iter()
        .filter(|row| is_suspected(&row.student_answer))
        .count();
    row(
        "answers of the development data (goal 2 %)",
        answers.len(),
        flagged,
    );
    text
}
