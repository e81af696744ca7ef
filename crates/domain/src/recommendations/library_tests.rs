use std::sync::Mutex;

use super::super::testing::{Forgetful, Sense, credential, skill};
use super::*;

fn query(name: &str, topics: &[&str]) -> Query {
    Query::of(&skill("http-apis", name, (40.0, 70.0), topics))
}

/// The ids of entries that fit, with the fit.
fn fits(credentials: Vec<Credential>, embedder: &dyn Embedder, query: Query) -> Vec<(u128, Fit)> {
    let library = Library::build(credentials, embedder).unwrap();
    let found = library.find(&[query], embedder).unwrap();
    let fits = library.entries.iter().zip(&found[0].fits);
    fits.filter_map(|(entry, fit)| Some((entry.credential.id.0.as_u128(), (*fit)?)))
        .collect()
}

#[test]
fn a_skill_is_searched_with_its_name_and_the_topics_of_its_evidence_once_each() {
    let topics = [
        "Status codes",
        "http apis",
        " ",
        "status CODES",
        "Use of 2 caches",
    ];
    let query = query("HTTP APIs", &topics);
    assert_eq!(query.text, "HTTP APIs. Status codes. Use of 2 caches");
    let stems: Vec<&str> = query.stems.iter().map(String::as_str).collect();
    assert_eq!(stems, ["api", "cach", "code", "http", "status"]);
}

#[test]
fn a_skill_in_frequent_words_alone_is_searched_with_those() {
    assert_eq!(
        query("Problem and solution", &[]).stems,
        BTreeSet::from(["solut".to_owned()])
    );
    assert_eq!(
        query("The process", &[]).stems,
        BTreeSet::from(["process".to_owned()])
    );
}

#[test]
fn a_query_is_bounded() {
    let topic = "x".repeat(90);
    let topics: Vec<String> = (0..100).map(|number| format!("{topic}{number}")).collect();
    let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
    assert_eq!(query("HTTP APIs", &topics).text.chars().count(), MOST_QUERY_CHARS);
    assert_eq!(query("HTTP", &["a"; 3]).text, "HTTP. a");
    let seven = ["b", "c", "d", "e", "f", "g", "h"];
    assert_eq!(query("a", &seven).text, "a. b. c. d. e. f. g");
}

#[test]
fn an_entry_fits_by_name_or_by_a_word_that_carries_meaning() {
    let credentials = vec![
        credential(1, "Networking", "Learn it well.", "http-apis"),
        credential(2, "Web", "Requests over HTTP.", ""),
        credential(3, "The use of many", "How to use all of it.", ""),
    ];
    let found = fits(credentials, &LexicalHash, query("The use of HTTP", &[]));
    let ids: Vec<(u128, bool, bool)> = found
        .iter()
        .map(|(id, fit)| (*id, fit.named, fit.covered > 0.0))
        .collect();
    // The words of the slug are words of the entry, too.
    assert_eq!(ids, [(1, true, true), (2, false, true)]);
}

#[test]
fn a_word_that_means_something_else_does_not_make_an_entry_fit() {
    let skill = |topics| Query::of(&skill("data-modelling", "Data modelling", (40.0, 70.0), topics));
    let others = |count: u128| (100..100 + count).map(|id| credential(id, "Web data", "Something else.", ""));
    for count in [0, 1, 3, 30, 300] {
        for topics in [&[][..], &["Entity relationship diagrams", "Normal forms"]] {
            let mut credentials = vec![
                credential(
                    1,
                    "Data entry for office clerks",
                    "Type data without errors.",
                    "data-entry",
                ),
                credential(2, "Data models", "Model data in entities.", ""),
                credential(3, "Clerks", "Type quickly.", "data-modelling"),
                credential(4, "Forms for offices", "Fill in forms.", ""),
            ];
            credentials.extend(others(count));
            let found = fits(credentials, &LexicalHash, skill(topics));
            let ids: Vec<u128> = found.iter().map(|(id, _)| *id).collect();
            assert_eq!(ids, [2, 3], "{count} {topics:?}");
        }
    }
}

