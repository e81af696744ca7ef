//! Items written by a language model, section by section, and what they have to pass before they are proposed.
//!
//! ```text
//! Desk::open ── sections of the text, what is wanted of each
//! Writing    ── write ── gate ── answer open ── answer closed ── sound items
//!                 └────────┴───────── refused: anew, three tries at most, then dropped with the rule
//! ```
//!
//! A model gets the numbered sentences of one section and cites them by number. What it writes is judged by the gate like any other
//! item. What passes is answered without its key: with the cited sentences alone, which has to give the key and the same cognitive
//! level, and by its wording alone, which must not. Pure functions around somebody else's words, like the scorer's.
//!
//! Deliberately absent: repairing an item or a key, and essays, numbers, pairs and orders, which the offline makers write.

mod answering;
mod desk;
mod item;
mod prompt;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use self::answering::Answered;
use self::item::{Draft, Drafter};
use self::prompt::{Stage, request};
use super::super::gate::{Context, Known, Refusal, Wanted, judge};
use super::super::item::ItemContent;
use super::DroppedItem;
use super::remake::MOST_TRIES;
use crate::llm::{CallKey, JournalSecret, ModelName, ModelRequest, NoObject, input_hash, object_in};

pub use desk::{Assignment, Desk, WRITTEN_KINDS};
pub use prompt::WRITER_VERSION;

/// One item would answer the other.
const ASKED_ABOUT: &str = "another item asks about one of its sentences";

/// What to ask, with the name under which it is journalled.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The call's name.
    pub key: CallKey,
    /// The request.
    pub request: ModelRequest,
}

/// What is next.
#[derive(Debug)]
pub enum Step {
    /// Ask this, and give the words that come back to [`Writing::answered`].
    Ask(Box<Asked>),
    /// It is done.
    Done(Written),
}

/// What came of one section.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// Items that passed everything, each with the sentences it cites.
    pub items: Vec<ItemContent>,
    /// What was refused.
    pub dropped: Vec<DroppedItem>,
    /// Whether the model stopped saying anything that can be used.
    pub cut_short: bool,
}

/// One section being written. Everything in it follows from the desk, the secret and the model's words.
pub struct Writing<'a> {
    desk: &'a Desk,
    assignment: &'a Assignment,
    /// Which section of which draft: ids, no words.
    subject: String,
    model: ModelName,
    secret: &'a JournalSecret,
    stage: Stage,
    /// Finished tries.
    tries: u8,
    /// How many items each order still lacks.
    lacking: Vec<usize>,
    /// Passed the gate in this try, with their orders.
    checked: Vec<Draft>,
    /// Passed everything.
    sound: Vec<ItemContent>,
    /// Numbers of the sentences that they are about.
    asked_about: BTreeSet<usize>,
    dropped: Vec<DroppedItem>,
    /// The unusable answer of the running stage, with what is wrong with it.
    refused: Option<(String, NoObject)>,
    cut_short: bool,
}

impl<'a> Writing<'a> {
    /// Begins. `subject` names the section by ids.
    pub fn begin(
        (desk, assignment): (&'a Desk, &'a Assignment),
        subject: String,
        model: ModelName,
        secret: &'a JournalSecret,
    ) -> Self {
        Self {
            desk,
            assignment,
            subject,
            model,
            secret,
            stage: Stage::Write,
            tries: 0,
            lacking: assignment.orders.iter().map(|order| order.count).collect(),
            checked: Vec::new(),
            sound: Vec::new(),
            asked_about: BTreeSet::new(),
            dropped: Vec::new(),
            refused: None,
            cut_short: false,
        }
    }

    /// What is next; the same until [`Self::answered`] changes it.
    pub fn next(&self) -> Step {
        let enough = self.lacking.iter().all(|lacking| *lacking == 0);
        if self.stage == Stage::Write && (enough || self.cut_short || self.tries >= MOST_TRIES) {
            return Step::Done(self.cut_short());
        }
        Step::Ask(Box::new(self.asked()))
    }

    /// What there is, where nothing further can be had.
    pub fn cut_short(&self) -> Written {
        Written {
            items: self.sound.clone(),
            dropped: self.dropped.clone(),
            cut_short: self.cut_short,
        }
    }

    /// Takes the model's words for what was asked last. Unusable words are asked for once more; then the section ends with what
    /// it has.
    pub fn answered(&mut self, words: &str) {
        let object = match (object_in(words), self.refused.take()) {
            (Ok(object), _) => object,
            (Err(fault), None) => {
                self.refused = Some((words.to_owned(), fault));
                return;
            }
            (Err(_), Some(_)) => {
                self.cut_short = true;
                self.stage = Stage::Write;
                return;
            }
        };
        match self.stage {
            Stage::Write => self.take_drafts(&object),
            Stage::Open => {
                self.keep_if(&object, answering::with_the_text);
                self.stage = Stage::Closed;
                if self.checked.is_empty() {
                    self.end_try();
                }
            }
            Stage::Closed => {
                self.keep_if(&object, answering::by_wording);
                self.end_try();
            }
        }
    }

