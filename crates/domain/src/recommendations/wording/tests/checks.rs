//! What a reason has to keep to, check by check.

use proptest::prelude::*;

use super::super::super::Trace;
use super::super::super::testing::content;
use super::*;

#[test]
fn a_text_has_a_length() {
    let scene = Scene::new();
    assert_eq!(scene.flaw("It is good fun. [1]", &[1]), Some(Flaw::Length));
    assert_eq!(scene.flaw("It is good fun.. [1]", &[1]), None);
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
        "ｗｗｗ．example",
        "＜b＞",
    ] {
        assert_eq!(
            scene.flaw(&format!("It teaches this, {markup}, as it says [1]."), &[1]),
            Some(Flaw::Markup),
            "{markup}"
        );
    }
    assert_eq!(
        scene.flaw("It teaches this, e.g. at home, as it says [1].", &[1]),
        None
    );
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
        "„HTTP APIs.“",
        "«design»",
        "‘APIs’",
        "“You” and “HTTP”",
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
    ] {
        assert_eq!(
            scene.flaw(&format!("It says {quote} and so it fits [1]."), &[1]),
            Some(Flaw::Quotation),
            "{quote}"
        );
    }
}

#[test]
fn percentages_are_those_of_the_evidence_and_other_numbers_are_known() {
    let mut scene = Scene::new();
    scene.profile.skills[0].level = 25.5;
    for number in [
        "25.5 %",
        "25,5%",
        "25.50 percent",
        "70 per cent",
        "025.5\u{a0}%",
        "70",
    ] {
        assert_eq!(
            scene.flaw(&format!("It is about {number} of the marks [1]."), &[1]),
            None,
            "{number}"
        );
    }
    for number in [
        "25 %",
        "40 %",
        "7000 %",
        "0.7 %",
        "70.1%",
        "3",
        "fifty percent",
        "% and 70 %",
        "70 %%",
        "٧٠ %",
        "½",
        "45 percentage points",
    ] {
        assert_eq!(
            scene.flaw(&format!("It is about {number} of the marks [1]."), &[1]),
            Some(Flaw::Number),
            "{number}"
        );
    }
    assert_eq!(
        scene.flaw("Bring 2 pens, as it says [1].", &[1]),
        Some(Flaw::Number),
        "a number of another sentence"
    );
    scene.selection.picks[0].traces[0].snippet =
        "You design 2 HTTP APIs in 0.50 years, 10 % at home.".to_owned();
    assert_eq!(scene.flaw("You design 2 of them in 0.5 years [1].", &[1]), None);
    assert_eq!(
        scene.flaw("You design 10 % of them at home [1].", &[1]),
        Some(Flaw::Number)
    );
}

#[test]
fn no_other_entry_is_named() {
    let mut scene = Scene::new();
    assert_eq!(
        scene.flaw("“You design HTTP APIs” in Web Services [1].", &[1]),
        None
    );
    assert_eq!(
        scene.flaw("Rather take Bread-Baking, as it says [1].", &[1]),
        Some(Flaw::OtherEntry)
    );
    assert_eq!(
        scene.flaw("Rather take DATABASES, as it says [1].", &[1]),
        Some(Flaw::OtherEntry)
    );
    assert_eq!(scene.flaw("It has a database, as it says [1].", &[1]), None);
    scene.titles = ["Web", "HTTP APIs", "?", "Web services"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(scene.flaw("Web services about HTTP APIs [1]?", &[1]), None);
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
            prop_assert!((20..=600).contains(&text.chars().count()) && text.contains("[1]"));
            let harmful = ['<', '>', '@', '`', '\n', '\u{200b}'];
            prop_assert!(!text.contains(harmful) && !text.contains("://"));
        }
    }
}
