//! Kinds of requests that are counted apart.

use domain::rate_limits::Quota;

use crate::config::RateLimitsConfig;

/// What a request is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Saved answers and heartbeats.
    Saves,
    /// Reading.
    Reads,
    /// What makes a model work.
    AiTriggering,
    /// Changes by staff.
    AdminWrites,
    /// Everything else.
    Other,
    /// Sign-ins with one email address.
    LoginAccount,
    /// Sign-ins from one network address.
    LoginAddress,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Saves,
        Self::Reads,
        Self::AiTriggering,
        Self::AdminWrites,
        Self::Other,
        Self::LoginAccount,
        Self::LoginAddress,
    ];

    /// The name of its setting, and of its policy in the response headers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Saves => "saves",
            Self::Reads => "reads",
            Self::AiTriggering => "ai",
            Self::AdminWrites => "admin_writes",
            Self::Other => "other",
            Self::LoginAccount => "login_account",
            Self::LoginAddress => "login_address",
        }
    }

    pub(super) const fn quota(self, config: &RateLimitsConfig) -> Quota {
        Quota::per_minute(match self {
            Self::Saves => config.saves,
            Self::Reads => config.reads,
            Self::AiTriggering => config.ai,
            Self::AdminWrites => config.admin_writes,
            Self::Other => config.other,
            Self::LoginAccount => config.login_account,
            Self::LoginAddress => config.login_address,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_setting_of_its_name() {
        let config = RateLimitsConfig::default();
        let settings = toml::Value::try_from(&config).unwrap();
        for class in Class::ALL {
            let quota = i64::from(class.quota(&config).requests());
            assert_eq!(settings[class.name()].as_integer(), Some(quota), "{class:?}");
        }
    }
}