    /// Judges what was written; what passes goes on to be answered.
    fn take_drafts(&mut self, object: &Map<String, Value>) {
        let model = self.model.clone();
        let drafter = Drafter {
            assignment: self.assignment,
            model: &model,
            seed: self.secret.seed(&self.key()).number("options"),
        };
        let mut room = self.wanted();
        // What was dropped may be asked in a better way.
        let mut batch = Known::of(&self.sound);
        let mut asked_about = self.asked_about.clone();
        let entries = object.get("items").and_then(Value::as_array);
        for (place, entry) in entries.into_iter().flatten().enumerate().take(prompt::MOST_ITEMS) {
            match drafter
                .draft(place, entry)
                .and_then(|draft| self.judged(draft, &batch))
            {
                // More than was asked for is not looked at.
                Ok(draft) if room[draft.order] == 0 => {}
                Ok(draft)
                    if draft
                        .sentences
                        .iter()
                        .any(|sentence| asked_about.contains(sentence)) =>
                {
                    self.drop_one(draft.item.stem, item::refusal("no_duplicate", ASKED_ABOUT));
                }
                Ok(draft) => {
                    room[draft.order] -= 1;
                    asked_about.extend(&draft.sentences);
                    batch.note(&draft.item);
                    self.checked.push(draft);
                }
                Err((stem, refusal)) => self.drop_one(stem, refusal),
            }
        }
        self.stage = Stage::Open;
        if self.checked.is_empty() {
            self.end_try();
        }
    }

    fn judged(&self, draft: Draft, batch: &Known) -> Result<Draft, (String, Refusal)> {
        let order = &self.assignment.orders[draft.order];
        let context = |known| Context {
            known,
            topics: &self.desk.topics,
            wanted: Wanted {
                topic: None,
                cognitive_level: order.cognitive_level,
                difficulty: order.difficulty,
            },
            // The quote is cut out of the text by the numbers of its sentences.
            cited: None,
        };
        judge(&draft.item, &context(&self.desk.known))
            .and_then(|()| judge(&draft.item, &context(batch)))
            .map_err(|refusal| (draft.item.stem.clone(), refusal))?;
        Ok(draft)
    }

    /// Drops what the answers speak against, and goes on with the rest.
    fn keep_if(
        &mut self,
        object: &Map<String, Value>,
        sound: fn(&ItemContent, Option<&Answered>) -> Result<(), Refusal>,
    ) {
        let answers = Answered::by_item(object);
        for (number, draft) in (1..).zip(std::mem::take(&mut self.checked)) {
            match sound(&draft.item, answers.get(&number)) {
                Ok(()) => self.checked.push(draft),
                Err(refusal) => self.drop_one(draft.item.stem, refusal),
            }
        }
    }

    /// What was asked for in part only is gone on with, as long as something comes of it.
    fn end_try(&mut self) {
        let in_part = self.wanted() != self.lacking && !self.checked.is_empty();
        for draft in std::mem::take(&mut self.checked) {
            self.lacking[draft.order] = self.lacking[draft.order].saturating_sub(1);
            self.asked_about.extend(&draft.sentences);
            self.sound.push(draft.item);
        }
        self.tries += u8::from(!in_part);
        self.stage = Stage::Write;
    }

    /// How many items of each order are asked for next: no more together than one answer has room for.
    fn wanted(&self) -> Vec<usize> {
        let mut room = prompt::MOST_AT_ONCE;
        let share = |lacking: &usize| {
            let count = room.min(*lacking);
            room -= count;
            count
        };
        self.lacking.iter().map(share).collect()
    }

    fn drop_one(&mut self, stem: String, refusal: Refusal) {
        self.dropped.push(DroppedItem {
            rule: refusal.rule.to_owned(),
            reason: refusal.reason,
            stem,
            tries: self.tries + 1,
        });
    }

    fn key(&self) -> CallKey {
        let input = self.input();
        CallKey {
            purpose: self.stage.purpose(),
            subject: self.subject.clone(),
            prompt_version: self.stage.prompt_version(),
            model: self.model.clone(),
            sample: u32::from(self.tries),
            round: u32::from(self.refused.is_some()),
            input: input_hash(input.iter().map(String::as_str)),
        }
    }

    /// The task and the data of the running stage.
    fn input(&self) -> [String; 2] {
        match self.stage {
            Stage::Write => {
                let known = self.sound.iter().map(|item| item.stem.as_str());
                let task = self.assignment.task(&self.wanted(), known, &self.dropped);
                [task, self.assignment.numbered_text()]
            }
            Stage::Open => [String::new(), answering::items(&self.checked, true)],
            Stage::Closed => [String::new(), answering::items(&self.checked, false)],
        }
    }

    fn asked(&self) -> Asked {
        let key = self.key();
        let boundary = self.secret.seed(&key).word("boundary");
        let most = match self.stage {
            Stage::Write => self.wanted().iter().sum(),
            Stage::Open | Stage::Closed => self.checked.len(),
        };
        let mut request = request(self.stage, &self.input(), &boundary, most);
        if let Some((words, fault)) = &self.refused {
            prompt::ask_again(&mut request, words, *fault);
        }
        request.tag = key.digest();
        Asked { key, request }
    }
}
