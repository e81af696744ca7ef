//! Answers in the shape that a question asks for, made from what candidates are shown of it.

use serde_json::{Value, json};

/// An answer of the right shape; texts name the save that they are of.
pub(crate) fn answer(question: &Value, number: u32) -> Value {
    let option = |index: usize| question["choices"][index]["option_id"].clone();
    let options = || -> Vec<Value> {
        let choices = question["choices"].as_array().cloned().unwrap_or_default();
        choices.iter().map(|choice| choice["option_id"].clone()).collect()
    };
    let text = json!(format!(
        "Answer {number}: the second writer waits until the first one has committed."
    ));
    match question["type"].as_str().unwrap_or_default() {
        "multiple_choice" => option(number as usize % 2),
        "multiple_response" => json!([option(number as usize % 2)]),
        "true_false" => json!(number.is_multiple_of(2)),
        "numeric" => json!(number),
        "ordering" => {
            let mut order = options();
            let length = order.len().max(1);
            order.rotate_left(number as usize % length);
            json!(order)
        }
        "fill_blank" => by_id(&question["blanks"], |_| json!(format!("word {number}"))),
        "matching" => {
            let right = options();
            by_id(&question["match_left"], |index| {
                json!([right[index % right.len().max(1)]])
            })
        }
        "profile" => profile(question, number),
        _ => text,
    }
}

fn profile(question: &Value, number: u32) -> Value {
    match question["form"].as_str().unwrap_or_default() {
        "choice" => question["choices"][number as usize % 2]["option_id"].clone(),
        "checklist" => json!({ "count": number % 5, "context": [] }),
        "compound" => {
            let fields = question["fields"].as_array().cloned().unwrap_or_default();
            let answers = fields.iter().map(|field| {
                let name = field["id"].as_str().unwrap_or_default().to_owned();
                (name, profile(field, number))
            });
            Value::Object(answers.collect())
        }
        _ => json!(format!("Said {number}.")),
    }
}

/// An object with an answer for every entry of a list of ids or of choices.
fn by_id(entries: &Value, answer: impl Fn(usize) -> Value) -> Value {
    let entries = entries.as_array().cloned().unwrap_or_default();
    let name = |entry: &Value| {
        let id = entry.as_str().or_else(|| entry["option_id"].as_str());
        id.unwrap_or_default().to_owned()
    };
    let answers = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| (name(entry), answer(index)));
    Value::Object(answers.collect())
}
