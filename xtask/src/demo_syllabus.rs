//! `cargo xtask demo-syllabus`: rebuilds the shipped demo syllabus PDF from its Markdown source.
//!
//! The PDF is committed so that the binary can embed it without a build step; a test keeps the two files in step.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

#[path = "../../crates/testkit/src/pdf_writer.rs"]
#[expect(
    unreachable_pub,
    reason = "the file is shared with the test kit, where the items are public"
)]
mod pdf_writer;

use pdf_writer::PdfWriter;

/// Writes `syllabus.pdf` next to `syllabus.md`.
pub(crate) fn run() -> anyhow::Result<()> {
    let folder = demo_folder();
    let pdf = render(&read_source(&folder)?)?;
    let target = folder.join("syllabus.pdf");
    std::fs::write(&target, pdf).with_context(|| format!("writing {}", target.display()))
}

fn demo_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/app/assets/demo")
}

fn read_source(folder: &Path) -> anyhow::Result<String> {
    let source = folder.join("syllabus.md");
    std::fs::read_to_string(&source).with_context(|| format!("reading {}", source.display()))
}

/// Sets the small Markdown subset of the syllabus: one title, numbered headings, paragraphs of one source line, and
/// two kinds of list.
fn render(markdown: &str) -> anyhow::Result<Vec<u8>> {
    let title = markdown
        .lines()
        .find_map(|line| line.strip_prefix("# "))
        .context("the syllabus needs a `# ` title")?;
    let mut writer = PdfWriter::new(title);
    for line in markdown.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(heading) = line.strip_prefix("## ") {
            writer.heading(heading);
        } else if let Some(title) = line.strip_prefix("# ") {
            writer.title(title);
        } else if let Some(item) = line.strip_prefix("- ") {
            writer.list_item("•", item);
        } else if let Some((number, item)) = numbered_item(line) {
            writer.list_item(&format!("{number}."), item);
        } else {
            writer.paragraph(line);
        }
    }
    Ok(writer.finish())
}

fn numbered_item(line: &str) -> Option<(u32, &str)> {
    let (number, item) = line.split_once(". ")?;
    Some((number.parse().ok()?, item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_pdf_is_what_the_source_renders_to() {
        let folder = demo_folder();
        let expected =
            render(&read_source(&folder).expect("the source is readable")).expect("the source renders");
        let committed = std::fs::read(folder.join("syllabus.pdf")).expect("the PDF is committed");
        assert!(
            committed == expected,
            "run `cargo xtask demo-syllabus` and commit the new PDF"
        );
    }

    #[test]
    fn the_syllabus_keeps_its_shape() {
        let source = read_source(&demo_folder()).expect("the source is readable");
        let sections: Vec<&str> = source.split("\n## ").skip(1).collect();
        assert!((6..=8).contains(&sections.len()));
        for section in sections {
            let words = section.split_whitespace().count();
            assert!(
                (250..=420).contains(&words),
                "{words} words in section {:?}",
                section.lines().next()
            );
        }
    }
}
