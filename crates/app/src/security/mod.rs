//! Passwords, tokens and keys: everything that touches a secret of an account.
//!
//! Deliberately absent: storage. Hashes and tokens are made and checked here; the identity slice keeps them.

mod key_file;
mod passwords;
mod tokens;

pub use key_file::{KeyFileError, read_or_create_key};
pub use passwords::{PasswordError, PasswordHasher, generate_password};
pub(crate) use tokens::sha256_hex;
pub use tokens::{AccessToken, RefreshSecret, TokenError, TokenService, Verified, hash_refresh_token};