#[test]
fn what_is_neither_named_nor_close_has_a_least_relevance() {
    let fit = |covered, shared, covered_name, cosine| Fit {
        named: false,
        words: 1.0,
        covered,
        shared,
        covered_name,
        cosine,
    };
    assert!(fit(0.5, 2, 0.5, 0.0).shares_enough());
    assert!(!fit(0.49, 2, 0.5, 0.0).shares_enough());
    assert!(fit(0.2, 2, 0.0, 0.34).shares_enough());
    assert!(!fit(0.5, 1, 0.5, 0.9).shares_enough());
    assert!(fit(0.1, 1, 0.51, 0.0).shares_enough());
    assert!(!fit(0.0, 0, 0.0, 1.0).shares_enough());
}

#[test]
fn the_name_of_a_skill_is_enough_whatever_else_it_is_searched_with() {
    let topics = ["Outer joins", "Foreign keys", "Isolation levels", "Query plans"];
    let credentials = vec![
        credential(1, "Databases", "Keep what you know.", ""),
        credential(2, "Doors", "How to make keys for doors.", ""),
        credential(3, "Isolation", "Query plans and isolation levels.", ""),
    ];
    let found = fits(credentials, &LexicalHash, query("Databases", &topics));
    let ids: Vec<u128> = found.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [1, 3]);
}

#[test]
fn only_a_sentence_model_may_find_an_entry_without_a_common_word() {
    let credentials = || vec![credential(1, "Endpoints", "All about them.", "")];
    assert_eq!(fits(credentials(), &LexicalHash, query("API", &[])), []);
    let found = fits(credentials(), &Sense, query("API", &[]));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].1.covered, found[0].1.cosine), (0.0, 1.0));
    assert_eq!(fits(credentials(), &Sense, query("Cooking", &[])), []);
}

#[test]
fn an_entry_of_which_nothing_can_be_quoted_does_not_fit() {
    let credentials = vec![credential(1, " ", "\n", "http-apis")];
    assert_eq!(fits(credentials, &LexicalHash, query("HTTP APIs", &[])), []);
}

#[test]
fn of_an_id_that_is_there_twice_the_latest_version_counts() {
    let mut newer = credential(1, "New", "Text.", "");
    newer.version = 2;
    let twice = vec![
        credential(2, "Other", "", ""),
        credential(1, "Old", "", ""),
        newer,
    ];
    let library = Library::build(twice, &LexicalHash).unwrap();
    let titles: Vec<&str> = library
        .entries
        .iter()
        .map(|entry| entry.credential.content.title.as_str())
        .collect();
    assert_eq!(titles, ["New", "Other"]);
    assert_eq!(library.provider(), LexicalHash::PROVIDER);
}

#[test]
fn chunks_of_the_same_text_share_a_vector() {
    let alike = (0..200).map(|id| credential(id, "Same", "The same. And the same.", "sql"));
    let library = Library::build(alike.collect(), &LexicalHash).unwrap();
    assert_eq!((library.entries.len(), library.vectors.len()), (200, 4));
}

#[test]
fn only_titles_that_tell_entries_apart_are_given_for_comparison() {
    let titles = ["SQL", "Web services", "The basics", "Web Services!"];
    let credentials = (1..).zip(titles).map(|(id, title)| credential(id, title, "", ""));
    let library = Library::build(credentials.collect(), &LexicalHash).unwrap();
    assert_eq!(library.titles().collect::<Vec<_>>(), [" web services "]);
}

/// Counts what it is asked for.
#[derive(Default)]
struct Counting {
    texts: Mutex<Vec<String>>,
    provider: &'static str,
}

impl Embedder for Counting {
    fn provider(&self) -> &'static str {
        self.provider
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        self.texts
            .lock()
            .unwrap()
            .extend(texts.iter().map(|text| (*text).to_owned()));
        Sense.embed(texts)
    }
}

