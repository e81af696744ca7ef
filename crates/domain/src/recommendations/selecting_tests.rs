use std::collections::BTreeSet;

use proptest::prelude::*;
use providers::{HONEST_ANSWERS, attacks, placements};

use super::super::testing::{Sense, credential, profile, skill};
use super::*;
use crate::catalog::Credential;
use crate::embedding::LexicalHash;

fn select(credentials: Vec<Credential>, profile: &Profile) -> Selection {
    let library = Library::build(credentials, &LexicalHash).unwrap();
    library.select(profile, &LexicalHash).unwrap()
}

fn ids(selection: &Selection) -> Vec<u128> {
    let picks = selection.picks.iter();
    picks.map(|pick| pick.credential_id.0.as_u128()).collect()
}

fn http(level: f64) -> SkillEstimate {
    skill("http-apis", "HTTP APIs", (level, 70.0), &["Status codes", "REST"])
}

fn sql(level: f64) -> SkillEstimate {
    skill("sql", "Databases", (level, 60.0), &["SQL joins"])
}

fn shelf() -> Vec<Credential> {
    vec![
        credential(1, "Bread", "Bake bread at home. No oven is needed.", "baking"),
        credential(
            2,
            "Web services",
            "Choose status codes. Design a REST interface.",
            "",
        ),
        credential(
            3,
            "HTTP APIs",
            "Design, test and document HTTP APIs.",
            "http-apis",
        ),
        credential(4, "Databases", "Write SQL joins. Model data.", "sql"),
    ]
}

#[test]
fn what_names_the_skill_comes_before_what_only_shares_its_words() {
    let selection = select(shelf(), &profile(40.0, vec![http(42.0)]));
    assert_eq!(
        (selection.outcome, ids(&selection)),
        (Outcome::Recommended, vec![3, 2])
    );
    assert_eq!(
        selection.summary,
        "2 entries of the catalogue fit HTTP APIs, where this attempt is below what the track asks for."
    );
    assert_eq!(selection.embedding_provider, LexicalHash::PROVIDER);
    let first = &selection.picks[0];
    assert_eq!((first.version, first.content.title.as_str()), (1, "HTTP APIs"));
    assert_eq!(first.traces.len(), 1);
    assert_eq!(first.traces[0].snippet, "Design, test and document HTTP APIs.");
    assert_eq!(first.traces[0].skill_name, "HTTP APIs");
    assert!(first.rationale.contains("42 %") && first.rationale.ends_with("[1]."));
    assert!(first.confidence > selection.picks[1].confidence);
}

#[test]
fn the_wider_gap_weighs_more() {
    let best = |http_level, sql_level| {
        let selection = select(shelf(), &profile(40.0, vec![http(http_level), sql(sql_level)]));
        ids(&selection)[0]
    };
    assert_eq!(best(10.0, 50.0), 3);
    assert_eq!(best(65.0, 10.0), 4);
}

#[test]
fn an_entry_about_several_skills_has_evidence_for_each_three_at_most() {
    let names = ["Alpha", "Beta", "Gamma", "Delta"];
    let skills = names.map(|name| skill(&name.to_lowercase(), name, (30.0, 70.0), &["x"]));
    let all = credential(1, "All", "Alpha first. Beta next. Gamma then. Delta last.", "");
    let selection = select(vec![all], &profile(40.0, skills.to_vec()));
    let snippets: Vec<&str> = selection.picks[0]
        .traces
        .iter()
        .map(|trace| trace.snippet.as_str())
        .collect();
    assert_eq!(snippets, ["Alpha first.", "Beta next.", "Gamma then."]);
    assert!(selection.picks[0].rationale.contains("[3]"));
    assert_eq!(
        selection.summary,
        "1 entry of the catalogue fits Alpha, Beta and Gamma, where this attempt is below what the track asks for."
    );
}

#[test]
fn more_evidence_makes_surer() {
    let confidence = |topics: &[&str]| {
        let asked = skill("http-apis", "HTTP APIs", (42.0, 70.0), topics);
        select(shelf(), &profile(40.0, vec![asked])).picks[0].confidence
    };
    // The topics are those of the name, so that the search stays the same.
    let (one, two, three) = (
        confidence(&["HTTP APIs"]),
        confidence(&["HTTP APIs"; 2]),
        confidence(&["HTTP APIs"; 3]),
    );
    assert!(one < two && two < three && three < 1.0);
    assert!((two / one - 4.0 / 3.0).abs() < 1e-9);
}

