//! Word lists that tell terms from everything else in their place. Words are parted by spaces.

/// Nouns that name a role in the text instead of a thing of the subject.
pub(super) const ROLE_NOUNS: &str = "\
    purpose aim goal result reason problem example idea difference advantage disadvantage benefit answer \
    question way step case fact point thing kind type part rest list name one number amount following \
    main most same note tip warning important summary conclusion remark hint caution author solution \
    issue usage";
/// Nouns that after `the` mean the one the text speaks of just then.
pub(super) const CONTEXT_NOUNS: &str = "\
    output input file value program user text document default format field entry method class object \
    string argument parameter element author";
/// Openers of terms that are told apart only in their context.
pub(super) const RELATIVE_OPENERS: &str = "\
    first second third last next previous other new current given resulting whole entire present";
/// Words that end a noun phrase.
pub(super) const PHRASE_BREAKERS: &str = "\
    that which who whom whose if when because with by from to on and or but as than this these those \
    there it they not can may must will should has have at into between through without also only each \
    every all";
/// Determiners after which a word in -s was a verb.
pub(super) const DETERMINERS: &str = "\
    a an the all every each only no one two three several its their how which both new many any what \
    whether that another";
