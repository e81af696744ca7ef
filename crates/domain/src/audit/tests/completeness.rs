//! No use case is forgotten: the sources of this crate are read, and every one of them has to be declared here with the
//! actions it leaves in the log, or with why it leaves none. The actions are the table of docs/audit.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Name of the use case, and what it records.
const AUDITED: [(&str, &[&str]); 64] = [
    ("identity.create_user", &["identity.user_created"]),
    ("identity.add_user", &["identity.user_created"]),
    ("identity.register", &["identity.user_created"]),
    ("identity.change_user", &["identity.user_changed"]),
    ("identity.set_password", &["identity.password_set"]),
    (
        "identity.upgrade_password_hash",
        &["identity.password_hash_upgraded"],
    ),
    (
        "identity.issue_password_reset",
        &["identity.password_reset_issued"],
    ),
    ("identity.reset_password", &["identity.password_reset"]),
    ("identity.create_invitation", &["identity.invitation_created"]),
    ("identity.revoke_invitation", &["identity.invitation_revoked"]),
    ("identity.create_api_key", &["identity.api_key_created"]),
    ("identity.revoke_api_key", &["identity.api_key_revoked"]),
    ("identity.issue_refresh_token", &["identity.signed_in"]),
    ("identity.note_failed_sign_ins", &["identity.sign_in_failed"]),
    (
        "identity.rotate_refresh_token",
        &["identity.refresh_token_reused"],
    ),
    ("identity.sign_out", &["identity.signed_out"]),
    ("cohorts.create", &["cohorts.created"]),
    ("cohorts.change", &["cohorts.changed"]),
    ("cohorts.delete", &["cohorts.deleted"]),
    ("authoring.add_syllabi", &["authoring.syllabus_added"]),
    (
        "authoring.request_generation",
        &["authoring.generation_requested"],
    ),
    (
        "authoring.review_definition",
        &[
            "authoring.reviewed",
            "authoring.item_accepted",
            "authoring.item_rejected",
            "authoring.item_reopened",
        ],
    ),
    (
        "authoring.judge_item",
        &[
            "authoring.item_accepted",
            "authoring.item_rejected",
            "authoring.item_reopened",
        ],
    ),
    ("authoring.edit_item", &["authoring.item_edited"]),
    (
        "authoring.request_regeneration",
        &["authoring.regeneration_requested", "authoring.item_rejected"],
    ),
    (
        "authoring.publish",
        &["authoring.published", "authoring.remaining_accepted"],
    ),
    ("authoring.archive", &["authoring.archived"]),
    ("authoring.restore", &["authoring.restored"]),
    ("tracks.create", &["tracks.created", "authoring.published"]),
    ("tracks.change", &["tracks.changed", "authoring.published"]),
    ("tracks.delete", &["tracks.deleted"]),
    ("tracks.install", &["tracks.created", "authoring.published"]),
    (
        "bank.add_question",
        &["bank.question_added", "authoring.published"],
    ),
    (
        "bank.change_question",
        &["bank.question_changed", "authoring.published"],
    ),
    (
        "bank.delete_question",
        &["bank.question_deleted", "authoring.published"],
    ),
    ("bank.add_exemplars", &["bank.exemplars_added"]),
    ("catalog.add_credential", &["catalog.credential_added"]),
    ("catalog.change_credential", &["catalog.credential_changed"]),
    ("catalog.delete_credential", &["catalog.credential_deleted"]),
    ("attempts.opt_in", &["attempts.opted_in", "attempts.expired"]),
    ("attempts.start", &["attempts.started", "attempts.expired"]),
    ("attempts.take", &["attempts.started", "attempts.expired"]),
    (
        "attempts.submit_section",
        &["attempts.section_submitted", "attempts.expired"],
    ),
    ("attempts.submit", &["attempts.submitted", "attempts.expired"]),
    ("attempts.abandon", &["attempts.voided", "attempts.expired"]),
    ("attempts.void", &["attempts.voided"]),
    ("attempts.release", &["attempts.released", "attempts.held"]),
    ("attempts.extend", &["attempts.extended"]),
    ("attempts.accommodate", &["attempts.accommodated"]),
    ("attempts.mark_serving", &["attempts.downtime_credited"]),
    ("reviews.decide", &["reviews.decided"]),
    ("inquiries.open", &["inquiries.opened"]),
    ("inquiries.take_step", &["inquiries.stepped"]),
    ("regrades.preview", &["regrades.requested"]),
    ("regrades.apply", &["regrades.apply_requested"]),
    ("regrades.cancel", &["regrades.cancelled"]),
    ("privacy.export", &["privacy.exported"]),
    ("privacy.erase", &["privacy.erased", "attempts.voided"]),
    ("operations.retry_job", &["operations.job_requeued"]),
    ("operations.cancel_job", &["operations.job_cancelled"]),
    (
        "operations.requeue_dead_letters",
        &["operations.dead_letters_requeued", "operations.job_requeued"],
    ),
    ("operations.pause_queue", &["operations.queue_paused"]),
    ("operations.resume_queue", &["operations.queue_resumed"]),
    (
        "llm.note_no_money",
        &["llm.day_cap_reached", "llm.account_unpaid"],
    ),
];

