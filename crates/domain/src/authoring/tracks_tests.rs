use super::*;

/// The place of the first fault.
fn fault(skills: &[(&str, &str)]) -> Option<String> {
    let skill = |(skill, name): &(&str, &str)| Skill {
        skill: (*skill).to_owned(),
        name: (*name).to_owned(),
        target_level: 70.0,
    };
    let skills: Vec<Skill> = skills.iter().map(skill).collect();
    match check_skills(&skills) {
        Ok(()) => None,
        Err(TrackError::Invalid { pointer, .. }) => Some(pointer),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn skills_are_named_in_one_line_that_everybody_sees() {
    let (key, name) = ("ä".repeat(60), "ä".repeat(200));
    assert_eq!(
        fault(&[("C++", "C++ and “more”"), ("SQL", "SQL"), (&key, &name)]),
        None
    );
    for key in [
        "",
        " ",
        " sql",
        "sql ",
        &"x".repeat(61),
        "s\nql",
        "s\u{200b}ql",
        "s\u{2028}ql",
        "\u{2800}",
    ] {
        let place = fault(&[("a", "A"), (key, "SQL")]);
        assert_eq!(place.as_deref(), Some("/skills/1/skill"), "{key:?}");
    }
    for name in [
        "",
        " ",
        &"x".repeat(201),
        "S\nQL",
        "S\u{e0041}QL",
        "S\u{2029}QL",
        "SQL\u{7}",
        "SQL\u{e0100}",
    ] {
        assert_eq!(
            fault(&[("sql", name)]).as_deref(),
            Some("/skills/0/name"),
            "{name:?}"
        );
    }
    assert_eq!(
        fault(&[("sql", "SQL"), ("sql", "SQL")]).as_deref(),
        Some("/skills/1/skill")
    );
}
