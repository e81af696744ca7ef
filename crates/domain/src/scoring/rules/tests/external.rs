//! What only a runner or a person can judge.

use super::*;
use crate::authoring::item::TestCase;

pub(super) fn coding(tests: usize) -> ItemBody {
    let test = TestCase {
        id: "t1".to_owned(),
        stdin: String::new(),
        expected: "1".to_owned(),
        weight: 1.0,
        hidden: false,
    };
    ItemBody::Coding {
        languages: vec!["Python".to_owned()],
        starter: None,
        tests: vec![test; tests],
        partial_credit: true,
    }
}

pub(super) fn upload() -> ItemBody {
    ItemBody::FileUpload {
        accepted: vec!["application/pdf".to_owned()],
        max_files: 2,
    }
}

#[test]
fn programs_go_to_the_runner_and_files_to_a_person() {
    let program = json!({"language": "python", "source": "print(1)"});
    assert_eq!(
        score(&coding(1), Points::whole(2), Some(&program)),
        RuleOutcome::NeedsRunner
    );
    let file = json!({"file_id": "0196b3c0-0000-7000-8000-000000000001"});
    assert_eq!(
        score(&upload(), Points::whole(2), Some(&file)),
        RuleOutcome::NeedsPerson
    );
}

#[test]
fn a_language_alone_is_no_answer_and_an_item_without_tests_no_item() {
    let only_language = json!({"language": "python", "source": "  \n"});
    let verdict = verdict_of(&coding(1), 2, &only_language);
    assert_eq!(verdict.reason, Reason::Unanswered);
    let program = json!({"language": "python", "source": "print(1)"});
    let verdict = verdict_of(&coding(0), 2, &program);
    assert_eq!(
        (verdict.points, verdict.flags),
        (None, vec![FLAG_NO_KEY.to_owned()])
    );
}

#[test]
fn an_ungraded_verdict_has_no_points_and_says_why() {
    let verdict = ungraded(Points::whole(3), FLAG_AWAITS_PERSON);
    assert_eq!((verdict.points, verdict.reason), (None, Reason::Ungraded));
    assert_eq!(verdict.max_points, Points::whole(3));
    assert_eq!(verdict.flags, [FLAG_AWAITS_PERSON]);
}
