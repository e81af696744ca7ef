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
    intercept: 6252,
    weights: [
        870, // words_recalled
        1692, // paraphrase
        1039, // letters
        682, // words_recalled_whole
        589, // terms
        384, // phrases
        475, // order
        394, // topicality
        -46, // contradiction
        -685, // unrelated
        0, // meaning
        0, // meaning_beyond_question
        0, // meaning_covered
        0, // precision
        0, // reference_length
        0, // answer_length
        0, // new_words
    ],
    sure_intercept: -557,
    sure_weights: [
        -10_934, // share
        9827, // share_squared
        26_257, // words_recalled
        15_232, // letters
        0, // meaning
        10_346, // precision
        -4896, // reference_length
        6862, // answer_length
        -3739, // new_words
    ],
};

/// With a sentence model.
#[rustfmt::skip]
pub(super) const WITH_MEANING: Kept = Kept {
    intercept: 5768,
    weights: [
        807, // words_recalled
        1368, // paraphrase
        751, // letters
        409, // words_recalled_whole
        269, // terms
        105, // phrases
        486, // order
        198, // topicality
        -37, // contradiction
        -664, // unrelated
        285, // meaning
        1378, // meaning_beyond_question
        614, // meaning_covered
        0, // precision
        0, // reference_length
        0, // answer_length
        0, // new_words
    ],
    sure_intercept: -11_022,
    sure_weights: [
        -5167, // share
        26_182, // share_squared
        26_325, // words_recalled
        5311, // letters
        3091, // meaning
        1395, // precision
        2499, // reference_length
        1883, // answer_length
        -5135, // new_words
    ],
};
