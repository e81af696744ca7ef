//! Integration tests of the adapters.

mod bullmq;
mod bullmq_alone;
mod corpus;
mod llm;
mod odd_files;
mod pdf_text;
mod redis_buckets;
mod redis_last_writes;
mod sentence_model;
