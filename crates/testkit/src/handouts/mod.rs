//! Three unlike course texts as PDF files: a handout full of definitions and procedures, a lecture told as a story with
//! hardly a definition, and an operating manual in two columns with tables, lists and numbers.
//!
//! The texts were written for this repository. The files have what real ones have: running headers and footers, words
//! broken at line ends, columns, tables. The same call always gives the same bytes.

mod typeset;

use typeset::{Layout, Typesetter};

/// A text with its file.
pub struct Handout {
    /// Short and stable, for file names and tables.
    pub name: &'static str,
    /// What it is about.
    pub subject: &'static str,
    /// The source: `#`, `##`, paragraphs of one line, `- `, `1. ` and `| cell | cell |`.
    pub markdown: &'static str,
    /// The file.
    pub pdf: Vec<u8>,
}

/// All three.
pub fn handouts() -> Vec<Handout> {
    let sources = [
        (
            "operating-systems",
            "Operating Systems",
            include_str!("../../assets/handouts/operating-systems.md"),
            1,
        ),
        (
            "honeybees",
            "The Year of the Honeybee",
            include_str!("../../assets/handouts/honeybees.md"),
            1,
        ),
        (
            "centrifuge",
            "Benchtop Centrifuge TC-40",
            include_str!("../../assets/handouts/centrifuge.md"),
            2,
        ),
    ];
    let handout = |(name, subject, markdown, columns)| Handout {
        name,
        subject,
        markdown,
        pdf: set(
            markdown,
            Layout {
                columns,
                running_head: subject,
            },
        ),
    };
    sources.into_iter().map(handout).collect()
}

fn set(markdown: &str, layout: Layout<'_>) -> Vec<u8> {
    let mut setter = Typesetter::new(layout);
    for line in markdown.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(heading) = line.strip_prefix("## ") {
            setter.heading(heading);
        } else if let Some(title) = line.strip_prefix("# ") {
            setter.title(title);
        } else if let Some(entry) = line.strip_prefix("- ") {
            setter.entry("•", entry);
        } else if let Some(row) = line.strip_prefix("| ") {
            let cells: Vec<&str> = row.trim_end_matches('|').split('|').map(str::trim).collect();
            setter.row(&cells);
        } else if let Some((number, step)) = numbered(line) {
            setter.entry(&format!("{number}."), step);
        } else {
            setter.paragraph(line);
        }
    }
    setter.finish()
}

fn numbered(line: &str) -> Option<(u32, &str)> {
    let (number, step) = line.split_once(". ")?;
    Some((number.parse().ok()?, step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_handout_has_three_to_eight_pages_and_the_same_bytes_again() {
        let (once, again) = (handouts(), handouts());
        assert_eq!(once.len(), 3);
        for (one, other) in once.iter().zip(&again) {
            assert_eq!(one.pdf, other.pdf, "{}", one.name);
            let text = String::from_utf8_lossy(&one.pdf);
            let pages = text.matches("/Type /Page ").count();
            assert!((3..=8).contains(&pages), "{} has {pages} pages", one.name);
        }
    }

    #[test]
    fn words_are_broken_and_columns_are_used() {
        let mut broken_words = 0;
        for handout in handouts() {
            let text = String::from_utf8_lossy(&handout.pdf).into_owned();
            let broken_here = text.matches("-) Tj").count();
            assert!(broken_here >= 1, "{}", handout.name);
            assert!(text.contains(handout.subject), "{}", handout.name);
            broken_words += broken_here;
        }
        assert!(broken_words >= 12, "{broken_words} words are broken");
    }
}
