//! Redis, for what may be lost at any moment: nothing here is the only place of anything.

mod buckets;
mod connection;
mod last_writes;

pub use buckets::RedisBuckets;
pub use connection::RedisUrlError;
pub use last_writes::RedisLastWrites;
