//! From lines to blocks: headings, paragraphs, list entries; tables of contents, code and loose fragments fall out.

use std::collections::BTreeSet;

use super::heading::{Rank, classify_heading};
use super::pages::{Glyph, Line};

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    Heading(Rank),
    Paragraph,
    Bullet,
    /// An entry of a numbered list, with its number.
    Step(u32),
}

/// A run of text that belongs together.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) kind: BlockKind,
    pub(super) glyphs: Vec<Glyph>,
    /// The title of a heading; empty for other blocks.
    pub(super) title: String,
}

/// What one line is, seen in its neighbourhood.
pub(super) enum LineKind {
    Heading(Rank, String),
    /// Length of the marker in characters.
    Bullet(usize),
    Step(u32, usize),
    Junk,
    Text,
}

/// A line shorter than this share of the usual width ends a paragraph when it ends a sentence.
const SHORT_LINE: (usize, usize) = (3, 4);
/// A line shorter than this share that ends no sentence is a fragment.
const FRAGMENT: (usize, usize) = (1, 2);

/// Joins hard-wrapped lines into blocks.
pub(super) fn blocks_of(lines: &[Line]) -> Vec<Block> {
    let width = usual_width(lines);
    let vocabulary = vocabulary_of(lines);
    let mut builder = Builder {
        blocks: Vec::new(),
        open: None,
        width,
        vocabulary,
        blank: false,
    };
    let mut fenced = false;
    for (index, line) in lines.iter().enumerate() {
        if line.text.starts_with("```") || line.text.starts_with("~~~") {
            fenced = !fenced;
            builder.close();
        } else if line.is_blank() || fenced {
            builder.blank = true;
        } else {
            builder.take(classify(lines, index, width), line);
        }
    }
    builder.close();
    builder.blocks
}

fn classify(lines: &[Line], index: usize, width: usize) -> LineKind {
    let text = lines[index].text.as_str();
    if is_contents_line(text) || is_rule(text) {
        return LineKind::Junk;
    }
    if let Some(kind) = classify_heading(lines, index, width) {
        return kind;
    }
    if let Some(length) = bullet_length(text) {
        return LineKind::Bullet(length);
    }
    if is_code(text) {
        LineKind::Junk
    } else {
        LineKind::Text
    }
}

struct Builder {
    blocks: Vec<Block>,
    open: Option<Open>,
    width: usize,
    vocabulary: BTreeSet<String>,
    blank: bool,
}

/// The block under construction with what its last line looked like.
struct Open {
    block: Block,
    last_length: usize,
    last_page: u32,
}

impl Builder {
    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.blocks.push(open.block);
        }
    }

    fn take(&mut self, kind: LineKind, line: &Line) {
        let after_blank = std::mem::take(&mut self.blank);
        match kind {
            LineKind::Junk => self.close(),
            LineKind::Heading(rank, title) => {
                self.close();
                self.blocks.push(Block {
                    kind: BlockKind::Heading(rank),
                    glyphs: line.glyphs.clone(),
                    title,
                });
            }
            LineKind::Bullet(marker) => self.start(BlockKind::Bullet, &line.glyphs[marker..], line),
            LineKind::Step(number, marker) => {
                self.start(BlockKind::Step(number), &line.glyphs[marker..], line);
            }
            LineKind::Text => {
                if self
                    .open
                    .as_ref()
                    .is_some_and(|open| open.continues(line, after_blank, self.width))
                {
                    self.join(line);
                } else {
                    self.start(BlockKind::Paragraph, &line.glyphs, line);
                }
            }
        }
    }

    fn start(&mut self, kind: BlockKind, glyphs: &[Glyph], line: &Line) {
        self.close();
        let block = Block {
            kind,
            glyphs: glyphs.to_vec(),
            title: String::new(),
        };
        self.open = Some(Open {
            block,
            last_length: line.glyphs.len(),
            last_page: line.page,
        });
    }

    fn join(&mut self, line: &Line) {
        let Some(open) = &mut self.open else { return };
        let glyphs = &mut open.block.glyphs;
        match hyphen_at_break(glyphs, line, &self.vocabulary) {
            Some(Hyphen::OfTheWord) => {}
            Some(Hyphen::OfTheLine) => {
                glyphs.pop();
            }
            None => glyphs.extend(glyphs.last().copied().map(|last| Glyph { letter: ' ', ..last })),
        }
        glyphs.extend(&line.glyphs);
        open.last_length = line.glyphs.len();
        open.last_page = line.page;
    }
}

