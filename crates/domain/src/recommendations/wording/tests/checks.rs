//! What a reason has to keep to, check by check.

use proptest::prelude::*;

use super::super::super::Trace;
use super::super::super::testing::content;
use super::*;

#[test]
fn a_text_has_a_length() {
    let scene = Scene::new();
    let short = "It is all good fun [1]";
    let seen = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    assert_eq!((seen(short), scene.flaw(short, &[1])), (17, Some(Flaw::Length)));
    assert_eq!(scene.flaw(&format!("{short}.."), &[1]), Some(Flaw::Length));
    assert_eq!(scene.flaw(&format!("{short}..."), &[1]), None);
    // Blanks and marks upon letters make nothing longer.
    assert_eq!(scene.flaw(&short.replace(' ', "   "), &[1]), Some(Flaw::Length));
    assert_eq!(
        scene.flaw(&short.replace('o', "o\u{301}\u{302}"), &[1]),
        Some(Flaw::Length)
    );
    let blanks = " ".repeat(580);
    assert_eq!(
        scene.flaw(&format!("It is all{blanks}good fun [1].."), &[1]),
        Some(Flaw::Length)
    );
    assert_eq!(scene.flaw(&format!("{} [1]", "é".repeat(596)), &[1]), None);
    assert_eq!(
        scene.flaw(&format!("{} [1]", "é".repeat(597)), &[1]),
        Some(Flaw::Length)
    );
}

#[test]
fn a_text_is_one_paragraph_that_everybody_sees() {
    let scene = Scene::new();
    for hidden in [
        '\n',
        '\r',
        '\t',
        '\0',
        '\u{85}',
        '\u{200b}',
        '\u{202e}',
        '\u{2028}',
        '\u{2029}',
        '\u{e0041}',
    ] {
        assert_eq!(
            scene.flaw(&format!("It teaches{hidden}what is missing [1]."), &[1]),
            Some(Flaw::Layout),
            "{hidden:?}"
        );
    }
}

#[test]
fn a_text_has_neither_links_nor_addresses_nor_markup() {
    let scene = Scene::new();
    for markup in [
        "see https://example.org",
        "see HTTP://x",
        "see www.example",
        "see example.org/path",
        "see e-mail me@example",
        "write to mailto:me",
        "[here](there)",
        "[here]",
        "[1",
        "[99999999999999999999999]",
        "[ 1]",
        "<b>bold</b>",
        "a > b",
        "`code`",
        "javascript:alert(1)",
        "\\u003cb\\u003e",
        "&#60;b",
        "data:text/html,x",
        "Data: x",
        "**bold**",
        "_emphasis_",
        "C# alone",
        "~~gone~~",
        "a | b",
        "$x^2$",
        "{x}",
        "a = b",
    ] {
        assert_eq!(
            scene.flaw(&format!("It teaches this, {markup}, as it says [1]."), &[1]),
            Some(Flaw::Markup),
            "{markup}"
        );
    }
    for lawful in [
        "It teaches this, e.g. at home, as it says [1].",
        "25 % of the marks were reached [1].",
        "70 % is what the track asks for [1].",
        "It costs nothing (really) & is fun; isn't it? Yes/no + more: fine! [1]",
    ] {
        assert_eq!(scene.flaw(lawful, &[1]), None, "{lawful}");
    }
    for list in ["- ", "+ ", "-", "70. ", "70) ", "25.", " - "] {
        assert_eq!(
            scene.flaw(&format!("{list}It teaches this as it says [1]."), &[1]),
            Some(Flaw::Markup),
            "{list}"
        );
    }
}

#[test]
fn every_character_is_english_or_of_the_pick() {
    let mut scene = Scene::new();
    let with = |thing: &str| format!("It teaches this, {thing}, as it says [1].");
    for english in ["“design”", "‘design’", "a – b — c …", "café Ångström ſ ɏ"] {
        assert_eq!(scene.flaw(&with(english), &[1]), None, "{english}");
    }
    let strange = [
        "ｗｗｗ．example",
        "＜b＞",
        "«design»",
        "„design“",
        "ѕсаm",
        "漢字",
        "🙂",
        "a × b",
        "e\u{301}",
        "a\u{a0}b",
        "ɐ",
        "½",
        "→",
        "ﬁne",
        "´x´",
    ];
    for strange in strange {
        assert_eq!(
            scene.flaw(&with(strange), &[1]),
            Some(Flaw::Character),
            "{strange}"
        );
    }
    let content = &mut scene.selection.picks[0].content;
    content.provider = "漢字 ＃".to_owned();
    content.title = "Web → «services»".to_owned();
    scene.profile.skills[0].name = "C# _x".to_owned();
    for own in ["漢字", "a → b", "C# and #", "_x_", "«design»"] {
        assert_eq!(scene.flaw(&with(own), &[1]), None, "{own}");
    }
    assert_eq!(scene.flaw(&with("«SQL»"), &[1]), Some(Flaw::Quotation));
    assert_eq!(scene.flaw(&with("a*"), &[1]), Some(Flaw::Markup));
    // What could be a tag or code is none of anybody's words.
    scene.selection.picks[0].content.title = "＜b＞ `x` \\ <".to_owned();
    for never in ["＜b＞", "<b>", "`x`", "\\"] {
        assert_eq!(scene.flaw(&with(never), &[1]), Some(Flaw::Markup), "{never}");
    }
}

