//! `X consists of A, B and C`, `…, namely A, B and C`, and lists of short entries.

use std::collections::BTreeSet;

use super::super::super::gate::wording::{is_stop_word, normal};
use super::super::document::{Document, List};
use super::super::english::{bare, base_form, is_among, without_stop};
use super::super::quality::{is_clean, opens_backward};
use super::definitions::{Definition, Shape};

/// Several things that belong to one.
#[derive(Clone, Debug)]
pub(in super::super) struct Enumeration {
    /// The question without its closing mark.
    pub(in super::super) question: String,
    /// As written in the text, in its order.
    pub(in super::super) members: Vec<String>,
    /// The lead and the entries, or the one sentence.
    pub(in super::super) sentences: Vec<usize>,
    pub(in super::super) section: usize,
}

/// Verb in the text, question before and after the subject for one and for several.
const SUBJECT_VERBS: [(&str, &str, &str); 12] = [
    (" consists of ", "Which of the following does ", " consist of"),
    (" consist of ", "Which of the following do ", " consist of"),
    (" includes ", "Which of the following does ", " include"),
    (" include ", "Which of the following do ", " include"),
    (" comprises ", "Which of the following does ", " comprise"),
    (" contains ", "Which of the following does ", " contain"),
    (" is made up of ", "Of which of the following is ", " made up"),
    (" is composed of ", "Of which of the following is ", " composed"),
    (" is divided into ", "Into which of the following is ", " divided"),
    (
        " are divided into ",
        "Into which of the following are ",
        " divided",
    ),
    (" supports ", "Which of the following does ", " support"),
    (" affects ", "Which of the following does ", " affect"),
];
/// Marks after which only names follow.
const STATEMENT_MARKS: [&str; 3] = [", namely ", ", that is, ", ": "];

/// Words by which a sentence announces that a list follows.
const ANNOUNCING: &str = "\
    two three four five six seven eight nine ten several various different main following kinds types \
    forms parts classes categories groups levels layers properties principles rules components elements \
    phases methods algorithms factors divided include includes including consists functions features \
    guarantees";

pub(super) fn enumerated_in(
    document: &Document<'_>,
    plain: &[usize],
    definitions: &[Definition],
) -> Vec<Enumeration> {
    let prose = plain.iter().filter_map(|index| in_sentence(document, *index));
    let acted = definitions.iter().filter_map(objects_of);
    let lists = document.lists.iter().filter_map(|list| in_list(document, list));
    let examples = document.lists.iter().flat_map(|list| {
        list.entries
            .iter()
            .filter_map(|entry| examples_in(document, *entry))
    });
    let mut found: Vec<Enumeration> = prose.chain(lists).chain(examples).collect();
    let known: BTreeSet<usize> = found
        .iter()
        .filter_map(|list| list.sentences.first().copied())
        .collect();
    found.extend(acted.filter(|list| !known.contains(&list.sentences[0])));
    found
}

fn in_sentence(document: &Document<'_>, index: usize) -> Option<Enumeration> {
    let text = without_stop(document.text(index));
    let section = document.sentences[index].section;
    let found = |question: String, members: Vec<String>| Enumeration {
        question,
        members,
        sentences: vec![index],
        section,
    };
    for (verb, before, after) in SUBJECT_VERBS {
        if let Some((subject, rest)) = text.split_once(verb)
            && let Some(members) = members_of(rest)
            && subject.split(' ').count() <= 10
            && !subject.contains(',')
        {
            return Some(found(
                format!("{before}{}{after}", document.casing.inside(subject)),
                members,
            ));
        }
    }
    let (statement, rest) = STATEMENT_MARKS.iter().find_map(|mark| text.split_once(mark))?;
    let members = members_of(rest)?;
    Some(found(
        format!("“{statement}.” Which of the following are meant"),
        members,
    ))
}

/// `A program stores the speed, the time and the temperature` → `Which of the following does a program store?`
fn objects_of(definition: &Definition) -> Option<Enumeration> {
    let members = members_of(&definition.body)?;
    (definition.shape == Shape::Action).then(|| Enumeration {
        question: format!(
            "Which of the following does {} {}",
            definition.term.with_article(),
            base_form(&definition.verb)
        ),
        members,
        sentences: vec![definition.sentence],
        section: definition.section,
    })
}

