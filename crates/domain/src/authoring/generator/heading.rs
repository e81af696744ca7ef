//! Telling headings from list entries and prose by their form and their neighbours.

use super::layout::LineKind;
use super::pages::Line;

/// How a heading is marked; the outline picks the rank that divides the text best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// `3` is 1, `3.1` is 2, `Chapter 3` is 1.
    Numbered(usize),
    /// Markdown depth, underlined titles, capitals (1).
    Marked(usize),
    /// A short line of its own in title style.
    Plain,
}

const CHAPTER_WORDS: [&str; 10] = [
    "chapter", "section", "part", "unit", "lesson", "module", "lecture", "appendix", "week", "topic",
];
const LONGEST_TITLE: usize = 80;

/// The kind of a line that starts with a number or looks like a title; `None` for everything else.
pub(super) fn classify_heading(lines: &[Line], index: usize, width: usize) -> Option<LineKind> {
    let view = View { lines, index, width };
    let text = view.text();
    if let Some(title) = text.strip_prefix('#') {
        let depth = 1 + title.chars().take_while(|letter| *letter == '#').count();
        let title = title.trim_matches(['#', ' ']);
        return (depth <= 6 && !title.is_empty())
            .then(|| LineKind::Heading(Rank::Marked(depth), without_number(title).to_owned()));
    }
    if let Some(depth) = view.underlined() {
        return Some(LineKind::Heading(
            Rank::Marked(depth),
            without_number(text).to_owned(),
        ));
    }
    if let Some(number) = Number::parse(text) {
        return view.numbered(&number);
    }
    view.chapter()
        .or_else(|| view.capitals())
        .or_else(|| view.plain())
}

/// A leading `3`, `3.1`, `3)` or `(3)`.
struct Number {
    parts: Vec<u32>,
    /// Followed by a full stop or bracket.
    punctuated: bool,
    /// Length with the space after it, in characters.
    length: usize,
}

impl Number {
    fn parse(text: &str) -> Option<Self> {
        let unwrapped = text.strip_prefix('(').unwrap_or(text);
        let end = unwrapped.find(' ')?;
        let token = &unwrapped[..end];
        let bare = token.trim_end_matches(['.', ')', ':']);
        let parts: Option<Vec<u32>> = bare.split('.').map(|part| part.parse().ok()).collect();
        let parts = parts.filter(|parts| parts.len() <= 4 && parts.iter().all(|part| *part < 100))?;
        let length = text.len() - unwrapped.len() + end + 1;
        Some(Self {
            parts,
            punctuated: bare.len() < token.len(),
            length,
        })
    }
}

fn without_number(title: &str) -> &str {
    Number::parse(title).map_or(title, |number| title.get(number.length..).unwrap_or(title))
}

struct View<'a> {
    lines: &'a [Line],
    index: usize,
    width: usize,
}

