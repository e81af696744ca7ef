//! How the scorer behaves where the development data say nothing: answers of known kinds to questions of several subjects,
//! each with the points of five an examiner would allow.

use std::collections::BTreeMap;

use super::*;

/// Kind, least and most points of five, question, reference, answer.
type Probe = (&'static str, f64, f64, &'static str, &'static str, &'static str);

const FIVE: Points = Points::whole(5);

const LOCK: [&str; 2] = [
    "Why does a thread need a lock?",
    "A lock makes sure that only one thread at a time changes shared data, so that no update is lost.",
];
const PHOTO: [&str; 2] = [
    "What is photosynthesis?",
    "Photosynthesis is the process by which plants turn light, water and carbon dioxide into sugar and oxygen.",
];
const PARIS: [&str; 2] = ["What is the capital of France?", "Paris"];
const BYTE: [&str; 2] = ["How many bits are in a byte?", "A byte has 8 bits."];
const BOIL: [&str; 2] = [
    "At what temperature does water boil at sea level?",
    "Water boils at 100 degrees Celsius.",
];
const WALL: [&str; 2] = ["When did the Berlin Wall fall?", "The Berlin Wall fell in 1989."];
const NEWTON: [&str; 2] = [
    "What does Newton's first law say?",
    "A body stays at rest or in uniform motion unless a force acts on it.",
];
const HEART: [&str; 2] = [
    "What does the heart do?",
    "The heart pumps blood through the body.",
];
const BRIDGE: [&str; 2] = [
    "Why do bridges have expansion joints?",
    "Metal expands when it gets warm, and the joints leave room so that the bridge does not buckle.",
];
const REVOL: [&str; 2] = [
    "What was one cause of the French Revolution?",
    "High taxes on the poor and rising bread prices made the people angry with the king.",
];
const STACK: [&str; 2] = [
    "In which order does a stack return its elements?",
    "The element that was added last is removed first.",
];
const VACC: [&str; 2] = [
    "How does a vaccine protect a person?",
    "It trains the immune system to recognise a germ, so that antibodies are made quickly after an infection.",
];

