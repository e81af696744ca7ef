//! Rubrics.

use super::findings::Findings;
use crate::authoring::rubric::{Criterion, Rubric};

pub(super) fn check(rubric: &Rubric, findings: &mut Findings) {
    const LIST: &str = "/body/rubric/criteria";
    findings.score("/body/rubric/floor", rubric.floor);
    findings.require(
        !rubric.criteria.is_empty(),
        LIST,
        "a list of at least one criterion",
    );
    findings.ids(LIST, rubric.criteria.iter().map(|criterion| &criterion.id));
    for (index, criterion) in rubric.criteria.iter().enumerate() {
        let pointer = format!("{LIST}/{index}");
        findings.text(&format!("{pointer}/name"), &criterion.name);
        findings.weight(&format!("{pointer}/weight"), criterion.weight);
        for (index, concept) in criterion.concepts.iter().enumerate() {
            findings.text(&format!("{pointer}/concepts/{index}"), concept);
        }
        levels(&pointer, criterion, findings);
    }
}

fn levels(criterion_pointer: &str, criterion: &Criterion, findings: &mut Findings) {
    let mut above = None;
    for (index, level) in criterion.levels.iter().enumerate() {
        let pointer = format!("{criterion_pointer}/levels/{index}");
        findings.text(&format!("{pointer}/name"), &level.name);
        findings.text(&format!("{pointer}/descriptor"), &level.descriptor);
        let from_score = format!("{pointer}/from_score");
        findings.score(&from_score, level.from_score);
        findings.require(
            above.is_none_or(|above| level.from_score > above),
            &from_score,
            "above the score of the level before",
        );
        above = Some(level.from_score);
    }
}