#[test]
fn who_lacks_nothing_goes_further_where_the_track_asks_most_and_never_back() {
    let all_of = |level| {
        let mut entries = shelf();
        for entry in &mut entries {
            entry.content.level = level;
        }
        entries
    };
    let best = profile(90.0, vec![sql(95.0), http(90.0)]);
    let selection = select(all_of(CredentialLevel::Advanced), &best);
    assert_eq!(ids(&selection), [3, 2]);
    assert_eq!(
        selection.summary,
        "This attempt reaches what the track asks for; 2 entries of the catalogue go further in HTTP APIs."
    );
    assert!(selection.picks[0].rationale.contains("this goes further"));
    let easier = select(all_of(CredentialLevel::Intermediate), &best);
    assert_eq!((easier.outcome, easier.picks.len()), (Outcome::NothingFits, 0));
    assert_eq!(
        easier.summary,
        "This attempt reaches what the track asks for, and the catalogue has nothing on HTTP APIs of advanced level, which \
         would go further."
    );
}

#[test]
fn readiness_follows_the_mark() {
    use CredentialLevel::{Advanced, Foundation, Intermediate};
    let percents = [
        None,
        Some(0.0),
        Some(49.9),
        Some(50.0),
        Some(74.9),
        Some(75.0),
        Some(100.0),
    ];
    let levels = percents.map(readiness);
    let expected = [
        Foundation,
        Foundation,
        Foundation,
        Intermediate,
        Intermediate,
        Advanced,
        Advanced,
    ];
    assert_eq!(levels, expected);
}

#[test]
fn entries_above_readiness_are_left_out_and_said_to_be() {
    let mut shelf = shelf();
    shelf[2].content.level = CredentialLevel::Intermediate;
    shelf[1].content.level = CredentialLevel::Advanced;
    let picked = |percent| select(shelf.clone(), &profile(percent, vec![http(42.0)]));
    assert_eq!(ids(&picked(80.0)), [3, 2]);
    assert_eq!(ids(&picked(60.0)), [3]);
    let none = picked(40.0);
    assert_eq!((none.outcome, none.picks.len()), (Outcome::NothingFits, 0));
    assert_eq!(
        none.summary,
        "What the catalogue has on HTTP APIs asks for more than this attempt shows: nothing there is of foundation level."
    );
}

#[test]
fn nothing_fits_is_an_answer_with_a_reason() {
    let bread = vec![credential(1, "Bread", "Bake bread at home.", "baking")];
    let missing = |credentials, skills| {
        let selection = select(credentials, &profile(40.0, skills));
        assert_eq!(
            (selection.outcome, selection.picks.len()),
            (Outcome::NothingFits, 0)
        );
        selection.summary
    };
    let about = "Nothing in the catalogue is about HTTP APIs or Databases.";
    assert_eq!(missing(bread.clone(), vec![http(42.0), sql(1.0)]), about);
    assert!(missing(bread, Vec::new()).starts_with("No graded item"));
    assert_eq!(
        missing(Vec::new(), vec![http(42.0)]),
        "The catalogue has no entries yet."
    );
}

#[test]
fn a_skill_without_evidence_is_not_searched_for() {
    let bare = skill("http-apis", "HTTP APIs", (42.0, 70.0), &[]);
    assert_eq!(
        select(shelf(), &profile(40.0, vec![bare])).outcome,
        Outcome::NothingFits
    );
}

#[test]
fn rankings_are_fused_by_reciprocal_ranks() {
    let fit = |named, words, cosine| Fit {
        named,
        words,
        covered: 0.0,
        shared: 0,
        covered_name: 0.0,
        cosine,
    };
    let fits = [
        (7, fit(false, 2.0, 0.1)),
        (8, fit(true, 0.0, 0.9)),
        (9, fit(true, 2.0, 0.5)),
    ];
    let mut scores = [0.0; 10];
    for (at, score) in fused(&fits) {
        scores[at] += score;
    }
    let expected = [
        1.0 / 61.0 + 1.0 / 63.0,
        1.0 / 61.0 + 1.0 / 61.0,
        1.0 / 62.0 + 1.0 / 62.0 + 1.0 / 61.0,
    ];
    for (score, expected) in scores[7..].iter().zip(expected) {
        assert!((score - expected).abs() < 1e-12, "{scores:?}");
    }
}

#[test]
fn five_are_picked_and_equals_stand_in_the_order_of_their_ids() {
    let alike = |ids: &[u128]| {
        let credentials = ids
            .iter()
            .map(|id| credential(*id, "HTTP", "About HTTP.", "http-apis"));
        credentials.collect::<Vec<_>>()
    };
    let profile = profile(40.0, vec![http(42.0)]);
    let forwards = select(alike(&[9, 8, 7, 3, 2, 5, 4]), &profile);
    assert_eq!(ids(&forwards), [2, 3, 4, 5, 7]);
    assert_eq!(select(alike(&[2, 3, 4, 5, 7, 8, 9]), &profile), forwards);
}

