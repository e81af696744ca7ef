//! Written by `cargo xtask train-scorer`; change nothing here by hand.
//!
//! Learnt from 1298 graded answers to 46 questions, a file with SHA-256
//! 9d56044df6e7b6e1c24a86485bdb099240b55c266f89e845241e4440c24cee40, see docs/scoring.md for its source and licence.
//! Ridge regression with signs (penalty 300, 10 answers to other questions worth nothing for each
//! question with weight 0.02); logistic regression (penalty 10) on scores of left-out questions.
//! No randomness; in ten-thousandths.

use super::Kept;

/// Without a sentence model.
#[rustfmt::skip]
pub(super) const WORDS_ONLY: Kept = Kept {
    intercept: 6251,
    weights: [
        870, // words_recalled
        1692, // paraphrase
        1039, // letters
        683, // words_recalled_whole
        589, // terms
        384, // phrases
        475, // order
        395, // topicality
        -46, // contradiction
        -682, // unrelated
        0, // meaning
        0, // meaning_beyond_question
        0, // meaning_covered
        0, // precision
        0, // reference_length
        0, // answer_length
        0, // new_words
    ],
    sure_intercept: -453,
    sure_weights: [
        -11_353, // share
        9855, // share_squared
        26_576, // words_recalled
        15_125, // letters
        0, // meaning
        10_170, // precision
        -4813, // reference_length
        6698, // answer_length
        -3301, // new_words
    ],
};

/// With a sentence model.
#[rustfmt::skip]
pub(super) const WITH_MEANING: Kept = Kept {
    intercept: 5768,
    weights: [
        807, // words_recalled
        1367, // paraphrase
        751, // letters
        409, // words_recalled_whole
        269, // terms
        105, // phrases
        486, // order
        198, // topicality
        -37, // contradiction
        -662, // unrelated
        286, // meaning
        1377, // meaning_beyond_question
        614, // meaning_covered
        0, // precision
        0, // reference_length
        0, // answer_length
        0, // new_words
    ],
    sure_intercept: -11_064,
    sure_weights: [
        -5123, // share
        26_217, // share_squared
        26_311, // words_recalled
        5291, // letters
        3065, // meaning
        1402, // precision
        2507, // reference_length
        1886, // answer_length
        -5128, // new_words
    ],
};
