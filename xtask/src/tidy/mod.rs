//! `tidy`: the rules of this repository that are text, so that no reviewer has to remember them.
//!
//! Every rule is a function from a [`Tree`] in memory to [`Findings`]; its tests build small trees.

mod arrows;
mod clock;
mod docs;
mod evidence;
mod links;
mod rust_text;
mod sizes;
mod slices;
mod test_shape;
mod traces;
mod tree;

use std::process::ExitCode;

use anyhow::bail;

use crate::workspace::Workspace;
use tree::Tree;

type Rule = fn(&Tree, &mut Findings);

const RULES: [Rule; 16] = [
    arrows::crates_depend_along_the_arrows,
    arrows::the_domain_knows_no_outside,
    arrows::jobs_see_only_the_job_kernel,
    slices::slices_form_no_cycle,
    clock::sql_does_not_ask_for_the_time,
    sizes::source_files_stay_short,
    sizes::architecture_stays_short,
    test_shape::one_test_binary_per_crate,
    test_shape::no_test_is_ignored,
    test_shape::nothing_is_left_to_do,
    docs::decisions_are_numbered_without_gaps,
    docs::readme_names_two_commands,
    evidence::tests_that_documents_name_exist,
    evidence::every_security_requirement_has_its_row,
    links::links_between_files_resolve,
    traces::no_trace_of_a_machine,
];

/// What the rules found.
#[derive(Default)]
pub(crate) struct Findings {
    errors: Vec<String>,
    warnings: Vec<String>,
}

impl Findings {
    /// A broken rule at a line of a file.
    pub(crate) fn error_at(&mut self, path: &str, line: usize, message: &str) {
        self.errors.push(format!("{path}:{line}: {message}"));
    }

    /// A broken rule of a whole file.
    pub(crate) fn error(&mut self, path: &str, message: &str) {
        self.errors.push(format!("{path}: {message}"));
    }

    /// Something to think about that does not fail the check.
    pub(crate) fn warn(&mut self, path: &str, message: &str) {
        self.warnings.push(format!("{path}: {message}"));
    }
}

/// The command: prints everything found.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    check(workspace)?;
    println!("tidy: {} rules hold", RULES.len());
    Ok(ExitCode::SUCCESS)
}

/// The step of `check`: an error when any rule is broken.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let tree = Tree::load(workspace)?;
    let mut findings = Findings::default();
    for rule in RULES {
        rule(&tree, &mut findings);
    }
    for warning in &findings.warnings {
        println!("warning: {warning}");
    }
    for error in &findings.errors {
        println!("error: {error}");
    }
    if !findings.errors.is_empty() {
        bail!("tidy found {} broken rules", findings.errors.len());
    }
    Ok(())
}

#[cfg(test)]
mod testing {
    use super::{Findings, Rule, Tree};

    /// The errors that a rule finds in these files.
    pub(super) fn errors(rule: Rule, files: &[(&str, &str)]) -> Vec<String> {
        findings(rule, files).errors
    }

    /// Everything that a rule finds in these files.
    pub(super) fn findings(rule: Rule, files: &[(&str, &str)]) -> Findings {
        let mut findings = Findings::default();
        rule(&Tree::of(files), &mut findings);
        findings
    }
}
