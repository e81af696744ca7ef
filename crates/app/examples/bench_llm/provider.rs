//! The scripted provider as a process of its own, and the handle of it.

use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use domain::llm::{ChatMessage, ChatRole, ModelRequest, OutputFormat};
use providers::{Answer, Answered, Entry, Question, ScriptedProvider, Wire, Words};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use touchstone::llm::tokens_of;

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Each answer of a candidate is good.
    Grades,
    /// Words, whatever was asked.
    Nods,
    /// In every way there is.
    Moody,
}

/// One call, as the provider saw it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Milliseconds since it began.
    pub(crate) at: f64,
    /// As the limits count them.
    pub(crate) tokens: u32,
    pub(crate) micro_dollars: u64,
    /// Whether the words were sent whole.
    pub(crate) answered: bool,
}

/// A running provider; gone when dropped.
pub(crate) struct Provider {
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    pub(crate) base_url: String,
    pub(crate) key: String,
}

impl Manner {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Grades => "grades",
            Self::Nods => "nods",
            Self::Moody => "moody",
        }
    }
}

impl Provider {
    pub(crate) async fn start(manner: Manner, delay: Duration) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["provider", manner.as_str(), &delay.as_millis().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.take().context("standard input is piped")?;
        let output = child.stdout.take().context("standard output is piped")?;
        let mut output = BufReader::new(output).lines();
        let line = output.next_line().await?.context("the provider ended")?;
        let (base_url, key) = line.split_once(' ').context("an address and a key")?;
        Ok(Self {
            _child: child,
            input,
            base_url: base_url.to_owned(),
            key: key.to_owned(),
            output,
        })
    }

    /// How many calls have arrived.
    pub(crate) async fn count(&mut self) -> Result<usize> {
        Ok(self.told("count").await?.parse()?)
    }

    /// All calls, in the order of their arrival.
    pub(crate) async fn seen(&mut self) -> Result<Vec<Seen>> {
        Ok(serde_json::from_str(&self.told("seen").await?)?)
    }

    async fn told(&mut self, word: &str) -> Result<String> {
        self.input.write_all(format!("{word}\n").as_bytes()).await?;
        self.output.next_line().await?.context("the provider ended")
    }
}

/// The process of a provider: it says where it is, and then what it is asked for, until its input ends.
pub(crate) async fn serve(arguments: &[String]) -> Result<()> {
    let [manner, delay] = arguments else {
        bail!("usage: bench_llm provider MANNER MILLISECONDS");
    };
    let delay = Duration::from_millis(delay.parse()?);
    let provider = ScriptedProvider::start(Wire::OpenAi)?;
    match manner.as_str() {
        "grades" => provider.by_default(move |question| graded(question).after(delay)),
        "nods" => provider.by_default(move |_| Answer::words("{}").after(delay)),
        "moody" => {
            let asked = AtomicUsize::new(0);
            provider.by_default(move |question| {
                moody(question, asked.fetch_add(1, Ordering::Relaxed)).after(delay)
            });
        }
        _ => bail!("no manner is called {manner}"),
    }
    say(&format!("{} {}", provider.base_url(), provider.key())).await?;
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    while let Some(word) = input.next_line().await? {
        if word == "count" {
            say(&provider.ledger().len().to_string()).await?;
        } else {
            let seen: Vec<Seen> = provider.ledger().iter().map(seen).collect();
            say(&serde_json::to_string(&seen)?).await?;
        }
    }
    Ok(())
}

async fn say(line: &str) -> Result<()> {
    let mut output = tokio::io::stdout();
    output.write_all(format!("{line}\n").as_bytes()).await?;
    Ok(output.flush().await?)
}

fn seen(entry: &Entry) -> Seen {
    let question = entry.question.as_deref();
    Seen {
        at: entry.arrived.as_secs_f64() * 1000.0,
        tokens: question.map_or(0, |question| tokens_of(&request(question))),
        micro_dollars: entry.cost_micro_dollars,
        answered: entry.answered == Answered::Words,
    }
}

/// The request as it was before it was in the provider's format, as far as limits look at it.
fn request(question: &Question) -> ModelRequest {
    let said = question.messages.iter().map(|message| ChatMessage {
        role: ChatRole::User,
        text: message.text.clone(),
    });
    ModelRequest {
        messages: said.collect(),
        format: OutputFormat::Text,
        max_output_tokens: question
            .max_output_tokens
            .and_then(|most| u32::try_from(most).ok())
            .unwrap_or(0),
        temperature: None,
        timeout: Duration::ZERO,
        tag: String::new(),
    }
}

/// Every criterion is met, by the first words of the answer.
fn graded(question: &Question) -> Answer {
    let verdict = || {
        let [_, task, answer, ..] = &question.messages[..] else {
            return None;
        };
        let task: Value = serde_json::from_str(&task.text).ok()?;
        let words: String = serde_json::from_str(answer.text.lines().nth(2)?).ok()?;
        let quote: String = words.chars().take(20).collect();
        let of = |criterion: &Value| {
            json!({
                "criterion": criterion["id"], "level": null, "score": 96, "quote": quote, "rationale": "Says what it has to.",
            })
        };
        let criteria: Vec<Value> = task["criteria"].as_array()?.iter().map(of).collect();
        Some(json!({ "criteria": criteria, "on_topic": true, "addresses_grader": false, "confidence": 0.9 }))
    };
    verdict().map_or(Answer::status(400), |verdict| Answer::words(verdict.to_string()))
}

/// Most calls are answered; some out of form, some refused, some too many, some broken off in the middle of an answer that is billed.
fn moody(question: &Question, number: usize) -> Answer {
    match number % 20 {
        3 => Answer::words("I would rather not say."),
        7 => Answer::too_many("0"),
        11 => Answer::status(503),
        13 => Answer::ResetInBody(Words::new("{\"criteria\": [").with_tokens(900, 90)),
        17 => Answer::status(400),
        _ => graded(question),
    }
}
