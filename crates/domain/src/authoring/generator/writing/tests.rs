//! What comes of the words of a model, good and bad.

mod script;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::super::blueprint::{Blueprint, BlueprintCell};
use super::super::super::gate;
use super::super::super::item::{ItemContent, ItemKind};
use super::super::{Supply, generate_with};
use super::{Asked, Desk};
use script::{DEMO, answers, blueprint, data, desk, entry, honest, made, model, rules, run, sources};

#[test]
fn sound_items_of_a_model_are_kept_with_their_place_in_the_text_and_its_name() {
    let (desk, items) = (desk(), made());
    let (written, asked) = run(&desk, &desk.assignments[0], honest(&items[..3]));
    assert_eq!((rules(&written), written.cut_short), (vec![], false));
    let purposes: Vec<&str> = asked.iter().map(|asked| asked.key.purpose).collect();
    assert_eq!(purposes, ["write_items", "answer_open", "answer_closed"]);
    assert_eq!(written.items.len(), 3);
    for (item, made) in written.items.iter().zip(&items) {
        assert_eq!(item.written_by, Some(model()));
        assert_eq!(gate::content_hash(item), gate::content_hash(made), "{item:?}");
        let source = item.source.as_ref().unwrap();
        let (start, end) = (
            usize::try_from(source.start).unwrap(),
            usize::try_from(source.end).unwrap(),
        );
        let there: String = DEMO.chars().skip(start).take(end - start).collect();
        assert_eq!((&there, source.page), (&source.quote, 1));
    }
}

#[test]
fn neither_reader_is_shown_the_key_and_the_second_one_not_the_text() {
    let (desk, items) = (desk(), made());
    let (_, asked) = run(&desk, &desk.assignments[0], honest(&items[..3]));
    for (asked, with_text) in asked[1..].iter().zip([true, false]) {
        for shown in data(asked) {
            let names: Vec<&String> = shown.as_object().unwrap().keys().collect();
            let expected = ["item", "kind", "options", "stem", "text"];
            assert_eq!(names, expected[..4 + usize::from(with_text)]);
        }
    }
}

#[test]
fn what_the_gate_refuses_is_written_anew_three_times_at_most_and_never_repaired() {
    let (desk, items) = (desk(), made());
    let leaky = |asked: &Asked| {
        let mut bad = entry(&items[0], &data(asked));
        bad["key"] = json!([1, 2, 3]);
        bad["kind"] = json!("multiple_choice");
        json!({ "items": [bad] }).to_string()
    };
    let (written, asked) = run(&desk, &desk.assignments[0], leaky);
    assert_eq!(written.items, []);
    assert_eq!(rules(&written), [("one_key", 1), ("one_key", 2), ("one_key", 3)]);
    assert_eq!(asked.len(), 3);
    let told: Value = serde_json::from_str(&asked[2].request.messages[1].text).unwrap();
    assert_eq!(told["refused"].as_array().unwrap().len(), 2);
    assert_eq!(told["orders"][0]["count"], 3);
}

#[test]
fn each_fault_of_an_entry_is_refused_by_its_rule() {
    let (desk, items) = (desk(), made());
    let choice = items
        .iter()
        .find(|item| item.body.kind() == ItemKind::MultipleChoice)
        .unwrap();
    let faults: [(&str, Value, &str); 13] = [
        ("options", json!(["", "One", "Two", "Three"]), "flaws"),
        ("key", json!([1, "2"]), "one_key"),
        ("stem", json!("w".repeat(1_001)), "flaws"),
        ("order", json!(2), "blueprint"),
        ("kind", json!("essay"), "blueprint"),
        ("difficulty", json!("hopeless"), "blueprint"),
        ("cognitive_level", json!("create"), "blueprint"),
        ("sentences", json!([]), "grounded"),
        ("sentences", json!([9_999]), "grounded"),
        ("sentences", json!("the first"), "grounded"),
        ("key", json!([]), "one_key"),
        ("key", json!([40]), "one_key"),
        ("stem", json!("Which?"), "flaws"),
    ];
    for (field, value, rule) in faults {
        let (written, _) = run(&desk, &desk.assignments[0], |asked| {
            let mut bad = entry(choice, &data(asked));
            bad[field] = value.clone();
            json!({ "items": [bad] }).to_string()
        });
        assert_eq!(
            (written.items.len(), rules(&written)[0]),
            (0, (rule, 1)),
            "{field}: {value}"
        );
    }
}

type Change = fn(&mut Value);

