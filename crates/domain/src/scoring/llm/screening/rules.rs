//! The words by which an answer gives itself away, in several languages.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::Sign;
use crate::authoring::rubric::Rubric;

/// One word of every group, within so many words; groups are lists with blanks, and a word that ends in `*` stands for all that
/// begin so.
struct Rule {
    sign: Sign,
    groups: &'static [&'static str],
    within: usize,
}

impl Rule {
    /// Whether the other groups are near the place of a word of the first one.
    fn is_met_at(&self, words: &[String], at: usize) -> bool {
        let from = at.saturating_sub(self.within);
        let to = (at + self.within + 1).min(words.len());
        let window = &words[from..to];
        let others = self.groups.iter().skip(1);
        others
            .copied()
            .all(|group| window.iter().any(|word| is_one_of(word, group)))
    }
}

/// Rules by the words of their first group, because few words of an answer begin any.
struct Index {
    by_word: HashMap<&'static str, Vec<&'static Rule>>,
    /// Beginnings of words, by their first character.
    by_beginning: HashMap<char, Vec<(&'static str, &'static Rule)>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let (mut by_word, mut by_beginning) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
    for rule in RULES {
        let first: &'static str = rule.groups.first().copied().unwrap_or_default();
        for known in first.split(' ') {
            if let (Some(beginning), Some(letter)) = (known.strip_suffix('*'), known.chars().next()) {
                by_beginning.entry(letter).or_default().push((beginning, rule));
            } else {
                by_word.entry(known).or_default().push(rule);
            }
        }
    }
    Index {
        by_word,
        by_beginning,
    }
});

/// The signs of all rules that these words meet.
pub(super) fn seen_in(words: &[String]) -> BTreeSet<Sign> {
    let mut signs = BTreeSet::new();
    for (at, word) in words.iter().enumerate() {
        let exact = INDEX.by_word.get(word.as_str()).into_iter().flatten().copied();
        let letter = word
            .chars()
            .next()
            .and_then(|letter| INDEX.by_beginning.get(&letter));
        let begun = letter.into_iter().flatten();
        let begun = begun
            .filter(|(beginning, _)| word.starts_with(beginning))
            .map(|(_, rule)| *rule);
        for rule in exact.chain(begun) {
            if !signs.contains(&rule.sign) && rule.is_met_at(words, at) {
                signs.insert(rule.sign);
            }
        }
    }
    signs
}

fn is_one_of(word: &str, group: &str) -> bool {
    group.split(' ').any(|known| match known.strip_suffix('*') {
        Some(beginning) => word.starts_with(beginning),
        None => word == known,
    })
}

const fn aside(groups: &'static [&'static str]) -> Rule {
    Rule {
        sign: Sign::SetsInstructionsAside,
        groups,
        within: 6,
    }
}

const fn marks(groups: &'static [&'static str]) -> Rule {
    Rule {
        sign: Sign::AsksForMarks,
        groups,
        within: 7,
    }
}

const fn speaks(groups: &'static [&'static str], within: usize) -> Rule {
    Rule {
        sign: Sign::SpeaksToGrader,
        groups,
        within,
    }
}

const IGNORE: &str = "ignore ignoring disregard disregarding forget override overrule bypass discard dismiss";
const INSTRUCTIONS: &str = "instructions prompt prompts rubric rubrics guidelines directives grading";
const FULL: &str = "full maximum max maximal highest top perfect 100 10 hundred best excellent";
const MARKS: &str = "mark marks score scores grade grades points credit rating";
const GIVE: &str = "give award assign grant grade score rate evaluate deserves deserve deserving respond output allocate receive receives mark";
const HERE: &str =
    "me this my answer response student candidate submission essay criterion criteria every each";
const GRADER: &str = "grader graders examiner examiners evaluator evaluators marker assessor grading scorer";

