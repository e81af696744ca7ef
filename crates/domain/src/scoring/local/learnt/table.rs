//! Written by `cargo xtask train-scorer`; change nothing here by hand.
//!
//! Learnt from 1298 graded answers to 46 questions, a file with SHA-256
//! 9d56044df6e7b6e1c24a86485bdb099240b55c266f89e845241e4440c24cee40, see docs/scoring.md for its source and licence.
//! Ridge regression with signs (penalty 300, 10 answers to other questions worth nothing for each
//! question with weight 0.03); logistic regression (penalty 10) on scores of left-out questions.
//! No randomness; in ten-thousandths.

use super::Kept;

/// Without a sentence model.
#[rustfmt::skip]
pub(super) const WORDS_ONLY: Kept = Kept {
    intercept: 6224,
    weights: [
        868, // words_recalled
        1708, // paraphrase
        1031, // letters
        695, // words_recalled_whole
        587, // terms
        386, // phrases
        485, // order
        422, // topicality
        -36, // contradiction
        -1110, // unrelated
        0, // meaning
        0, // meaning_beyond_question
        0, // meaning_covered
        0, // precision
        0, // reference_length
        0, // answer_length
        0, // new_words
    ],
    sure_intercept: 2070,
    sure_weights: [
        -14_564, // share
        9155, // share_squared
        28_663, // words_recalled
        15_035, // letters
        0, // meaning
        9563, // precision
        -3006, // reference_length
        5357, // answer_length
        -3183, // new_words
    ],
};

/// With a sentence model.
#[rustfmt::skip]
pub(super) const WITH_MEANING: Kept = Kept {
    intercept: 5698,
    weights: [
        807, // words_recalled
        1352, // paraphrase
        732, // letters
        396, // words_recalled_whole
        260, // terms
        88, // phrases
        496, // order
        208, // topicality
        -25, // contradiction
        -1053, // unrelated
        359, // meaning
        1380, // meaning_beyond_question
        680, // meaning_covered
        0, // precision
        0, // reference_length
        0, // answer_length
        0, // new_words
    ],
    sure_intercept: -4970,
    sure_weights: [
        -12_434, // share
        23_084, // share_squared
        28_901, // words_recalled
        6472, // letters
        5560, // meaning
        2056, // precision
        2558, // reference_length
        -1516, // answer_length
        -2695, // new_words
    ],
};
