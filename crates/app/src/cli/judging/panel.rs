//! Language models beside the local scorer, for commands that judge tables: the gateway of the service over a journal of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::authoring::Settings;
use domain::llm::{JournalSecret, input_hash};
use domain::points::Points;
use domain::scoring::llm::{PROMPT_VERSION, Thresholds};
use domain::scoring::local::{TextTask, effective};
use domain::scoring::{Reason, Scorer, Verdict};

use super::cost::{Cost, dollars};
use super::flags::{JudgeError, JudgeFlags, ScorerArg};
use super::opinions::Opinions;
use super::{TextQuestion, TextToJudge};
use crate::config::Config;
use crate::llm::{About, Budget, Gateway, Judging, NoVerdict, texts_of};
use crate::wiring::Journal;

/// Names calls about rows of tables; what they are about is in the hash of their input.
const NAMED: &str = "table";
/// Pauses after which a model that did not answer is asked again, as long as it is not left alone.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];
/// A model that wants more patience than this is taken to be away.
const LONGEST_TURN: Duration = Duration::from_mins(15);
const SHORTEST_TURN: Duration = Duration::from_millis(50);
/// A model answers within so many seconds, as a rule: as many calls are under way as its limit lets begin in that time.
const USUAL_SECONDS: usize = 10;
const MOST_AT_ONCE: usize = 500;

/// See the module.
pub(crate) struct Panel {
    journal: Journal,
    gateway: Gateway,
    secret: JournalSecret,
    thresholds: Thresholds,
    who: ScorerArg,
    at_once: usize,
    /// Answers that are being judged, by a hash: rows that say the same are judged once.
    underway: Mutex<HashMap<[u8; 32], Arc<tokio::sync::Mutex<()>>>>,
}

impl Panel {
    /// None where models are not asked.
    pub(crate) async fn open(config: &Config, flags: &JudgeFlags) -> Result<Option<Self>, JudgeError> {
        let Some(most) = flags.check(&config.llm)? else {
            return Ok(None);
        };
        let journal = Journal::open(flags.journal.as_deref()).await?;
        let gateway = journal.gateway(config, most)?;
        Ok(Some(Self {
            secret: journal.secret(),
            thresholds: usual_thresholds(),
            who: flags.scorer,
            at_once: at_once(config),
            underway: Mutex::default(),
            journal,
            gateway,
        }))
    }

    /// Whose verdicts are asked for.
    pub(crate) const fn who(&self) -> ScorerArg {
        self.who
    }

    /// From where on machines are not believed.
    pub(crate) const fn thresholds(&self) -> &Thresholds {
        &self.thresholds
    }

    /// How many texts are worth judging at the same time.
    pub(crate) const fn at_once(&self) -> usize {
        self.at_once
    }

    /// All that is said about one text: what the rules can judge, models are not asked.
    pub(crate) async fn judge(&self, text: TextToJudge) -> Result<Opinions, JudgeError> {
        let text = Arc::new(text);
        let local = local_verdict(Arc::clone(&text)).await;
        let TextQuestion { stem, body, marks } = text.question.as_ref();
        let (Some((reference, rubric)), Scorer::Local) = (texts_of(body), local.scorer) else {
            return Ok(Opinions::of_rules(local));
        };
        let task = TextTask {
            question: stem,
            reference,
            rubric: &effective(rubric),
            marks: *marks,
            answer: &text.answer,
            item_kind: body.kind(),
        };
        let same = self.underway_with(&task);
        let turn = same.lock().await;
        let alone = nobody(*marks);
        let second = match self.who {
            ScorerArg::Llm => &alone,
            ScorerArg::Local | ScorerArg::Both => &local,
        };
        let model = self.by_models(&task, second).await?;
        // Asks for no more samples than with a second opinion, which only ever takes confidence away: all of them are there.
        let by_itself = match (self.who, &model) {
            (ScorerArg::Both, Ok(_)) => self.by_models(&task, &alone).await?.ok(),
            _ => None,
        };
        drop(turn);
        self.forget(&task, same);
        Ok(Opinions::new(local, model, by_itself))
    }

