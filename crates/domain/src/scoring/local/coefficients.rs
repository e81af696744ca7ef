//! The numbers of the local scorer that were set by hand: what words weigh, where guards begin, how essays are read.
//!
//! What agreement with a reference is worth, and how sure that is, is learnt instead: see [`super::learnt`]. The weights
//! of words were set from what they are for, `PARAPHRASE`-like shapes by grid search over the development data of
//! docs/scoring.md, where the optimum is flat, so round values were taken. A change needs a new scorer version and
//! `cargo xtask train-scorer`.

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
/// Letters of a word from which a likeness of its spelling ties two texts.
pub(super) const LONG_SPELLING: usize = 7;
/// Stems of either text that are tried as other spellings; bounds the work on very long texts.
pub(super) const MOST_SOFT_MATCHES: usize = 400;

// Agreement with the reference.

/// Topicality (recall or trigram cosine) from which paraphrasing is granted at all, and in full.
pub(super) const TOPIC_FROM: f64 = 0.03;
pub(super) const TOPIC_FULL: f64 = 0.5;
/// Letters in which two stems must begin alike to be of one root.
pub(super) const LEAST_ROOT: usize = 4;
/// Words of a text without any tie to question and reference up to which it may still be right in its own words, and
/// from which it is surely about something else.
pub(super) const SHORT_TEXT_WORDS: f64 = 4.0;
pub(super) const UNRELATED_WORDS: f64 = 22.0;
/// Words of such a text at which the feature of that name is full.
pub(super) const LONG_TEXT_WORDS: f64 = 15.0;
/// Likeness of meaning from which a text is not unrelated, whatever its words.
pub(super) const RELATED_MEANING: f64 = 0.3;
/// Likeness of meaning from which a blank begins to count as rightly filled, and counts in full.
pub(super) const BLANK_MEANING_FROM: f64 = 0.4;
pub(super) const BLANK_MEANING_FULL: f64 = 0.8;
/// Least share of words common to both, in reference and answer, from which a negation on one side is the opposite.
pub(super) const SAME_WORDS_FROM: f64 = 0.5;
pub(super) const SAME_WORDS_FULL: f64 = 0.7;
/// Share of what both say that only one side negates: up to here it is a way of speaking, from there a contradiction.
pub(super) const CONTRADICTION_FROM: f64 = 0.2;
pub(super) const CONTRADICTION_FULL: f64 = 0.35;
/// The same where both sides negate something.
pub(super) const NEARLY_SAME_WORDS_FROM: f64 = 0.75;
pub(super) const NEARLY_SAME_WORDS_FULL: f64 = 0.9;
pub(super) const OPPOSED_FROM: f64 = 0.05;
pub(super) const OPPOSED_FULL: f64 = 0.2;
/// Denial from which a verdict says so.
pub(super) const PLAIN_DENIAL: f64 = 0.5;
/// Lost by a full contradiction.
pub(super) const CONTRADICTION_LOSS: f64 = 0.7;
/// Lost when the answer gives numbers and none of them is an expected one, where the reference is all about numbers;
/// it begins and is so at these shares of numbers in what it says beyond the question.
pub(super) const WRONG_NUMBER_LOSS: f64 = 0.75;
pub(super) const NUMBERS_MATTER_FROM: f64 = 0.25;
pub(super) const NUMBERS_MATTER_FULL: f64 = 0.75;
/// How many times the score is hurt as much as that weight says, at most fully.
pub(super) const NUMBER_FAULT: f64 = 4.0;
/// Words of an answer that is little but a number.
pub(super) const MERE_NUMBER_WORDS: usize = 5;
/// Words of content in question and reference for which these lengths hold; they shrink with more and grow with fewer.
pub(super) const USUAL_CHANCES: f64 = 12.0;
pub(super) const FEWEST_CHANCES: f64 = 0.5;
pub(super) const MOST_CHANCES: f64 = 2.0;
/// How unrelated a text of mere glue is ("both", "no").
pub(super) const UNRELATED_GLUE: f64 = 0.6;
/// The most a text without any tie to question and reference is worth: up to so many words, and above.
pub(super) const UNTIED_CEILING: f64 = 0.2;
pub(super) const UNTIED_SENTENCE_CEILING: f64 = 0.5;
pub(super) const FEW_WORDS: usize = 2;
/// Below both of these an answer is but loosely tied to the matter, and likeness of meaning sets a ceiling: from the first
/// where it is unlike up to the last where it is alike.
pub(super) const LOOSE_CLOSENESS: f64 = 0.1;
pub(super) const LOOSE_TOPICALITY: f64 = 0.2;
pub(super) const UNLIKE_MEANING: f64 = 0.1;
pub(super) const LIKE_MEANING: f64 = 0.4;
pub(super) const UNLIKE_CEILING: f64 = 0.1;
pub(super) const UNLIKE_SENTENCE_CEILING: f64 = 0.3;
pub(super) const LIKE_CEILING: f64 = 0.8;
/// Ceiling of naming another thing than the one asked for; names and words up to which a text does nothing but name, and
/// likeness of meaning from which two names may be of the same thing.
pub(super) const OTHER_THING_CEILING: f64 = 0.1;
pub(super) const NAMES: usize = 2;
pub(super) const NAMING_WORDS: usize = 3;
pub(super) const SAME_THING: f64 = 0.75;
/// Ceiling of a wrong unit or a wrong number with the right one, and of what a spreadsheet lost: nobody knows, so half.
pub(super) const WRONG_QUANTITY_CEILING: f64 = 0.4;
pub(super) const LOST_CEILING: f64 = 0.5;
/// Words up to which a text with signs of a formula is one; after a leading "log", fewer than these.
pub(super) const EXPRESSION_WORDS: usize = 8;
pub(super) const LOG_WORDS: usize = 4;
/// Relative difference up to which two amounts are the same, rounded.
pub(super) const ROUNDED: f64 = 0.02;
/// Ceiling up to which it is a reason for doubt.
pub(super) const DOUBTED_CEILING: f64 = 0.5;

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
/// The same where none of what is new was expected.
pub(super) const LEAST_POINTLESS_NEWS: f64 = 0.3;
pub(super) const ECHOED_QUESTION: f64 = 0.5;
/// Share of the question's words that repeats it as a whole.
pub(super) const WHOLE_QUESTION: f64 = 0.9;
/// What is left of a score for an echo of nothing else, for one with a little news, and for a list of keywords.
pub(super) const ECHO_DAMPING: f64 = 0.1;
pub(super) const NEARLY_ECHO_DAMPING: f64 = 0.8;
/// Share of new weight, and of the reference's weight, up to which an echo says nothing else.
pub(super) const ONLY_ECHO: f64 = 0.05;
pub(super) const KEYWORDS_DAMPING: f64 = 0.8;
/// Words without any that bind sentences from which an answer is a list of keywords, and words of a reference from which
/// sentences can be expected.
pub(super) const KEYWORDS: usize = 2;
pub(super) const SENTENCE_WORDS: usize = 5;
/// Words of a number with its unit at most.
pub(super) const QUANTITY_WORDS: usize = 3;
/// Words beside a copied reference from which it is padded, and share of the question's among them up to which they are
/// about something else.
pub(super) const LEAST_PADDING: usize = 3;
pub(super) const FAMILIAR_PADDING: f64 = 0.2;
/// Words of content below which a reference is too short to be copied.
pub(super) const COPYABLE: usize = 4;
/// Confidence with concepts but no reference, with neither, and in an answer that says there is none.
pub(super) const SURE_CONCEPTS: f64 = 0.5;
pub(super) const SURE_NOTHING: f64 = 0.3;
pub(super) const SURE_NO_ANSWER: f64 = 0.95;
/// What is left of the learnt confidence for an essay: it was learnt on short answers.
pub(super) const ESSAY_CONFIDENCE: f64 = 0.8;
/// The most confidence after a contradiction or a wrong number.
pub(super) const DISPUTED_CONFIDENCE: f64 = 0.4;
/// The most confidence where two words have changed places.
pub(super) const SWAPPED_CONFIDENCE: f64 = 0.5;
/// Share of the words of both texts found in the other from which words can have changed places.
pub(super) const SAME_SENTENCE: f64 = 0.9;
/// The most confidence a guarded answer gets.
pub(super) const GUARDED_CONFIDENCE: f64 = 0.25;