fn in_list(document: &Document<'_>, list: &List) -> Option<Enumeration> {
    let lead = list.lead?;
    let text = document.text(lead);
    let statement = without_stop(text);
    let named =
        (4..=30).contains(&statement.split(' ').count()) && is_clean(statement) && !opens_backward(text);
    let words = normal(statement);
    let announced = text.ends_with(':') || words.split(' ').any(|word| is_among(ANNOUNCING, word));
    if list.ordered || !named || !announced || points_at_reader(statement) {
        return None;
    }
    let name = |entry: &usize| {
        let text = without_stop(document.text(*entry));
        text.split_once(": ").map_or(text, |(label, _)| label).to_owned()
    };
    let members: Vec<String> = list.entries.iter().map(name).take(6).collect();
    let short = members
        .iter()
        .all(|member| member.split(' ').count() <= 6 && (is_clean(member) || is_identifier(member)));
    let sentences = std::iter::once(lead)
        .chain(list.entries.iter().copied().take(6))
        .collect();
    let question = format!("“{statement}.” Which of the following belong here");
    let section = list.section;
    (short && members.len() >= 3 && distinct(&members)).then_some(Enumeration {
        question,
        members,
        sentences,
        section,
    })
}

/// `FA-24`
fn is_identifier(member: &str) -> bool {
    member.starts_with(char::is_uppercase)
        && member
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '-')
}

fn points_at_reader(statement: &str) -> bool {
    statement.split(' ').any(|word| {
        matches!(
            bare(word).to_lowercase().as_str(),
            "you" | "your" | "we" | "this" | "these" | "below" | "see"
        )
    })
}

/// `Data definition language: statements such as CREATE, ALTER and DROP that …`.
fn examples_in(document: &Document<'_>, entry: usize) -> Option<Enumeration> {
    let (label, body) = without_stop(document.text(entry)).split_once(": ")?;
    let (before, rest) = body.split_once(" such as ")?;
    let members = members_of(rest)?;
    let sound = is_clean(label) && label.split(' ').count() <= 5 && before.split(' ').count() <= 4;
    let question = format!(
        "Which of the following are examples of {before} under “{}”",
        document.casing.inside(label)
    );
    let section = document.sentences[entry].section;
    sound.then_some(Enumeration {
        question,
        members,
        sentences: vec![entry],
        section,
    })
}

/// Three to six short names; `None` when the text is anything but a plain list of names.
fn members_of(text: &str) -> Option<Vec<String>> {
    let text = [" that ", ", which ", " in order to "]
        .iter()
        .fold(text, |text, mark| text.split(mark).next().unwrap_or(text));
    let (head, last) = text.rsplit_once(" and ").or_else(|| text.rsplit_once(" or "))?;
    let head = head.trim_end_matches(',');
    let mut members: Vec<String> = head
        .split(", ")
        .chain([last])
        .map(|member| without_article(member.trim()).to_owned())
        .collect();
    members.retain(|member| !member.is_empty());
    let named = |member: &String| {
        let words: Vec<&str> = member.split(' ').collect();
        words.len() <= 4
            && is_clean(member)
            && words
                .iter()
                .all(|word| *word == "of" || !is_stop_word(&word.to_lowercase()))
    };
    ((3..=6).contains(&members.len()) && members.iter().all(named) && distinct(&members)).then_some(members)
}

fn without_article(member: &str) -> &str {
    ["a ", "an ", "the ", "both "]
        .iter()
        .find_map(|article| member.strip_prefix(article))
        .unwrap_or(member)
}

fn distinct(members: &[String]) -> bool {
    members
        .iter()
        .map(|member| normal(member))
        .collect::<BTreeSet<_>>()
        .len()
        == members.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lists_of_names_are_taken_apart() {
        let names = members_of("read committed, repeatable read and serializable").unwrap();
        assert_eq!(names, ["read committed", "repeatable read", "serializable"]);
        assert_eq!(
            members_of("CREATE, ALTER, and DROP that change the schema").unwrap(),
            ["CREATE", "ALTER", "DROP"]
        );
    }

    #[test]
    fn clauses_are_no_names() {
        assert_eq!(
            members_of("a heading, which names the attributes, and a body"),
            None
        );
        assert_eq!(
            members_of("rows that users see, pages on the disk and what the server keeps"),
            None
        );
    }
}