    /// Waits for its turn, and asks again where a model did not answer this once.
    async fn by_models(
        &self,
        task: &TextTask<'_>,
        second: &Verdict,
    ) -> Result<Result<Verdict, NoVerdict>, JudgeError> {
        let judging = Judging {
            task,
            named: NAMED,
            about: About::default(),
            local: second,
            unsure_below: self.thresholds.review_below_confidence,
            within: None,
            waited: Duration::ZERO,
        };
        let mut pauses = PAUSES.into_iter();
        loop {
            let judged = judging.by_models(&self.gateway, &self.secret).await;
            match judged.map_err(|error| JudgeError::Journal(error.into()))? {
                Err(NoVerdict::NotYet(after)) if after <= LONGEST_TURN => {
                    tokio::time::sleep(after.max(SHORTEST_TURN)).await;
                }
                Err(NoVerdict::Unavailable)
                    if self
                        .gateway
                        .offers()
                        .iter()
                        .any(|offer| offer.is_well(self.gateway.now()))
                        && let Some(pause) = pauses.next() =>
                {
                    tokio::time::sleep(pause).await;
                }
                judged => return Ok(judged),
            }
        }
    }

    fn underway_with(&self, task: &TextTask<'_>) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(self.underway().entry(hash(task)).or_default())
    }

    fn forget(&self, task: &TextTask<'_>, same: Arc<tokio::sync::Mutex<()>>) {
        let mut underway = self.underway();
        drop(same);
        let key = hash(task);
        if underway
            .get(&key)
            .is_some_and(|held| Arc::strong_count(held) == 1)
        {
            underway.remove(&key);
        }
    }

    fn underway(&self) -> MutexGuard<'_, HashMap<[u8; 32], Arc<tokio::sync::Mutex<()>>>> {
        self.underway.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The budget, in dollars.
    pub(crate) fn budget(&self) -> String {
        dollars(self.cost().budget)
    }

    /// What is billed so far, in dollars.
    pub(crate) fn billed(&self) -> String {
        dollars(self.cost().spent.billed)
    }

    /// What was spent so far.
    pub(crate) fn cost(&self) -> Cost {
        let budget = self.gateway.budget();
        Cost {
            models: self.names().collect(),
            spent: budget.map(Budget::spent).unwrap_or_default(),
            budget: budget.map(Budget::most).unwrap_or_default(),
        }
    }

    /// The version of the verdicts, with all models that may have judged.
    pub(crate) fn version(&self) -> String {
        format!("{PROMPT_VERSION}+{}", self.names().collect::<Vec<_>>().join(","))
    }

    fn names(&self) -> impl Iterator<Item = String> {
        self.gateway
            .offers()
            .iter()
            .map(|offer| offer.model().name().to_string())
    }

    /// Writes what is left to the journal.
    pub(crate) async fn close(self) -> Result<(), JudgeError> {
        Ok(self.journal.close().await?)
    }
}

/// From where on machines are not believed in an assessment that says nothing else.
pub(crate) fn usual_thresholds() -> Thresholds {
    let defaults = Settings::default();
    Thresholds {
        review_below_confidence: defaults.review_below_confidence,
        review_above_gap: defaults.review_above_gap,
    }
}

/// As many as the first model's limit makes worthwhile; without a limit as many as a worker has at once.
fn at_once(config: &Config) -> usize {
    let first = config.llm.in_order().next();
    match first.map(|(_, provider)| provider.requests_per_minute) {
        None | Some(0) => config.jobs.concurrency.llm.max(1),
        Some(requests) => (usize::try_from(requests).unwrap_or(usize::MAX) / 60)
            .saturating_mul(USUAL_SECONDS)
            .clamp(1, MOST_AT_ONCE),
    }
}

async fn local_verdict(text: Arc<TextToJudge>) -> Verdict {
    let judged = tokio::task::spawn_blocking(move || text.verdict()).await;
    judged.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

fn hash(task: &TextTask<'_>) -> [u8; 32] {
    let rubric = serde_json::to_string(task.rubric).unwrap_or_default();
    let reference = task.reference.unwrap_or_default();
    input_hash([task.question, reference, rubric.as_str(), task.answer])
}

/// A second opinion that says nothing.
fn nobody(marks: Points) -> Verdict {
    Verdict {
        scorer: Scorer::Local,
        scorer_version: String::new(),
        points: None,
        max_points: marks,
        reason: Reason::Ungraded,
        criteria: Vec::new(),
        confidence: None,
        flags: Vec::new(),
    }
}
