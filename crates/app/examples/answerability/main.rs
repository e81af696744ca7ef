//! `cargo xtask answerability`: items made from three unlike PDFs, and whether a reader of the text alone answers them with
//! the key.
//!
//! Without arguments it writes the items without their keys beside the text they were made from
//! (`docs/generation/items-blind.md`) and brings the list of blind answers (`docs/generation/answerability.csv`) in step
//! with the generator: an answer stays with its item's content hash, a changed item waits for a new one.
//! `--answers FILE` takes over blind answers (`{"<id>": answer, …}`), `--check` recomputes the items and says which share of
//! the answers in the list equals the keys, `--show [FILE…]` prints the items of the three PDFs, or of other files, with
//! their keys and what the gate refused.

mod blind;
mod list;
mod pipeline;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use list::List;
use pipeline::{MadeItem, ReadHandout};

/// Less than this share of equal answers fails the check.
const LEAST_SHARE: f64 = 0.9;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["pdf-text", rest @ ..] = arguments.as_slice() {
        return Ok(outbound::text_extraction::pdf_child::main(
            rest.contains(&"--lopdf-only"),
        ));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let handouts = match arguments.as_slice() {
        ["--show", files @ ..] if !files.is_empty() => runtime.block_on(pipeline::read_files(files))?,
        _ => runtime.block_on(pipeline::read_handouts())?,
    };
    let items = pipeline::items_of(&handouts)?;
    let folder = folder();
    match arguments.as_slice() {
        [] => {
            write(&folder, "items-blind.md", &blind::page(&handouts, &items))?;
            keep_list(&folder, &items, |_| Ok(Vec::new()))
        }
        ["--answers", file] => keep_list(&folder, &items, |list| list.take_over(Path::new(file), &items)),
        ["--check"] => check(&folder, &items),
        ["--show", ..] => {
            show(&items);
            for handout in &handouts {
                refused(handout)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("usage: answerability [--answers FILE | --check | --show [FILE…]]"),
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/generation")
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(name);
    std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
}

fn keep_list(
    folder: &Path,
    items: &[MadeItem],
    change: impl FnOnce(&mut List) -> Result<Vec<String>>,
) -> Result<ExitCode> {
    let mut list = List::read(&folder.join("answerability.csv"))?;
    list.bring_in_step(items);
    let unknown = change(&mut list)?;
    let unknown: Vec<String> = unknown
        .iter()
        .map(|id| format!("{id}: no item any more"))
        .collect();
    say(&unknown);
    write(folder, "answerability.csv", &list.text()?)?;
    report(&list, items);
    Ok(ExitCode::SUCCESS)
}

fn check(folder: &Path, items: &[MadeItem]) -> Result<ExitCode> {
    let list = List::read(&folder.join("answerability.csv"))?;
    let mut findings = list.differences(items);
    let share = report(&list, items);
    if share.is_none_or(|share| share < LEAST_SHARE) {
        findings.push(format!(
            "fewer than {:.0} % of the items were answered with the key",
            LEAST_SHARE * 100.0
        ));
    }
    say(&findings);
    Ok(if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Prints the share per text and kind; the share of all, of answered items.
#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn report(list: &List, items: &[MadeItem]) -> Option<f64> {
    for (name, tally) in list.tallies(items) {
        println!("{name:<24} {tally}");
    }
    let all = list.overall(items);
    println!("{:<24} {all}", "all");
    all.share()
}

#[expect(clippy::print_stdout, reason = "the findings are what this program is for")]
fn say(findings: &[String]) {
    for finding in findings {
        println!("  {finding}");
    }
}

#[expect(clippy::print_stdout, reason = "asked for")]
fn refused(handout: &ReadHandout) -> Result<()> {
    println!("## Refused: {}\n", handout.name);
    for dropped in pipeline::generated(handout)?.dropped {
        println!("- {}: {} ({})", dropped.rule, dropped.reason, dropped.stem);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "asked for")]
fn show(items: &[MadeItem]) {
    for item in items {
        println!("{}", blind::with_key(item));
    }
}
