//! Reading one clause as a definition: article, term, relation, body.

use super::super::super::gate::wording::is_stop_word;
use super::super::english::{Casing, bare, is_among, is_plural};
use super::super::quality::is_auxiliary;
use super::definitions::{Article, Definition, Shape, Term};
use super::nouns::{DETERMINERS, PHRASE_BREAKERS};

/// Where a second statement starts inside a sentence.
const CLAUSE_CUTS: [&str; 11] = [
    ", but ",
    ", so ",
    ", whereas ",
    ", while ",
    ", because ",
    "; ",
    " because ",
    ", and then ",
    ", although ",
    ", since ",
    ": ",
];

pub(super) struct Parser<'a> {
    words: Vec<&'a str>,
    casing: &'a Casing,
    article: Article,
    /// Index of the first word of the term.
    start: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn of(clause: &'a str, casing: &'a Casing) -> Option<Self> {
        let words: Vec<&str> = clause.split_whitespace().collect();
        let article = match words.first()?.to_lowercase().as_str() {
            "a" | "an" => Article::Indefinite,
            "the" => Article::Definite,
            _ => Article::None,
        };
        let start = usize::from(article != Article::None);
        Some(Self {
            words,
            casing,
            article,
            start,
        })
    }

    pub(super) fn parse(&self) -> Option<Definition> {
        let mut aliases = Vec::new();
        let mut end = None;
        let mut index = self.start;
        while index < self.words.len().min(self.start + 11) {
            let word = self.words[index];
            let lower = word.to_lowercase();
            if let Some((alias, next)) = self.alias_at(index) {
                aliases.push(alias);
                end = end.or(Some(if word.starts_with('(') { index } else { index + 1 }));
                index = next;
                continue;
            }
            if let Some((shape, verb, body)) = self.relation_at(index) {
                return self.definition(end.unwrap_or(index), aliases, shape, verb, body);
            }
            let breaks = is_among(PHRASE_BREAKERS, &lower) || word.ends_with([',', ';', ':', ')']);
            if end.is_some() || breaks || index - self.start >= 6 {
                return None;
            }
            index += 1;
        }
        None
    }

    /// `Structured Query Language (SQL)` or `…, abbreviated SQL,` or `…, also called a leaf,`.
    fn alias_at(&self, index: usize) -> Option<(String, usize)> {
        let word = self.words[index];
        if word.starts_with('(') && word.ends_with(')') && index > self.start {
            return Some((bare(word).to_owned(), index + 1));
        }
        let intro = self.words.get(index + 1)?.to_lowercase();
        let intro_length = match (
            intro.as_str(),
            self.words
                .get(index + 2)
                .map(|next| next.to_lowercase())
                .as_deref(),
        ) {
            ("also", Some("called")) | ("abbreviated", Some("as")) => 2,
            ("abbreviated" | "called" | "or", _) => 1,
            ("also" | "often" | "commonly", Some("known")) => 3,
            _ => return None,
        };
        if !word.ends_with(',') {
            return None;
        }
        let first = index + 1 + intro_length;
        let last = (first..self.words.len().min(first + 5)).find(|at| self.words[*at].ends_with(','))?;
        let alias = self.words[first..=last].join(" ");
        let alias = alias
            .trim_start_matches("a ")
            .trim_start_matches("an ")
            .trim_start_matches("the ");
        Some((bare(alias).to_owned(), last + 1))
    }

    /// The relation that starts with this word, its verb and where the body starts.
    fn relation_at(&self, index: usize) -> Option<(Shape, String, usize)> {
        if index == self.start {
            return None;
        }
        let word = self.words[index];
        let next = self.words.get(index + 1).map(|next| next.to_lowercase())?;
        match (word, next.as_str()) {
            ("is", "defined") if self.words.get(index + 2) == Some(&"as") => {
                Some((Shape::Noun, "is".to_owned(), index + 3))
            }
            ("is", "a" | "an" | "the" | "any") => Some((Shape::Noun, "is".to_owned(), index + 1)),
            ("are", _) if self.is_plural_definition(index + 1) => {
                Some((Shape::Noun, "are".to_owned(), index + 1))
            }
            ("refers" | "refer", "to") => Some((Shape::Noun, format!("{word} to"), index + 2)),
            ("denotes", _) => Some((Shape::Noun, "denotes".to_owned(), index + 1)),
            ("means" | "states", "that") => Some((Shape::Clause, format!("{word} that"), index + 2)),
            ("occurs" | "arises" | "happens", "when") => Some((Shape::Event, word.to_owned(), index + 1)),
            _ if self.is_action(index, &next) => Some((Shape::Action, word.to_owned(), index + 1)),
            _ => None,
        }
    }

    /// `Enzymes are proteins that …`, but not `Keys are often used …`.
    fn is_plural_definition(&self, body: usize) -> bool {
        let rest = &self.words[body..];
        let first = rest.first().map_or("", |word| *word).to_lowercase();
        let vague = ["ed", "ing", "ly"].iter().any(|end| first.ends_with(end))
            || is_stop_word(&first) && first != "the";
        let relative = rest
            .iter()
            .take(7)
            .position(|word| matches!(*word, "that" | "which" | "whose"));
        let noun = relative.is_some_and(|at| at > 0 && bare(rest[at - 1]).ends_with('s'));
        !vague && noun && self.article != Article::Indefinite
    }

    /// After an article and a singular noun a word in -s before a determiner is a verb.
    fn is_action(&self, index: usize, next: &str) -> bool {
        let verb = self.words[index];
        let ends = verb.ends_with('s')
            && verb.len() > 4
            && !["ss", "us", "is"].iter().any(|end| verb.ends_with(end));
        let before = self.words[index - 1];
        let counted = next.chars().all(|letter| letter.is_ascii_digit());
        let lower = verb.chars().all(char::is_lowercase);
        let noun_before = !is_stop_word(&before.to_lowercase()) && !is_plural(before);
        self.article != Article::None
            && ends
            && lower
            && noun_before
            && (counted || is_among(DETERMINERS, next))
    }

    fn definition(
        &self,
        term_end: usize,
        aliases: Vec<String>,
        shape: Shape,
        verb: String,
        body: usize,
    ) -> Option<Definition> {
        let raw = self.words[self.start..term_end].join(" ");
        let text = raw.trim_end_matches(',').to_owned();
        let text = if self.article == Article::None {
            self.casing.inside(&text)
        } else {
            text
        };
        let body = first_clause(&self.words[body..].join(" "), shape);
        let role = matches!(
            body.split(' ').nth(1),
            Some("same" | "reason" | "case" | "result" | "main" | "most" | "only" | "first" | "last" | "key")
        );
        let plural = matches!(verb.as_str(), "are" | "refer to");
        let term = Term {
            text,
            article: self.article,
            plural,
            aliases,
        };
        let vague_opener = self.article == Article::None && is_vague(self.words[0]);
        (!role && !vague_opener).then_some(Definition {
            term,
            shape,
            verb,
            body,
            sentence: 0,
            section: 0,
            list: None,
        })
    }
}

