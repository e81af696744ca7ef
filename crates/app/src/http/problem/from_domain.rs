//! Every refusal of the domain as a problem. No `_` arms: a new refusal does not compile until it has a place in the table.

use domain::attempts::AttemptError;
use domain::authoring::authored::ContentError;
use domain::authoring::{BankError, ExemplarFault, RequestGenerationError, SettingsError, TrackError};
use domain::identity::{
    AccountError, ApiKeyError, CohortError, CreateUserError, Forbidden, InvitationError, InviteError,
    RefreshError, ResetError,
};
use domain::store::StoreError;

use super::{FieldError, Problem, kinds};
use crate::security::{IssueError, PasswordError, TokenError};
use crate::sign_ins::UnknownCaller;
use crate::telemetry::chain;

/// After this many seconds a database that was restarted or busy is usually back.
const DATABASE_RETRY_SECONDS: u32 = 2;
/// A full queue of passwords is worked off in about that time.
const PASSWORD_RETRY_SECONDS: u32 = 1;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable(_) | StoreError::Conflict => {
                tracing::warn!(error = chain(&error), "a request could not use the database");
                Self::of(&kinds::DATABASE_UNAVAILABLE).retry_after(DATABASE_RETRY_SECONDS)
            }
            StoreError::Constraint { .. } | StoreError::Inconsistent { .. } | StoreError::Rejected(_) => {
                Self::internal(&error)
            }
        }
    }
}

impl From<Forbidden> for Problem {
    fn from(error: Forbidden) -> Self {
        Self::of(&kinds::ROLE).because(error)
    }
}

impl From<TokenError> for Problem {
    fn from(TokenError: TokenError) -> Self {
        Self::of(&kinds::TOKEN)
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::of(&kinds::OVERLOADED).retry_after(PASSWORD_RETRY_SECONDS),
            PasswordError::Hashing(_) | PasswordError::Stopped => Self::internal(&error),
        }
    }
}

impl From<IssueError> for Problem {
    fn from(error: IssueError) -> Self {
        Self::internal(&error)
    }
}

impl From<CreateUserError> for Problem {
    fn from(error: CreateUserError) -> Self {
        match error {
            CreateUserError::EmailTaken => Self::of(&kinds::EMAIL_TAKEN),
            CreateUserError::Invitation(InvitationError::Invalid) => Self::of(&kinds::INVITATION),
            CreateUserError::Store(error) => error.into(),
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotFound => Self::of(&kinds::ACCOUNT),
            AccountError::LastAdmin => Self::of(&kinds::LAST_ADMIN),
            AccountError::Disabled => Self::of(&kinds::DISABLED_ACCOUNT),
            AccountError::Changed => Self::of(&kinds::PASSWORD_CHANGED),
            AccountError::Machine => Self::of(&kinds::MACHINE_ACCOUNT),
            AccountError::Store(error) => error.into(),
        }
    }
}

impl From<ResetError> for Problem {
    fn from(error: ResetError) -> Self {
        match error {
            ResetError::Invalid => Self::of(&kinds::RESET_TOKEN),
            ResetError::Store(error) => error.into(),
        }
    }
}

impl From<ApiKeyError> for Problem {
    fn from(error: ApiKeyError) -> Self {
        match error {
            ApiKeyError::NotFound => Self::of(&kinds::UNKNOWN_API_KEY),
            ApiKeyError::Ended => Self::invalid("/expires_at", "must be in the future"),
            ApiKeyError::Store(error) => error.into(),
        }
    }
}

impl From<InviteError> for Problem {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::NotFound => Self::of(&kinds::UNKNOWN_INVITATION),
            InviteError::Ended => Self::invalid("/expires_at", "must be in the future"),
            InviteError::Cohort => Self::invalid("/cohort_id", "no cohort has this id"),
            InviteError::Store(error) => error.into(),
        }
    }
}

impl From<UnknownCaller> for Problem {
    fn from(error: UnknownCaller) -> Self {
        match error {
            UnknownCaller::Token(error) => error.into(),
            UnknownCaller::Store(error) => error.into(),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Invalid => Self::of(&kinds::REFRESH_TOKEN),
            RefreshError::Store(error) => error.into(),
        }
    }
}

impl From<RequestGenerationError> for Problem {
    fn from(error: RequestGenerationError) -> Self {
        match error {
            RequestGenerationError::NoSyllabus => Self::of(&kinds::SYLLABUS_REQUIRED),
            RequestGenerationError::UnknownSyllabus(_) => Self::of(&kinds::SYLLABUS_UNKNOWN).because(error),
            RequestGenerationError::Store(error) => error.into(),
        }
    }
}

