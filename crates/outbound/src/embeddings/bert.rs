//! The encoder of BERT (Devlin et al., 2019), as much of it as sentence embeddings need.
//!
//! Texts of one batch stand one below the other in a single matrix of token rows, without padding. Everything except
//! attention works on rows alone, and attention sees the rows of one text only; so what comes out for a text does not
//! depend, to the last bit, on its company, and no work is spent on padding.

use candle_core::{Result, Tensor};
use candle_nn::{LayerNorm, Linear, Module as _, VarBuilder, layer_norm, linear, ops::softmax_last_dim};
use serde::Deserialize;

/// What of the published `config.json` shapes the computation.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct BertConfig {
    pub(super) vocab_size: usize,
    pub(super) hidden_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) intermediate_size: usize,
    pub(super) max_position_embeddings: usize,
    pub(super) type_vocab_size: usize,
    pub(super) layer_norm_eps: f64,
}

/// Weights in memory.
pub(super) struct Bert {
    words: Tensor,
    positions: Tensor,
    first_segment: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    heads: usize,
    attended: Linear,
    attended_norm: LayerNorm,
    widen: Linear,
    narrow: Linear,
    norm: LayerNorm,
}

/// The rows of one text.
#[derive(Clone, Copy)]
struct Rows {
    start: usize,
    count: usize,
}

impl Bert {
    pub(super) fn load(config: &BertConfig, weights: &VarBuilder<'_>) -> Result<Self> {
        let hidden = config.hidden_size;
        let embeddings = weights.pp("embeddings");
        let table = |name: &str, rows: usize| embeddings.pp(name).get((rows, hidden), "weight");
        let layer = |index: usize| Layer::load(config, &weights.pp(format!("encoder.layer.{index}")));
        Ok(Self {
            words: table("word_embeddings", config.vocab_size)?,
            positions: table("position_embeddings", config.max_position_embeddings)?,
            first_segment: table("token_type_embeddings", config.type_vocab_size)?.narrow(0, 0, 1)?,
            norm: layer_norm(hidden, config.layer_norm_eps, embeddings.pp("LayerNorm"))?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_>>()?,
        })
    }

    /// The mean of the last layer over the tokens of each text: `hidden_size` numbers for every entry of `texts`. An
    /// entry has 1 to `max_position_embeddings` tokens, all of them smaller than `vocab_size`.
    pub(super) fn sentence_means(&self, texts: &[Vec<u32>]) -> Result<Vec<Vec<f32>>> {
        let mut start = 0;
        let mut rows = Vec::with_capacity(texts.len());
        for text in texts {
            rows.push(Rows {
                start,
                count: text.len(),
            });
            start += text.len();
        }
        let mut states = self.embed(texts, start)?;
        for layer in &self.layers {
            states = layer.forward(&states, &rows)?;
        }
        rows.iter()
            .map(|text| states.narrow(0, text.start, text.count)?.mean(0)?.to_vec1())
            .collect()
    }

    /// Word, position and segment of every token.
    fn embed(&self, texts: &[Vec<u32>], total: usize) -> Result<Tensor> {
        let device = self.words.device();
        let tokens = Tensor::from_vec(texts.concat(), total, device)?;
        let places: Vec<u32> = texts.iter().flat_map(|text| (0_u32..).take(text.len())).collect();
        let places = Tensor::from_vec(places, total, device)?;
        let words = self.words.index_select(&tokens, 0)?;
        let sum = words
            .broadcast_add(&self.first_segment)?
            .add(&self.positions.index_select(&places, 0)?)?;
        self.norm.forward(&sum)
    }
}

impl Layer {
    fn load(config: &BertConfig, weights: &VarBuilder<'_>) -> Result<Self> {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let norm = |path: &str| layer_norm(hidden, config.layer_norm_eps, weights.pp(path));
        let dense = |path: &str, input, output| linear(input, output, weights.pp(path));
        Ok(Self {
            query: dense("attention.self.query", hidden, hidden)?,
            key: dense("attention.self.key", hidden, hidden)?,
            value: dense("attention.self.value", hidden, hidden)?,
            heads: config.num_attention_heads,
            attended: dense("attention.output.dense", hidden, hidden)?,
            attended_norm: norm("attention.output.LayerNorm")?,
            widen: dense("intermediate.dense", hidden, wide)?,
            narrow: dense("output.dense", wide, hidden)?,
            norm: norm("output.LayerNorm")?,
        })
    }

    fn forward(&self, states: &Tensor, texts: &[Rows]) -> Result<Tensor> {
        let query = self.query.forward(states)?;
        let key = self.key.forward(states)?;
        let value = self.value.forward(states)?;
        let contexts: Vec<Tensor> = texts
            .iter()
            .map(|text| self.attend(&query, &key, &value, *text))
            .collect::<Result<_>>()?;
        let attended = self.attended.forward(&Tensor::cat(&contexts, 0)?)?;
        let states = self.attended_norm.forward(&attended.add(states)?)?;
        let inner = self.widen.forward(&states)?.gelu_erf()?;
        self.norm.forward(&self.narrow.forward(&inner)?.add(&states)?)
    }

    /// Scaled dot-product attention among the tokens of one text, all heads at once.
    fn attend(&self, query: &Tensor, key: &Tensor, value: &Tensor, text: Rows) -> Result<Tensor> {
        let hidden = query.dim(1)?;
        let width = hidden / self.heads;
        let by_head = |of: &Tensor| {
            of.narrow(0, text.start, text.count)?
                .reshape((text.count, self.heads, width))?
                .transpose(0, 1)?
                .contiguous()
        };
        #[expect(clippy::cast_precision_loss, reason = "a head is 32 numbers wide")]
        let scale = 1.0 / (width as f64).sqrt();
        let keys = by_head(key)?.transpose(1, 2)?.contiguous()?;
        let likeness = (by_head(query)?.matmul(&keys)? * scale)?;
        let context = softmax_last_dim(&likeness)?.matmul(&by_head(value)?)?;
        context
            .transpose(0, 1)?
            .contiguous()?
            .reshape((text.count, hidden))
    }
}
