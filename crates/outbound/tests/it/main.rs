//! Integration tests of the adapters.

mod corpus;
mod pdf_text;