#[test]
fn readers_drop_what_the_text_does_not_give_and_what_the_wording_gives() {
    let (desk, items) = (desk(), made());
    let one = &items[..1];
    let cases: [(&str, Change, &str); 5] = [
        (
            "answer_open",
            |answer| *answer = json!({ "answers": [] }),
            "grounded",
        ),
        (
            "answer_open",
            |answer| answer["answers"][0]["item"] = json!(7),
            "grounded",
        ),
        (
            "answer_open",
            |answer| {
                answer["answers"][0]["options"] = json!([]);
                answer["answers"][0]["truth"] = json!(null);
                answer["answers"][0]["words"] = json!(["nothing"]);
            },
            "grounded",
        ),
        (
            "answer_open",
            |answer| answer["answers"][0]["cognitive_level"] = json!("create"),
            "blueprint",
        ),
        (
            "answer_closed",
            |answer| answer["answers"][0]["given_away"] = json!(true),
            "not_trivial",
        ),
    ];
    for (purpose, change, rule) in cases {
        let (written, _) = run(&desk, &desk.assignments[0], |asked| {
            if asked.key.purpose != purpose {
                return honest(one)(asked);
            }
            let mut answer = answers(one, asked, false);
            change(&mut answer);
            answer.to_string()
        });
        let expected = vec![(rule, 1), (rule, 2), (rule, 3)];
        assert_eq!(
            (written.items.len(), rules(&written)),
            (0, expected),
            "{purpose} {rule}"
        );
    }
}

#[test]
fn a_wrong_guess_by_the_wording_gives_nothing_away() {
    let (desk, items) = (desk(), made());
    let (written, _) = run(&desk, &desk.assignments[0], |asked| {
        if asked.key.purpose != "answer_closed" {
            return honest(&items[..3])(asked);
        }
        let mut answer = answers(&items[..3], asked, true);
        for answer in answer["answers"].as_array_mut().unwrap() {
            *answer = json!({ "item": answer["item"], "given_away": true, "options": [9], "truth": null, "words": ["?"] });
        }
        answer.to_string()
    });
    assert_eq!(written.items.len(), 3);
}

#[test]
fn unusable_words_are_asked_for_once_more_and_then_the_section_ends_with_what_it_has() {
    let (desk, items) = (desk(), made());
    let mut said = 0;
    let (written, asked) = run(&desk, &desk.assignments[0], |asked| {
        said += 1;
        if said == 1 {
            "I would rather not.".to_owned()
        } else {
            honest(&items[..3])(asked)
        }
    });
    assert_eq!(
        (written.items.len(), written.cut_short, asked.len()),
        (3, false, 4)
    );
    assert_eq!((asked[0].key.round, asked[1].key.round), (0, 1));
    assert_ne!(asked[0].key.digest(), asked[1].key.digest());

    let (written, asked) = run(&desk, &desk.assignments[0], |asked| match asked.key.purpose {
        "write_items" if asked.key.sample == 0 => honest(&items[..1])(asked),
        "write_items" => "{".to_owned(),
        _ => honest(&items[..1])(asked),
    });
    assert_eq!(
        (written.items.len(), written.cut_short, asked.len()),
        (1, true, 5)
    );
}

