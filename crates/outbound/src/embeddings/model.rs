//! Tokenizer and encoder together: from texts to sentence embeddings.

use std::path::Path;

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use domain::embedding::{EmbedError, Embedding};
use tokenizers::{Tokenizer, TruncationParams};

use super::bert::{Bert, BertConfig};
use super::files;

/// What the model was trained with; longer texts are cut there.
const MAX_TOKENS: usize = 256;
/// Texts in one pass: larger batches are no faster on a few cores and take memory.
const BATCH: usize = 16;

/// The model in memory.
pub(super) struct Model {
    tokenizer: Tokenizer,
    bert: Bert,
}

impl Model {
    /// Reads the files in `directory` and refuses them if they are not the pinned ones.
    pub(super) fn load(directory: &Path) -> Result<Self, EmbedError> {
        let read = |file| files::read(directory, file).map_err(|error| unavailable(&error));
        Self::from_content(
            &read(&files::CONFIG)?,
            &read(&files::TOKENIZER)?,
            read(&files::WEIGHTS)?,
        )
    }

    fn from_content(config: &[u8], tokenizer: &[u8], weights: Vec<u8>) -> Result<Self, EmbedError> {
        let config: BertConfig = serde_json::from_slice(config).map_err(|error| unavailable(&error))?;
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)
            .map_err(|error| unavailable(&error))?;
        let mut tokenizer = Tokenizer::from_bytes(tokenizer).map_err(|error| unavailable(&error))?;
        // The published file pads and cuts everything to 128 tokens.
        let limit = TruncationParams {
            max_length: MAX_TOKENS,
            ..TruncationParams::default()
        };
        tokenizer
            .with_padding(None)
            .with_truncation(Some(limit))
            .map_err(|error| unavailable(&error))?;
        Ok(Self {
            bert: Bert::load(&config, &weights).map_err(|error| unavailable(&error))?,
            tokenizer,
        })
    }

    /// One embedding for each text, in their order.
    pub(super) fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        let mut tokens = texts
            .iter()
            .map(|text| self.tokens(text))
            .enumerate()
            .collect::<Vec<_>>();
        // Batches of like lengths need the least memory.
        tokens.sort_by_key(|(_, tokens)| tokens.as_ref().map_or(0, Vec::len));
        let mut embeddings: Vec<Option<Embedding>> = vec![None; texts.len()];
        while !tokens.is_empty() {
            let batch = tokens.drain(..tokens.len().min(BATCH));
            let (places, batch): (Vec<usize>, Vec<_>) = batch.unzip();
            let batch: Vec<Vec<u32>> = batch.into_iter().collect::<Result<_, _>>()?;
            let means = self.bert.sentence_means(&batch).map_err(|error| failed(&error))?;
            for (place, mean) in places.into_iter().zip(means) {
                if let Some(slot) = embeddings.get_mut(place) {
                    *slot = Some(Embedding::normalised(mean)?);
                }
            }
        }
        embeddings
            .into_iter()
            .map(|embedding| embedding.ok_or(EmbedError::Shape { found: 0 }))
            .collect()
    }

    fn tokens(&self, text: &str) -> Result<Vec<u32>, EmbedError> {
        let encoding = self
            .tokenizer
            .encode_fast(text, true)
            .map_err(|error| failed(&error))?;
        Ok(encoding.get_ids().to_vec())
    }
}

fn unavailable(error: &impl ToString) -> EmbedError {
    EmbedError::Unavailable(error.to_string())
}

fn failed(error: &impl ToString) -> EmbedError {
    EmbedError::Failed(error.to_string())
}