#[rustfmt::skip]
const PROBES: [Probe; 71] = [
    ("exact reference", 5.0, 5.0, LOCK[0], LOCK[1], LOCK[1]),
    ("exact reference", 5.0, 5.0, PHOTO[0], PHOTO[1], PHOTO[1]),
    ("exact reference", 5.0, 5.0, PARIS[0], PARIS[1], PARIS[1]),
    ("exact reference", 5.0, 5.0, NEWTON[0], NEWTON[1], NEWTON[1]),
    ("exact reference", 5.0, 5.0, VACC[0], VACC[1], VACC[1]),
    ("case or typo", 5.0, 5.0, PARIS[0], PARIS[1], "PARIS"),
    ("case or typo", 4.0, 5.0, HEART[0], HEART[1], "the hart pumps blod through the body"),
    ("case or typo", 4.0, 5.0, PHOTO[0], PHOTO[1], "Photosythesis is the proces by which plants turn light, water and carbon dioxid into sugar and oxygen."),
    ("case or typo", 4.0, 5.0, WALL[0], WALL[1], "the berlin wall fell in 1989"),
    ("paraphrase", 3.5, 5.0, LOCK[0], LOCK[1], "It lets only a single thread change the shared data at a time, so updates are not lost."),
    ("paraphrase", 3.5, 5.0, PHOTO[0], PHOTO[1], "Plants use light to make sugar and oxygen from water and carbon dioxide."),
    ("paraphrase", 3.5, 5.0, NEWTON[0], NEWTON[1], "Unless a force acts on a body, it keeps resting or moving uniformly."),
    ("paraphrase", 3.5, 5.0, HEART[0], HEART[1], "It pumps the blood around the whole body."),
    ("paraphrase", 3.5, 5.0, VACC[0], VACC[1], "The immune system learns to recognise the germ and makes antibodies fast when an infection comes."),
    ("paraphrase", 3.5, 5.0, STACK[0], STACK[1], "What was added last comes out first."),
    ("correct and short", 3.5, 5.0, WALL[0], WALL[1], "1989"),
    ("correct and short", 3.5, 5.0, BYTE[0], BYTE[1], "eight"),
    ("correct and short", 3.5, 5.0, BOIL[0], BOIL[1], "100 degrees"),
    ("correct and short", 3.5, 5.0, PARIS[0], PARIS[1], "It is Paris."),
    ("correct and short", 3.5, 5.0, HEART[0], HEART[1], "pumps blood"),
    ("half right", 1.5, 4.2, PHOTO[0], PHOTO[1], "Plants make sugar."),
    ("half right", 1.5, 4.2, REVOL[0], REVOL[1], "Bread prices were rising."),
    ("half right", 1.5, 4.2, BRIDGE[0], BRIDGE[1], "Because metal expands."),
    ("half right", 1.5, 4.2, VACC[0], VACC[1], "It helps the immune system."),
    ("off-topic words", 0.0, 1.0, LOCK[0], LOCK[1], "bananas"),
    ("off-topic words", 0.0, 1.0, PHOTO[0], PHOTO[1], "cheese"),
    ("off-topic words", 0.0, 1.0, NEWTON[0], NEWTON[1], "football boots"),
    ("off-topic words", 0.0, 1.0, REVOL[0], REVOL[1], "blue paint"),
    ("off-topic sentence", 0.0, 1.0, LOCK[0], LOCK[1], "To keep the house warm in the winter."),
    ("off-topic sentence", 0.0, 1.0, PHOTO[0], PHOTO[1], "cheese is good"),
    ("off-topic sentence", 0.0, 1.0, NEWTON[0], NEWTON[1], "My sister likes to dance in the evening."),
    ("off-topic sentence", 0.0, 1.0, HEART[0], HEART[1], "The train leaves at noon."),
    ("off-topic sentence", 0.0, 1.0, BRIDGE[0], BRIDGE[1], "Cats sleep most of the day."),
    ("answer to another question", 0.0, 1.0, LOCK[0], LOCK[1], PHOTO[1]),
    ("answer to another question", 0.0, 1.0, PHOTO[0], PHOTO[1], REVOL[1]),
    ("answer to another question", 0.0, 1.0, NEWTON[0], NEWTON[1], VACC[1]),
    ("answer to another question", 0.0, 1.0, REVOL[0], REVOL[1], HEART[1]),
    ("answer to another question", 0.0, 1.0, VACC[0], VACC[1], WALL[1]),
    ("answer to another question", 0.0, 1.0, BRIDGE[0], BRIDGE[1], STACK[1]),
    ("negated", 0.0, 2.0, LOCK[0], LOCK[1], "A lock does not make sure that only one thread at a time changes shared data, so updates are lost."),
    ("negated", 0.0, 2.0, PHOTO[0], PHOTO[1], "Photosynthesis is not the process by which plants turn light, water and carbon dioxide into sugar and oxygen."),
    ("negated", 0.0, 2.0, HEART[0], HEART[1], "The heart does not pump blood through the body."),
    ("negated", 0.0, 2.0, STACK[0], STACK[1], "The element that was added last is not removed first."),
    ("negated", 0.0, 2.0, VACC[0], VACC[1], "It does not train the immune system to recognise a germ, so that antibodies are never made quickly after an infection."),
    ("harmless negation", 3.5, 5.0, HEART[0], HEART[1], "The heart not only beats, it pumps blood through the body."),
    ("harmless negation", 3.5, 5.0, NEWTON[0], NEWTON[1], "A body does not leave rest or uniform motion unless a force acts on it."),
    ("wrong number", 0.0, 2.0, BYTE[0], BYTE[1], "A byte has 16 bits."),
    ("wrong number", 0.0, 2.0, BYTE[0], BYTE[1], "4"),
    ("wrong number", 0.0, 2.0, BOIL[0], BOIL[1], "Water boils at 50 degrees Celsius."),
    ("wrong number", 0.0, 2.0, WALL[0], WALL[1], "The Berlin Wall fell in 1961."),
    ("wrong entity", 0.0, 1.0, PARIS[0], PARIS[1], "London"),
    ("wrong entity", 0.0, 1.0, PARIS[0], PARIS[1], "Rome is the capital of France."),
    ("wrong entity", 0.0, 1.0, "Who wrote Hamlet?", "William Shakespeare", "Charles Dickens"),
    ("wrong entity", 0.0, 1.0, "Which gas do plants take in?", "Carbon dioxide", "Nitrogen"),
    ("wrong unit", 0.0, 3.0, BOIL[0], BOIL[1], "Water boils at 100 degrees Fahrenheit."),
    ("wrong unit", 0.0, 3.0, "How long is a marathon?", "42 kilometres", "42 metres"),
    ("swapped roles", 0.0, 3.0, "What do bees do for flowers?", "Bees pollinate the flowers.", "Flowers pollinate the bees."),
    ("swapped roles", 0.0, 3.0, STACK[0], STACK[1], "The element that was added first is removed last."),
    ("question echoed", 0.0, 1.0, LOCK[0], LOCK[1], LOCK[0]),
    ("question echoed", 0.0, 1.0, PHOTO[0], PHOTO[1], PHOTO[0]),
    ("question echoed", 0.0, 1.0, NEWTON[0], NEWTON[1], NEWTON[0]),
    ("question echoed", 0.0, 1.0, REVOL[0], REVOL[1], REVOL[0]),
    ("keywords listed", 0.0, 4.0, LOCK[0], LOCK[1], "lock thread time shared data update"),
    ("keywords listed", 0.0, 4.0, PHOTO[0], PHOTO[1], "plants light water carbon dioxide sugar oxygen"),
    ("keywords listed", 0.0, 4.0, VACC[0], VACC[1], "immune system germ antibodies infection"),
    ("empty", 0.0, 0.0, LOCK[0], LOCK[1], ""),
    ("empty", 0.0, 0.0, PARIS[0], PARIS[1], "   "),
    ("empty", 0.0, 0.0, PHOTO[0], PHOTO[1], "???"),
    ("no answer", 0.0, 0.0, LOCK[0], LOCK[1], "I don't know"),
    ("no answer", 0.0, 0.0, PARIS[0], PARIS[1], "no idea"),
    ("no answer", 0.0, 0.0, REVOL[0], REVOL[1], "I am not sure, sorry"),
];

