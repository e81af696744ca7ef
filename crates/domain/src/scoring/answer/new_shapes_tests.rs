//! Shapes of programs, profiles and files.

use serde_json::json;

use super::*;
use crate::authoring::item::{
    CognitiveLevel, ContextEntry, CountBand, Difficulty, ItemContent, ProfileField, ProfileForm,
};
use crate::authoring::sample_answers::{answer_key, wrong_answer};
use crate::points::Points;
use crate::scoring::rules::{RuleOutcome, score};

const FILE: &str = "0196b3c0-0000-7000-8000-000000000001";

fn coding() -> ItemBody {
    ItemBody::Coding {
        languages: vec!["Python 3".to_owned(), "C".to_owned()],
        starter: None,
        tests: Vec::new(),
        partial_credit: true,
    }
}

fn upload() -> ItemBody {
    ItemBody::FileUpload {
        accepted: Vec::new(),
        max_files: 2,
    }
}

fn choice() -> ProfileForm {
    let option = Choice {
        id: "a".to_owned(),
        text: String::new(),
    };
    ProfileForm::Choice {
        options: vec![option],
        scores: BTreeMap::new(),
    }
}

fn checklist() -> ProfileForm {
    ProfileForm::Checklist {
        bands: vec![CountBand {
            from: 1,
            to: None,
            score: 10.0,
        }],
        context: vec![ContextEntry {
            id: "campus".to_owned(),
            text: String::new(),
            points: 10.0,
        }],
    }
}

fn profile(form: ProfileForm) -> ItemBody {
    ItemBody::Profile { form }
}

fn compound() -> ItemBody {
    let field = |id: &str, form| ProfileField {
        id: id.to_owned(),
        label: String::new(),
        weight: 1.0,
        form,
    };
    profile(ProfileForm::Compound {
        fields: vec![
            field("level", choice()),
            field("pro/jects", checklist()),
            field("why", ProfileForm::Text),
        ],
    })
}

fn ticked(count: Option<u64>, context: &[&str]) -> Answer {
    let context = context.iter().map(|id| (*id).to_owned()).collect();
    Answer::Profile(ProfileAnswer::Checklist(Ticked { count, context }))
}

fn code(language: &str) -> Answer {
    Answer::Code {
        language: language.to_owned(),
        source: " x ".to_owned(),
    }
}

#[test]
fn every_documented_shape_is_taken() {
    let file = Uuid::parse_str(FILE).unwrap();
    let own_words = Answer::Profile(ProfileAnswer::Text(" Me. ".to_owned()));
    let chosen = |id: &str| Answer::Profile(ProfileAnswer::Choice(id.to_owned()));
    let cases = [
        (
            coding(),
            json!({"language": " python  3", "source": " x "}),
            code("Python 3"),
        ),
        (coding(), json!({"language": "C", "source": " x "}), code("C")),
        (
            upload(),
            json!({"file_ids": [FILE, null, ""]}),
            Answer::Files(vec![file]),
        ),
        (
            upload(),
            json!({"file_id": format!(" {FILE} ")}),
            Answer::Files(vec![file]),
        ),
        (profile(ProfileForm::Text), json!(" Me. "), own_words),
        (profile(choice()), json!(" A "), chosen("a")),
        (
            profile(choice()),
            json!({"option_id": "of my own"}),
            chosen("of my own"),
        ),
        (
            profile(checklist()),
            json!({"count": 5, "context": ["Campus", "moon"]}),
            ticked(Some(5), &["campus", "moon"]),
        ),
        (profile(checklist()), json!({"count": "0"}), ticked(Some(0), &[])),
        (
            profile(checklist()),
            json!({"entries": ["x", " X ", "", "y"], "count": null}),
            ticked(Some(2), &[]),
        ),
        (
            profile(checklist()),
            json!({"context": "campus"}),
            ticked(None, &["campus"]),
        ),
    ];
    for (body, raw, answer) in cases {
        assert_eq!(parse(&body, &raw), Ok(Some(answer)), "{raw}");
    }
}

#[test]
fn fields_of_a_compound_form_are_answered_each_in_its_way() {
    let raw = json!({"Level": {"option_id": "a"}, "pro/jects": {"count": 2}, "why": " ", "hobby": 7});
    let Ok(Some(Answer::Profile(ProfileAnswer::Compound { fields, unknown }))) = parse(&compound(), &raw)
    else {
        panic!("{raw} was not taken");
    };
    let answered: Vec<_> = fields.keys().map(String::as_str).collect();
    assert_eq!(answered, ["level", "pro/jects"]);
    assert_eq!(unknown.into_iter().collect::<Vec<_>>(), ["hobby"]);
}

