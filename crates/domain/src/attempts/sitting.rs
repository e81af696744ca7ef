//! Sitting rules: whether a candidate may begin, judged on what the candidate has sat before.

use super::error::AttemptError;
use super::timing::minutes;
use crate::authoring::Settings;
use crate::time::Timestamp;

/// What the candidate has made of the assessment so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sittings {
    /// Attempts that count: neither voided by staff nor given up before the start.
    pub counted: u32,
    /// When the latest of them ended.
    pub last_ended_at: Option<Timestamp>,
}

/// Whether one more attempt may be opened.
pub(super) fn may_open(settings: &Settings, past: Sittings) -> Result<(), AttemptError> {
    match settings.max_attempts {
        Some(allowed) if past.counted >= allowed => Err(AttemptError::NoAttemptsLeft { allowed }),
        Some(_) | None => Ok(()),
    }
}

/// Whether an attempt may begin now, with the access code given.
pub(super) fn may_begin(
    settings: &Settings,
    past: Sittings,
    access_code: Option<&str>,
    now: Timestamp,
) -> Result<(), AttemptError> {
    if let Some(opens_at) = settings.opens_at
        && now < opens_at
    {
        return Err(AttemptError::NotOpenYet { opens_at });
    }
    if let Some(closed_at) = settings.closes_at
        && now >= closed_at
    {
        return Err(AttemptError::Closed { closed_at });
    }
    if let (Some(pause), Some(ended)) = (settings.cool_down_minutes, past.last_ended_at) {
        let until = ended + minutes(pause);
        if now < until {
            return Err(AttemptError::CoolDown { until });
        }
    }
    if let Some(code) = &settings.access_code
        && access_code.map(str::trim) != Some(code.trim())
    {
        return Err(AttemptError::WrongAccessCode);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: u32) -> Timestamp {
        Timestamp::from_micros(0) + minutes(minute)
    }

    fn begin(
        settings: &Settings,
        ended: Option<u32>,
        code: Option<&str>,
        minute: u32,
    ) -> Option<&'static str> {
        let past = Sittings {
            counted: u32::from(ended.is_some()),
            last_ended_at: ended.map(at),
        };
        match may_begin(settings, past, code, at(minute)) {
            Ok(()) => None,
            Err(AttemptError::NotOpenYet { .. }) => Some("not yet"),
            Err(AttemptError::Closed { .. }) => Some("closed"),
            Err(AttemptError::CoolDown { .. }) => Some("cool-down"),
            Err(AttemptError::WrongAccessCode) => Some("code"),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn the_window_has_its_first_instant_and_not_its_last() {
        let settings = Settings {
            opens_at: Some(at(10)),
            closes_at: Some(at(20)),
            ..Settings::default()
        };
        let answers = [9, 10, 19, 20].map(|minute| begin(&settings, None, None, minute));
        assert_eq!(answers, [Some("not yet"), None, None, Some("closed")]);
    }

    #[test]
    fn the_pause_counts_from_the_end_of_the_last_attempt() {
        let settings = Settings {
            cool_down_minutes: Some(30),
            ..Settings::default()
        };
        assert_eq!(begin(&settings, None, None, 1), None);
        assert_eq!(begin(&settings, Some(5), None, 34), Some("cool-down"));
        assert_eq!(begin(&settings, Some(5), None, 35), None);
    }

    #[test]
    fn an_access_code_has_to_be_known_where_there_is_one() {
        let settings = Settings {
            access_code: Some("Blue Heron".to_owned()),
            ..Settings::default()
        };
        assert_eq!(begin(&settings, None, None, 1), Some("code"));
        assert_eq!(begin(&settings, None, Some("blue heron"), 1), Some("code"));
        assert_eq!(begin(&settings, None, Some(" Blue Heron "), 1), None);
        assert_eq!(begin(&Settings::default(), None, Some("anything"), 1), None);
    }

    #[test]
    fn attempts_are_counted_against_the_limit() {
        let past = |counted| Sittings {
            counted,
            last_ended_at: None,
        };
        let settings = Settings {
            max_attempts: Some(2),
            ..Settings::default()
        };
        assert!(may_open(&settings, past(1)).is_ok());
        let refused = may_open(&settings, past(2));
        assert!(matches!(
            refused,
            Err(AttemptError::NoAttemptsLeft { allowed: 2 })
        ));
        let unlimited = Settings {
            max_attempts: None,
            ..Settings::default()
        };
        assert!(may_open(&unlimited, past(u32::MAX)).is_ok());
    }
}
