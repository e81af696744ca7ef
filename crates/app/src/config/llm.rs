//! `[llm]`: language models, in the order in which they are asked.

use std::borrow::Cow;

use domain::llm::{Caps, MicroDollars, Price};
use serde::{Deserialize, Serialize};

use super::error::{ConfigError, within};
use super::list::comma_separated;
use super::secret::Secret;
use crate::llm::PaceLimits;

const MICRO: f64 = 1_000_000.0;
/// Dollars that any cap or price may be: beyond lies a slip of the keyboard.
const MOST_DOLLARS: f64 = 1_000_000.0;

/// See `config.default.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LlmConfig {
    /// Names of the sections below, the first choice first; empty for none.
    #[serde(deserialize_with = "comma_separated")]
    pub order: Vec<String>,
    /// Dollars that the answers of one attempt may cost.
    pub attempt_cap_dollars: f64,
    /// Dollars that all calls of a day (UTC) may cost.
    pub day_cap_dollars: f64,
    /// OpenAI.
    pub openai: ProviderConfig,
    /// Anthropic.
    pub anthropic: ProviderConfig,
    /// Gemini.
    pub gemini: ProviderConfig,
    /// Ollama.
    pub ollama: ProviderConfig,
    /// Whatever speaks OpenAI's chat completions.
    pub compatible: ProviderConfig,
}

/// One provider and the model that is asked there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// Where it is.
    pub base_url: String,
    /// Empty where none is asked for.
    pub api_key: Secret,
    /// Its name of the model.
    pub model: String,
    /// Whether the model takes JSON schemas; otherwise any JSON object is asked for, and checked here.
    pub json_schema: bool,
    /// Dollars for a million tokens of requests.
    pub input_price: f64,
    /// Dollars for a million tokens of answers.
    pub output_price: f64,
    /// Requests in a minute; 0 is no limit.
    pub requests_per_minute: u32,
    /// Tokens in a minute, of requests and answers; 0 is no limit.
    pub tokens_per_minute: u32,
}

/// A section under `[llm]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// OpenAI.
    Openai,
    /// Anthropic.
    Anthropic,
    /// Gemini.
    Gemini,
    /// Ollama.
    Ollama,
    /// Whatever speaks OpenAI's chat completions.
    Compatible,
}

impl Provider {
    /// All.
    pub const ALL: [Self; 5] = [
        Self::Openai,
        Self::Anthropic,
        Self::Gemini,
        Self::Ollama,
        Self::Compatible,
    ];

    /// The name of its section.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
            Self::Compatible => "compatible",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == name)
    }
}

impl Default for LlmConfig {
    fn default() -> Self {
        let provider =
            |base_url: &str, model: &str, (input_price, output_price): (f64, f64)| ProviderConfig {
                base_url: base_url.to_owned(),
                api_key: Secret::default(),
                model: model.to_owned(),
                json_schema: true,
                input_price,
                output_price,
                requests_per_minute: 300,
                tokens_per_minute: 200_000,
            };
        Self {
            order: Vec::new(),
            attempt_cap_dollars: 0.5,
            day_cap_dollars: 20.0,
            openai: provider("https://api.openai.com/v1", "gpt-4o-mini", (0.15, 0.6)),
            anthropic: provider("https://api.anthropic.com", "claude-haiku-4-5", (1.0, 5.0)),
            gemini: provider(
                "https://generativelanguage.googleapis.com",
                "gemini-2.5-flash",
                (0.3, 2.5),
            ),
            ollama: ProviderConfig {
                requests_per_minute: 0,
                tokens_per_minute: 0,
                ..provider("http://127.0.0.1:11434", "llama3.1", (0.0, 0.0))
            },
            compatible: ProviderConfig {
                json_schema: false,
                ..provider("", "", (0.0, 0.0))
            },
        }
    }
}

