//! What is learnt, and what a sentence model adds.

use super::*;
use crate::embedding::{DIMENSIONS, EmbedError, Embedding, LexicalHash};

/// Places texts by a word they hold: what means the same lies in the same direction.
struct Fake {
    provider: &'static str,
    fails: bool,
}

impl Embedder for Fake {
    fn provider(&self) -> &str {
        self.provider
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        if self.fails {
            return Err(EmbedError::Failed("no memory".to_owned()));
        }
        let axis = |text: &str| match text.to_lowercase() {
            text if text.contains("photosynthesis is") || text.contains("foliage") => 0,
            text if text.contains("what is photosynthesis") => 1,
            _ => 2,
        };
        let vector = |text: &&str| {
            let mut values = vec![0.01; DIMENSIONS];
            values[axis(text)] = 1.0;
            Embedding::normalised(values)
        };
        texts.iter().map(vector).collect()
    }
}

fn with(provider: &'static str, fails: bool) -> LocalScorer {
    LocalScorer::with_embedder(Arc::new(Fake { provider, fails }))
}

fn verdict(scorer: &LocalScorer, answer: &str) -> Verdict {
    scorer.score(&TextTask {
        question: QUESTION,
        reference: Some(REFERENCE),
        rubric: &whole(),
        marks: Points::whole(100),
        answer,
        item_kind: ItemKind::ShortAnswer,
    })
}

#[test]
fn a_sentence_model_finds_the_meaning_behind_other_words_and_the_version_says_so() {
    let answer = "Inside foliage, daylight becomes nourishment, which every beast finally lives on somehow.";
    let by_words = verdict(&LocalScorer::default(), answer);
    let by_meaning = verdict(&with("minilm-l6-v2", false), answer);
    assert!(by_meaning.points > by_words.points, "{by_words:?} {by_meaning:?}");
    assert_eq!(by_meaning.scorer_version, "local-3+minilm-l6-v2");
    assert_eq!(by_words.scorer_version, "local-3");
    assert_eq!(by_meaning.criteria[0].evidence[0].text, answer);
}

#[test]
fn a_model_that_fails_or_is_another_one_leaves_the_words() {
    let answer = "Plants convert light into sugar.";
    let expected = verdict(&LocalScorer::default(), answer);
    for scorer in [
        with("minilm-l6-v2", true),
        with("somebody-elses", false),
        LocalScorer::with_embedder(Arc::new(LexicalHash)),
    ] {
        assert_eq!(verdict(&scorer, answer), expected);
    }
    assert_eq!(with("somebody-elses", false).version(), "local-3");
    assert_eq!(with("minilm-l6-v2", true).version(), "local-3+minilm-l6-v2");
}

#[test]
fn what_speaks_for_an_answer_never_lowers_its_score() {
    for learnt in LocalScorer::default().coefficients() {
        for (feature, weight) in FEATURES.iter().zip(learnt.weights) {
            let allowed = match feature.usage {
                Use::For | Use::Meaning => weight >= 0.0,
                Use::Against => weight <= 0.0,
                Use::Doubt => weight == 0.0,
            };
            assert!(allowed, "{} {weight}", feature.name);
        }
        assert!((0.0..=1.0).contains(&learnt.intercept));
    }
    let [words_only, _] = LocalScorer::default().coefficients();
    for (feature, weight) in FEATURES.iter().zip(words_only.weights) {
        assert!(feature.usage != Use::Meaning || weight == 0.0, "{}", feature.name);
    }
}

#[test]
fn every_feature_is_a_share() {
    let scorer = with("minilm-l6-v2", false);
    for answer in [
        "Plants.",
        REFERENCE,
        QUESTION,
        "Pizza is nice, is it not?",
        "7",
        "It does not.",
    ] {
        let features = scorer.features(&TextTask {
            question: QUESTION,
            reference: Some("Plants convert 2 things, not 3."),
            rubric: &whole(),
            marks: Points::whole(1),
            answer,
            item_kind: ItemKind::ShortAnswer,
        });
        for (feature, value) in FEATURES.iter().zip(features.unwrap()) {
            assert!(
                (0.0..=1.0).contains(&value),
                "{} {value} for {answer}",
                feature.name
            );
        }
    }
}

#[test]
fn saying_that_there_is_no_answer_earns_nothing_and_is_sure() {
    for answer in [
        "NO ANSWER",
        "not answered",
        "I don\u{2019}t know.",
        "n/a",
        "I have no idea, sorry",
    ] {
        let verdict = verdict(&LocalScorer::default(), answer);
        assert_eq!(verdict.points, Some(Points::ZERO), "{answer}");
        assert_eq!(verdict.flags, [FLAG_NO_ANSWER]);
        assert!(verdict.confidence.unwrap() > 0.9);
        assert_eq!(verdict.criteria[0].rationale, "Says that there is no answer.");
    }
    let honest = verdict(
        &LocalScorer::default(),
        "I don't know all, but plants make glucose from sunlight.",
    );
    assert!(
        honest.flags.is_empty() && honest.points > Some(Points::whole(50)),
        "{honest:?}"
    );
}

#[test]
fn a_copied_reference_among_other_words_is_flagged() {
    let padded = format!("{REFERENCE} Pizza is baked in an oven and eaten hot.");
    let verdict = verdict(&LocalScorer::default(), &padded);
    assert_eq!(verdict.flags, [FLAG_PADDED]);
    assert!(verdict.confidence.unwrap() <= 0.25);
    let flags = |answer: &str| {
        judge(
            "What does a stack offer?",
            Some("Push and pop."),
            &whole(),
            answer,
        )
        .flags
    };
    assert!(flags("A stack offers push and pop, and both take constant time.").is_empty());
    assert_eq!(
        flags("Push and pop. Roses bloom every summer behind grandmother's cottage."),
        [FLAG_PADDED]
    );
    assert_eq!(flags("What does a stack offer? Push and pop."), [FLAG_PADDED]);
}

#[test]
fn a_verdict_without_words_to_point_at_says_so() {
    let rubric = Rubric {
        criteria: vec![criterion("outputs", &["oxygen"])],
        floor: 0.0,
    };
    let verdict = judge(QUESTION, Some(REFERENCE), &rubric, "They feed.");
    assert!(verdict.criteria[0].evidence.is_empty());
    assert!(
        verdict.criteria[0]
            .rationale
            .ends_with("No sentence of the answer could be quoted for it."),
        "{}",
        verdict.criteria[0].rationale
    );
}

#[test]
fn the_number_that_was_asked_for_decides() {
    let question = "How many constructors can a class have?";
    let points = |answer| points(question, "An unlimited number.", answer);
    assert!(points("one") < 20.0 && points("2") < 20.0);
    assert!(points("infinite") > 60.0 && points("As many as you like, without a limit") > 40.0);
}

#[test]
fn an_answer_is_not_contradicted_by_denying_the_same_in_other_words() {
    let question = "What causes infinite recursion?";
    let reference = "The base case is not included.";
    assert!(points(question, reference, "There is no base case.") > 70.0);
    assert!(points(question, reference, "The base case is included.") < 50.0);
}
