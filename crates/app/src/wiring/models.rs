//! Which language models a process asks.

use std::sync::Arc;

use domain::ids::IdSource;
use domain::llm::{Caps, ModelName};
use domain::rate_limits::SharedBuckets;
use domain::time::Clock;
use outbound::llm::{ApiKey, LlmHttp, ModelSettings, ModelUrlError, OpenAiDialect, StructuredOutput, Wire};
use outbound::redis::RedisBuckets;
use storage::{Backend, Store};

use super::WiringError;
use crate::config::{Config, Provider, ProviderConfig};
use crate::llm::{Gateway, Offer, Pace};

/// The models in the order of the settings. Sockets are shared by all of them.
pub(super) fn gateway(
    config: &Config,
    store: &Store,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
    caps: Caps,
) -> Result<Gateway, WiringError> {
    let shared: Option<Arc<dyn SharedBuckets>> = if config.redis.is_set() {
        let buckets = RedisBuckets::new(config.redis.url.expose(), &config.redis.prefix)?;
        Some(Arc::new(buckets))
    } else if store.database().backend() == Backend::Postgres {
        Some(Arc::new(store.clone()))
    } else {
        None
    };
    let mut offers = Vec::new();
    let http = LlmHttp::new();
    for (provider, settings) in config.llm.in_order() {
        let failed = |source| WiringError::Model {
            provider: provider.as_str(),
            source,
        };
        let model =
            model_settings(provider, settings).and_then(|settings| outbound::llm::model(settings, &http));
        let model = model.map_err(failed)?;
        let pace = Pace::new(
            &model.name().to_string(),
            settings.limits(),
            shared.as_ref(),
            Arc::clone(clock),
        );
        offers.push(Offer::new(model, settings.price(), pace));
    }
    Ok(Gateway::new(
        store.clone(),
        Arc::clone(clock),
        Arc::clone(ids),
        offers,
        caps,
    ))
}

fn model_settings(provider: Provider, settings: &ProviderConfig) -> Result<ModelSettings, ModelUrlError> {
    let dialect = OpenAiDialect {
        structured: if settings.json_schema {
            StructuredOutput::JsonSchema
        } else {
            StructuredOutput::JsonObject
        },
        limit: None,
    };
    let api_key = settings.api_key.expose();
    Ok(ModelSettings {
        wire: match provider {
            Provider::Openai | Provider::Compatible => Wire::OpenAi(dialect),
            Provider::Anthropic => Wire::Anthropic,
            Provider::Gemini => Wire::Gemini,
            Provider::Ollama => Wire::Ollama { context_tokens: None },
        },
        name: ModelName {
            provider: provider.as_str().to_owned(),
            model: settings.model.clone(),
        },
        base_url: settings.base_url.clone(),
        api_key: (!api_key.is_empty()).then(|| ApiKey::new(api_key)).transpose()?,
    })
}