/// Probes of a kind that the scorer meets by words alone; what is missing to all of them is a known weakness
/// (docs/scoring.md), and fewer are a step back.
const MET: [(&str, usize); 18] = [
    ("exact reference", 5),
    ("case or typo", 4),
    ("paraphrase", 6),
    ("correct and short", 5),
    ("half right", 2),
    ("off-topic words", 4),
    ("off-topic sentence", 1),
    ("answer to another question", 3),
    ("negated", 5),
    ("harmless negation", 1),
    ("wrong number", 3),
    ("wrong entity", 4),
    ("wrong unit", 0),
    ("swapped roles", 0),
    ("question echoed", 3),
    ("keywords listed", 3),
    ("empty", 3),
    ("no answer", 3),
];

fn met(scorer: &LocalScorer) -> BTreeMap<&'static str, usize> {
    let mut met = BTreeMap::new();
    for (kind, least, most, question, reference, answer) in PROBES {
        let verdict = scorer.score(&TextTask {
            question,
            reference: Some(reference),
            rubric: &whole(),
            marks: FIVE,
            answer,
            item_kind: ItemKind::ShortAnswer,
        });
        let points = verdict.points.unwrap_or_default().as_f64();
        *met.entry(kind).or_insert(0) += usize::from((least..=most).contains(&points));
    }
    met
}

#[test]
fn answers_of_known_kinds_get_what_an_examiner_would_allow() {
    let met = met(&LocalScorer::default());
    assert_eq!(met.len(), MET.len());
    for (kind, least) in MET {
        assert!(met[kind] >= least, "{kind}: {} of at least {least}", met[kind]);
    }
}

#[test]
fn a_contradiction_is_flagged_and_never_sure() {
    let denied =
        "A lock does not make sure that only one thread at a time changes shared data, so updates are lost.";
    let verdict = judge(LOCK[0], Some(LOCK[1]), &whole(), denied);
    assert_eq!(verdict.flags, [FLAG_CONTRADICTS]);
    assert!(verdict.points.unwrap() <= Points::whole(40) && verdict.confidence.unwrap() <= 0.4);
}

#[test]
fn another_thing_than_the_one_asked_for_earns_next_to_nothing() {
    let points = |answer| points(PARIS[0], PARIS[1], answer);
    assert!(points("London") <= 20.0 && points("It is Paris.") >= 70.0);
}

#[test]
fn denying_the_opposite_is_no_contradiction() {
    let score = |answer| {
        judge(
            "Can it be done?",
            Some("It is possible to sort in linear time."),
            &whole(),
            answer,
        )
    };
    assert!(
        score("It is not impossible to sort in linear time.")
            .flags
            .is_empty()
    );
    assert_eq!(
        score("It is impossible to sort in linear time.").flags,
        [FLAG_CONTRADICTS]
    );
}
