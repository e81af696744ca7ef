//! Embeddings by spelling alone, for installations without a model: words and character trigrams, each hashed to a
//! dimension and a sign (the hashing trick of Weinberger et al., 2009), then scaled to length 1.

use unicode_normalization::UnicodeNormalization as _;

use super::{DIMENSIONS, EmbedError, Embedder, Embedding};

/// A word and all its trigrams together weigh about the same, whatever the length of the word.
const WORD_WEIGHT: f32 = 1.0;

/// The lexical fallback: texts are alike as far as they share words and parts of words; synonyms are strangers.
#[derive(Clone, Copy, Debug, Default)]
pub struct LexicalHash;

impl LexicalHash {
    /// What [`Embedder::provider`] says.
    pub const PROVIDER: &'static str = "lexical-hash";

    /// The embedding of one text; all zero if it has no letter or digit.
    pub fn vector(text: &str) -> Result<Embedding, EmbedError> {
        let mut values = vec![0.0_f32; DIMENSIONS];
        let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
        for word in folded
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
        {
            add_word(&mut values, word);
        }
        Embedding::normalised(values)
    }
}

impl Embedder for LexicalHash {
    fn provider(&self) -> &str {
        Self::PROVIDER
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        texts.iter().map(|text| Self::vector(text)).collect()
    }
}

/// Adds the word itself and the trigrams of `^word$`; a word of one letter has one trigram.
fn add_word(values: &mut [f32], word: &str) {
    add(values, &['w'], word.chars(), WORD_WEIGHT);
    let framed: Vec<char> = std::iter::once('^')
        .chain(word.chars())
        .chain(std::iter::once('$'))
        .collect();
    let trigrams = framed.windows(3);
    // A word has far fewer letters than the 2^24 up to which f32 counts exactly.
    #[expect(clippy::cast_precision_loss, reason = "counts of letters in a word")]
    let each = 1.0 / (trigrams.len() as f32).sqrt();
    for trigram in trigrams {
        add(values, &['t'], trigram.iter().copied(), each);
    }
}

/// Adds `weight` with the sign and in the dimension that the hash of `kind` and `feature` chooses.
fn add(values: &mut [f32], kind: &[char], feature: impl Iterator<Item = char>, weight: f32) {
    let hash = hash(kind.iter().copied().chain(feature));
    let sign = if hash >> 63 == 0 { weight } else { -weight };
    let dimension = usize::try_from(hash % DIMENSIONS as u64).unwrap_or_default();
    if let Some(value) = values.get_mut(dimension) {
        *value += sign;
    }
}

/// FNV-1a over code points, 64 bit, with the last mixing steps of MurmurHash3 so that the top bit is a fair sign.
/// Written out because vectors have to stay the same from release to release.
fn hash(characters: impl Iterator<Item = char>) -> u64 {
    let mut hash = characters.fold(0xcbf2_9ce4_8422_2325_u64, |hash, c| {
        (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cosine(left: &str, right: &str) -> f32 {
        let left = LexicalHash::vector(left).unwrap();
        left.cosine(&LexicalHash::vector(right).unwrap())
    }

    #[test]
    fn case_punctuation_order_and_width_of_letters_do_not_matter() {
        for other in [
            "the cell divides",
            "The CELL, divides!",
            "divides the cell",
            "Ｔｈｅ ｃｅｌｌ divides",
        ] {
            assert!((cosine("The cell divides.", other) - 1.0).abs() < 1e-6, "{other}");
        }
    }

    #[test]
    fn shared_words_and_parts_of_words_bring_texts_together() {
        let inflected = cosine(
            "photosynthesis stores energy",
            "photosynthetic storage of energies",
        );
        let unrelated = cosine("photosynthesis stores energy", "Roman law knew public auctions");
        assert!(inflected > 0.2, "{inflected}");
        assert!(unrelated.abs() < 0.15, "{unrelated}");
        assert!(cosine("photosynthesis stores energy", "photosynthesis stores sugar") > 0.5);
    }

    #[test]
    fn text_without_words_has_the_zero_vector() {
        for nothing in ["", "  \n", "?!… —"] {
            assert!(
                LexicalHash::vector(nothing)
                    .unwrap()
                    .values()
                    .iter()
                    .all(|value| *value == 0.0)
            );
            assert!(cosine(nothing, "cell").abs() < 1e-6);
        }
    }

    #[test]
    fn vectors_are_the_same_in_every_release() {
        let hashes = ["", "wcell", "tß$"].map(|feature| format!("{:016x}", hash(feature.chars())));
        let expected = ["efd01f60ba992926", "d2ddfafc082f3241", "af341a8410f4d0a0"];
        assert_eq!(hashes, expected);
    }

    proptest! {
        #[test]
        fn any_text_gives_one_unit_or_zero_vector_alone_and_in_company(text in ".{0,200}", beside in ".{0,40}") {
            let alone = LexicalHash::vector(&text).unwrap();
            let together = LexicalHash.embed(&[&beside, &text]).unwrap();
            prop_assert_eq!(together.len(), 2);
            prop_assert_eq!(&together[1], &alone);
            let length: f32 = alone.values().iter().map(|value| value * value).sum();
            prop_assert!(length == 0.0 || (length - 1.0).abs() < 1e-5);
        }
    }
}