#[test]
fn meaning_finds_what_words_do_not() {
    let credentials = vec![
        credential(1, "Soups", "Cook them.", ""),
        credential(2, "Endpoints", "Design each one. Paint it.", ""),
    ];
    let library = Library::build(credentials, &Sense).unwrap();
    let asked = skill("x", "API", (10.0, 70.0), &["y"]);
    let selection = library.select(&profile(40.0, vec![asked]), &Sense).unwrap();
    assert_eq!(
        (ids(&selection), selection.embedding_provider.as_str()),
        (vec![2], "sense")
    );
    assert_eq!(selection.picks[0].traces[0].snippet, "Endpoints");
    assert!(
        library
            .select(&profile(40.0, vec![http(1.0)]), &LexicalHash)
            .is_err()
    );
}

#[test]
fn thousands_of_entries_without_a_blank_are_read_and_searched() {
    let word = "http".repeat(2_000);
    let credentials = (0..2_000).map(|id| credential(id, "", &word, "http-apis"));
    let selection = select(credentials.collect(), &profile(40.0, vec![http(42.0)]));
    assert_eq!(ids(&selection), [0, 1, 2, 3, 4]);
    assert_eq!(selection.picks[0].traces[0].snippet.chars().count(), 500);
}

#[test]
fn a_poisoned_entry_neither_brings_in_nor_keeps_out_another() {
    let profile = profile(40.0, vec![http(42.0), sql(20.0)]);
    let clean = select(shelf(), &profile);
    for (at, attack) in attacks().iter().enumerate() {
        let mut shelf = shelf();
        shelf[0].content.description = placements(attack, HONEST_ANSWERS[0])[at % 3].clone();
        let known: BTreeSet<u128> = shelf.iter().map(|one| one.id.0.as_u128()).collect();
        let selection = select(shelf, &profile);
        let picked = ids(&selection);
        assert!(picked.iter().all(|id| known.contains(id)), "{attack}");
        let others: BTreeSet<u128> = picked.into_iter().filter(|id| *id != 1).collect();
        assert_eq!(others, ids(&clean).into_iter().collect(), "{attack}");
    }
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,60}",
        any::<String>(),
        "(HTTP|API|sql|the|[.;!?]|\n| |“|\\[1\\]){0,40}",
        Just("x".repeat(8_000)),
        Just(String::new()),
    ]
}

fn catalogues() -> impl Strategy<Value = Vec<Credential>> {
    let skills = prop_oneof![Just(""), Just("http-apis"), Just("sql baking")];
    let entry = (texts(), texts(), skills, 0_usize..3);
    proptest::collection::vec(entry, 0..10).prop_map(|entries| {
        let made = (1..)
            .zip(entries)
            .map(|(id, (title, description, skills, level))| {
                let mut credential = credential(id, &title, &description, skills);
                credential.content.level = CredentialLevel::ALL[level];
                credential
            });
        made.collect()
    })
}

fn profiles() -> impl Strategy<Value = Profile> {
    let number = || prop_oneof![0.0..=100.0_f64, Just(f64::NAN), Just(f64::INFINITY), Just(-1e300)];
    let of_skill = (
        texts(),
        number(),
        number(),
        proptest::collection::vec(texts(), 0..4),
    );
    let skill = of_skill.prop_map(|(name, level, target, topics)| {
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        skill("http-apis", &name, (level, target), &topics)
    });
    let skills = proptest::collection::vec(skill, 0..4);
    (skills, proptest::option::of(number())).prop_map(|(skills, percent)| Profile { skills, percent })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_catalogue_and_profile_have_a_selection(catalogue in catalogues(), profile in profiles()) {
        for embedder in [&LexicalHash as &dyn Embedder, &Sense] {
            let library = Library::build(catalogue.clone(), embedder).unwrap();
            let selection = library.select(&profile, embedder).unwrap();
            let fits = selection.outcome == Outcome::Recommended;
            prop_assert_eq!(fits, !selection.picks.is_empty());
            prop_assert!(selection.picks.len() <= MOST_PICKS);
            let distinct: BTreeSet<u128> = ids(&selection).into_iter().collect();
            prop_assert_eq!(distinct.len(), selection.picks.len());
            for pick in &selection.picks {
                let known = |one: &Credential| one.id == pick.credential_id && one.content == pick.content;
                prop_assert!(catalogue.iter().any(known));
                prop_assert!(pick.content.level <= readiness(profile.percent));
                prop_assert!((0.0..=1.0).contains(&pick.confidence));
                prop_assert!((1..=MOST_TRACES).contains(&pick.traces.len()));
                for trace in &pick.traces {
                    let content = &pick.content;
                    let verbatim = content.title.contains(&trace.snippet) || content.description.contains(&trace.snippet);
                    prop_assert!(verbatim && trace.snippet.chars().count() <= 500);
                    prop_assert!((-1.0..=1.0).contains(&trace.similarity));
                }
            }
            let mut turned = catalogue.clone();
            turned.reverse();
            let again = Library::build(turned, embedder).unwrap().select(&profile, embedder).unwrap();
            let same_bits = format!("{again:?}") == format!("{selection:?}");
            prop_assert!(same_bits);
        }
    }
}
