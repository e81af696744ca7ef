//! The kinds that only people write: programs, profiles of every form, uploads.

use domain::authoring::item::{
    ContextEntry, CountBand, ItemBody, ItemContent, ProfileField, ProfileForm, TestCase,
};

use super::{KEYMARK, choices, ids, item};

/// The score, points and weights of the profile items wherever a number can be odd.
pub const KEY_SCORE: f64 = 73.125;

/// A coding item worth 4 points, a profile item of every form worth 1 point each (text, choice, checklist, compound), and a
/// file upload worth 5, in the order of [`domain::authoring::item::ItemKind::ALL`].
pub fn new_kinds() -> Vec<ItemContent> {
    let fields = vec![
        field("years", "For how many years?", choice()),
        field("projects", "In which projects?", checklist()),
        field("why", "Why?", ProfileForm::Text),
    ];
    let profile = |stem, form| item(stem, 1, ItemBody::Profile { form });
    vec![
        coding(),
        profile("What are you proud of?", ProfileForm::Text),
        profile("For how long have you used SQL?", choice()),
        profile("How many databases have you designed?", checklist()),
        profile("Tell us of your practice.", ProfileForm::Compound { fields }),
        file_upload(),
    ]
}

fn coding() -> ItemContent {
    let test = |id: &str, stdin: &str, expected: &str, hidden| TestCase {
        id: id.to_owned(),
        stdin: stdin.to_owned(),
        expected: expected.to_owned(),
        weight: 1.0,
        hidden,
    };
    let body = ItemBody::Coding {
        languages: ids(&["python", "c"]),
        starter: Some("# Read two numbers and print their sum.".to_owned()),
        tests: vec![
            test("t1", "1 2", "3", false),
            test("t2", &format!("{KEYMARK} 7"), &format!("{KEYMARK} sum"), true),
        ],
        partial_credit: true,
    };
    item("Write a program that adds two numbers.", 4, body)
}

fn choice() -> ProfileForm {
    ProfileForm::Choice {
        options: choices(&[("a", "Not at all"), ("b", "For a year"), ("c", "For longer")]),
        scores: [("a", 0.0), ("b", KEY_SCORE), ("c", 100.0)]
            .map(|(id, score)| (id.to_owned(), score))
            .into(),
    }
}

fn checklist() -> ProfileForm {
    let band = |from, to, score| CountBand { from, to, score };
    let entry = |id: &str, text: &str| ContextEntry {
        id: id.to_owned(),
        text: text.to_owned(),
        points: KEY_SCORE,
    };
    ProfileForm::Checklist {
        bands: vec![band(1, Some(4), 20.0), band(5, None, KEY_SCORE)],
        context: vec![
            entry("campus", "At a university"),
            entry("production", "In production"),
        ],
    }
}

fn field(id: &str, label: &str, form: ProfileForm) -> ProfileField {
    ProfileField {
        id: id.to_owned(),
        label: label.to_owned(),
        weight: KEY_SCORE,
        form,
    }
}

fn file_upload() -> ItemContent {
    let body = ItemBody::FileUpload {
        accepted: ids(&["application/pdf", "text/plain"]),
        max_files: 2,
    };
    item("Hand in the diagram of a schema of yours.", 5, body)
}
