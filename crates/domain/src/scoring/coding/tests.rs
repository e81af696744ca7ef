//! What a program earns, and what its author may read.

use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::scoring::Reason;

fn tests(weights: &[f64]) -> Vec<TestCase> {
    let test = |(index, weight): (usize, &f64)| TestCase {
        id: format!("t{index}"),
        stdin: format!("{index}\n"),
        expected: format!("{index}\nend"),
        weight: *weight,
        hidden: index > 0,
    };
    weights.iter().enumerate().map(test).collect()
}

fn runs(tests: &[TestCase], passed: &[bool]) -> Vec<TestRun> {
    let run = |(test, passed): (&TestCase, &bool)| TestRun {
        test_id: test.id.clone(),
        outcome: RunOutcome::Finished {
            stdout: if *passed {
                test.expected.clone()
            } else {
                "something else".to_owned()
            },
        },
    };
    tests.iter().zip(passed).map(run).collect()
}

fn earned(weights: &[f64], partial_credit: bool, passed: &[bool]) -> Verdict {
    let tests = tests(weights);
    score_runs(&tests, partial_credit, Points::whole(10), &runs(&tests, passed))
}

fn outcome_of(outcome: RunOutcome, hidden: bool) -> CriterionVerdict {
    let mut tests = tests(&[1.0]);
    tests[0].hidden = hidden;
    let run = TestRun {
        test_id: "t0".to_owned(),
        outcome,
    };
    let mut verdict = score_runs(&tests, true, Points::whole(2), &[run]);
    verdict.criteria.remove(0)
}

#[test]
fn passed_tests_earn_their_weights_or_nothing_unless_all_pass() {
    let points = |verdict: &Verdict| verdict.points.unwrap().hundredths();
    let some = earned(&[1.0, 3.0], true, &[false, true]);
    assert_eq!((points(&some), some.reason), (750, Reason::PartiallyCorrect));
    let nothing = earned(&[1.0, 3.0], false, &[false, true]);
    assert_eq!((points(&nothing), nothing.reason), (0, Reason::Incorrect));
    let all = earned(&[0.1, 0.2, 0.7], false, &[true, true, true]);
    assert_eq!((points(&all), all.reason), (1000, Reason::Correct));
    let weights: Vec<f64> = some.criteria.iter().map(|part| part.weight).collect();
    assert_eq!(weights, [0.25, 0.75]);
}

#[test]
fn line_ends_and_white_space_around_the_output_do_not_matter() {
    let score = |stdout: &str| {
        outcome_of(
            RunOutcome::Finished {
                stdout: stdout.to_owned(),
            },
            false,
        )
        .score
    };
    for same in ["0\nend", "0\r\nend\r\n", "  0\nend \n\n"] {
        assert!(score(same) > 99.0, "{same:?}");
    }
    for other in ["0 end", "0\n\nend", "0\nEnd", ""] {
        assert!(score(other) < 1.0, "{other:?}");
    }
}

#[test]
fn a_program_that_does_not_run_earns_nothing_and_says_why() {
    let message = "line 3: `;` expected".to_owned();
    let compile = outcome_of(RunOutcome::CompileError { message }, true);
    assert_eq!(
        (compile.score, compile.rationale.as_str()),
        (0.0, "The program does not compile: line 3: `;` expected")
    );
    let message = "time limit of 2 s".to_owned();
    assert_eq!(
        outcome_of(RunOutcome::TimedOut { message }, false).rationale,
        "The program was stopped: time limit of 2 s"
    );
    let long = "x".repeat(10_000);
    let crash = |hidden| {
        outcome_of(
            RunOutcome::Crashed {
                message: long.clone(),
            },
            hidden,
        )
        .rationale
    };
    assert!((500..600).contains(&crash(false).len()));
    assert_eq!(crash(true), "The program ended with an error.");
    assert_eq!(told("Stopped", " \n"), "Stopped.");
}

#[test]
fn a_test_that_was_not_run_leaves_the_answer_ungraded() {
    let cases = tests(&[1.0, 1.0]);
    let only_first = &runs(&cases, &[true, true])[..1];
    let verdict = score_runs(&cases, true, Points::whole(2), only_first);
    assert_eq!((verdict.points, verdict.reason), (None, Reason::Ungraded));
    assert_eq!(verdict.flags, [FLAG_NO_RUNNER]);
    assert_eq!(score_runs(&[], true, Points::whole(2), &[]).flags, [FLAG_NO_KEY]);
}