impl Open {
    fn continues(&self, line: &Line, after_blank: bool, width: usize) -> bool {
        let ended = ends_sentence(&self.block.glyphs);
        let lower = line.text.chars().next().is_some_and(char::is_lowercase);
        let shorter_than = |share: (usize, usize)| self.last_length * share.1 < width * share.0;
        if line.page != self.last_page {
            return !ended && (lower || !shorter_than(SHORT_LINE));
        }
        if after_blank {
            return !ended && lower;
        }
        if ended {
            lower || !shorter_than(SHORT_LINE)
        } else {
            lower || !shorter_than(FRAGMENT)
        }
    }
}

fn ends_sentence(glyphs: &[Glyph]) -> bool {
    let closing = |letter: char| matches!(letter, ')' | '"' | '”' | '’' | '\'');
    let last = glyphs
        .iter()
        .rev()
        .map(|glyph| glyph.letter)
        .find(|letter| !closing(*letter));
    last.is_some_and(|letter| matches!(letter, '.' | '!' | '?' | ':' | ';'))
}

enum Hyphen {
    OfTheWord,
    OfTheLine,
}

/// Whether a hyphen at the end of a line belongs to the word (`non-key`) or only to the line break (`manip-ulation`).
fn hyphen_at_break(glyphs: &[Glyph], line: &Line, vocabulary: &BTreeSet<String>) -> Option<Hyphen> {
    let [.., before, last] = glyphs else { return None };
    let after = line.text.chars().next()?;
    if last.letter != '-' || !before.letter.is_alphabetic() || !after.is_alphabetic() {
        return None;
    }
    let is_word = |letter: &char| letter.is_alphanumeric() || *letter == '-';
    let head: Vec<char> = glyphs[..glyphs.len() - 1]
        .iter()
        .rev()
        .map(|g| g.letter)
        .take_while(is_word)
        .collect();
    let head: String = head.into_iter().rev().collect::<String>().to_lowercase();
    let tail: String = line
        .text
        .chars()
        .take_while(is_word)
        .collect::<String>()
        .to_lowercase();
    if vocabulary.contains(&format!("{head}{tail}")) {
        return Some(Hyphen::OfTheLine);
    }
    let compound = vocabulary.contains(&format!("{head}-{tail}"))
        || (vocabulary.contains(&head) && vocabulary.contains(&tail))
        || after.is_uppercase();
    Some(if compound {
        Hyphen::OfTheWord
    } else {
        Hyphen::OfTheLine
    })
}

fn vocabulary_of(lines: &[Line]) -> BTreeSet<String> {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    // The halves of words broken at a line end are not words.
    let whole = |line: &Line| {
        let broken = line.text.ends_with('-');
        let mut words: Vec<String> = line.text.split(' ').map(bare).collect();
        if broken {
            words.pop();
        }
        words
    };
    lines
        .iter()
        .filter(|line| !line.is_blank())
        .flat_map(whole)
        .collect()
}

/// Length that nine tenths of the lines stay below; at least 40.
fn usual_width(lines: &[Line]) -> usize {
    let mut lengths: Vec<usize> = lines
        .iter()
        .filter(|line| !line.is_blank())
        .map(|line| line.glyphs.len())
        .collect();
    lengths.sort_unstable();
    lengths
        .get(lengths.len() * 9 / 10)
        .copied()
        .unwrap_or(0)
        .clamp(40, 120)
}

fn bullet_length(text: &str) -> Option<usize> {
    let mut letters = text.chars();
    let opening: Vec<char> = text.chars().take(4).collect();
    if let [letter, '.' | ')', ' ', next] = opening.as_slice()
        && letter.is_alphabetic()
        && next.is_uppercase()
    {
        return Some(3);
    }
    let marked = matches!(
        letters.next()?,
        '•' | '‣' | '◦' | '▪' | '●' | '○' | '·' | '∙' | '■' | '–' | '—' | '-' | '*' | '+'
    );
    (marked && letters.next() == Some(' ') && letters.next().is_some_and(|c| c.is_alphanumeric() || c == '“'))
        .then_some(2)
}

fn is_contents_line(text: &str) -> bool {
    text.contains(". . .") || text.contains("....") || text.contains("……")
}

fn is_rule(text: &str) -> bool {
    text.chars().count() >= 3
        && text
            .chars()
            .all(|letter| matches!(letter, '-' | '=' | '_' | '*' | '~' | '—' | ' '))
}

/// Program text, tables and formulas: brackets and symbols where prose has letters.
fn is_code(text: &str) -> bool {
    let marks = ["::=", "{", "}", "=>", "->", "();", "$ ", "</", "|", "\\", "://"];
    if marks.iter().any(|mark| text.contains(mark)) || text.ends_with(';') && !text.contains(' ') {
        return true;
    }
    let visible = text.chars().filter(|letter| !letter.is_whitespace()).count();
    let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
    letters * 10 < visible * 6 && visible > 12
}