impl From<SettingsError> for Problem {
    fn from(error: SettingsError) -> Self {
        let pointer = format!("/settings/{}", error.field);
        let field = FieldError::new(pointer, format!("must be {}", error.expected));
        Self {
            errors: vec![field],
            ..Self::of(&kinds::DEFINITION_SETTINGS).because(error)
        }
    }
}

impl From<TrackError> for Problem {
    fn from(error: TrackError) -> Self {
        match error {
            TrackError::NotFound => Self::of(&kinds::TRACK),
            TrackError::SlugTaken => Self::of(&kinds::TRACK_SLUG_TAKEN),
            TrackError::ChangedMeanwhile => Self::of(&kinds::TRACK_CHANGED),
            TrackError::Invalid { pointer, expected } => Self::invalid(pointer, expected),
            TrackError::InvalidItem { index, errors } => {
                Self::invalid_fields(content_errors(&format!("/items/{index}"), errors))
            }
            TrackError::Settings(error) => error.into(),
            TrackError::Store(error) => error.into(),
        }
    }
}

impl From<BankError> for Problem {
    fn from(error: BankError) -> Self {
        match error {
            BankError::NotFound => Self::of(&kinds::QUESTION),
            BankError::NoSuchTrack(_) => Self::of(&kinds::QUESTION_TRACK)
                .because(error)
                .fields(vec![FieldError::new("/tracks", "must be slugs of tracks")]),
            BankError::NoTrack => Self::invalid("/tracks", "at least one track"),
            BankError::LastQuestion(_) => Self::of(&kinds::LAST_QUESTION).because(error),
            BankError::Invalid(errors) => Self::invalid_fields(content_errors("", errors)),
            BankError::InvalidExemplars(faults) => {
                Self::invalid_fields(faults.into_iter().map(exemplar_error).collect())
            }
            BankError::ChangedMeanwhile => Self::of(&kinds::QUESTION_CHANGED),
            BankError::Store(error) => error.into(),
        }
    }
}

fn exemplar_error(fault: ExemplarFault) -> FieldError {
    let ExemplarFault {
        index,
        member,
        pointer,
        expected,
    } = fault;
    FieldError::new(
        format!("/exemplars/{index}/{member}{pointer}"),
        format!("must be {expected}"),
    )
}

pub(super) fn content_errors(prefix: &str, errors: Vec<ContentError>) -> Vec<FieldError> {
    let field = |error: ContentError| {
        let pointer = format!("{prefix}{}", error.pointer);
        FieldError::new(pointer, format!("must be {}", error.expected))
    };
    errors.into_iter().map(field).collect()
}

impl From<CohortError> for Problem {
    fn from(error: CohortError) -> Self {
        match error {
            CohortError::NotFound => Self::of(&kinds::COHORT),
            CohortError::NameTaken => Self::of(&kinds::COHORT_NAME_TAKEN),
            CohortError::Everyone => Self::of(&kinds::COHORT_EVERYONE),
            CohortError::NoSuchMember { index, .. } => {
                Self::invalid(format!("/members/{index}"), error.to_string())
            }
            CohortError::NoSuchAssessment { index, .. } => {
                Self::invalid(format!("/assessments/{index}"), error.to_string())
            }
            CohortError::Store(error) => error.into(),
        }
    }
}

impl From<AttemptError> for Problem {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::NotFound => Self::of(&kinds::ATTEMPT),
            AttemptError::NoSuchAssessment => Self::of(&kinds::NO_SUCH_ASSESSMENT),
            AttemptError::OtherInProgress { running } => Self::of(&kinds::OTHER_IN_PROGRESS)
                .because(error)
                .with("running_attempt_id", running.to_string()),
            AttemptError::NoAttemptsLeft { .. } => Self::of(&kinds::NO_ATTEMPTS_LEFT).because(error),
            AttemptError::NotOpenYet { opens_at } => Self::of(&kinds::NOT_OPEN_YET)
                .because(error)
                .with("opens_at", opens_at.to_string()),
            AttemptError::Closed { closed_at } => Self::of(&kinds::CLOSED)
                .because(error)
                .with("closed_at", closed_at.to_string()),
            AttemptError::CoolDown { until } => Self::of(&kinds::COOL_DOWN)
                .because(error)
                .with("until", until.to_string()),
            AttemptError::WrongAccessCode => Self::of(&kinds::ACCESS_CODE),
            AttemptError::NoDeadline => Self::of(&kinds::NO_DEADLINE),
            AttemptError::NotScored => Self::of(&kinds::NOT_SCORED),
            AttemptError::NoSuchCandidate => Self::of(&kinds::CANDIDATE),
            AttemptError::Unlawful(_) => Self::of(&kinds::UNLAWFUL_MOVE).because(error),
            AttemptError::Expired { by: None } => Self::of(&kinds::EXPIRED),
            AttemptError::Expired { by: Some(limit) } => {
                Self::of(&kinds::EXPIRED).with("expired_by", limit.as_str())
            }
            AttemptError::SectionOutOfOrder { current, .. } => Self::of(&kinds::SECTION_ORDER)
                .because(error)
                .with("current_section_index", current),
            AttemptError::SectionsMissing { .. } => Self::of(&kinds::SECTIONS_MISSING).because(error),
            AttemptError::Store(error) => error.into(),
        }
    }
}