/// Answers as it was told to, once, and keeps the language it was given.
struct Scripted {
    reply: Mutex<Option<Result<Vec<TestRun>, RunnerError>>>,
    language: Mutex<String>,
}

#[async_trait]
impl CodeRunner for Scripted {
    async fn run(&self, program: &Program<'_>) -> Result<Vec<TestRun>, RunnerError> {
        program.language.clone_into(&mut self.language.lock().unwrap());
        self.reply.lock().unwrap().take().unwrap()
    }
}

/// The verdict, and the language the runner was asked for.
fn judged(
    raw: &Value,
    reply: Option<Result<Vec<TestRun>, RunnerError>>,
) -> (Result<Verdict, Duration>, String) {
    let runner = Scripted {
        reply: Mutex::new(reply),
        language: Mutex::default(),
    };
    let body = ItemBody::Coding {
        languages: vec!["Python".to_owned()],
        starter: None,
        tests: tests(&[1.0, 1.0]),
        partial_credit: true,
    };
    let mut judging = pin!(judge(&runner, &body, Points::whole(4), Some(raw)));
    let Poll::Ready(verdict) = judging.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("a scripted runner never waits");
    };
    let language = runner.language.lock().unwrap().clone();
    (verdict, language)
}

#[test]
fn a_program_goes_to_the_runner_and_its_runs_are_scored() {
    let raw = json!({"language": " python", "source": "print(0)"});
    let reply = runs(&tests(&[1.0, 1.0]), &[true, false]);
    let (verdict, language) = judged(&raw, Some(Ok(reply)));
    assert_eq!(verdict.unwrap().points, Some(Points::whole(2)));
    assert_eq!(language, "Python");
    let (unanswered, language) = judged(&json!({"language": "Python", "source": " "}), None);
    assert_eq!(unanswered.unwrap().reason, Reason::Unanswered);
    assert_eq!(language, "");
}

#[test]
fn a_runner_that_does_not_run_leaves_the_answer_ungraded() {
    let raw = json!({"language": "Python", "source": "print(0)"});
    let refused = RunnerError::Refused {
        reason: "unknown language".to_owned(),
    };
    for (error, flag) in [
        (RunnerError::Unavailable(None), FLAG_NO_RUNNER),
        (refused, FLAG_RUNNER_REFUSED),
    ] {
        let verdict = judged(&raw, Some(Err(error))).0.unwrap();
        assert_eq!((verdict.points, verdict.reason), (None, Reason::Ungraded));
        assert_eq!(verdict.flags, [flag]);
    }
    let after = Duration::from_secs(9);
    let (busy, _) = judged(&raw, Some(Err(RunnerError::RateLimited { after })));
    assert_eq!(busy, Err(after));
}

proptest! {
    #[test]
    fn one_more_passed_test_never_earns_less_and_points_stay_in_range(
        outcomes in prop::collection::vec((prop_oneof![Just(f64::NAN), -1.0_f64..5.0], any::<bool>()), 1..8),
        mend in any::<prop::sample::Index>(),
        partial_credit in any::<bool>(),
    ) {
        let (weights, passed): (Vec<f64>, Vec<bool>) = outcomes.into_iter().unzip();
        let mut mended = passed.clone();
        mended[mend.index(passed.len())] = true;
        let before = earned(&weights, partial_credit, &passed);
        let after = earned(&weights, partial_credit, &mended);
        prop_assert!(Some(Points::ZERO) <= before.points && before.points <= after.points);
        prop_assert!(after.points <= Some(Points::whole(10)));
        prop_assert!(passed.contains(&false) || before.reason == Reason::Correct);
        prop_assert_eq!(&before, &earned(&weights, partial_credit, &passed));
    }

    #[test]
    fn the_order_of_the_runs_does_not_matter(
        passed in prop::collection::vec(any::<bool>(), 1..6), partial_credit in any::<bool>(),
    ) {
        let weights = vec![1.0; passed.len()];
        let tests = tests(&weights);
        let mut backwards = runs(&tests, &passed);
        backwards.reverse();
        prop_assert_eq!(
            score_runs(&tests, partial_credit, Points::whole(10), &backwards),
            earned(&weights, partial_credit, &passed)
        );
    }
}
