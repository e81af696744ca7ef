//! Profile forms and their scoring maps.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::{Findings, escaped, folded};
use crate::authoring::item::{Choice, ContextEntry, CountBand, ProfileField, ProfileForm};

pub(super) fn check(form: &ProfileForm, findings: &mut Findings) {
    const FORM: &str = "/body/form";
    match form {
        ProfileForm::Compound { fields } => compound(&format!("{FORM}/fields"), fields, findings),
        ProfileForm::Text | ProfileForm::Choice { .. } | ProfileForm::Checklist { .. } => {
            simple(FORM, form, findings);
        }
    }
}

fn compound(list: &str, fields: &[ProfileField], findings: &mut Findings) {
    findings.require(!fields.is_empty(), list, "a list of at least one field");
    findings.ids(list, fields.iter().map(|field| &field.id));
    for (index, field) in fields.iter().enumerate() {
        let pointer = format!("{list}/{index}");
        findings.text(&format!("{pointer}/label"), &field.label);
        findings.weight(&format!("{pointer}/weight"), field.weight);
        simple(&format!("{pointer}/form"), &field.form, findings);
    }
}

/// Any form that holds no other.
fn simple(pointer: &str, form: &ProfileForm, findings: &mut Findings) {
    match form {
        ProfileForm::Text => {}
        ProfileForm::Choice { options, scores } => {
            findings.choices(&format!("{pointer}/options"), options);
            scores_of(&format!("{pointer}/scores"), options, scores, findings);
        }
        ProfileForm::Checklist { bands, context } => {
            ranges(&format!("{pointer}/bands"), bands, findings);
            circumstances(&format!("{pointer}/context"), context, findings);
        }
        ProfileForm::Compound { .. } => findings.require(
            false,
            &format!("{pointer}/type"),
            "text, choice or checklist: a field holds no fields",
        ),
    }
}

fn scores_of(pointer: &str, options: &[Choice], scores: &BTreeMap<String, f64>, findings: &mut Findings) {
    let known: BTreeSet<String> = options.iter().map(|option| folded(&option.id)).collect();
    let mut given = BTreeSet::new();
    for (id, score) in scores {
        let pointer = format!("{pointer}/{}", escaped(id));
        findings.require(
            known.contains(&folded(id)),
            &pointer,
            "left out: no option has this id",
        );
        findings.score(&pointer, *score);
        given.insert(folded(id));
    }
    let complete = scores.is_empty() || known.is_subset(&given);
    findings.require(complete, pointer, "a map with every option's score, or empty");
}

/// In order, apart from each other, and only the last without an end.
fn ranges(list: &str, bands: &[CountBand], findings: &mut Findings) {
    for (index, band) in bands.iter().enumerate() {
        let pointer = format!("{list}/{index}");
        findings.score(&format!("{pointer}/score"), band.score);
        findings.require(
            band.to.is_none_or(|to| band.from <= to),
            &format!("{pointer}/to"),
            "no less than `from`, or null",
        );
        let before = index.checked_sub(1).map(|before| bands[before].to);
        let apart = before.is_none_or(|end| end.is_some_and(|end| end < band.from));
        findings.require(
            apart,
            &format!("{pointer}/from"),
            "above the end of the band before, which must have one",
        );
    }
}

fn circumstances(list: &str, context: &[ContextEntry], findings: &mut Findings) {
    findings.ids(list, context.iter().map(|entry| &entry.id));
    for (index, entry) in context.iter().enumerate() {
        findings.text(&format!("{list}/{index}/text"), &entry.text);
        findings.score(&format!("{list}/{index}/points"), entry.points);
    }
}
