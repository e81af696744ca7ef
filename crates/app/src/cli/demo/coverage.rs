//! Which sections and pages of the text have items.

use std::collections::BTreeSet;

use super::replies::Definition;

/// The text that the shipped PDF was made of; its headings are what has to be covered.
const SHIPPED_TEXT: &str = include_str!("../../../assets/demo/syllabus.md");

/// What the items of an assessment cover.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Coverage {
    /// Titles of the text's sections with their number of items, in order.
    pub(super) sections: Vec<(String, usize)>,
    /// Pages that at least one item quotes.
    pub(super) quoted_pages: usize,
}

impl Coverage {
    /// Counts items per expected section; without an expectation the assessment's own sections are all there are.
    pub(super) fn of(definition: &Definition, expected: Option<Vec<String>>) -> Self {
        let own = definition.sections.iter().map(|section| section.title.clone());
        let count = |title: &String| {
            let same = definition
                .sections
                .iter()
                .filter(|section| plain(&section.title) == plain(title));
            same.map(|section| section.items.len()).sum()
        };
        let titles = expected.unwrap_or_else(|| own.collect());
        let sections = titles
            .into_iter()
            .map(|title| (title.clone(), count(&title)))
            .collect();
        let pages: BTreeSet<u32> = definition
            .items()
            .filter_map(|item| item.source.as_ref())
            .map(|source| source.page)
            .collect();
        Self {
            sections,
            quoted_pages: pages.len(),
        }
    }

    /// Titles without a single item.
    pub(super) fn missing(&self) -> Vec<&str> {
        self.sections
            .iter()
            .filter(|(_, items)| *items == 0)
            .map(|(title, _)| title.as_str())
            .collect()
    }
}

/// Titles of the shipped text's sections, without their numbers.
pub(super) fn shipped_sections() -> Vec<String> {
    let headings = SHIPPED_TEXT.lines().filter_map(|line| line.strip_prefix("## "));
    headings
        .map(|heading| {
            heading
                .split_once(". ")
                .map_or(heading, |(_, title)| title)
                .trim()
                .to_owned()
        })
        .collect()
}

/// Letters and digits only: a PDF may break or space a title differently.
fn plain(title: &str) -> String {
    title
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::definition;
    use super::*;

    #[test]
    fn the_shipped_text_has_numbered_sections() {
        let sections = shipped_sections();
        assert!(sections.len() >= 5, "{sections:?}");
        assert_eq!(sections[0], "The Relational Model");
    }

    #[test]
    fn a_section_without_items_is_missing() {
        let expected = ["keys and  locks", "Recovery"].map(str::to_owned).to_vec();
        let coverage = Coverage::of(&definition(), Some(expected));
        assert_eq!(coverage.missing(), ["Recovery"]);
        assert_eq!(coverage.sections[0].1, 3);
        assert_eq!(coverage.quoted_pages, 1);
    }

    #[test]
    fn without_an_expectation_the_own_sections_count() {
        let coverage = Coverage::of(&definition(), None);
        assert_eq!(coverage.sections, [("Keys and locks".to_owned(), 3)]);
        assert!(coverage.missing().is_empty());
    }
}