impl LlmConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        dollars("llm.attempt_cap_dollars", self.attempt_cap_dollars)?;
        dollars("llm.day_cap_dollars", self.day_cap_dollars)?;
        let known = Provider::ALL.map(Provider::as_str).join(", ");
        for (place, name) in self.order.iter().enumerate() {
            let Some(provider) = Provider::parse(name) else {
                let expected = format!("may name {known}, and not `{name}`");
                return Err(ConfigError::invalid("llm.order", expected));
            };
            if self.order[..place].contains(name) {
                return Err(ConfigError::invalid("llm.order", format!("names `{name}` twice")));
            }
            self.of(provider).validate(name)?;
        }
        Ok(())
    }

    /// The configured providers, the first choice first.
    pub fn in_order(&self) -> impl Iterator<Item = (Provider, &ProviderConfig)> {
        let providers = self.order.iter().filter_map(|name| Provider::parse(name));
        providers.map(|provider| (provider, self.of(provider)))
    }

    /// What may be booked.
    pub fn caps(&self) -> Caps {
        Caps {
            attempt: Some(MicroDollars(micro(self.attempt_cap_dollars))),
            day: Some(MicroDollars(micro(self.day_cap_dollars))),
        }
    }

    /// An amount of dollars; none if no cap could be that.
    pub fn micro_dollars(dollars: f64) -> Option<MicroDollars> {
        (0.0..=MOST_DOLLARS)
            .contains(&dollars)
            .then(|| MicroDollars(micro(dollars)))
    }

    const fn of(&self, provider: Provider) -> &ProviderConfig {
        match provider {
            Provider::Openai => &self.openai,
            Provider::Anthropic => &self.anthropic,
            Provider::Gemini => &self.gemini,
            Provider::Ollama => &self.ollama,
            Provider::Compatible => &self.compatible,
        }
    }
}

impl ProviderConfig {
    fn validate(&self, name: &str) -> Result<(), ConfigError> {
        let setting = |field: &str| format!("llm.{name}.{field}");
        if self.model.trim().is_empty() {
            return Err(ConfigError::invalid(setting("model"), "must name a model"));
        }
        if !["http://", "https://"]
            .iter()
            .any(|scheme| self.base_url.starts_with(scheme))
        {
            return Err(ConfigError::invalid(
                setting("base_url"),
                "must begin with https:// or http://",
            ));
        }
        dollars(setting("input_price"), self.input_price)?;
        dollars(setting("output_price"), self.output_price)?;
        within(
            setting("requests_per_minute"),
            u64::from(self.requests_per_minute),
            0..=10_000_000,
        )
    }

    /// What it costs.
    pub fn price(&self) -> Price {
        Price {
            input: micro(self.input_price),
            output: micro(self.output_price),
        }
    }

    /// How fast it may be asked.
    pub const fn limits(&self) -> PaceLimits {
        PaceLimits {
            requests: self.requests_per_minute,
            tokens: self.tokens_per_minute,
        }
    }
}

fn dollars(name: impl Into<Cow<'static, str>>, amount: f64) -> Result<(), ConfigError> {
    if (0.0..=MOST_DOLLARS).contains(&amount) {
        return Ok(());
    }
    Err(ConfigError::invalid(name, "must be between 0 and 1000000"))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "amounts are checked to be below 10^12 micro-dollars"
)]
fn micro(dollars: f64) -> i64 {
    (dollars * MICRO).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut LlmConfig)) -> String {
        let mut config = LlmConfig {
            order: vec!["openai".to_owned()],
            ..LlmConfig::default()
        };
        assert!(config.validate().is_ok());
        change(&mut config);
        config.validate().unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_asked_is_refused_by_name() {
        assert!(refused(|config| config.order.push("bard".to_owned())).starts_with("`llm.order`"));
        assert!(refused(|config| config.order.push("openai".to_owned())).contains("twice"));
        assert!(
            refused(|config| config.order.push("compatible".to_owned()))
                .starts_with("`llm.compatible.model`")
        );
        assert!(
            refused(|config| config.openai.base_url = "api".to_owned()).starts_with("`llm.openai.base_url`")
        );
        assert!(refused(|config| config.openai.input_price = -1.0).starts_with("`llm.openai.input_price`"));
        assert!(refused(|config| config.day_cap_dollars = f64::NAN).starts_with("`llm.day_cap_dollars`"));
    }

    #[test]
    fn dollars_are_micro_dollars_and_the_order_is_kept() {
        let config = LlmConfig {
            order: vec!["gemini".to_owned(), "openai".to_owned()],
            ..LlmConfig::default()
        };
        let order: Vec<Provider> = config.in_order().map(|(provider, _)| provider).collect();
        assert_eq!(order, [Provider::Gemini, Provider::Openai]);
        assert_eq!(
            config.openai.price(),
            Price {
                input: 150_000,
                output: 600_000
            }
        );
        assert_eq!(config.caps().attempt, Some(MicroDollars(500_000)));
    }
}