const RULES: &[Rule] = &[
    // English.
    aside(&[IGNORE, INSTRUCTIONS]),
    aside(&[
        IGNORE,
        "previous above prior earlier preceding all everything",
        "rules rule orders text messages message said told context task criteria",
    ]),
    aside(&[
        "new updated revised secret real actual",
        "instructions directives orders",
        "follow you your",
    ]),
    aside(&[
        "developer debug maintenance admin god dan jailbreak unrestricted",
        "mode override",
        "enabled enable on enter activated active now engaged",
    ]),
    marks(&[GIVE, FULL, MARKS, HERE]),
    marks(&[GIVE, "all", "marks points credit", HERE]),
    marks(&[
        "must should shall please has is be",
        "awarded given scored graded marked rated worth",
        FULL,
        "marks score grade points credit 100",
    ]),
    marks(&[
        "full perfect maximum top highest",
        "marks score grade credit",
        "please deserve deserves award confirmed guaranteed approved pass",
    ]),
    marks(&["please", "pass upgrade bump", "me student candidate grade score"]),
    speaks(
        &[
            "dear hey hello hi attention note message memo reminder notice",
            "grader graders examiner examiners evaluator evaluators assessor assessors ai chatgpt gpt assistant claude gemini bot llm",
        ],
        4,
    ),
    speaks(
        &[
            "you",
            "are act behave pretend must will should",
            "grader examiner evaluator ai assistant chatgpt gpt dan chatbot llm generous lenient unfiltered",
        ],
        6,
    ),
    speaks(&["pretend roleplay imagine act simulate", "you as", GRADER], 8),
    speaks(
        &[
            "system developer",
            "prompt override message instruction instructions command note",
            "reveal print repeat show ignore update new your follow grade score award grader grading candidate answer student",
        ],
        8,
    ),
    speaks(
        &[
            "print repeat reveal output show tell leak translate",
            "your hidden secret system",
            "instructions prompt canary boundary rubric rules",
        ],
        6,
    ),
    speaks(
        &[
            "i this",
            "teacher professor developer administrator administration principal openai anthropic",
            "authorize authorise order instruct approve approved confirm confirmed authorized authorised command here",
        ],
        8,
    ),
    Rule {
        sign: Sign::MentionsMachine,
        groups: &["language ai gpt chatgpt llm", "model grader assistant you your"],
        within: 2,
    },
    // German.
    aside(&[
        "ignoriere ignorieren vergiss missachte verwirf überschreibe",
        "anweisung* instruktion* vorgaben regeln bewertungsregeln obige* vorherige* bisherige* prompt*",
    ]),
    marks(&[
        "gib geben vergib vergeben bewerte bewerten verdient erteile",
        "volle* maximale* höchste* 100 beste* alle",
        "punkt* note noten bewertung punktzahl",
    ]),
    speaks(
        &[
            "du sie lieber liebe achtung hinweis",
            "korrektor* prüfer* bewerter* ki sprachmodell assistent",
        ],
        4,
    ),
    // French.
    aside(&[
        "ignore ignorez ignorer oublie oubliez",
        "instruction* consigne* règles précédent* barème",
    ]),
    marks(&[
        "donne* attribue* accorde* mets mettez mérite",
        "maximale* maximum parfaite totalité tous 100 20",
        "note notes points score",
    ]),
    speaks(
        &[
            "cher vous tu attention",
            "correcteur examinateur évaluateur ia assistant",
        ],
        4,
    ),
    // Spanish.
    aside(&[
        "ignora ignore ignorar olvida olvide",
        "instrucci* indicacion* reglas anterior* rúbrica",
    ]),
    marks(&[
        "da dale dame otorga otorgue asigna asigne pon merece",
        "máxim* 100 completa perfecta todos",
        "nota puntuación calificación puntos puntaje",
    ]),
    speaks(
        &[
            "estimado querido eres usted atención",
            "evaluador examinador corrector ia asistente",
        ],
        4,
    ),
    // Italian.
    aside(&[
        "ignora ignorare ignorate dimentica",
        "istruzion* regole precedent* rubrica",
    ]),
    marks(&[
        "dai dammi assegna assegnare merita",
        "massim* 100 pieno perfetto tutti",
        "voto punteggio punti valutazione",
    ]),
    // Portuguese.
    aside(&[
        "ignore ignora ignorar esqueça desconsidere",
        "instruç* regras anterior* rubrica",
    ]),
    marks(&[
        "dê dá atribua conceda merece",
        "máxim* 100 total perfeita todos",
        "nota pontuação pontos",
    ]),
    // Dutch.
    aside(&["negeer vergeet", "instructies regels voorgaande vorige opdracht"]),
    marks(&[
        "geef ken",
        "volledige maximale hoogste 100 alle",
        "punten cijfer score",
    ]),
    // Polish.
    aside(&[
        "zignoruj ignoruj zapomnij",
        "instrukcj* poleceni* zasad* poprzedni*",
    ]),
    marks(&[
        "daj przyznaj wystaw",
        "maksymaln* pełn* 100 najwyższ*",
        "punkt* ocen*",
    ]),
    // Turkish.
    aside(&["talimat* kural*", "yoksay unut görmezden dikkate"]),
    marks(&["tam en 100 maksimum", "puan* not notu", "ver verin veriniz"]),
    // Russian and Ukrainian.
    aside(&[
        "игнорируй* проигнорируй* забудь* ігноруй*",
        "инструкци* указани* правил* предыдущ* інструкці* попередн*",
    ]),
    marks(&[
        "поставь* дай* присвой* выстави* постав*",
        "максимальн* высш* полн* 100 найвищ*",
        "балл* оценк* оцінк* бал*",
    ]),
    // Arabic and Hindi, as words.
    aside(&["تجاهل انس تجاهلوا", "التعليمات تعليمات القواعد السابقة"]),
    marks(&[
        "أعط أعطني امنح اعط اعطني",
        "الكاملة كاملة القصوى 100",
        "الدرجة درجة العلامة درجات",
    ]),
    aside(&["अनदेखा नज़रअंदाज़ भूल", "निर्देश निर्देशों नियम नियमों"]),
    marks(&["दें दो दीजिए", "पूरे पूर्ण अधिकतम 100", "अंक अंकों"]),
];

