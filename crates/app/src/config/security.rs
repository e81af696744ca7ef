//! `[security]`: the key that wraps the secrets in the database.

use serde::{Deserialize, Deserializer, Serialize};

use super::error::ConfigError;
use super::list::comma_separated;
use super::secret::Secret;
use crate::security::{MasterKey, MasterKeys};

/// See `config.default.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityConfig {
    /// Empty for the generated key file.
    pub master_key: Secret,
    /// Keys that still unwrap while a rotation is under way.
    #[serde(deserialize_with = "list")]
    pub previous_master_keys: Vec<Secret>,
}

impl SecurityConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let refused = |key| {
            let shape = "must be 32 random bytes in base64url, 43 characters without padding";
            Err(ConfigError::invalid(key, shape))
        };
        if !self.master_key.is_empty() && MasterKey::parse(self.master_key.expose()).is_none() {
            return refused("security.master_key");
        }
        let mut previous = self.previous_master_keys.iter();
        if previous.any(|key| MasterKey::parse(key.expose()).is_none()) {
            return refused("security.previous_master_keys");
        }
        if self.master_key.is_empty() && !self.previous_master_keys.is_empty() {
            return Err(ConfigError::invalid(
                "security.previous_master_keys",
                "needs security.master_key; a key file holds its older keys itself",
            ));
        }
        Ok(())
    }

    pub(super) fn for_testing() -> Self {
        Self {
            master_key: Secret::new("a-master-key-that-only-the-tests-know-of-00"),
            previous_master_keys: Vec::new(),
        }
    }

    /// The keys, unless they are in the file.
    pub(crate) fn master_keys(&self) -> Option<MasterKeys> {
        let older = self.previous_master_keys.iter();
        Some(MasterKeys {
            current: MasterKey::parse(self.master_key.expose())?,
            older: older.filter_map(|key| MasterKey::parse(key.expose())).collect(),
        })
    }
}

fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Secret>, D::Error> {
    Ok(comma_separated(deserializer)?
        .into_iter()
        .map(Secret::new)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(previous: &str) -> Vec<Secret> {
        let text = format!("master_key = \"\"\nprevious_master_keys = {previous}\n");
        toml::from_str::<SecurityConfig>(&text)
            .unwrap()
            .previous_master_keys
    }

    #[test]
    fn older_keys_are_a_list_or_a_text_with_commas() {
        let both = vec![Secret::new("a"), Secret::new("b")];
        assert_eq!(parsed("[\"a\", \"b\"]"), both);
        assert_eq!(parsed("\"a, b\""), both);
        for none in ["[]", "\"\"", "\"[]\""] {
            assert_eq!(parsed(none), Vec::new(), "{none}");
        }
    }

    #[test]
    fn keys_that_are_none_are_refused_without_being_shown() {
        let good = SecurityConfig::for_testing();
        assert!(good.validate().is_ok() && good.master_keys().is_some());
        assert!(SecurityConfig::default().master_keys().is_none());
        let short = SecurityConfig {
            master_key: Secret::new("s3cret"),
            ..SecurityConfig::default()
        };
        let older = SecurityConfig {
            previous_master_keys: vec![Secret::new("s3cret")],
            ..good.clone()
        };
        let alone = SecurityConfig {
            previous_master_keys: vec![good.master_key.clone()],
            ..SecurityConfig::default()
        };
        for (config, names) in [
            (short, "`security.master_key`"),
            (older, "`security.previous_master_keys`"),
            (alone, "needs security.master_key"),
        ] {
            let refused = config.validate().unwrap_err().to_string();
            assert!(
                refused.contains(names) && !refused.contains("s3cret"),
                "{refused}"
            );
        }
    }
}
