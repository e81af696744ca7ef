//! The problem responses of operations for the OpenAPI document: `responses((status = 200, …), BodyProblems, …)`.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::{Ref, RefOr, Response, ResponseBuilder};

macro_rules! problem_responses {
    ($($(#[$doc:meta])* $name:ident { $($status:literal: $description:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                [$(($status, $description)),+].into_iter().map(problem).collect()
            }
        }
    )+};
}

problem_responses! {
    /// Every operation.
    ServerProblems {
        "500": "The request failed on the server; the trace id names it in the logs.",
        "503": "The server or its database is busy or too slow; see `Retry-After`.",
    }
    /// Operations with a body.
    BodyProblems {
        "400": "The body, a parameter or a header cannot be read.",
        "413": "The body is too large.",
        "415": "The body is of another media type.",
        "422": "Fields are not as they have to be; `errors` names them.",
    }
    /// Lists.
    ListProblems {
        "400": "A parameter cannot be read.",
        "422": "A parameter is out of its range; `errors` names it.",
    }
    /// Operations that need a token.
    TokenProblems {
        "401": "The access token is missing, invalid or expired.",
        "403": "The account's role may not do this, or `user_id` is somebody else.",
    }
    /// Operations that need a token of any role.
    SignedProblems {
        "401": "The access token is missing, invalid or expired.",
    }
    /// Operations on one thing.
    NotFound {
        "404": "There is no such thing, or it is not the caller's.",
    }
    /// Results.
    NoResult {
        "410": "There never will be a result.",
    }
    /// Operations that depend on a state, but not on time.
    Conflict {
        "409": "The state does not allow it; `type` says why.",
    }
    /// Operations that depend on a state.
    StateProblems {
        "409": "The state does not allow it; `type` says why.",
        "410": "The attempt has expired.",
    }
    /// Operations that take an `Idempotency-Key`.
    IdempotencyProblems {
        "400": "The body, a parameter or a header cannot be read.",
        "409": "The first request with this `Idempotency-Key` is still running, or the state does not allow it.",
        "422": "The `Idempotency-Key` was used with another body, or fields are not as they have to be.",
    }
    /// The same without a body, so that a key cannot be used with another one.
    BareIdempotencyProblems {
        "400": "A parameter or a header cannot be read.",
        "409": "The first request with this `Idempotency-Key` is still running, or the state does not allow it.",
    }
}

/// Operations that are taken from an allowance: all but probes; added where their policy is declared.
pub(crate) fn responses_too_many() -> (String, RefOr<Response>) {
    problem((
        "429",
        "Too many requests of this class; `Retry-After` says how long to wait.",
    ))
}

fn problem((status, description): (&'static str, &'static str)) -> (String, RefOr<Response>) {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let response = ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content);
    (status.to_owned(), RefOr::T(response.build()))
}