#[test]
fn nothing_said_is_unanswered() {
    let cases = [
        (coding(), json!({"language": "C", "source": ""})),
        (coding(), json!({"language": "C"})),
        (upload(), json!({"file_ids": []})),
        (upload(), json!({"file_id": null})),
        (profile(ProfileForm::Text), json!(" ")),
        (profile(choice()), json!({"option_id": "", "note": "x"})),
        (profile(checklist()), json!({"count": null, "context": []})),
        (profile(checklist()), json!({"entries": [" "], "context": [null]})),
        (
            compound(),
            json!({"level": "", "why": null, "pro/jects": {"count": null}}),
        ),
    ];
    for (body, raw) in cases {
        assert_eq!(parse(&body, &raw), Ok(None), "{raw}");
    }
}

#[test]
fn refusals_name_the_place() {
    let long = "x".repeat(MAX_TEXT_CHARS + 1);
    let other = "0196b3c0-0000-7000-8000-00000000000";
    let three: Vec<String> = (1..=3).map(|number| format!("{other}{number}")).collect();
    let cases = [
        (coding(), json!("x"), ""),
        (coding(), json!({"language": "Rust", "source": "x"}), "/language"),
        (coding(), json!({"language": 3, "source": "x"}), "/language"),
        (coding(), json!({"source": "x"}), "/language"),
        (coding(), json!({"language": "C", "source": 3}), "/source"),
        (
            coding(),
            json!({"language": "C", "source": long.clone()}),
            "/source",
        ),
        (upload(), json!(FILE), ""),
        (upload(), json!({"file_ids": FILE}), ""),
        (upload(), json!({"file_ids": [FILE], "file_id": FILE}), ""),
        (upload(), json!({"file_ids": [FILE, "cv.pdf"]}), "/file_ids/1"),
        (upload(), json!({"file_ids": [FILE, FILE]}), "/file_ids/1"),
        (upload(), json!({"file_ids": three}), "/file_ids"),
        (upload(), json!({"file_id": 7}), "/file_id"),
        (profile(ProfileForm::Text), json!(7), ""),
        (profile(choice()), json!(7), ""),
        (profile(choice()), json!({"option_id": ["a"]}), "/option_id"),
        (profile(checklist()), json!(5), ""),
        (profile(checklist()), json!({"count": -1}), "/count"),
        (profile(checklist()), json!({"count": 1.5}), "/count"),
        (
            profile(checklist()),
            json!({"count": 1, "entries": ["x"]}),
            "/entries",
        ),
        (profile(checklist()), json!({"entries": ["x", 7]}), "/entries/1"),
        (
            profile(checklist()),
            json!({"count": 1, "cont~xt": ["campus"]}),
            "/cont~0xt",
        ),
        (compound(), json!("a"), ""),
        (
            compound(),
            json!({"pro/jects": {"count": "many"}}),
            "/pro~1jects/count",
        ),
        (compound(), json!({"level": {"option_id": 1}}), "/level/option_id"),
        (compound(), json!({"why": long}), "/why"),
        (compound(), json!({"Level": "a", "level": "a"}), "/level"),
    ];
    for (body, raw, pointer) in cases {
        let error = parse(&body, &raw).unwrap_err();
        assert_eq!(error.pointer, pointer, "{error}");
    }
}

#[test]
fn a_program_in_another_language_is_still_read() {
    let raw = json!({"language": "Rust", "source": " x "});
    let reading = read(&coding(), &raw).unwrap();
    assert_eq!(reading.answer, Some(code("rust")));
}

#[test]
fn sample_answers_can_be_saved_and_the_best_of_a_profile_earns_more_than_the_worst() {
    let mut bodies = vec![coding(), upload()];
    bodies.extend([choice(), checklist(), ProfileForm::Text].map(profile));
    bodies.push(compound());
    for body in bodies {
        let item = ItemContent {
            stem: "What?".to_owned(),
            marks: Points::whole(1),
            body,
            topic: String::new(),
            cognitive_level: CognitiveLevel::Apply,
            difficulty: Difficulty::Easy,
            source: None,
            skills: Vec::new(),
            written_by: None,
        };
        let earned = |raw: &Value| {
            let answer = parse(&item.body, raw);
            assert!(matches!(answer, Ok(Some(_))), "{raw}: {answer:?}");
            match score(&item.body, item.marks, Some(raw)) {
                RuleOutcome::Scored(verdict) => verdict.points,
                RuleOutcome::NeedsText | RuleOutcome::NeedsRunner | RuleOutcome::NeedsPerson => None,
            }
        };
        let (best, worst) = (earned(&answer_key(&item)), earned(&wrong_answer(&item)));
        assert!(worst <= best, "{worst:?} > {best:?} for {:?}", item.body);
    }
}

#[test]
fn a_map_without_a_source_is_no_program_taken_back() {
    let refused = parse(&coding(), &json!({"file_ids": ["one"]})).map_err(|error| error.pointer);
    assert_eq!(refused, Err("/source".to_owned()));
    assert_eq!(parse(&coding(), &json!({"language": "python"})), Ok(None));
}