/// Candidates' own traffic, which changes nothing that anybody could dispute: what they answered is kept with its times.
/// An expiry that it finds is recorded as everywhere. Calls of language models have a journal of their own.
const NOT_AUDITED: [&str; 4] = [
    "attempts.heartbeat",
    "attempts.resolve_refused_save",
    "llm.reserve",
    "llm.settle",
];

/// Recorded by jobs, in the transaction that completes them.
const BY_JOBS: [&str; 12] = [
    "attempts.recommended",
    "authoring.generated",
    "authoring.item_replaced",
    "authoring.regeneration_gave_up",
    "attempts.scored",
    "attempts.rescored",
    "attempts.scoring_resumed",
    "regrades.previewed",
    "regrades.failed",
    "regrades.changed",
    "regrades.applied",
    "regrades.stopped",
];

/// Recorded by the command line for the keys of the service, which are no business of a slice.
const ABOUT_KEYS: [&str; 2] = ["keys.rotate_master", "keys.rotate_signing"];

/// The texts of the crate, without tests and this slice.
fn sources() -> BTreeMap<String, String> {
    let mut sources = BTreeMap::new();
    read_into(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    assert!(sources.len() > 100, "{} files", sources.len());
    sources
}

fn read_into(directory: &Path, sources: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            if !["audit", "tests", "simulation"].contains(&name.as_str()) {
                read_into(&path, sources);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && !name.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
            sources.insert(path.display().to_string(), code);
        }
    }
}

/// The names of all use cases.
fn use_cases(sources: &BTreeMap<String, String>) -> BTreeSet<String> {
    let named = |code: &String| -> Vec<String> {
        let names = code.split("const NAME: &'static str = \"").skip(1);
        names
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    sources.values().flat_map(named).collect()
}

/// `slice.verb` texts of the slices that there are, which are names of use cases or actions.
fn words(sources: &BTreeMap<String, String>) -> BTreeSet<String> {
    let slices: BTreeSet<&str> = AUDITED
        .iter()
        .map(|(name, _)| name.split('.').next().unwrap())
        .collect();
    let is_word = |text: &&str| {
        let parts: Vec<&str> = text.split('.').collect();
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())
        };
        parts.len() == 2 && slices.contains(parts[0]) && plain(parts[1])
    };
    let found =
        |code: &String| -> Vec<String> { code.split('"').filter(is_word).map(str::to_owned).collect() };
    sources.values().flat_map(found).collect()
}

fn actions() -> BTreeSet<String> {
    let by_use_cases = AUDITED.iter().flat_map(|(_, actions)| *actions);
    by_use_cases
        .chain(&BY_JOBS)
        .map(|action| (*action).to_owned())
        .collect()
}

#[test]
fn every_use_case_is_audited_or_says_why_not() {
    let declared = AUDITED.iter().map(|(name, _)| *name).chain(NOT_AUDITED);
    let declared: BTreeSet<String> = declared.map(str::to_owned).collect();
    assert_eq!(
        declared.len(),
        AUDITED.len() + NOT_AUDITED.len(),
        "one is declared twice"
    );
    assert_eq!(use_cases(&sources()), declared);
    assert!(AUDITED.iter().all(|(_, actions)| !actions.is_empty()));
}

#[test]
fn every_action_is_declared_and_recorded_somewhere() {
    let sources = sources();
    let mut recorded = words(&sources);
    recorded.retain(|word| !use_cases(&sources).contains(word));
    assert_eq!(recorded, actions());
}

#[test]
fn the_document_lists_every_action_once() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/audit.md");
    let document = fs::read_to_string(document).unwrap();
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `"));
    let names = rows.filter_map(|row| row.split('`').next());
    // The other table lists faults.
    let listed: Vec<String> = names
        .filter(|name| name.contains('.'))
        .map(str::to_owned)
        .collect();
    let distinct: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(distinct.len(), listed.len(), "an action is listed twice");
    let about_keys = ABOUT_KEYS.map(str::to_owned);
    assert_eq!(distinct, actions().into_iter().chain(about_keys).collect());
}