#[test]
fn a_skill_with_a_dot_in_its_name_may_be_named() {
    let mut scene = Scene::new();
    let text = "It teaches HTTP APIs with Node.js as it says [1].";
    assert_eq!(scene.flaw(text, &[1]), Some(Flaw::Markup));
    scene.profile.skills[0].name = "Node.js".to_owned();
    assert_eq!(scene.flaw(text, &[1]), None);
}

#[test]
fn a_text_cites_the_evidence_of_its_pick_and_says_so() {
    let scene = Scene::new();
    let text = |numbers: &str| format!("It teaches what is missing {numbers}.");
    assert_eq!(scene.flaw(&text("[1] and once more [1]"), &[1]), None);
    for (numbers, cites) in [
        ("", &[1][..]),
        ("", &[]),
        ("[1]", &[]),
        ("[2]", &[2]),
        ("[0]", &[0]),
        ("[1] [2]", &[1]),
        ("[1]", &[1, 2]),
        ("[1]", &[0]),
    ] {
        assert_eq!(
            scene.flaw(&text(numbers), cites),
            Some(Flaw::Citation),
            "{numbers} {cites:?}"
        );
    }
}

#[test]
fn what_is_quoted_stands_in_a_cited_sentence() {
    let scene = Scene::new();
    for quote in [
        "“design HTTP APIs”",
        "\"You design …\"",
        "‘APIs’",
        "'design HTTP'",
        "“You” and “HTTP”",
        "the learner's and the learners' ’design’",
    ] {
        assert_eq!(
            scene.flaw(&format!("It says {quote} and so it fits [1]."), &[1]),
            None,
            "{quote}"
        );
    }
    for quote in [
        "“design SQL APIs”",
        "“design http apis”",
        "“”",
        "“…”",
        "“design",
        "design”",
        "\"design",
        "“You” and “SQL”",
        "“Bring pens”",
        "‘Free money’",
        "'take nothing else'",
        "’take nothing else’",
        "'design",
        "‘design",
        "'design' and 'don't wait'",
    ] {
        assert_eq!(
            scene.flaw(&format!("It says {quote} and so it fits [1]."), &[1]),
            Some(Flaw::Quotation),
            "{quote}"
        );
    }
}

#[test]
fn no_other_entry_is_named() {
    let mut scene = Scene::new();
    scene.titles = [
        "Bread baking",
        "Web services",
        "SQL",
        "You",
        "The basics",
        "HTTP APIs",
        "Open school",
    ]
    .map(str::to_owned)
    .to_vec();
    for named in ["Rather take Bread-Baking", "Rather take BREAD  baking"] {
        let text = format!("{named}, as it says [1].");
        assert_eq!(scene.flaw(&text, &[1]), Some(Flaw::OtherEntry), "{text}");
    }
    // Generic titles and those in the pick's own words are said of anything.
    for generic in [
        "You design HTTP APIs in Web Services [1].",
        "It covers the basics of SQL [1] for you.",
        "Open School offers HTTP APIs, bread and baking [1].",
    ] {
        assert_eq!(scene.flaw(generic, &[1]), None, "{generic}");
    }
    scene.selection.picks[0].traces[0].snippet = "As in bread baking, design comes first.".to_owned();
    assert_eq!(scene.flaw("As in bread baking, it is design [1].", &[1]), None);
}

#[test]
fn a_very_long_text_is_refused_at_once() {
    let scene = Scene::new();
    let long = "7 ' ".repeat(500_000);
    assert_eq!(scene.flaw(&long, &[1]), Some(Flaw::Length));
}

proptest! {
    #[test]
    fn any_text_is_checked_and_what_passes_is_harmless(
        text in prop_oneof![any::<String>(), "(\\PC|word |\\[1\\]|“|”|\"|%|7|0| ){6,60}"],
        snippet in any::<String>(),
    ) {
        let mut scene = Scene::new();
        scene.titles = vec![snippet.clone()];
        let pick = &mut scene.selection.picks[0];
        pick.content = content(&text, &snippet);
        pick.traces = vec![Trace { snippet, ..pick.traces[0].clone() }];
        if scene.flaw(&text, &[1]).is_none() {
            let seen = text.chars().filter(|c| !c.is_whitespace()).count();
            prop_assert!(seen >= 20 && text.chars().count() <= 600 && text.contains("[1]"));
            let harmful = ['<', '>', '@', '`', '\n', '\u{200b}'];
            prop_assert!(!text.contains(harmful) && !text.contains("://"));
        }
    }
}