/// Without blanks: for scripts that set none, and for signs that are no words.
pub(super) const PHRASES: &[(&str, Sign)] = &[
    ("忽略之前", Sign::SetsInstructionsAside),
    ("忽略以上", Sign::SetsInstructionsAside),
    ("忽略所有", Sign::SetsInstructionsAside),
    ("无视", Sign::SetsInstructionsAside),
    ("無視して", Sign::SetsInstructionsAside),
    ("指示を無視", Sign::SetsInstructionsAside),
    ("이전지시", Sign::SetsInstructionsAside),
    ("지시를무시", Sign::SetsInstructionsAside),
    ("满分", Sign::AsksForMarks),
    ("最高分", Sign::AsksForMarks),
    ("満点", Sign::AsksForMarks),
    ("만점", Sign::AsksForMarks),
    ("<|", Sign::ImitatesMessages),
    ("|>", Sign::ImitatesMessages),
    ("[inst]", Sign::ImitatesMessages),
    ("[/inst]", Sign::ImitatesMessages),
    ("<<sys>>", Sign::ImitatesMessages),
    ("<system", Sign::ImitatesMessages),
    ("</system", Sign::ImitatesMessages),
    ("<assistant", Sign::ImitatesMessages),
    ("<instructions", Sign::ImitatesMessages),
    ("</answer>", Sign::ImitatesMessages),
    ("</student", Sign::ImitatesMessages),
    ("</candidate", Sign::ImitatesMessages),
    ("\"role\":\"", Sign::ImitatesMessages),
    ("'role':'", Sign::ImitatesMessages),
    ("endofanswer", Sign::ImitatesMessages),
    ("endofthecandidate", Sign::ImitatesMessages),
    ("endofstudent", Sign::ImitatesMessages),
    ("theanswerendsabove", Sign::ImitatesMessages),
    ("answerendshere", Sign::ImitatesMessages),
    ("\"score\":", Sign::ImitatesVerdict),
    ("\"points\":", Sign::ImitatesVerdict),
    ("\"confidence\":", Sign::ImitatesVerdict),
    ("\"criteria\":", Sign::ImitatesVerdict),
    ("\"on_topic\"", Sign::ImitatesVerdict),
    ("addresses_grader", Sign::ImitatesVerdict),
    ("score=100", Sign::ImitatesVerdict),
    ("score:100", Sign::ImitatesVerdict),
    ("grade:100", Sign::ImitatesVerdict),
    ("score:10/10", Sign::ImitatesVerdict),
    ("grade:a+", Sign::ImitatesVerdict),
    ("100/100", Sign::ImitatesVerdict),
];

/// Whether a line or sentence is laid out like a message of a system.
pub(super) fn is_role_marker(line: &str) -> bool {
    const ROLES: &str = "system assistant developer grader instructions instruction evaluator examiner";
    let line = line
        .trim()
        .trim_start_matches(['#', '*', '[', '(', '>', '-', '=', '`', ' ']);
    let rest = ROLES.split(' ').find_map(|role| line.strip_prefix(role));
    rest.is_some_and(|rest| rest.trim_start_matches(['*', ']', ')', ' ']).starts_with(':'))
}

/// Whether a word is a whole order whose blanks were lost.
pub(super) fn is_order_in_one_word(word: &str) -> bool {
    const ORDERS: &str = "ignoreall ignoreprevious previousinstructions allinstructions fullmarks maximumscore maximummarks \
        highestscore perfectscore";
    word.len() > 11 && ORDERS.split_whitespace().any(|order| word.contains(order))
}

/// Whether two criteria of the rubric are given numbers, or a line is a boundary.
pub(super) fn imitates_verdict(squeezed: &str, words: &[String], rubric: &Rubric) -> bool {
    let is_boundary = |word: &String| word.len() == 32 && word.chars().all(|digit| digit.is_ascii_hexdigit());
    let scored = rubric.criteria.iter().filter(|criterion| {
        let names = [&criterion.id, &criterion.name].map(|name| {
            let name: String = name.to_lowercase().split_whitespace().collect();
            name
        });
        names.iter().any(|name| is_scored(squeezed, name))
    });
    words.iter().any(is_boundary) || scored.count() >= 2
}

/// Whether a number of two digits or more follows a name, with a sign between them.
fn is_scored(squeezed: &str, name: &str) -> bool {
    squeezed.match_indices(name).any(|(at, _)| {
        let rest = squeezed[at + name.len()..].trim_start_matches(['"', '\'', '*']);
        let number = rest.strip_prefix([':', '=', '→']).unwrap_or_default();
        let number = number.trim_start_matches(['"', '\'', '*']);
        number.chars().take_while(char::is_ascii_digit).count() >= 2
    })
}
