//! A provider that does as it is told.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::answer::{Answer, Words};
use crate::connection::Connection;
use crate::http::HttpRequest;
use crate::ledger::{Answered, Entry, Ledger, Prices};
use crate::question::{Question, guessed_tokens};
use crate::wires::Wire;

/// The only key that is taken.
const KEY: &str = "scripted-key-0123456789";
/// Connections that may wait to be accepted: of a burst that finds no room the rest comes back after a second, which would count as
/// the client's.
const BACKLOG: u32 = 4096;

type Behaviour = dyn Fn(&Question) -> Answer + Send + Sync;

/// A server on this machine, gone when dropped, with all of its connections.
pub struct ScriptedProvider {
    address: SocketAddr,
    stage: Arc<Stage>,
    accepting: JoinHandle<()>,
}

impl ScriptedProvider {
    /// Says `{}` to everything until it is told otherwise.
    pub fn start(wire: Wire) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let stage = Arc::new(Stage::new(wire));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&stage)));
        Ok(Self {
            address,
            stage,
            accepting,
        })
    }

    /// What a configuration names: with `/v1` where the wire format has it there.
    pub fn base_url(&self) -> String {
        let path = match self.stage.wire {
            Wire::OpenAi => "/v1",
            Wire::Anthropic | Wire::Gemini | Wire::Ollama => "",
        };
        format!("http://{}{path}", self.address)
    }

    /// The key it takes. Ollama takes none as well.
    pub fn key(&self) -> &'static str {
        KEY
    }

    /// Answers for the next requests that are right, in their order, one each. A wrong request is refused and uses none up.
    pub fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        locked(&self.stage.script).extend(answers);
    }

    /// Answers for all requests that the script has none for.
    pub fn by_default(&self, behaviour: impl Fn(&Question) -> Answer + Send + Sync + 'static) {
        *locked(&self.stage.behaviour) = Arc::new(behaviour);
    }

    /// Sets the prices of a model; those of others are those of [`Prices::default`]. Counts for later requests.
    pub fn price(&self, model: &str, prices: Prices) {
        locked(&self.stage.ledger).prices.insert(model.to_owned(), prices);
    }

    /// All requests so far, refused ones too, in the order of their arrival.
    pub fn ledger(&self) -> Vec<Entry> {
        locked(&self.stage.ledger).entries.clone()
    }

    /// What all of it costs, in micro-dollars: the sum of the entries.
    pub fn bill_micro_dollars(&self) -> u64 {
        locked(&self.stage.ledger).bill()
    }

    /// What the last request asked; `None` if there was none, or it was refused.
    pub fn last_question(&self) -> Option<Arc<Question>> {
        let ledger = locked(&self.stage.ledger);
        ledger.entries.last()?.question.clone()
    }

    /// Since it began: the time in which [`Entry::arrived`] is told.
    pub fn age(&self) -> Duration {
        self.stage.started.elapsed()
    }

    /// Bytes that were put onto sockets so far.
    pub fn bytes_sent(&self) -> u64 {
        self.stage.bytes_sent.load(Ordering::Relaxed)
    }

    /// Connections that were accepted so far.
    pub fn connections(&self) -> u64 {
        self.stage.connections.load(Ordering::Relaxed)
    }

    /// Returns when no request is being answered.
    pub async fn settled(&self) {
        let mut underway = self.stage.underway.subscribe();
        // The sender lives as long as this.
        let _ = underway.wait_for(|requests| *requests == 0).await;
    }
}

