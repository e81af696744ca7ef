//! Passwords, tokens and keys: everything that touches a secret of an account or of the deployment.
//!
//! The master key wraps the secrets in the database ([`Vault`]); those sign access tokens ([`TokenService`]) and derive refresh
//! tokens ([`RefreshSecret`]). Passwords have threads of their own ([`PasswordHasher`]).
//! Deliberately absent: SQL. The identity slice keeps hashes, `storage::secrets` keeps wrapped texts.

mod key_file;
mod master_key;
mod passwords;
mod refresh;
mod ring;
mod rotation;
mod secrets;
mod tokens;
mod vault;

pub use key_file::KeyFileError;
pub(crate) use master_key::{MasterKey, MasterKeys};
pub use passwords::{
    PasswordError, PasswordHasher, Verification, Weakness, check_password, generate_password,
};
pub(crate) use refresh::sha256_hex;
pub use refresh::{RefreshKey, RefreshSecret, hash_refresh_token};
pub(crate) use rotation::{MasterRotation, RotationError, rotate_master, rotate_signing, signing_state};
pub use secrets::{SecretsError, load_secrets, read_audit_key};
pub use tokens::{AccessToken, IssueError, TokenError, TokenService, Verified};
pub(crate) use vault::key_id;
pub use vault::{Vault, VaultError};
