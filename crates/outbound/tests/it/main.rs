//! Integration tests of the adapters.

mod corpus;
mod odd_files;
mod pdf_text;
mod sentence_model;
