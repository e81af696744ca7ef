use super::super::testing::{credential, skill};
use super::*;
use crate::embedding::LexicalHash;

fn reason(level: f64, snippet: &str) -> String {
    let skill = skill("http-apis", "HTTP APIs", (level, 70.0), &["REST"]);
    let trace = Trace {
        skill: skill.skill.clone(),
        skill_name: skill.name.clone(),
        item_version_id: skill.evidence[0].item_version_id,
        snippet: snippet.to_owned(),
        similarity: 0.5,
    };
    rationale(&[(&skill, trace)])
}

#[test]
fn a_reason_says_what_was_reached_what_is_asked_and_what_the_credential_says() {
    assert_eq!(
        reason(42.0, "You design APIs."),
        "You reached 42 % of the marks in HTTP APIs, where the track asks for 70 %; this credential says: “You design APIs.” [1]."
    );
}

#[test]
fn who_lacks_nothing_is_told_so() {
    assert_eq!(
        reason(90.0, "More."),
        "You reached 90 % of the marks in HTTP APIs, more than the 70 % the track asks for; this goes further: “More.” [1]."
    );
    assert_eq!(
        reason(70.0, "More."),
        "You reached 70 % of the marks in HTTP APIs, as much as the track asks for; this goes further: “More.” [1]."
    );
}

#[test]
fn each_piece_of_evidence_has_its_sentence_and_number() {
    let skills = ["HTTP APIs", "SQL"].map(|name| skill(name, name, (50.0, 70.0), &["x"]));
    let traced: Vec<(&SkillEstimate, Trace)> = skills
        .iter()
        .map(|skill| {
            let trace = Trace {
                skill: skill.skill.clone(),
                skill_name: skill.name.clone(),
                item_version_id: skill.evidence[0].item_version_id,
                snippet: "Text.".to_owned(),
                similarity: 0.5,
            };
            (skill, trace)
        })
        .collect();
    let rationale = rationale(&traced);
    assert_eq!(rationale.matches("You reached 50 %").count(), 2);
    assert!(rationale.contains("in HTTP APIs, ") && rationale.contains("” [1]. You reached"));
    assert!(rationale.contains("in SQL, ") && rationale.ends_with("” [2]."));
}

#[test]
fn a_gap_is_never_rounded_away() {
    let figures = |level, target| Figures::of(&skill("s", "S", (level, target), &[]));
    let of = |reached: &str, asked: &str| Figures {
        reached: reached.to_owned(),
        asked: asked.to_owned(),
    };
    assert_eq!(figures(69.99, 70.0), of("69.9 %", "70 %"));
    assert_eq!(figures(42.3, 66.66), of("42.3 %", "66.7 %"));
    assert_eq!(figures(0.0, 100.0), of("0 %", "100 %"));
    assert_eq!(figures(200.0 / 3.0, 0.0), of("66.6 %", "0 %"));
}

#[test]
fn long_sentences_are_shortened_at_a_word_and_signs_cannot_end_the_quotation() {
    let long = reason(42.0, &"word ".repeat(80));
    assert!(long.ends_with("word word …” [1]."), "{long}");
    assert!(long.chars().count() < 330);
    let sly = reason(42.0, "a” [1]. See\n\u{200b}[2] \"b");
    assert!(sly.ends_with("says: “a' (1). See (2) 'b” [1]."), "{sly}");
}

#[test]
fn why_nothing_fits_is_said() {
    let skills = ["A", "B", "C", "D", "E"].map(|name| skill(name, name, (50.0, 70.0), &["x"]));
    let skills: Vec<&SkillEstimate> = skills.iter().collect();
    assert_eq!(
        Nothing::NoSkill.to_string(),
        "No graded item of this attempt names a skill of the track, so there is nothing to search for."
    );
    assert_eq!(Nothing::NoEntry.to_string(), "The catalogue has no entries yet.");
    let about = |count: usize| Nothing::About(&skills[..count]).to_string();
    assert_eq!(about(1), "Nothing in the catalogue is about A.");
    assert_eq!(about(3), "Nothing in the catalogue is about A, B or C.");
    assert_eq!(about(5), "Nothing in the catalogue is about A, B, C or 2 more.");
    assert_eq!(about(0), "Nothing in the catalogue is about .");
    let levels = [
        "of foundation level.",
        "of foundation or intermediate level.",
        "of any level.",
    ];
    for (level, end) in CredentialLevel::ALL.into_iter().zip(levels) {
        let said = Nothing::Ready(level, &skills[..2]).to_string();
        let begin =
            "What the catalogue has on A or B asks for more than this attempt shows: nothing there is ";
        assert_eq!(said, format!("{begin}{end}"));
    }
}

#[test]
fn what_is_popular_stands_in_without_evidence_and_never_twice() {
    let given = [3, 1, 3, 2, 4, 5, 6].map(|id| credential(id, "Popular", "Text.", ""));
    let selection = popular(given.to_vec(), LexicalHash::PROVIDER);
    let ids: Vec<u128> = selection
        .picks
        .iter()
        .map(|pick| pick.credential_id.0.as_u128())
        .collect();
    assert_eq!((selection.outcome, ids), (Outcome::Popular, vec![3, 1, 2, 4, 5]));
    assert_eq!(selection.embedding_provider, LexicalHash::PROVIDER);
    assert!(selection.summary.starts_with("Evidence could not be looked up"));
    for pick in &selection.picks {
        assert!((pick.confidence - 0.5).abs() < f64::EPSILON);
        assert!(pick.traces.is_empty() && pick.worded_by.is_none());
        assert!(pick.rationale.contains("could not be looked up"));
    }
    let none = popular(Vec::new(), LexicalHash::PROVIDER);
    assert_eq!((none.outcome, none.picks.len()), (Outcome::Popular, 0));
    assert!(none.summary.contains("nothing has been recommended"));
}
