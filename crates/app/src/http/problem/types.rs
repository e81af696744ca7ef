//! The public error table. Codes and slugs are stable: clients compare them.

/// A kind of problem.
#[derive(Debug)]
pub(crate) struct ProblemType {
    /// Names it in `type`; unique.
    pub(crate) slug: &'static str,
    /// Area and status.
    pub(crate) code: &'static str,
    /// HTTP status.
    pub(crate) status: u16,
    /// In a few words.
    pub(crate) title: &'static str,
    /// What happened and what to do; the detail unless an occurrence has its own.
    pub(crate) meaning: &'static str,
}

impl ProblemType {
    /// The value of `type`.
    pub(crate) fn uri(&self) -> String {
        format!("/problems#{}", self.slug)
    }
}

macro_rules! problem_types {
    ($($name:ident: $status:literal $code:literal $slug:literal, $title:literal, $meaning:literal;)+) => {
        /// Every kind by name.
        pub(crate) mod kinds {
            use super::ProblemType;

            $(pub(crate) static $name: ProblemType = ProblemType {
                slug: $slug, code: $code, status: $status, title: $title, meaning: $meaning,
            };)+
        }

        /// All kinds, in the order of the table.
        pub(super) static ALL: &[&ProblemType] = &[$(&kinds::$name),+];
    };
}

