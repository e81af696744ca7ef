//! Properties of what is asked over the network: cases by proptest, the same in every run.

use std::fmt::Debug;

use proptest::sample::select;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use tokio::runtime::Handle;

/// How many cases proptest tries when `PROPTEST_CASES` does not say otherwise.
const USUAL_CASES: u32 = 256;
/// A request costs more than a function call.
const SHRINKS: u32 = 200;

/// Tries cases until one fails, and then smaller ones. Wants a runtime of several threads.
#[track_caller]
pub(crate) fn check<S: Strategy>(strategy: &S, test: impl AsyncFn(S::Value))
where
    S::Value: Clone + Debug,
{
    check_cases(USUAL_CASES, strategy, test);
}

/// The same with another number of cases, where proptest would try [`USUAL_CASES`].
#[track_caller]
pub(crate) fn check_cases<S: Strategy>(cases: u32, strategy: &S, test: impl AsyncFn(S::Value))
where
    S::Value: Clone + Debug,
{
    let asked = Config::default();
    let config = Config {
        cases: (cases * asked.cases).div_ceil(USUAL_CASES),
        max_shrink_iters: SHRINKS,
        failure_persistence: None,
        ..asked
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let outcome = runner.run(strategy, |case| {
        tokio::task::block_in_place(|| Handle::current().block_on(test(case)));
        Ok::<_, TestCaseError>(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// One of these texts.
pub(crate) fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(texts).prop_map(str::to_owned)
}
