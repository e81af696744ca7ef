//! The text as the makers of items see it: sections, sentences, lists, and where each of them stands.

use super::super::blueprint::Blueprint;
use super::super::item::SourceSpan;
use super::SourceText;
use super::english::Casing;
use super::layout::{Block, BlockKind, blocks_of};
use super::outline::{Part, at_most, parts_of};
use super::pages::lines_of;
use super::sentences::{entry_of, sentences_of};

/// A part of one page of one source, in characters of the page's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) source: usize,
    /// From 0.
    pub(super) page: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Place {
    /// From the first to the last of these places; `None` when they are not all on one page.
    pub(super) fn around(places: &[Self]) -> Option<Self> {
        let first = places.first()?;
        let together = places
            .iter()
            .all(|place| place.source == first.source && place.page == first.page);
        let start = places.iter().map(|place| place.start).min()?;
        let end = places.iter().map(|place| place.end).max()?;
        together.then_some(Self { start, end, ..*first })
    }
}

/// What a sentence is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Prose,
    Entry,
}

#[derive(Clone, Debug)]
pub(super) struct Sentence {
    /// Cleaned, with its final mark.
    pub(super) text: String,
    pub(super) place: Place,
    /// Whether all of it is on the page of its place.
    pub(super) whole: bool,
    pub(super) section: usize,
    pub(super) form: Form,
}

/// Entries of a list with the sentence that leads to it.
#[derive(Debug)]
pub(super) struct List {
    pub(super) lead: Option<usize>,
    pub(super) entries: Vec<usize>,
    /// Numbered from 1 without gaps.
    pub(super) ordered: bool,
    pub(super) section: usize,
}

#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) sentences: std::ops::Range<usize>,
}

pub(super) struct Document<'a> {
    sources: &'a [SourceText],
    pub(super) sections: Vec<Section>,
    pub(super) sentences: Vec<Sentence>,
    pub(super) lists: Vec<List>,
    pub(super) casing: Casing,
}

/// A section with fewer sentences joins the one before it.
const FEWEST_SENTENCES: usize = 4;

impl<'a> Document<'a> {
    /// What the text of a sentence is about, as whoever uploaded it says.
    pub(super) fn subject_of(&self, sentence: usize) -> &str {
        &self.sources[self.sentences[sentence].place.source].subject
    }

    pub(super) fn read(sources: &'a [SourceText], blueprint: &Blueprint) -> Self {
        let mut document = Self {
            sources,
            sections: Vec::new(),
            sentences: Vec::new(),
            lists: Vec::new(),
            casing: Casing::default(),
        };
        let mut texts: Vec<Vec<Part>> = sources
            .iter()
            .map(|source| parts_of(blocks_of(&lines_of(&source.pages))))
            .collect();
        let most = share_of_sections(&texts, blueprint.max_sections);
        for (source, parts) in texts.drain(..).enumerate() {
            for part in at_most(parts, most) {
                document.add_part(source, part);
            }
        }
        document.casing = Casing::learn(document.sentences.iter().map(|sentence| sentence.text.as_str()));
        document
    }

    fn add_part(&mut self, source: usize, part: Part) {
        let first = self.sentences.len();
        let section = self.sections.len();
        for block in &part.blocks {
            self.add_block(block, source, section);
        }
        let count = self.sentences.len() - first;
        let joins = self.sections.last().is_some_and(|last| {
            let same_source = self.sentences[last.sentences.clone()]
                .last()
                .is_some_and(|s| s.place.source == source);
            same_source && count < FEWEST_SENTENCES
        });
        if !joins {
            if count > 0 {
                self.sections.push(Section {
                    title: part.title,
                    sentences: first..self.sentences.len(),
                });
            }
            return;
        }
        for sentence in &mut self.sentences[first..] {
            sentence.section = section - 1;
        }
        for list in self.lists.iter_mut().filter(|list| list.section == section) {
            list.section = section - 1;
        }
        if let Some(last) = self.sections.last_mut() {
            last.sentences.end = self.sentences.len();
        }
    }

    fn add_block(&mut self, block: &Block, source: usize, section: usize) {
        let number = match block.kind {
            BlockKind::Heading(_) => return,
            BlockKind::Paragraph => {
                self.sentences
                    .extend(sentences_of(&block.glyphs, source, section));
                return;
            }
            BlockKind::Bullet => None,
            BlockKind::Step(number) => Some(number),
        };
        let Some(entry) = entry_of(&block.glyphs, source, section) else {
            return;
        };
        self.sentences.push(entry);
        self.add_entry(self.sentences.len() - 1, number, section);
    }

    fn add_entry(&mut self, index: usize, number: Option<u32>, section: usize) {
        let counted = number.map(|number| usize::try_from(number).unwrap_or(0));
        // An entry continues the list that ended with the sentence just before it.
        if let Some(list) = self.lists.last_mut() {
            let follows =
                list.section == section && list.entries.last().is_some_and(|last| last + 1 == index);
            let expected = list.ordered.then_some(list.entries.len() + 1);
            if follows && counted == expected {
                list.entries.push(index);
                return;
            }
        }
        let lead = index.checked_sub(1).filter(|lead| {
            let before = &self.sentences[*lead];
            before.section == section && before.form == Form::Prose
        });
        self.lists.push(List {
            lead,
            entries: vec![index],
            ordered: number == Some(1),
            section,
        });
    }

    /// The span of a place as it is cited in an item.
    pub(super) fn span(&self, place: Place) -> SourceSpan {
        span_in(self.sources, place)
    }

    /// The sentences that a citation touches.
    pub(super) fn sentences_at(&self, span: &SourceSpan) -> Vec<usize> {
        let touched = |sentence: &Sentence| {
            let place = sentence.place;
            self.sources[place.source].syllabus_id == span.syllabus_id
                && place.page + 1 == span.page
                && place.start < span.end
                && span.start < place.end
        };
        (0..self.sentences.len())
            .filter(|index| touched(&self.sentences[*index]))
            .collect()
    }

    /// The place from the first to the last of these sentences; `None` when they are not all on one page.
    pub(super) fn place_of(&self, sentences: &[usize]) -> Option<Place> {
        let places: Vec<Place> = sentences
            .iter()
            .map(|index| self.sentences[*index].place)
            .collect();
        Place::around(&places)
    }

    pub(super) fn text(&self, sentence: usize) -> &str {
        &self.sentences[sentence].text
    }
}

/// The span of a place as it is cited in an item.
pub(super) fn span_in(sources: &[SourceText], place: Place) -> SourceSpan {
    let source = &sources[place.source];
    let page = usize::try_from(place.page)
        .ok()
        .and_then(|page| source.pages.get(page));
    let count = usize::try_from(place.end.saturating_sub(place.start)).unwrap_or(0);
    let skipped = usize::try_from(place.start).unwrap_or(0);
    let quote = page
        .map(|text| text.chars().skip(skipped).take(count).collect())
        .unwrap_or_default();
    SourceSpan {
        syllabus_id: source.syllabus_id,
        page: place.page + 1,
        start: place.start,
        end: place.end,
        quote,
    }
}

/// Each source may have as many sections as keep the whole below the limit, at least one.
fn share_of_sections(texts: &[Vec<Part>], most: usize) -> usize {
    let total: usize = texts.iter().map(Vec::len).sum();
    if total <= most {
        return total.max(1);
    }
    // The largest equal cap that keeps the sum within the limit.
    let fits = |cap: &usize| texts.iter().map(|parts| parts.len().min(*cap)).sum::<usize>() <= most;
    (1..=most).rev().find(fits).unwrap_or(1)
}
