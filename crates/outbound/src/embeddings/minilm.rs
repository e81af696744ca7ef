//! The sentence model as the domain's port: loaded on first use, one pass at a time, what was computed lately kept.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use domain::embedding::{EmbedError, Embedder, Embedding};

use super::PROVIDER;
use super::cache::{Cache, Key};
use super::model::Model;

/// Some 13 MB.
const CACHED: usize = 8192;

/// MiniLM in a directory. Cheap to make: nothing is read before the first text comes.
pub struct MiniLm {
    directory: PathBuf,
    model: OnceLock<Result<Model, String>>,
    /// Held during a pass: a pass uses all cores by itself, and two at once take twice the memory.
    pass: Mutex<()>,
    cache: Mutex<Cache>,
}

impl MiniLm {
    /// The model whose files are in `directory`; they are checked on first use.
    pub fn in_directory(directory: PathBuf) -> Self {
        Self {
            directory,
            model: OnceLock::new(),
            pass: Mutex::new(()),
            cache: Mutex::new(Cache::new(CACHED)),
        }
    }

    fn model(&self) -> Result<&Model, EmbedError> {
        let loaded = self.model.get_or_init(|| {
            let model = Model::load(&self.directory).map_err(|error| match error {
                EmbedError::Unavailable(reason) | EmbedError::Failed(reason) => reason,
                EmbedError::Shape { .. } => error.to_string(),
            })?;
            tracing::info!(provider = PROVIDER, "the sentence model is loaded");
            Ok(model)
        });
        loaded
            .as_ref()
            .map_err(|reason| EmbedError::Unavailable(reason.clone()))
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        // A panic elsewhere leaves the map usable: at worst an entry is missing.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recall(&self, keys: &[Key], known: &mut HashMap<Key, Embedding>) {
        let cache = self.cache();
        for key in keys {
            if let Some(embedding) = cache.get(key) {
                known.insert(*key, embedding);
            }
        }
    }

    /// Adds what is not yet `known`, each text once.
    fn compute(
        &self,
        texts: &[&str],
        keys: &[Key],
        known: &mut HashMap<Key, Embedding>,
    ) -> Result<(), EmbedError> {
        let model = self.model()?;
        let _pass = self.pass.lock().unwrap_or_else(PoisonError::into_inner);
        // Who held the pass before may have been given the same texts.
        self.recall(keys, known);
        let due: BTreeMap<&Key, &str> = keys.iter().zip(texts.iter().copied()).collect();
        let (keys, texts): (Vec<&Key>, Vec<&str>) = due
            .into_iter()
            .filter(|(key, _)| !known.contains_key(*key))
            .unzip();
        for (key, embedding) in keys.into_iter().zip(model.embed(&texts)?) {
            self.cache().put(*key, embedding.clone());
            known.insert(*key, embedding);
        }
        Ok(())
    }
}

impl Embedder for MiniLm {
    fn provider(&self) -> &str {
        PROVIDER
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        let keys: Vec<Key> = texts.iter().map(|text| Cache::key(text)).collect();
        let mut known = HashMap::new();
        self.recall(&keys, &mut known);
        if keys.iter().any(|key| !known.contains_key(key)) {
            self.compute(texts, &keys, &mut known)?;
        }
        let left_out = || EmbedError::Failed("the model left a text out".to_owned());
        keys.iter()
            .map(|key| known.get(key).cloned().ok_or_else(left_out))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_before_the_first_text_and_a_missing_model_says_so() {
        let empty = tempfile::tempdir().unwrap();
        let model = MiniLm::in_directory(empty.path().to_path_buf());
        assert_eq!(model.embed(&[]).unwrap(), []);
        let refused = model.embed(&["cat"]).unwrap_err();
        assert!(matches!(refused, EmbedError::Unavailable(_)), "{refused}");
        assert!(refused.to_string().contains("config.json"), "{refused}");
    }
}
