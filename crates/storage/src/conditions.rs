//! Lists with filters: conditions that are asked for, with their values.

use sea_orm::Value;

/// Conditions that are asked for. One that is always true (`$1 IS NULL OR …`) would keep the others from their indexes.
#[derive(Default)]
pub(crate) struct Conditions {
    texts: Vec<String>,
    pub(crate) values: Vec<Value>,
}

impl Conditions {
    /// Adds a condition on one value, which stands as `$n` in it; nothing when there is no value.
    pub(crate) fn add(&mut self, text: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.values.push(value.into());
            self.texts
                .push(text.replace("$n", &format!("${}", self.values.len())));
        }
    }

    /// Adds a condition without a value: what is written out can choose a partial index.
    pub(crate) fn always(&mut self, text: &str) {
        self.texts.push(text.to_owned());
    }

    /// ` WHERE …`, or nothing.
    pub(crate) fn clause(&self) -> String {
        match self.texts.as_slice() {
            [] => String::new(),
            texts => format!(" WHERE {}", texts.join(" AND ")),
        }
    }
}