pub(super) fn is_vague(word: &str) -> bool {
    is_stop_word(&word.to_lowercase())
        || matches!(
            word,
            "Together" | "Many" | "Several" | "Today" | "Nowadays" | "Usually" | "Often"
        )
}

/// `A set of rules for … is called a protocol`.
pub(super) fn called(clause: &str, casing: &Casing) -> Option<Definition> {
    let marks = [" is called ", " is known as ", " is termed "];
    let (subject, name) = marks.iter().find_map(|mark| clause.split_once(mark))?;
    let (article, text) = match name.split_once(' ') {
        Some(("a" | "an", rest)) => (Article::Indefinite, rest),
        Some(("the", rest)) => (Article::Definite, rest),
        _ => (Article::None, name),
    };
    let opener = subject.split(' ').next().unwrap_or_default();
    let sound = matches!(opener, "A" | "An" | "The") && !text.contains(',') && text.split(' ').count() <= 4;
    let breaks = text.split(' ').any(|word| is_among(PHRASE_BREAKERS, word));
    let term = Term {
        text: text.to_owned(),
        article,
        plural: false,
        aliases: Vec::new(),
    };
    let body = casing.inside(subject);
    let definition = Definition {
        term,
        shape: Shape::Noun,
        verb: "is".to_owned(),
        body,
        sentence: 0,
        section: 0,
        list: None,
    };
    (sound && !breaks).then_some(definition)
}