impl Drop for ScriptedProvider {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, stage: Arc<Stage>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                stage.connections.fetch_add(1, Ordering::Relaxed);
                // Only a matter of speed.
                let _ = stream.set_nodelay(true);
                let connection = Connection { stage: Arc::clone(&stage), stream };
                connections.spawn(connection.serve());
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// What all connections share. Locks are held for a look, never across a wait.
pub(crate) struct Stage {
    pub(crate) wire: Wire,
    pub(crate) bytes_sent: AtomicU64,
    connections: AtomicU64,
    started: Instant,
    script: Mutex<VecDeque<Answer>>,
    behaviour: Mutex<Arc<Behaviour>>,
    ledger: Mutex<Ledger>,
    underway: watch::Sender<usize>,
}

impl Stage {
    fn new(wire: Wire) -> Self {
        Self {
            wire,
            bytes_sent: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            started: Instant::now(),
            script: Mutex::default(),
            behaviour: Mutex::new(Arc::new(|_| Answer::words("{}"))),
            ledger: Mutex::default(),
            underway: watch::Sender::new(0),
        }
    }

    /// Until what it gives back is dropped, a request is being answered.
    pub(crate) fn begin(self: &Arc<Self>) -> Underway {
        self.underway.send_modify(|requests| *requests += 1);
        Underway(Arc::clone(self))
    }

    /// Reads the request, chooses the answer, and writes both into the ledger.
    pub(crate) fn decide(&self, request: &HttpRequest) -> (Option<Arc<Question>>, Answer) {
        let arrived = self.started.elapsed();
        let (question, answer) = match self.wire.question(request, KEY) {
            Ok(question) => {
                let answer = self.answer(&question);
                (Some(Arc::new(question)), answer)
            }
            Err(refusal) => (None, refusal.into()),
        };
        let (input_tokens, output_tokens) = billed(question.as_deref(), &answer);
        let model = question.as_ref().map_or("", |question| question.model.as_str());
        let mut ledger = locked(&self.ledger);
        let cost_micro_dollars = ledger.prices_of(model).cost(input_tokens, output_tokens);
        ledger.entries.push(Entry {
            arrived,
            tag: request.header("x-request-tag").map(str::to_owned),
            question: question.clone(),
            answered: answered(self.wire, &answer),
            input_tokens,
            output_tokens,
            cost_micro_dollars,
        });
        drop(ledger);
        (question, answer)
    }

    fn answer(&self, question: &Question) -> Answer {
        if let Some(answer) = locked(&self.script).pop_front() {
            return answer;
        }
        let behaviour = Arc::clone(&locked(&self.behaviour));
        behaviour(question)
    }

    /// The body that carries these words.
    pub(crate) fn words(&self, question: Option<&Question>, words: &Words) -> Vec<u8> {
        let tokens = tokens(question, words);
        let model = question.map_or("", |question| question.model.as_str());
        self.wire.answer(model, words, tokens).to_string().into_bytes()
    }
}

pub(crate) struct Underway(Arc<Stage>);

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.underway.send_modify(|requests| *requests -= 1);
    }
}

fn tokens(question: Option<&Question>, words: &Words) -> (u32, u32) {
    let asked = || question.map_or(0, Question::tokens);
    let said = || guessed_tokens(words.text.len());
    (
        words.input_tokens.unwrap_or_else(asked),
        words.output_tokens.unwrap_or_else(said),
    )
}

/// A provider bills what it has worked out, whether or not the answer arrives.
fn billed(question: Option<&Question>, answer: &Answer) -> (u32, u32) {
    match answer {
        Answer::Words(words) | Answer::ResetInBody(words) | Answer::Drip { words, .. } => {
            tokens(question, words)
        }
        Answer::After(_, later) => billed(question, later),
        _ => (0, 0),
    }
}

fn answered(wire: Wire, answer: &Answer) -> Answered {
    match answer {
        Answer::Words(_) | Answer::Drip { .. } => Answered::Words,
        Answer::Refusal(refusal) => Answered::Status(wire.refusal(refusal).0),
        Answer::Bare { status, .. } => Answered::Status(*status),
        Answer::Socket(_) | Answer::ResetBeforeHead | Answer::ResetInBody(_) => Answered::Broken,
        Answer::Hang => Answered::Nothing,
        Answer::Endless => Answered::Endless,
        Answer::After(_, later) => answered(wire, later),
    }
}

/// A test that panicked while it held a lock has failed already.
fn locked<T>(place: &Mutex<T>) -> MutexGuard<'_, T> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}
