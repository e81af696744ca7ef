//! Texts as points on the unit sphere, so that likeness of meaning becomes a number.
//!
//! The port is blocking: a forward pass is pure computation, and the caller decides on which thread it runs. Vectors of
//! different providers live in different spaces; whoever stores one stores [`Embedder::provider`] with it.

mod lexical_hash;

pub use lexical_hash::LexicalHash;

/// Numbers in one [`Embedding`].
pub const DIMENSIONS: usize = 384;

/// A source of embeddings.
pub trait Embedder: Send + Sync {
    /// Names the vector space, such as `minilm-l6-v2`; only vectors of one provider may be compared.
    fn provider(&self) -> &str;

    /// One embedding for each text, in the order of `texts`; the same text always gives the same bits, in whatever
    /// company it comes. Blocks for the computation.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError>;
}

/// [`DIMENSIONS`] numbers of Euclidean length 1, or all zero for a text in which there is nothing to embed.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding(Box<[f32]>);

/// Why a text has no embedding.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// The model's files are missing, damaged or not readable; nothing will work until somebody acts.
    #[error("the embedding model cannot be loaded: {0}")]
    Unavailable(String),
    /// The computation itself failed.
    #[error("the text could not be embedded: {0}")]
    Failed(String),
    /// The provider returned a vector of another length, or one with infinite or undefined numbers.
    #[error("the embedding provider returned {found} usable numbers where {DIMENSIONS} were due")]
    Shape {
        /// How many finite numbers came.
        found: usize,
    },
}

impl Embedding {
    /// Scales `values` ([`DIMENSIONS`] finite numbers of any length) onto the unit sphere.
    pub fn normalised(mut values: Vec<f32>) -> Result<Self, EmbedError> {
        let finite = values.iter().filter(|value| value.is_finite()).count();
        if finite != DIMENSIONS || values.len() != DIMENSIONS {
            return Err(EmbedError::Shape { found: finite });
        }
        let length = dot(&values, &values).sqrt();
        if length > 0.0 {
            for value in &mut values {
                *value /= length;
            }
        }
        Ok(Self(values.into_boxed_slice()))
    }

    /// The cosine of the angle between two embeddings of one provider, -1 to 1; 0 if either is all zero.
    pub fn cosine(&self, other: &Self) -> f32 {
        dot(&self.0, &other.0).clamp(-1.0, 1.0)
    }

    /// The [`DIMENSIONS`] numbers.
    pub fn values(&self) -> &[f32] {
        &self.0
    }
}

/// Eight running sums: faster than one, and always added in the same order, so reruns agree to the last bit.
fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    for (left, right) in left.chunks(8).zip(right.chunks(8)) {
        for (sum, (a, b)) in sums.iter_mut().zip(left.iter().zip(right)) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(index: usize, value: f32) -> Vec<f32> {
        let mut values = vec![0.0; DIMENSIONS];
        values[index] = value;
        values
    }

    #[test]
    fn vectors_are_scaled_to_length_one() {
        let mut values = axis(0, 3.0);
        values[383] = 4.0;
        let embedding = Embedding::normalised(values).unwrap();
        assert!((embedding.values()[0] - 0.6).abs() < 1e-6);
        assert!((embedding.values()[383] - 0.8).abs() < 1e-6);
        assert!((embedding.cosine(&embedding) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_cosine_tells_same_opposite_and_unrelated_directions() {
        let one = Embedding::normalised(axis(7, 2.0)).unwrap();
        let opposite = Embedding::normalised(axis(7, -0.5)).unwrap();
        let unrelated = Embedding::normalised(axis(8, 1.0)).unwrap();
        let nothing = Embedding::normalised(axis(0, 0.0)).unwrap();
        assert!((one.cosine(&opposite) + 1.0).abs() < 1e-6);
        assert!(one.cosine(&unrelated).abs() < 1e-6);
        assert!(one.cosine(&nothing).abs() < 1e-6);
    }

    #[test]
    fn wrong_lengths_and_undefined_numbers_are_refused() {
        for values in [vec![], vec![1.0; 385], axis(3, f32::NAN), axis(3, f32::INFINITY)] {
            assert!(matches!(
                Embedding::normalised(values),
                Err(EmbedError::Shape { .. })
            ));
        }
    }
}