#[test]
fn only_what_is_new_is_embedded_again() {
    let embedder = Counting::default();
    let asked = || std::mem::take(&mut *embedder.texts.lock().unwrap());
    let before = vec![
        credential(1, "Soups", "Cook them. Eat them.", ""),
        credential(2, "Endpoints", "Design an API.", "sql"),
        credential(3, "Bread", "Bake it.", ""),
    ];
    let first = Library::build(before.clone(), &embedder).unwrap();
    assert_eq!(asked().len(), 8);
    let mut after = before;
    after.remove(2);
    after[0].content.description = "Cook a query. Eat them. Design an API.".to_owned();
    after.push(credential(0, "Cook a query.", "Paint it.", "sql"));
    let second = Library::build_on(&first, after.clone(), &embedder).unwrap();
    assert_eq!(asked(), ["Cook a query.", "Paint it."]);
    let whole = Library::build(after.clone(), &embedder).unwrap();
    assert_eq!(format!("{second:?}"), format!("{whole:?}"));
    assert_eq!(asked().len(), second.vectors.len());
    assert_eq!(
        format!(
            "{:?}",
            Library::build_on(&second, after.clone(), &embedder).unwrap()
        ),
        format!("{whole:?}")
    );
    assert_eq!(asked(), [""; 0]);
    let other = Counting {
        provider: "other",
        ..Counting::default()
    };
    let third = Library::build_on(&second, after, &other).unwrap();
    assert_eq!(other.texts.lock().unwrap().len(), third.vectors.len());
    assert_eq!(third.provider(), "other");
}

#[test]
fn more_of_anything_never_makes_an_entry_less_relevant() {
    let steps = [-1.0, -0.2, 0.0, 0.3, 0.35, 0.8, 1.0];
    let shares = [0.0, 0.1, 0.5, 1.0];
    let relevance = |named, covered, cosine| {
        let fit = Fit {
            named,
            words: 0.0,
            covered,
            shared: 0,
            covered_name: 0.0,
            cosine,
        };
        fit.relevance()
    };
    for cosines in steps.windows(2) {
        for covered in shares.windows(2) {
            let least = relevance(false, covered[0], cosines[0]);
            assert!((0.0..=1.0).contains(&least));
            assert!(relevance(true, covered[0], cosines[0]) > least);
            assert!(relevance(false, covered[1], cosines[0]) > least);
            assert!(relevance(false, covered[0], cosines[1]) >= least);
        }
    }
    assert!((relevance(true, 1.0, 1.0) - 0.9).abs() < 1e-12);
    assert!(relevance(false, 0.0, -1.0).abs() < 1e-12);
}

#[test]
fn a_sentence_with_a_word_of_the_skill_is_quoted_before_a_title() {
    let quote = |title: &str, description: &str| {
        let library =
            Library::build(vec![credential(1, title, description, "http-apis")], &LexicalHash).unwrap();
        let found = library.find(&[query("HTTP APIs", &[])], &LexicalHash).unwrap();
        let (text, similarity) = library.best_quote(&library.entries[0], &found[0]).unwrap();
        (text.to_owned(), similarity)
    };
    let (text, similarity) = quote(
        "HTTP APIs",
        "Welcome. You design HTTP services in it. Bring a book.",
    );
    assert_eq!(text, "You design HTTP services in it.");
    assert!(similarity > 0.2 && similarity < 1.0);
    let (text, similarity) = quote("HTTP APIs", "Welcome. Bring a book.");
    assert_eq!(text, "HTTP APIs");
    assert!((similarity - 1.0).abs() < 1e-6);
    assert_eq!(quote("Nothing", "Nothing").0, "Nothing");
}

#[test]
fn what_an_embedder_does_wrong_is_an_error() {
    let credentials = || vec![credential(1, "HTTP", "APIs.", "")];
    let built = Library::build(credentials(), &Forgetful);
    assert!(matches!(built, Err(EmbedError::Failed(_))));
    let library = Library::build(credentials(), &LexicalHash).unwrap();
    let found = library.find(&[query("HTTP", &[])], &Sense);
    assert!(matches!(found.err(), Some(EmbedError::Failed(_))));
}