#[test]
fn questions_are_the_same_whenever_they_are_asked_and_their_boundary_is_not_to_be_guessed() {
    let (desk, items) = (desk(), made());
    let (one, first) = run(&desk, &desk.assignments[0], honest(&items[..3]));
    let (other, again) = run(&desk, &desk.assignments[0], honest(&items[..3]));
    assert_eq!((&one, &first), (&other, &again));
    let boundary = |asked: &Asked| {
        asked
            .request
            .messages
            .last()
            .unwrap()
            .text
            .lines()
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(boundary(&first[0]).len(), 32);
    assert_ne!(boundary(&first[0]), boundary(&first[1]));
    assert!(first.iter().all(|asked| asked.request.tag == asked.key.digest()));
}

#[test]
fn cells_are_shared_among_the_sections_of_their_topic() {
    let cell = |topic: Option<&str>, count| BlueprintCell {
        topic: topic.map(str::to_owned),
        cognitive_level: None,
        difficulty: None,
        count,
    };
    let all = desk();
    let titles: Vec<String> = all
        .assignments
        .iter()
        .map(|assignment| assignment.title.clone())
        .collect();
    let cells = Blueprint {
        cells: vec![cell(Some(&titles[1]), 2), cell(None, titles.len() + 1)],
        ..blueprint()
    };
    let desk = Desk::open(&sources(), &cells, &[]).unwrap();
    let wanted: BTreeMap<usize, Vec<usize>> = desk
        .assignments
        .iter()
        .map(|assignment| {
            let counts = assignment.orders.iter().map(|order| order.count);
            (assignment.section, counts.collect())
        })
        .collect();
    assert_eq!(wanted[&0], [2]);
    assert_eq!(wanted[&1], [2, 1]);
    assert_eq!(wanted.values().flatten().sum::<usize>(), titles.len() + 3);
    let essays = Blueprint {
        kinds: Some(vec![ItemKind::Essay]),
        ..blueprint()
    };
    assert_eq!(Desk::open(&sources(), &essays, &[]).unwrap().assignments.len(), 0);
}

#[test]
fn a_draft_takes_what_was_written_first_and_makes_the_rest() {
    let (desk, items) = (desk(), made());
    let (written, _) = run(&desk, &desk.assignments[0], honest(&items[..2]));
    let supply = Supply {
        bank: &[],
        written: &written.items,
    };
    let draft = generate_with(&sources(), &blueprint(), 11, supply).unwrap();
    let by_model = |item: &&ItemContent| item.written_by.is_some();
    assert_eq!(draft.sections[0].items.iter().filter(by_model).count(), 2);
    assert_eq!(draft.sections[0].items.len(), 3);
    assert_eq!(draft.sections[1].items.iter().filter(by_model).count(), 0);
}

#[test]
fn a_wide_citation_and_a_second_item_about_a_sentence_are_refused() {
    let (desk, items) = (desk(), made());
    let (written, _) = run(&desk, &desk.assignments[0], |asked| {
        let mut wide = entry(&items[0], &data(asked));
        wide["sentences"] = json!([1, 9]);
        json!({ "items": [wide] }).to_string()
    });
    assert_eq!(rules(&written)[0], ("grounded", 1));
    let cited = |item: &ItemContent| item.source.as_ref().unwrap().start;
    let (written, _) = run(&desk, &desk.assignments[0], |asked| match asked.key.purpose {
        "write_items" => {
            let sentences = data(asked);
            let first = entry(&items[0], &sentences);
            let mut second = entry(&items[1], &sentences);
            second["sentences"] = json!([first["sentences"][0], second["sentences"][0]]);
            json!({ "items": [first, second] }).to_string()
        }
        _ => answers(&items, asked, false).to_string(),
    });
    assert!(
        written.items.iter().all(|item| cited(item) == cited(&items[0])),
        "{written:?}"
    );
    assert!(
        written
            .dropped
            .iter()
            .any(|dropped| dropped.stem == items[1].stem),
        "{written:?}"
    );
}

#[test]
fn many_items_are_asked_for_some_at_a_time_and_the_bank_is_not_written_again() {
    let items = made();
    let many = Blueprint {
        items_per_section: 30,
        ..blueprint()
    };
    let known = super::super::super::model::KnownVersion {
        item_id: crate::ids::ItemId(Uuid::from_u128(7)),
        item_version_id: crate::ids::ItemVersionId(Uuid::from_u128(8)),
        version: 1,
    };
    let banked = super::super::BankedItem {
        known,
        content: items[0].clone(),
    };
    let desk = Desk::open(&sources(), &many, &[banked]).unwrap();
    let mut counts = Vec::new();
    let (written, asked) = run(&desk, &desk.assignments[0], |asked| {
        if asked.key.purpose != "write_items" {
            return answers(&items, asked, false).to_string();
        }
        let task: Value = serde_json::from_str(&asked.request.messages[1].text).unwrap();
        assert!(
            task["known"].as_array().unwrap().contains(&json!(items[0].stem)),
            "{task}"
        );
        counts.push(task["orders"][0]["count"].as_u64().unwrap());
        let sentences = data(asked);
        let next = items.iter().skip(counts.len()).take(1);
        json!({ "items": next.map(|item| entry(item, &sentences)).collect::<Vec<_>>() }).to_string()
    });
    // Of 29 no more than 15 are asked for; what comes of a part is no try.
    assert_eq!(counts[..3], [15, 15, 15]);
    assert!(
        written.items.len() > 3 && asked.len() > 9,
        "{}",
        written.items.len()
    );
}

#[test]
fn whatever_a_model_says_nothing_panics() {
    use proptest::prelude::*;
    let desk = desk();
    let shapes = prop_oneof![
        any::<String>(),
        Just(r#"{"items": [null, 3, {}, {"order": 1, "kind": "fill_blank", "sentences": [1]}]}"#.to_owned()),
        Just(r#"{"items": [{"order": 1e400, "sentences": [0, -1, 1.5, 18446744073709551615]}]}"#.to_owned()),
        Just(r#"{"items": {"order": 1}, "answers": 4}"#.to_owned()),
    ];
    proptest!(ProptestConfig::with_cases(64), |(said in proptest::collection::vec(shapes, 12))| {
        let mut said = said.into_iter().cycle();
        let (written, _) = run(&desk, &desk.assignments[0], |_| said.next().unwrap());
        prop_assert!(written.items.is_empty());
    });
}
