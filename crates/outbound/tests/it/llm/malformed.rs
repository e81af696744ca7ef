//! Whatever comes back instead of an answer, it is read or refused, and the next question is answered.

use domain::llm::ModelError;
use providers::{Wire, malformed_answers, malformed_exchanges};

use super::every_wire;
use super::support::{Classroom, shown};

every_wire!(an_odd_body_is_read_or_refused, what_is_no_http_is_refused,);

async fn an_odd_body_is_read_or_refused(wire: Wire) {
    let classroom = Classroom::of(wire);
    let corpus = malformed_answers(wire);
    assert!(corpus.len() >= 60, "{}", corpus.len());
    let mut read = 0;
    for odd in &corpus {
        match classroom.told(odd.answer.clone()).await {
            Ok(reply) => {
                assert!(!odd.is_hopeless, "{}: {reply:?}", odd.name);
                read += 1;
            }
            Err(ModelError::Unreadable(_)) => {}
            Err(error) => panic!("{}: {}", odd.name, shown(&error)),
        }
    }
    assert!(read > 0 && read < corpus.len(), "{read} of {}", corpus.len());
    assert_eq!(classroom.provider.ledger().len(), corpus.len());
    classroom.goes_on().await;
}

async fn what_is_no_http_is_refused(wire: Wire) {
    let classroom = Classroom::of(wire);
    for odd in malformed_exchanges() {
        match classroom.told(odd.answer.clone()).await {
            Err(ModelError::Unavailable(_) | ModelError::Unreadable(_)) => {}
            other => panic!("{}: {other:?}", odd.name),
        }
    }
    classroom.goes_on().await;
}
