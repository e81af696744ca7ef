//! Which blocks form which section.

use super::heading::Rank;
use super::layout::{Block, BlockKind};

/// A section before its sentences are read.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
}

/// Titles whose text is about the document, not about the subject.
const OUTSIDE_THE_SUBJECT: [&str; 22] = [
    "references",
    "bibliography",
    "index",
    "contents",
    "table of contents",
    "acknowledgements",
    "acknowledgments",
    "acknowledgement",
    "copyright",
    "license",
    "licence",
    "about the author",
    "about the authors",
    "further reading",
    "list of figures",
    "list of tables",
    "colophon",
    "imprint",
    "changelog",
    "works cited",
    "concept index",
    "legal notice",
];
/// Text without headings is divided into sections of about this many characters.
const CHUNK_CHARACTERS: usize = 6_000;
/// Text before the first heading shorter than this share of the whole is a preface and is left out.
const PREFACE_SHARE: usize = 6;

/// Divides a text by its headings, or by size when it has none.
pub(super) fn parts_of(blocks: Vec<Block>) -> Vec<Part> {
    let parts = match dividing_rank(&blocks) {
        Some(rank) => by_heading(blocks, rank),
        None => by_size(&blocks),
    };
    parts.into_iter().filter(|part| !part.blocks.is_empty()).collect()
}

/// The coarsest rank with at least two headings; numbers are trusted more than marks, marks more than looks.
fn dividing_rank(blocks: &[Block]) -> Option<Rank> {
    let count = |rank: Rank| {
        let same = |block: &&Block| block.kind == BlockKind::Heading(rank) && !is_outside(&block.title);
        blocks.iter().filter(same).count()
    };
    let numbered = (1..=4).map(Rank::Numbered);
    let marked = (1..=6).map(Rank::Marked);
    numbered
        .chain(marked)
        .chain([Rank::Plain])
        .find(|rank| count(*rank) >= 2)
}

fn is_outside(title: &str) -> bool {
    let title = title.trim().to_lowercase();
    let legal = ["license", "licence", "copyright", "copying"]
        .iter()
        .any(|word| title.contains(word));
    legal || OUTSIDE_THE_SUBJECT.contains(&title.as_str())
}

fn by_heading(blocks: Vec<Block>, rank: Rank) -> Vec<Part> {
    let total: usize = blocks.iter().map(|block| block.glyphs.len()).sum();
    let mut parts = vec![Part {
        title: String::new(),
        blocks: Vec::new(),
    }];
    let mut outside = false;
    for block in blocks {
        let BlockKind::Heading(own) = block.kind else {
            if let Some(part) = parts.last_mut().filter(|_| !outside) {
                part.blocks.push(block);
            }
            continue;
        };
        if own == rank || is_outside(&block.title) {
            outside = is_outside(&block.title);
            parts.push(Part {
                title: tidy_title(&block.title),
                blocks: Vec::new(),
            });
        } else if let Some(part) = parts.last_mut().filter(|_| !outside) {
            part.blocks.push(block);
        }
    }
    let preface = parts.remove(0);
    let length: usize = preface.blocks.iter().map(|block| block.glyphs.len()).sum();
    if length * PREFACE_SHARE > total {
        parts.insert(0, titled(preface));
    }
    parts
}

/// A preface under its first heading.
fn titled(preface: Part) -> Part {
    let heading = preface.blocks.iter().find(|block| !block.title.is_empty());
    let title = heading.map_or_else(|| "Introduction".to_owned(), |block| tidy_title(&block.title));
    Part { title, ..preface }
}

fn by_size(blocks: &[Block]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut length = 0;
    for block in blocks {
        if parts.is_empty() || length >= CHUNK_CHARACTERS {
            parts.push(Part {
                title: format!("Part {}", parts.len() + 1),
                blocks: Vec::new(),
            });
            length = 0;
        }
        length += block.glyphs.len();
        if let Some(part) = parts.last_mut() {
            part.blocks.push(block.clone());
        }
    }
    parts
}

/// `KEYS AND LOCKS` reads better as `Keys and locks`.
fn tidy_title(title: &str) -> String {
    let title = title.trim();
    if title.chars().any(char::is_lowercase) || title.split(' ').count() < 2 {
        return title.to_owned();
    }
    let lower = title.to_lowercase();
    let mut letters = lower.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Puts neighbours together until there are at most `most` parts.
pub(super) fn at_most(parts: Vec<Part>, most: usize) -> Vec<Part> {
    let count = parts.len();
    if count <= most {
        return parts;
    }
    let mut groups: Vec<Vec<Part>> = Vec::with_capacity(most);
    for (index, part) in parts.into_iter().enumerate() {
        if groups.len() <= index * most / count {
            groups.push(Vec::new());
        }
        if let Some(group) = groups.last_mut() {
            group.push(part);
        }
    }
    groups.into_iter().map(together).collect()
}

/// One part of several; its title names the first and the last.
fn together(group: Vec<Part>) -> Part {
    let title = match group.as_slice() {
        [] => String::new(),
        [only] => only.title.clone(),
        [first, .., last] => format!("{} – {}", first.title, last.title),
    };
    Part {
        title,
        blocks: group.into_iter().flat_map(|part| part.blocks).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::blocks_of;
    use super::super::pages::lines_of;
    use super::*;

    fn titles(text: &str) -> Vec<String> {
        let blocks = blocks_of(&lines_of(&[text.to_owned()]));
        parts_of(blocks).into_iter().map(|part| part.title).collect()
    }

    #[test]
    fn numbered_headings_divide_and_numbered_lists_do_not() {
        let text = "1. Boiling Water\n\nWater boils at 100 degrees.\n1. Fill the kettle.\n2. Switch it on.\n\n\
                    2. Making Tea\n\nTea needs hot water and some patience.\n\nReferences\n\nA book about tea.\n";
        assert_eq!(titles(text), ["Boiling Water", "Making Tea"]);
    }

    #[test]
    fn markdown_capitals_and_plain_titles_divide() {
        let body = "This sentence is long enough to be taken for prose by any reader of it.";
        assert_eq!(
            titles(&format!("# Book\n\n## One\n\n{body}\n\n## Two\n\n{body}\n")),
            ["One", "Two"]
        );
        assert_eq!(
            titles(&format!("FIRST THINGS\n\n{body}\n\nLAST THINGS\n{body}\n")),
            ["First things", "Last things"]
        );
        assert_eq!(
            titles(&format!("Safe Handling\n\n{body}\n\nDaily Care\n\n{body}\n")),
            ["Safe Handling", "Daily Care"]
        );
    }

    #[test]
    fn text_without_headings_is_divided_by_size() {
        let paragraph =
            "A pump moves liquid by mechanical action from one place to another place.\n\n".repeat(200);
        assert_eq!(titles(&paragraph), ["Part 1", "Part 2", "Part 3"]);
    }

    #[test]
    fn more_parts_than_wanted_are_put_together() {
        let part = |index: usize| Part {
            title: format!("T{index}"),
            blocks: Vec::new(),
        };
        let joined = at_most((0..7).map(part).collect(), 3);
        let titles: Vec<&str> = joined.iter().map(|part| part.title.as_str()).collect();
        assert_eq!(titles, ["T0 – T2", "T3 – T4", "T5 – T6"]);
    }
}
