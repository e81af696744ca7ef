//! The local scorer as this process has it: with the sentence model where there is one.

use std::sync::Arc;

use domain::embedding::Embedder;
use domain::scoring::local::{LocalScorer, TextScorer};

/// The scorer for texts; `sentence_model` comes from [`crate::wiring::sentence_model`].
pub(crate) fn local_scorer(sentence_model: Option<Arc<dyn Embedder>>) -> Arc<dyn TextScorer> {
    match sentence_model {
        Some(model) => Arc::new(LocalScorer::with_embedder(model)),
        None => Arc::new(LocalScorer::default()),
    }
}

/// What the scorer compares meaning with, as verdicts and reports name it.
pub(crate) fn embedding_provider(sentence_model: Option<&dyn Embedder>) -> &str {
    sentence_model.map_or("none", Embedder::provider)
}
