//! Which answers of the contract the tests never asked for: every operation has to have succeeded once, and to have given
//! every refusal (4xx) and every 304 that it declares.
//!
//! Run by `cargo xtask test`, which hands over the directory where the tests noted what was answered: files with a line
//! `METHOD path status` per answer.

mod coverage;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use coverage::{Answer, Contract};

fn main() -> Result<ExitCode> {
    let directory = std::env::args_os()
        .nth(1)
        .context("usage: answer_coverage DIRECTORY")?;
    let answers = read(Path::new(&directory))?;
    let document = serde_json::to_value(touchstone::http::openapi())?;
    let contract = Contract::of(&document).context("the contract has no paths")?;
    let findings = contract.findings(&answers);
    report(&contract, &answers, &findings);
    Ok(if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn read(directory: &Path) -> Result<Vec<Answer>> {
    let mut answers = Vec::new();
    let entries =
        std::fs::read_dir(directory).with_context(|| format!("{} cannot be read", directory.display()))?;
    for entry in entries {
        let path = entry?.path();
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        for line in text.lines() {
            let answer = Answer::parse(line);
            answers.push(answer.with_context(|| format!("{} has the line {line:?}", path.display()))?);
        }
    }
    Ok(answers)
}

#[expect(clippy::print_stdout, reason = "the findings are what this program is for")]
fn report(contract: &Contract, answers: &[Answer], findings: &[String]) {
    println!(
        "{} answers to the tests, {} operations in the contract",
        answers.len(),
        contract.len()
    );
    for finding in findings {
        println!("  {finding}");
    }
    if findings.is_empty() {
        println!("every operation succeeded, and gave every refusal that it declares");
    } else {
        println!(
            "{} answers are missing or forbidden: ask for them in a test, or do not declare them",
            findings.len()
        );
    }
}