/// The body up to where the sentence starts saying something else.
fn first_clause(body: &str, shape: Shape) -> String {
    let cuts = CLAUSE_CUTS.iter().filter_map(|cut| body.find(cut));
    let mut end = cuts.min().unwrap_or(body.len());
    let joined = body
        .match_indices(", and ")
        .map(|(at, mark)| (at, &body[at + mark.len()..]));
    let mut statements = joined.filter(|(_, rest)| is_statement(rest)).map(|(at, _)| at);
    end = end.min(statements.next().unwrap_or(end));
    let relative = [" that ", " which ", " who ", " whose ", " when ", " where "]
        .iter()
        .filter_map(|mark| body.find(mark))
        .min();
    if shape != Shape::Clause
        && let Some(second) = second_verb(body).filter(|at| relative.is_none_or(|relative| *at < relative))
    {
        end = end.min(second);
    }
    body[..end].to_owned()
}

/// `one second of waggling stands for …`: a subject of its own with a verb behind it.
fn is_statement(rest: &str) -> bool {
    let words: Vec<&str> = rest.split(' ').collect();
    let led = is_among("a an the one this these it they he she each every", words[0]);
    let governs = |next: &str| is_among("a an the for in on to from with about", next);
    led && words.windows(2).skip(1).take(6).any(|pair| {
        let ends = pair[0].ends_with('s') && pair[0].len() > 3 && !pair[0].ends_with("ss");
        is_auxiliary(pair[0]) || ends && governs(pair[1])
    })
}

/// Where `… and describes one fact …` starts a second statement about the term.
fn second_verb(body: &str) -> Option<usize> {
    body.match_indices(" and ")
        .map(|(at, mark)| (at, &body[at + mark.len()..]))
        .find_map(|(at, rest)| {
            let mut words = rest.split(' ');
            let (verb, next) = (words.next()?, words.next()?);
            let modal = matches!(
                verb,
                "can" | "must" | "may" | "is" | "are" | "has" | "have" | "cannot"
            );
            let ends = verb.len() > 3 && verb.ends_with('s') && !verb.ends_with("ss");
            let counted = next.chars().all(|letter| letter.is_ascii_digit());
            (modal || ends && (counted || !is_plural(next) && is_stop_word(next) || next == "concurrent"))
                .then_some(at)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(clause: &str) -> Option<(String, Shape, String)> {
        let casing = Casing::learn(std::iter::once(clause));
        let parser = Parser::of(clause, &casing)?;
        let found = parser.parse().or_else(|| called(clause, &casing))?;
        found
            .sound()
            .then(|| (found.term.text.clone(), found.shape, found.body.clone()))
    }

    fn expect(clause: &str, term: &str, shape: Shape, body: &str) {
        assert_eq!(
            parsed(clause),
            Some((term.to_owned(), shape, body.to_owned())),
            "{clause}"
        );
    }

    #[test]
    fn the_usual_wordings_of_definitions_are_read() {
        expect(
            "A tuple is a single row of a relation and describes one fact about the world",
            "tuple",
            Shape::Noun,
            "a single row of a relation",
        );
        expect(
            "Structured Query Language, abbreviated SQL, is a declarative language for querying data",
            "Structured Query Language",
            Shape::Noun,
            "a declarative language for querying data",
        );
        expect(
            "Enzymes are proteins that speed up chemical reactions",
            "enzymes",
            Shape::Noun,
            "proteins that speed up chemical reactions",
        );
        expect(
            "A dirty read occurs when a transaction reads unfinished data",
            "dirty read",
            Shape::Event,
            "when a transaction reads unfinished data",
        );
        expect(
            "A cross join returns every combination of rows, so two tables give many rows",
            "cross join",
            Shape::Action,
            "every combination of rows",
        );
        expect(
            "A set of rules that both sides follow is called a protocol",
            "protocol",
            Shape::Noun,
            "a set of rules that both sides follow",
        );
    }

    #[test]
    fn what_only_looks_like_a_definition_is_left_alone() {
        for clause in [
            "The main reason is the low price of the new devices",
            "A page that is found in the pool avoids a disk access",
            "Keys are often used in many of the tables",
            "The result is the sum of both numbers in the list",
            "There is a lock on every row of the table",
        ] {
            assert_eq!(parsed(clause), None, "{clause}");
        }
    }
}
