//! Runners of candidates' programs.

use async_trait::async_trait;
use domain::scoring::coding::{CodeRunner, Program, RunnerError, TestRun};

/// Stands where no runner is configured: programs stay ungraded until one is, and a person or a rescore judges them.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRunner;

#[async_trait]
impl CodeRunner for NoRunner {
    async fn run(&self, _program: &Program<'_>) -> Result<Vec<TestRun>, RunnerError> {
        Err(RunnerError::Unavailable(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_run_and_nothing_is_made_up() {
        let program = Program {
            language: "python",
            source: "print(1)",
            tests: &[],
        };
        let ran = NoRunner.run(&program).await;
        assert!(matches!(ran, Err(RunnerError::Unavailable(None))), "{ran:?}");
    }
}
