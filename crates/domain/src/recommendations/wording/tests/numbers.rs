//! What a reason says in numbers.

use super::*;

#[test]
fn percentages_are_those_of_the_evidence_and_other_numbers_are_known() {
    let mut scene = Scene::new();
    scene.profile.skills[0].level = 25.5;
    for number in [
        "25.5 %",
        "25,5%",
        "25.50 percent",
        "70 per cent",
        "025.5  %",
        "70",
        "70 pct",
        "70-percent",
        "70 percentage points",
        "25.5 percentage-point steps",
        "the percentage of 70",
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
        "3 pct",
        "3-percent",
        "45 percentage points",
        "fifty percentage points",
        "some pct",
    ] {
        assert_eq!(
            scene.flaw(&format!("It is about {number} of the marks [1]."), &[1]),
            Some(Flaw::Number),
            "{number}"
        );
    }
}

#[test]
fn numbers_of_sentences_are_no_percentages() {
    let mut scene = Scene::new();
    assert_eq!(
        scene.flaw("Bring 2 pens, as it says [1].", &[1]),
        Some(Flaw::Number),
        "a number of another sentence"
    );
    scene.selection.picks[0].traces[0].snippet =
        "You design 2 HTTP APIs in 0.50 years, 10 % at home.".to_owned();
    assert_eq!(scene.flaw("You design 2 of them in 0.5 years [1].", &[1]), None);
    for share in [
        "10 %",
        "10 pct",
        "10 percent",
        "10 percentage points",
        "10 per-cent",
        "10 percentile",
    ] {
        assert_eq!(
            scene.flaw(&format!("You design {share} of them at home [1]."), &[1]),
            Some(Flaw::Number),
            "{share}"
        );
    }
    scene.selection.picks[0].traces[0].snippet = "You design 70 ‰, 70 ٪ and ٧٠ HTTP APIs.".to_owned();
    for share in ["70 ‰", "70 ٪", "٧٠"] {
        assert_eq!(
            scene.flaw(&format!("You design {share} of the APIs [1]."), &[1]),
            Some(Flaw::Number),
            "{share}"
        );
    }
}

#[test]
fn what_was_reached_is_not_said_to_be_asked_for_nor_the_other_way_round() {
    let scene = Scene::new();
    for swapped in [
        "You reached 70 % of the marks",
        "You only got about 70 percent",
        "You earned 25 %, scored 70 %",
        "The track asks for 25 % of them",
        "The track needs at least 25 %",
        "The target is 25 %",
        "It requires 25 pct",
    ] {
        assert_eq!(
            scene.flaw(&format!("{swapped}, as it says [1]."), &[1]),
            Some(Flaw::Swapped),
            "{swapped}"
        );
    }
    for right in [
        "You reached 25 % where the track asks for 70 %",
        "You have not reached 70 %, you haven't reached 70 %",
        "25 % was reached, 70 % is asked for",
        "With 25 % you are below the target of 70 %",
        "The track asks for 70 %; yours is 25 %",
    ] {
        assert_eq!(
            scene.flaw(&format!("{right}, as it says [1]."), &[1]),
            None,
            "{right}"
        );
    }
}