impl From<garde::Report> for Problem {
    fn from(report: garde::Report) -> Self {
        let field = |(path, error): &(garde::Path, garde::Error)| {
            FieldError::new(pointer(&path.to_string()), error.message())
        };
        Self::invalid_fields(report.iter().map(field).collect())
    }
}

/// `a.b[0].c` as a JSON pointer.
pub(in crate::http) fn pointer(path: &str) -> String {
    let segments = path
        .split(['.', '['])
        .map(|segment| segment.trim_end_matches(']'));
    let escaped = segments
        .filter(|segment| !segment.is_empty())
        .map(|segment| segment.replace('~', "~0").replace('/', "~1"));
    escaped.fold(String::new(), |pointer, segment| pointer + "/" + &segment)
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use domain::attempts::Expiry;
    use domain::authoring::PublishingError;
    use domain::ids::{AttemptId, ItemId, SyllabusId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn refusals_of_attempts_have_their_status() {
        let running = AttemptId(Uuid::nil());
        let expected = [
            (AttemptError::NotFound, 404),
            (AttemptError::NoSuchAssessment, 404),
            (AttemptError::OtherInProgress { running }, 409),
            (AttemptError::NoAttemptsLeft { allowed: 1 }, 409),
            (
                AttemptError::Expired {
                    by: Some(Expiry::Deadline),
                },
                410,
            ),
            (
                AttemptError::SectionOutOfOrder {
                    requested: 2,
                    current: 1,
                },
                409,
            ),
            (AttemptError::SectionsMissing { missing: 1 }, 409),
        ];
        for (error, status) in expected {
            let text = error.to_string();
            assert_eq!(Problem::from(error).status().as_u16(), status, "{text}");
        }
    }

    #[test]
    fn the_running_attempt_is_named() {
        let problem = Problem::from(AttemptError::OtherInProgress {
            running: AttemptId(Uuid::nil()),
        });
        assert_eq!(problem.members["running_attempt_id"], Uuid::nil().to_string());
    }

    #[test]
    fn storage_trouble_is_503_when_it_may_pass_and_500_when_not() {
        let lost = || Box::new(std::io::Error::other("gone"));
        let passing = [StoreError::Unavailable(lost()), StoreError::Conflict];
        for error in passing {
            let problem = Problem::from(error);
            assert_eq!(
                (problem.status(), problem.retry_after),
                (StatusCode::SERVICE_UNAVAILABLE, Some(2))
            );
        }
        let lasting = [
            StoreError::Rejected(lost()),
            StoreError::Constraint {
                name: "users_role".to_owned(),
            },
            StoreError::Inconsistent {
                table: "users",
                column: "role",
                id: "1".to_owned(),
            },
        ];
        for error in lasting {
            assert_eq!(Problem::from(error).status(), StatusCode::INTERNAL_SERVER_ERROR);
        }
    }

    #[test]
    fn refusals_of_authoring_name_what_they_are_about() {
        let missing = SyllabusId(Uuid::from_u128(3));
        let problem = Problem::from(RequestGenerationError::UnknownSyllabus(missing));
        assert!(
            problem
                .detail
                .is_some_and(|detail| detail.contains(&missing.to_string()))
        );
        let item = PublishingError::UnknownItem(ItemId(Uuid::from_u128(4)));
        assert_eq!(Problem::from(item).status(), StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[test]
    fn paths_become_json_pointers() {
        assert_eq!(pointer("responses[2].answer"), "/responses/2/answer");
        assert_eq!(pointer("[0]"), "/0");
        assert_eq!(pointer("a/b~c"), "/a~1b~0c");
        assert_eq!(pointer(""), "");
    }
}
