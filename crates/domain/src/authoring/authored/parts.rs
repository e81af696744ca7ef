//! Blanks, test cases and uploads.

use std::collections::BTreeSet;

use super::findings::{Findings, folded, is_blank};
use crate::authoring::item::{Blank, BlankComparison, TestCase};

/// A gap in a stem.
const GAP: &str = "____";

pub(super) fn blanks(stem: &str, blanks: &[Blank], findings: &mut Findings) {
    const LIST: &str = "/body/blanks";
    let gaps = stem.matches(GAP).count();
    findings.require(gaps > 0, "/stem", "a text with a gap, written ____");
    findings.require(
        blanks.len() == gaps && !blanks.is_empty(),
        LIST,
        &format!("a list with one blank per gap of the stem, which has {gaps}"),
    );
    findings.ids(LIST, blanks.iter().map(|blank| &blank.id));
    for (index, blank) in blanks.iter().enumerate() {
        let pointer = format!("{LIST}/{index}");
        findings.weight(&format!("{pointer}/weight"), blank.weight);
        accepted(&pointer, blank, findings);
        if let BlankComparison::Numeric { tolerance } = blank.comparison {
            findings.tolerance(&format!("{pointer}/comparison/tolerance"), tolerance);
        }
    }
}

fn accepted(blank_pointer: &str, blank: &Blank, findings: &mut Findings) {
    let list = format!("{blank_pointer}/accepted");
    findings.require(
        !blank.accepted.is_empty(),
        &list,
        "a list of at least one right answer",
    );
    let numeric = matches!(blank.comparison, BlankComparison::Numeric { .. });
    for (index, answer) in blank.accepted.iter().enumerate() {
        let pointer = format!("{list}/{index}");
        findings.text(&pointer, answer);
        let number = !numeric || is_blank(answer) || starts_with_a_number(answer);
        findings.require(number, &pointer, "a number, which may have a unit behind it");
    }
}

/// As scoring reads it: "42", "1,000 m", "−3.5 %", but not "1/2" or "3 4".
fn starts_with_a_number(text: &str) -> bool {
    let text = text.trim().trim_start_matches(['+', '-', '\u{2212}']);
    let end = text
        .find(|character: char| !(character.is_ascii_digit() || matches!(character, '.' | ',')))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number = number.replace(',', "").parse::<f64>();
    let unit = unit.trim_start().chars().next();
    number.is_ok_and(f64::is_finite)
        && unit.is_none_or(|first| first.is_alphabetic() || "%‰°$€£¥".contains(first))
}

pub(super) fn coding(languages: &[String], tests: &[TestCase], findings: &mut Findings) {
    const LANGUAGES: &str = "/body/languages";
    const TESTS: &str = "/body/tests";
    findings.require(
        !languages.is_empty(),
        LANGUAGES,
        "a list of at least one language",
    );
    let mut seen = BTreeSet::new();
    for (index, language) in languages.iter().enumerate() {
        let pointer = format!("{LANGUAGES}/{index}");
        findings.text(&pointer, language);
        findings.require(
            seen.insert(folded(language)),
            &pointer,
            "a language that was not named before",
        );
    }
    findings.require(!tests.is_empty(), TESTS, "a list of at least one test");
    findings.ids(TESTS, tests.iter().map(|test| &test.id));
    for (index, test) in tests.iter().enumerate() {
        findings.weight(&format!("{TESTS}/{index}/weight"), test.weight);
        // A program that prints nothing would pass.
        findings.text(&format!("{TESTS}/{index}/expected"), &test.expected);
    }
}

pub(super) fn upload(accepted: &[String], max_files: u32, findings: &mut Findings) {
    const LIST: &str = "/body/accepted";
    findings.require(!accepted.is_empty(), LIST, "a list of at least one media type");
    for (index, media_type) in accepted.iter().enumerate() {
        let lawful = media_type
            .split_once('/')
            .is_some_and(|(kind, name)| is_token(kind) && is_token(name));
        findings.require(
            lawful,
            &format!("{LIST}/{index}"),
            "a media type such as application/pdf",
        );
    }
    findings.require(max_files > 0, "/body/max_files", "at least 1");
}

fn is_token(text: &str) -> bool {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "!#$&-^_.+*".contains(character);
    !text.is_empty() && text.chars().all(allowed)
}