problem_types! {
    MALFORMED: 400 "REQUEST_400" "malformed-request", "The request is malformed",
        "The body, query or header cannot be read; the detail says where.";
    ROUTE: 404 "ROUTE_404" "unknown-route", "There is no such route",
        "No operation has this path; /docs lists them.";
    RESOURCE: 404 "RESOURCE_404" "not-found", "There is no such thing",
        "There is nothing with this id, or it is not the caller's.";
    METHOD: 405 "ROUTE_405" "method-not-allowed", "The method is not allowed here",
        "The path exists; the Allow header lists its methods.";
    BODY_TOO_SLOW: 408 "REQUEST_408" "body-too-slow", "The body came too slowly",
        "Nothing was changed; repeat the request over a faster connection, with the same Idempotency-Key if it had one.";
    BODY_TOO_LARGE: 413 "REQUEST_413" "body-too-large", "The body is too large",
        "Send less at once; the limits are limits.json_body_kib and uploads.max_request_mib.";
    MEDIA_TYPE: 415 "REQUEST_415" "unsupported-media-type", "The media type is not supported",
        "Send JSON with Content-Type: application/json, files as multipart/form-data, tables as text/csv.";
    VALIDATION: 422 "REQUEST_422" "validation", "The request is not valid",
        "The request is well-formed, but fields are not as they have to be; errors names them.";

    IDEMPOTENCY_REUSED: 422 "IDEMPOTENCY_422" "idempotency-key-reused", "The idempotency key was used for something else",
        "The key was used with another body; take a new key for a new request.";
    IDEMPOTENCY_IN_FLIGHT: 409 "IDEMPOTENCY_409" "idempotency-key-in-flight", "The first request is still running",
        "A request with this key has not ended; repeat it after the seconds in Retry-After.";

    TOKEN: 401 "AUTH_401" "not-signed-in", "Not signed in",
        "The access token is missing, invalid or expired; sign in or refresh it.";
    CREDENTIALS: 401 "AUTH_401" "wrong-credentials", "Wrong email or password",
        "No active account has this email and password.";
    REFRESH_TOKEN: 401 "AUTH_401" "refresh-token-invalid", "The refresh token is not valid",
        "The refresh token is unknown, used, expired or revoked; sign in again.";
    ROLE: 403 "AUTH_403" "role-missing", "The role does not suffice",
        "The account's role may not do this.";
    FOREIGN_USER: 403 "AUTH_403" "foreign-user-id", "The request is for somebody else",
        "The user_id in the request is not the account of the token; leave it out or send your own.";
    INVITATION: 403 "AUTH_403" "invitation-invalid", "The invitation is not valid",
        "The invitation code is missing, unknown, used up, expired or for another address.";
    RESET_TOKEN: 401 "AUTH_401" "reset-token-invalid", "The reset token is not valid",
        "The reset token is unknown, used, replaced or expired; ask an administrator for a new one.";
    REGISTRATION_CLOSED: 403 "AUTH_403" "registration-closed", "Registration is closed",
        "Accounts are made by the administrators of this server.";
    EMAIL_TAKEN: 409 "AUTH_409" "email-taken", "The address has an account",
        "An account with this address exists; sign in.";

    ACCOUNT: 404 "ACCOUNT_404" "account-not-found", "There is no such account",
        "No account has this id.";
    LAST_ADMIN: 409 "ACCOUNT_409" "last-admin", "It is the last active admin",
        "Somebody has to be able to administer; make another admin first.";
    DISABLED_ACCOUNT: 409 "ACCOUNT_409" "account-disabled", "The account is disabled",
        "Nobody may sign in to it, whatever the password; make it active first.";
    PASSWORD_CHANGED: 409 "ACCOUNT_409" "password-changed", "The password was changed meanwhile",
        "Somebody else set another password; sign in with it.";
    MACHINE_ACCOUNT: 409 "ACCOUNT_409" "machine-account", "The account belongs to an API key",
        "It has no password, and its role and status follow its key; revoke the key instead.";
    UNKNOWN_API_KEY: 404 "API_KEY_404" "api-key-not-found", "There is no such API key",
        "No API key has this id.";
    UNKNOWN_INVITATION: 404 "INVITATION_404" "invitation-not-found", "There is no such invitation",
        "No invitation has this id.";

    SYLLABUS: 404 "SYLLABUS_404" "syllabus-not-found", "There is no such syllabus",
        "No syllabus has this id.";
    SYLLABUS_REQUIRED: 422 "SYLLABUS_422" "no-syllabus", "There is no syllabus",
        "No syllabus has been uploaded; upload one first.";
    SYLLABUS_UNKNOWN: 422 "SYLLABUS_422" "unknown-syllabus", "A named syllabus does not exist",
        "A syllabus named in the request does not exist or is archived.";
    UPLOAD: 422 "SYLLABUS_422" "nothing-readable-uploaded", "No file could be used",
        "None of the files gave text; errors names the reason for each.";

    TRACK: 404 "TRACK_404" "track-not-found", "There is no such track",
        "No track has this slug or id.";
    TRACK_SLUG_TAKEN: 409 "TRACK_409" "track-slug-taken", "The slug is taken",
        "Another track has this slug; choose another one.";
    TRACK_CHANGED: 409 "TRACK_409" "track-changed", "Somebody else changed it meanwhile",
        "Read the track again and repeat the change.";

    QUESTION: 404 "QUESTION_404" "question-not-found", "There is no such question",
        "No question of a track has this id.";
    QUESTION_VERSION: 404 "QUESTION_404" "question-version-not-found", "There is no such version",
        "No version of the question has this number.";
    QUESTION_TRACK: 422 "QUESTION_422" "unknown-track", "A named track does not exist",
        "A track named in the request does not exist.";
    QUESTION_CHANGED: 409 "QUESTION_409" "question-changed", "Somebody else changed it meanwhile",
        "Read the question again and repeat the change with its current version.";
    LAST_QUESTION: 409 "QUESTION_409" "last-question", "It is the last question of its track",
        "A track keeps at least one question; delete the track instead.";

    CREDENTIAL: 404 "CATALOG_404" "credential-not-found", "There is no such credential",
        "No entry of the catalogue has this id.";
    CREDENTIAL_TITLE_TAKEN: 409 "CATALOG_409" "credential-title-taken", "The title is taken",
        "Another entry of this provider has this title; change that one, or choose another title.";
    CREDENTIAL_CHANGED: 409 "CATALOG_409" "credential-changed", "Somebody else changed it meanwhile",
        "Read the entry again and repeat the change with its current version.";

    COHORT: 404 "COHORT_404" "cohort-not-found", "There is no such cohort",
        "No cohort has this id.";
    COHORT_NAME_TAKEN: 409 "COHORT_409" "cohort-name-taken", "The name is taken",
        "Another cohort has this name; choose another one.";
    COHORT_EVERYONE: 409 "COHORT_409" "cohort-everyone", "The cohort everyone stays",
        "It can neither be renamed nor deleted; people and assessments can be taken out of it.";

    CANDIDATE: 404 "USER_404" "candidate-not-found", "There is no such candidate",
        "No student whom the caller may see has this id.";

    DEFINITION: 404 "DEFINITION_404" "assessment-definition-not-found", "There is no such assessment definition",
        "No assessment definition has this id.";
    DEFINITION_ARCHIVED: 409 "DEFINITION_409" "assessment-definition-archived", "The assessment definition is archived",
        "An archived assessment definition cannot be changed or published.";
    DEFINITION_EMPTY: 409 "DEFINITION_409" "nothing-to-publish", "Every item is rejected",
        "Accept at least one item before publishing.";
    DEFINITION_IS_TRACK: 409 "DEFINITION_409" "assessment-definition-is-track", "The assessment definition is a track",
        "Change its settings at /tracks/{slug} and its questions at /questions; every change is published at once.";
    DEFINITION_CHANGED: 409 "DEFINITION_409" "assessment-definition-changed", "Somebody else changed it meanwhile",
        "Read the assessment definition again and repeat the change.";
    DEFINITION_STEP: 409 "DEFINITION_409" "assessment-definition-step", "The assessment definition's status does not allow this",
        "It is not in a status that takes this step; from_state and event name both.";
    DEFINITION_VERSION: 404 "DEFINITION_404" "version-not-found", "There is no such version",
        "No published version has this number.";
    DRAFT_ITEM: 404 "DEFINITION_404" "item-not-found", "There is no such item",
        "No item of the assessment definition has this id.";
    ITEM_REVIEW: 409 "DEFINITION_409" "item-review", "The item's review does not allow this",
        "The item is not in a state that takes this step; from_state and event name both.";
    ITEM_CHANGED: 409 "DEFINITION_409" "item-changed", "Somebody else changed the item meanwhile",
        "Read the item again and repeat the step with its current revision.";
    ITEM_WITHOUT_SOURCE: 409 "DEFINITION_409" "item-without-source", "The item was not made from a syllabus",
        "There is no text to make another one from; edit it instead.";
    ITEMS_UNREVIEWED: 409 "DEFINITION_409" "items-unreviewed", "Items have no verdict yet",
        "item_ids names them; accept or reject them, or publish with accept_remaining.";
    QUALITY_GATE: 422 "DEFINITION_422" "quality-gate", "The quality gate refuses the item",
        "A rule that every item has to keep is broken; errors names the rules and what is wrong.";
    DEFINITION_ITEM: 422 "DEFINITION_422" "unknown-item", "The item is not part of the assessment definition",
        "A reviewed item is not in the draft.";
    DEFINITION_SETTINGS: 422 "DEFINITION_422" "settings", "A setting is out of range",
        "A setting of the assessment definition is out of its range.";

    JOB: 404 "JOB_404" "job-not-found", "There is no such job",
        "No job has this id, or it is somebody else's.";
    JOB_NOT_DEAD: 409 "JOB_409" "job-not-dead", "The job has not failed",
        "Only failed and cancelled jobs can be retried; the detail says how far it is.";
    JOB_LIVE_TWIN: 409 "JOB_409" "job-live-twin", "Another job does the same",
        "A job of the same cause lives or is done; live_job_id names it.";
    JOB_ENDED: 409 "JOB_409" "job-ended", "The job has ended",
        "What has ended cannot be cancelled; the detail says how.";
    QUEUE: 404 "QUEUE_404" "queue-not-found", "There is no such queue",
        "No queue has this name; GET /ops/queues lists them.";

    ATTEMPT: 404 "ASSESSMENT_404" "attempt-not-found", "There is no such attempt",
        "No attempt has this id, or it is somebody else's.";
    NO_SUCH_ASSESSMENT: 404 "ASSESSMENT_404" "assessment-not-found", "There is no such assessment to take",
        "No published assessment has this id.";
    OTHER_IN_PROGRESS: 409 "ASSESSMENT_409" "other-attempt-in-progress", "Another attempt is in progress",
        "Submit the attempt in running_attempt_id first.";
    NO_ATTEMPTS_LEFT: 409 "ASSESSMENT_409" "no-attempts-left", "No attempts are left",
        "The assessment has been taken as often as it may be.";
    NOT_OPEN_YET: 409 "ASSESSMENT_409" "not-open-yet", "The assessment is not open yet",
        "The sitting begins later; opens_at says when.";
    CLOSED: 409 "ASSESSMENT_409" "closed", "The assessment is closed",
        "The sitting is over; closed_at says since when.";
    COOL_DOWN: 409 "ASSESSMENT_409" "cool-down", "The next attempt has to wait",
        "There is a pause between attempts; until says when the next one may begin.";
    ACCESS_CODE: 403 "ASSESSMENT_403" "access-code", "The access code is missing or wrong",
        "Send the access_code that the advisor gave out.";
    NO_DEADLINE: 409 "ASSESSMENT_409" "no-deadline", "There is no deadline to extend",
        "The attempt has no time limit; only inactivity ends it.";
    NOT_SCORED: 409 "ASSESSMENT_409" "not-scored", "The attempt is not scored yet",
        "A result can be released, held back or judged by people once scoring has ended.";
    ATTEMPT_VOIDED: 409 "ASSESSMENT_409" "attempt-voided", "The attempt is voided",
        "It does not count, and neither does what people say of its scores.";
    UNLAWFUL_MOVE: 409 "ASSESSMENT_409" "unlawful-move", "The attempt's state does not allow this",
        "The attempt is not in a state that takes this step; the detail names both.";
    SECTION_ORDER: 409 "ASSESSMENT_409" "section-out-of-order", "The section is not the current one",
        "Sections are taken in order, each once.";
    SECTIONS_MISSING: 409 "ASSESSMENT_409" "sections-missing", "Sections are missing",
        "Submit every section before the whole.";
    MIXED_SECTIONS: 409 "ASSESSMENT_409" "mixed-sections", "The answers belong to several sections",
        "Send the answers of one section per request.";
    EXPIRED: 410 "ASSESSMENT_410" "attempt-expired", "The attempt has expired",
        "Time ran out; what was saved before is kept.";
    NO_RESULT: 410 "ASSESSMENT_410" "no-result", "There will be no result",
        "The attempt was voided, or it expired and the assessment does not score expired attempts.";

    REVIEW: 404 "REVIEW_404" "review-not-found", "There is no such review",
        "No score record has this id, or its attempt is not for the caller to see.";
    REVIEW_CHANGED: 409 "REVIEW_409" "review-changed", "Another score record counts meanwhile",
        "Read the review again and judge what counts now; counts names it.";
    INQUIRY: 404 "INQUIRY_404" "inquiry-not-found", "There is no such inquiry",
        "No inquiry has this id, or it is not for the caller to see.";
    NOT_RELEASED: 409 "INQUIRY_409" "result-not-released", "The result is not released",
        "There is nothing to contest before the candidate sees a result.";
    INQUIRY_OPEN: 409 "INQUIRY_409" "inquiry-open", "An inquiry about the same is open",
        "One inquiry at a time about one thing; write to the one in inquiry_id.";
    INQUIRY_STEP: 409 "INQUIRY_409" "inquiry-step", "The inquiry's state does not allow this",
        "The inquiry is not in a state that takes this step; from_state and event name both.";
    NOT_REVIEWED: 409 "INQUIRY_409" "not-reviewed", "Nobody has judged anew",
        "Review the score first, or apply a regrade; an inquiry is revised by a verdict of either that is later than it.";
    REGRADE: 404 "REGRADE_404" "regrade-not-found", "There is no such regrade",
        "No regrade has this id.";
    REGRADE_SCOPE: 404 "REGRADE_404" "nothing-to-regrade", "There is nothing to score again",
        "No question or assessment has this id.";
    REGRADE_LIVE: 409 "REGRADE_409" "regrade-live", "A regrade of the same has not ended",
        "One at a time of one question or assessment; apply or cancel the one in regrade_id.";
    REGRADE_STEP: 409 "REGRADE_409" "regrade-step", "The regrade's state does not allow this",
        "The regrade is not in a state that takes this step; from_state and event name both.";

    RATE_LIMITED: 429 "REQUEST_429" "too-many-requests", "Too many requests",
        "The quota of this kind of request is used up; RateLimit-Policy names it, Retry-After says when to come back.";
    TOO_MANY_STREAMS: 429 "REQUEST_429" "too-many-streams", "Too many event streams",
        "Close one of the streams first, or poll the status instead.";

    INTERNAL: 500 "SERVER_500" "internal", "Something went wrong on the server",
        "The request failed for a reason that is not yours; tell the operator the trace id.";
    DATABASE_UNAVAILABLE: 503 "SERVER_503" "database-unavailable", "The database is not available",
        "Nothing was changed; repeat the request after the seconds in Retry-After.";
    OVERLOADED: 503 "SERVER_503" "overloaded", "The server is busy",
        "Nothing was changed; repeat the request after the seconds in Retry-After.";
    TIMEOUT: 503 "SERVER_503" "timeout", "The request took too long",
        "The request was given up; repeat it, with the same Idempotency-Key if it had one.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn slugs_are_unique_and_codes_end_with_their_status() {
        let slugs: HashSet<_> = ALL.iter().map(|kind| kind.slug).collect();
        assert_eq!(slugs.len(), ALL.len());
        for kind in ALL {
            assert!(kind.code.ends_with(&format!("_{}", kind.status)), "{}", kind.code);
            assert!(kind.meaning.ends_with('.'), "{}", kind.slug);
        }
    }
}
