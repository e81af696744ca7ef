//! Every number the local scorer was given instead of deriving it.
//!
//! How they came to be: the weights of words were set by hand from what they are for. The shape of the agreement
//! (`PARAPHRASE`, `TOPIC_*`, the shares of the mix) was chosen by grid search over the development half of the
//! computer-science short-answer data of Mohler, Bunescu and Mihalcea (2011), for the best Pearson correlation with the mean
//! of two human graders; the optimum is flat, so round values were taken. `CURVE` was then drawn by hand through three
//! wishes: the reference earns everything, half of it about half, and a text about something else next to nothing. Nothing
//! here is fitted to one question. On that data, judged as a whole: Pearson .58 (95 % bootstrap interval .54 to .61), RMSE
//! 1.92 of 5 as it stands, because those graders were far milder than `CURVE`, and .93 after isotonic calibration on the
//! other questions. A change needs a new scorer version.

// Words.

/// Glue words and negations; more than nothing, so that "all but the first" can still be compared.
pub(super) const FUNCTION_WEIGHT: f64 = 0.05;
/// Frequent content words ("use", "make").
pub(super) const COMMON_WEIGHT: f64 = 0.5;
/// Numbers are facts.
pub(super) const NUMBER_WEIGHT: f64 = 1.2;
/// Longer words are rarer: weight added per letter from `SHORT_WORD` up to `LONG_WORD` letters, on top of 1.
pub(super) const WEIGHT_PER_LETTER: f64 = 0.08;
pub(super) const SHORT_WORD: usize = 4;
pub(super) const LONG_WORD: usize = 10;
/// What is left of a word's weight when the question already says it.
pub(super) const DEMOTED: f64 = 0.15;
/// How far a listed synonym stands in for the word itself.
pub(super) const SYNONYM_CREDIT: f64 = 0.85;
/// The least Dice coefficient of letter pairs at which two stems count as spellings of one word.
pub(super) const LEAST_LIKENESS: f64 = 0.65;
/// Stems of either text that are tried as other spellings; bounds the work on very long texts.
pub(super) const MOST_SOFT_MATCHES: usize = 400;

// Agreement with the reference.

/// How much of an expected idea is granted when other new words stand where it is missing, fully on topic.
pub(super) const PARAPHRASE: f64 = 0.9;
/// Topicality (recall or trigram cosine) from which paraphrasing is granted at all, and in full.
pub(super) const TOPIC_FROM: f64 = 0.03;
pub(super) const TOPIC_FULL: f64 = 0.5;
/// The mix: words aligned, square root of the trigram cosine, square root of shared phrases.
pub(super) const WORDS_SHARE: f64 = 0.8;
pub(super) const TRIGRAM_SHARE: f64 = 0.15;
pub(super) const PHRASE_SHARE: f64 = 0.05;
/// Share of what both say that only one side negates: up to here it is a way of speaking, from there a contradiction.
pub(super) const CONTRADICTION_FROM: f64 = 0.3;
pub(super) const CONTRADICTION_FULL: f64 = 0.5;
/// Lost by a full contradiction.
pub(super) const CONTRADICTION_LOSS: f64 = 0.7;
/// What is left when the answer gives numbers and none of them is an expected one.
pub(super) const WRONG_NUMBER: f64 = 0.6;
/// From raw agreement to share of the marks, straight lines in between.
pub(super) const CURVE: [(f64, f64); 7] = [
    (0.0, 0.03),
    (0.1, 0.12),
    (0.3, 0.45),
    (0.5, 0.58),
    (0.65, 0.65),
    (0.8, 0.82),
    (0.95, 1.0),
];

// Concepts.

/// Share of a concept's weight from which it begins to count as mentioned, and counts in full.
pub(super) const CONCEPT_FROM: f64 = 0.3;
pub(super) const CONCEPT_FULL: f64 = 0.8;
/// Share of concepts in what is expected when there is a reference too.
pub(super) const CONCEPT_SHARE: f64 = 0.5;

// Without a reference.

/// Share of the question's words that makes an answer fully topical.
pub(super) const QUESTION_FULL: f64 = 0.35;
/// Words beyond the question's own that count as a full text, for a short answer and for an essay.
pub(super) const SHORT_FULL_WORDS: f64 = 10.0;
pub(super) const ESSAY_FULL_WORDS: f64 = 60.0;
/// The most that length and topic alone can earn.
pub(super) const UNREFERENCED_CAP: f64 = 0.8;
/// Connectives expected of a short answer and of an essay when no reference says how many.
pub(super) const SHORT_CONNECTIVES: f64 = 1.0;
pub(super) const ESSAY_CONNECTIVES: f64 = 4.0;

// Shape.

/// Words per sentence that read easily at most, and at which nothing is left of this part of clarity.
pub(super) const EASY_SENTENCE: f64 = 30.0;
pub(super) const ENDLESS_SENTENCE: f64 = 90.0;
/// Share of distinct words below which a text repeats itself.
pub(super) const LEAST_VARIETY: f64 = 0.45;
/// Share of function words in flowing English is about .4; below this a text is no flowing English.
pub(super) const LEAST_FUNCTION_SHARE: f64 = 0.18;

// Guards and confidence.

/// Fewer words than this are too few to tell a language or a list of keywords.
pub(super) const GUARD_WORDS: usize = 8;
/// Share of letters outside ASCII that no English text reaches.
pub(super) const FOREIGN_LETTERS: f64 = 0.3;
/// Share of other languages' glue words that no English text reaches.
pub(super) const FOREIGN_WORDS: f64 = 0.12;
/// An answer echoes the question when less than this share of its weight is new and most of the question is repeated.
pub(super) const LEAST_NEWS: f64 = 0.2;
pub(super) const ECHOED_QUESTION: f64 = 0.5;
/// What is left of a score for an echo and for a list of keywords.
pub(super) const ECHO_DAMPING: f64 = 0.3;
pub(super) const KEYWORDS_DAMPING: f64 = 0.6;
/// Confidence before doubts: with a reference of some length, with a very short one, with concepts alone, with neither.
pub(super) const SURE_REFERENCE: f64 = 0.85;
pub(super) const SURE_SHORT_REFERENCE: f64 = 0.75;
pub(super) const SURE_CONCEPTS: f64 = 0.5;
pub(super) const SURE_NOTHING: f64 = 0.3;
/// Distinct content words that make a reference of some length.
pub(super) const SHORT_REFERENCE_STEMS: usize = 4;
/// Confidence lost at agreement 0: not finding the words is no proof that the idea is missing.
pub(super) const DOUBT: f64 = 0.55;
/// The most confidence a guarded answer gets.
pub(super) const GUARDED_CONFIDENCE: f64 = 0.25;