impl<'a> View<'a> {
    fn text(&self) -> &'a str {
        &self.lines[self.index].text
    }

    fn next(&self) -> Option<&'a Line> {
        self.lines[self.index + 1..].iter().find(|line| !line.is_blank())
    }

    fn blank_after(&self) -> bool {
        let next = self.lines.get(self.index + 1);
        next.is_none_or(|line| line.is_blank() || line.page != self.lines[self.index].page)
    }

    fn blank_before(&self) -> bool {
        let before = self.index.checked_sub(1).map(|index| &self.lines[index]);
        before.is_none_or(|line| {
            line.is_blank() || line.page != self.lines[self.index].page || line.text.starts_with('#')
        })
    }

    /// Nothing before it is unfinished.
    fn free_before(&self) -> bool {
        self.blank_before() || self.lines[self.index - 1].text.ends_with(['.', '!', '?'])
    }

    fn underlined(&self) -> Option<usize> {
        let under = self.lines.get(self.index + 1)?.text.as_str();
        let mark = under
            .chars()
            .next()
            .filter(|mark| matches!(mark, '=' | '-' | '~'))?;
        let ruled = under.chars().count() >= 3 && under.chars().all(|letter| letter == mark);
        (ruled && self.blank_before() && is_title(self.text())).then_some(if mark == '=' { 1 } else { 2 })
    }

    fn numbered(&self, number: &Number) -> Option<LineKind> {
        let title = self.text().get(number.length..).unwrap_or_default();
        let length = self.text().chars().count();
        let fits = length <= LONGEST_TITLE && (self.blank_after() || length * 4 <= self.width * 3);
        let titled = is_title(title) && fits && self.free_before();
        if let [single] = number.parts.as_slice() {
            let heading = titled && !self.in_list(*single) && (number.punctuated || self.blank_before());
            if heading {
                return Some(LineKind::Heading(Rank::Numbered(1), self.continued(title)));
            }
            return number
                .punctuated
                .then_some(LineKind::Step(*single, number.length));
        }
        titled.then(|| LineKind::Heading(Rank::Numbered(number.parts.len()), self.continued(title)))
    }

    /// The title with its second line, where a narrow column broke it.
    fn continued(&self, title: &str) -> String {
        let rest = self
            .lines
            .get(self.index + 1)
            .map_or("", |line| line.text.as_str());
        let ends = self.lines.get(self.index + 2).is_none_or(Line::is_blank);
        let short = rest.chars().count() * 2 <= self.width && rest.split(' ').count() <= 4;
        let worded = !rest.is_empty() && rest.chars().all(|letter| letter.is_alphabetic() || letter == ' ');
        if ends && short && worded {
            format!("{title} {rest}")
        } else {
            title.to_owned()
        }
    }

    /// A neighbour with the next or the previous number makes a list of it.
    fn in_list(&self, number: u32) -> bool {
        let single = |line: &Line| {
            Number::parse(&line.text)
                .filter(|n| n.parts.len() == 1)
                .map(|n| n.parts[0])
        };
        let before = self.lines[..self.index]
            .iter()
            .rev()
            .find(|line| !line.is_blank());
        self.next().and_then(single) == Some(number + 1)
            || (number > 1 && before.and_then(single) == Some(number - 1))
    }

    fn chapter(&self) -> Option<LineKind> {
        let (word, rest) = self.text().split_once(' ')?;
        let (number, title) = rest.split_once([' ', ':']).unwrap_or((rest, ""));
        let number = number.trim_end_matches(['.', ':']);
        let counted = number.parse::<u32>().is_ok()
            || (!number.is_empty()
                && number.len() <= 4
                && number.chars().all(|letter| "IVXLABCD".contains(letter)));
        let known =
            CHAPTER_WORDS.contains(&word.to_lowercase().as_str()) && word.starts_with(char::is_uppercase);
        let title = title.trim_matches(|letter: char| matches!(letter, ' ' | ':' | '-' | '–' | '—' | '.'));
        let sound = known && counted && self.blank_before() && (title.is_empty() || is_title(title));
        let name = if title.is_empty() { self.text() } else { title };
        sound.then(|| LineKind::Heading(Rank::Numbered(1), name.to_owned()))
    }

    fn capitals(&self) -> Option<LineKind> {
        let text = self.text();
        let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
        let shouted = letters >= 4 && !text.chars().any(char::is_lowercase) && text.split(' ').count() <= 9;
        let sound = shouted && self.blank_before() && is_title(text) && self.leads_text();
        sound.then(|| LineKind::Heading(Rank::Marked(1), text.to_owned()))
    }

    fn plain(&self) -> Option<LineKind> {
        let text = self.text();
        let words = text.split(' ').count();
        if !self.blank_before()
            || words > 9
            || text.chars().count() > 60
            || !is_title(text)
            || is_table_row(text)
            || !self.leads_text()
        {
            return None;
        }
        let styled = is_title_case(text);
        let sound = if self.blank_after() {
            styled || words <= 5
        } else {
            styled && text.len() * 2 <= self.width
        };
        sound.then(|| LineKind::Heading(Rank::Plain, text.to_owned()))
    }

    /// What follows is prose or a list, not another short line as on title pages and in tables.
    fn leads_text(&self) -> bool {
        self.next().is_some_and(|line| {
            let prose = line.text.chars().count() * 2 > self.width || line.text.ends_with(['.', ':']);
            prose || Number::parse(&line.text).is_some() || line.text.starts_with(['•', '-', '*'])
        })
    }
}

/// Starts with a capital, ends like a title, is short.
fn is_title(text: &str) -> bool {
    let starts = text.chars().next().is_some_and(char::is_uppercase);
    let ends = text
        .chars()
        .next_back()
        .is_some_and(|last| last.is_alphanumeric() || matches!(last, ')' | '?' | '!' | '”'));
    let wordy = text.split(' ').count() <= 12 && text.chars().any(char::is_lowercase) || text.len() <= 60;
    starts
        && ends
        && wordy
        && text.chars().count() <= LONGEST_TITLE
        && !text.contains([';', '=', '|', '@', '_'])
}

/// `Supply voltage 230 V`
fn is_table_row(text: &str) -> bool {
    let before_last = text.rsplit(' ').nth(1).unwrap_or_default();
    before_last.starts_with(|letter: char| letter.is_ascii_digit())
}

fn is_title_case(text: &str) -> bool {
    let long: Vec<&str> = text.split(' ').filter(|word| word.chars().count() >= 4).collect();
    let capital = long
        .iter()
        .filter(|word| word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()))
        .count();
    capital * 2 > long.len()
}
