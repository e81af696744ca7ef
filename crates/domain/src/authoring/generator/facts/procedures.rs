//! Steps in order: numbered lists that say so, and runs of `First … Next … Finally`.

use super::super::super::gate::wording::normal;
use super::super::document::{Document, Form, List};
use super::super::english::{capitalised, is_among, without_stop};
use super::super::quality::{is_clean, is_command, opens_backward};

/// Steps of one procedure, in their right order.
#[derive(Clone, Debug)]
pub(in super::super) struct Procedure {
    /// The sentence that announces the steps, without its final mark.
    pub(in super::super) lead: Option<String>,
    /// Sentence and text of each step.
    pub(in super::super) steps: Vec<(usize, String)>,
    pub(in super::super) section: usize,
}

impl Procedure {
    /// The sentence before the first step, when it announces the steps.
    pub(super) fn lead_sentence(&self) -> Option<usize> {
        self.lead.as_ref()?;
        self.steps.first()?.0.checked_sub(1)
    }
}

/// Words of a lead that say the order matters.
const ORDER_WORDS: &str = "\
    order sequence step steps stage stages phase phases procedure process proceeds processes follows turn cycle \
    workflow sequentially";
/// Words that say so at the end of a lead or title (`how to proceed`).
const CLOSING_ORDER_WORDS: &str = "begin proceed instructions recipe";
const FIRST: [&str; 3] = ["First, ", "Firstly, ", "First "];
const LATER: [&str; 16] = [
    "Second, ",
    "Secondly, ",
    "Third, ",
    "Thirdly, ",
    "Fourth, ",
    "Fifth, ",
    "Next, ",
    "Then, ",
    "Then ",
    "Afterwards, ",
    "After that, ",
    "Subsequently, ",
    "Finally, ",
    "Lastly, ",
    "Last, ",
    "In the end, ",
];
const MOST_STEPS: usize = 6;

pub(super) fn procedures_in(document: &Document<'_>) -> Vec<Procedure> {
    let lists = document.lists.iter().filter_map(|list| numbered(document, list));
    lists.chain(told(document)).collect()
}

fn numbered(document: &Document<'_>, list: &List) -> Option<Procedure> {
    if !list.ordered {
        return None;
    }
    let lead = list.lead.map(|lead| without_stop(document.text(lead)).to_owned());
    let steps: Vec<(usize, String)> = list
        .entries
        .iter()
        .map(|entry| (*entry, capitalised(without_stop(document.text(*entry)))))
        .collect();
    let announced = lead.as_deref().is_some_and(announces_order);
    let commands = steps.iter().filter(|(_, text)| is_command(text)).count();
    let title = document
        .sections
        .get(list.section)
        .is_some_and(|section| announces_order(&section.title));
    (announced || title || commands * 2 > steps.len())
        .then(|| finished(document, lead, steps, list.section))?
}

fn announces_order(lead: &str) -> bool {
    let text = normal(lead);
    let last = text.rsplit(' ').next().unwrap_or_default();
    text.starts_with("how to ")
        || is_among(CLOSING_ORDER_WORDS, last)
        || text.split(' ').any(|word| is_among(ORDER_WORDS, word))
}

/// `First, … Next, … Finally, …` in consecutive sentences.
fn told(document: &Document<'_>) -> Vec<Procedure> {
    let prose = |index: usize| {
        document
            .sentences
            .get(index)
            .filter(|sentence| sentence.form == Form::Prose)
    };
    let mut found = Vec::new();
    let mut index = 0;
    while let Some(sentence) = document.sentences.get(index) {
        let Some(first) = prose(index).and_then(|sentence| stripped(&sentence.text, &FIRST)) else {
            index += 1;
            continue;
        };
        let start = index;
        let mut steps = vec![(index, first)];
        index += 1;
        while let Some(next) = prose(index).filter(|next| next.section == sentence.section)
            && let Some(text) = stripped(&next.text, &LATER)
        {
            steps.push((index, text));
            index += 1;
        }
        let lead = start
            .checked_sub(1)
            .and_then(prose)
            .map(|lead| without_stop(&lead.text).to_owned());
        found.extend(finished(
            document,
            lead.filter(|lead| announces_order(lead)),
            steps,
            sentence.section,
        ));
    }
    found
}

fn stripped(text: &str, openers: &[&str]) -> Option<String> {
    openers
        .iter()
        .find_map(|opener| text.strip_prefix(opener))
        .map(|rest| capitalised(without_stop(rest)))
}

/// Three to six sound steps on one page, or nothing.
fn finished(
    document: &Document<'_>,
    lead: Option<String>,
    mut steps: Vec<(usize, String)>,
    section: usize,
) -> Option<Procedure> {
    steps = longest_on_one_page(document, &steps).to_vec();
    steps.truncate(MOST_STEPS);
    let sound = steps.iter().all(|(_, text)| {
        let words = text.split(' ').count();
        (2..=30).contains(&words) && is_clean(text) && !opens_backward(text)
    });
    let lead = lead.filter(|lead| {
        !opens_backward(lead) && is_clean(lead) && (4..=30).contains(&lead.split(' ').count())
    });
    (sound && steps.len() >= 3).then_some(Procedure { lead, steps, section })
}

/// Steps that a page break parts are asked about as far as most of them stand together.
fn longest_on_one_page<'a>(document: &Document<'_>, steps: &'a [(usize, String)]) -> &'a [(usize, String)] {
    let page = |step: &(usize, String)| {
        let sentence = &document.sentences[step.0];
        (sentence.place.page, sentence.whole)
    };
    let runs = steps.chunk_by(|one, other| page(one) == page(other));
    let whole = runs.filter(|run| run.first().is_some_and(|step| page(step).1));
    // The first of equally long runs.
    whole.rev().max_by_key(|run| run.len()).unwrap_or_default()
}
