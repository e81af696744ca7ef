//! One suite for the models behind all wire formats, against providers that check what the real ones check.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod breaking;
mod malformed;
mod questions;
mod refusals;
mod support;

/// Declares one test per wire format: the body is `async fn(Wire)`.
macro_rules! every_wire {
    ($($name:ident),+ $(,)?) => {
        mod openai {
            $(#[tokio::test]
            async fn $name() {
                super::$name(providers::Wire::OpenAi).await;
            })+
        }
        mod anthropic {
            $(#[tokio::test]
            async fn $name() {
                super::$name(providers::Wire::Anthropic).await;
            })+
        }
        mod gemini {
            $(#[tokio::test]
            async fn $name() {
                super::$name(providers::Wire::Gemini).await;
            })+
        }
        mod ollama {
            $(#[tokio::test]
            async fn $name() {
                super::$name(providers::Wire::Ollama).await;
            })+
        }
    };
}
use every_wire;
