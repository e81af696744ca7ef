//! Who is behind an access token or an API key, asked of the database about once a minute.
//!
//! A token proves who signed in; whether that sign-in was ended, the account disabled or its role changed, only the database
//! knows. Its answer is kept for [`KEPT`], by the SHA-256 of the token, and dropped at once when this process ends a sign-in;
//! other processes notice within [`KEPT`]. All answers are dropped when a signing key was taken back.
//!
//! Those who come again and again are asked for together before their answers end ([`SignIns::ask_again`]), which costs a
//! fraction of asking for each when it calls. What a signature proves does not change, and is not looked at twice.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::identity::{Principal, Role, Scopes, UserStatus};
use domain::ids::{ApiKeyId, TokenFamilyId, UserId};
use domain::store::StoreError;
use domain::time::Timestamp;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use storage::{SignInOf, SignInState, Store};
use subtle::ConstantTimeEq;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::security::{TokenError, TokenService, sha256_hex};

/// How long the database's answer is believed.
pub const KEPT: Duration = Duration::from_mins(1);
/// Answers that are older are asked for again when [`SignIns::ask_again`] comes by.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(50);
/// Whoever has not called for so long is asked for when they do.
const AWAY_AFTER: Duration = Duration::from_mins(3);
const ASKED_TOGETHER: usize = 500;
const MOST_KEPT: u64 = 100_000;
const TOLD_AT_ONCE: usize = 1024;
/// Of a key without an end.
const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);
/// Begins every API key, so that scanners of repositories can find leaked ones.
const KEY_PREFIX: &str = "tsk_";
/// A UUID without hyphens, an underscore, 256 bits in base64url.
const KEY_LENGTH: usize = KEY_PREFIX.len() + 32 + 1 + 43;

/// The SHA-256 of a token or key.
type Fingerprint = [u8; 32];

/// Whoever calls, as proved by a token or key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Who.
    pub principal: Principal,
    /// The sign-in of a token.
    pub family: Option<TokenFamilyId>,
    /// What an API key may do; nothing for people, whose role says it.
    pub scopes: Scopes,
    /// An API key's own allowance.
    pub requests_per_minute: Option<u32>,
    /// From then on the token or key is not good any more.
    pub until: Timestamp,
}

/// Why nobody is known.
#[derive(Debug, thiserror::Error)]
pub enum UnknownCaller {
    /// Nobody, or not any more.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Kept {
    /// As the token or key proves it.
    known: Known,
    /// The count of [`TokenService::withdrawals`] before the token was looked at.
    withdrawals: u64,
    asked: Mutex<Asked>,
}

/// When the database last said that it stands.
#[derive(Clone, Copy)]
struct Asked {
    at: Timestamp,
    /// The same by a clock that nobody sets.
    since: Instant,
    /// The state of [`SignIns::endings`] when the database was about to be asked.
    endings: u64,
}

impl Asked {
    /// The longer by the two clocks; for ever if it was asked in the future.
    fn age(&self, now: Timestamp) -> Duration {
        if now < self.at {
            return Duration::MAX;
        }
        now.since(self.at).max(self.since.elapsed())
    }
}

impl Kept {
    fn asked(&self) -> Asked {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stands(&self, asked: Asked) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = asked;
    }

    fn sign_in(&self) -> Option<SignInOf> {
        Some((self.known.principal.user_id, self.known.family?))
    }
}

/// See the module.
pub struct SignIns {
    store: Store,
    tokens: Arc<TokenService>,
    kept: Cache<Fingerprint, Arc<Kept>>,
    /// How often sign-ins were ended by this process.
    endings: AtomicU64,
    /// By account, the count at its latest ending; answers from before it are not believed.
    ended: Cache<UserId, u64>,
    /// Tells streams whose sign-ins were ended.
    told: broadcast::Sender<UserId>,
}

/// See [`SignIns::forgetting`].
#[must_use = "dropped at once, it forgets what is about to change"]
pub struct Forgetting<'a> {
    sign_ins: &'a SignIns,
    user: UserId,
}

impl Drop for Forgetting<'_> {
    fn drop(&mut self) {
        self.sign_ins.forget(self.user);
    }
}

impl SignIns {
    /// Over these tokens and this database.
    pub fn new(store: Store, tokens: Arc<TokenService>) -> Self {
        Self {
            store,
            tokens,
            kept: Cache::builder()
                .max_capacity(MOST_KEPT)
                .time_to_idle(AWAY_AFTER)
                .build(),
            endings: AtomicU64::new(0),
            told: broadcast::channel(TOLD_AT_ONCE).0,
            ended: Cache::builder()
                .eviction_policy(EvictionPolicy::lru())
                .max_capacity(MOST_KEPT)
                .time_to_live(KEPT * 2)
                .build(),
        }
    }

    /// Whom an access token names, if its sign-in still stands and its account still has that role.
    pub async fn of_token(&self, token: &str, now: Timestamp) -> Result<Known, UnknownCaller> {
        let fingerprint: Fingerprint = Sha256::digest(token).into();
        let kept = self.kept.get(&fingerprint);
        if let Some(known) = kept.as_deref().and_then(|kept| self.believed(kept, now)) {
            return Ok(known);
        }
        let proved = kept.filter(|kept| self.is_proved(kept, now));
        let (known, withdrawals) = match proved {
            Some(proved) => (proved.known, proved.withdrawals),
            None => self.proved(token, now).await?,
        };
        let asked = self.asking(now);
        let Some(family) = known.family else {
            return Err(TokenError.into());
        };
        let states = self
            .store
            .sign_in_states(&[(known.principal.user_id, family)])
            .await?;
        if !states.iter().any(|(_, state)| stands(*state, &known)) {
            self.kept.invalidate(&fingerprint);
            return Err(TokenError.into());
        }
        self.keep(fingerprint, (known, withdrawals), asked);
        Ok(known)
    }

    /// What a token says, if we have signed it; with the count of withdrawals before it was looked at.
    async fn proved(&self, token: &str, now: Timestamp) -> Result<(Known, u64), TokenError> {
        let withdrawals = self.tokens.withdrawals();
        let verified = self.tokens.verify_with(&self.store, token, now).await?;
        let known = Known {
            principal: verified.principal,
            family: Some(verified.family),
            scopes: Scopes::default(),
            requests_per_minute: None,
            until: verified.expires_at,
        };
        Ok((known, withdrawals))
    }

    /// Whom an API key names.
    pub async fn of_api_key(&self, text: &str, now: Timestamp) -> Result<Known, UnknownCaller> {
        let (id, secret) = parse_api_key(text).ok_or(TokenError)?;
        let fingerprint: Fingerprint = Sha256::digest(text).into();
        let kept = self.kept.get(&fingerprint);
        if let Some(known) = kept.and_then(|kept| self.believed(&kept, now)) {
            return Ok(known);
        }
        let withdrawals = self.tokens.withdrawals();
        let asked = self.asking(now);
        let key = self.store.find_api_key(id).await?.ok_or(TokenError)?;
        let given = sha256_hex(secret.as_bytes());
        let same = bool::from(given.as_bytes().ct_eq(key.secret_hash.as_bytes()));
        if !same || !key.is_live(now) {
            return Err(TokenError.into());
        }
        self.store.note_key_use(&key, now).await?;
        let known = Known {
            principal: Principal {
                user_id: key.user_id,
                role: Role::Service,
            },
            family: None,
            scopes: key.scopes,
            requests_per_minute: key.requests_per_minute,
            until: key.expires_at.unwrap_or(NEVER),
        };
        self.keep(fingerprint, (known, withdrawals), asked);
        Ok(known)
    }

    /// Asks for everybody together whose answer ends soon and who has called lately. To be called every few
    /// seconds; whoever is left out is asked for at the next call.
    pub async fn ask_again(&self, now: Timestamp) -> Result<(), StoreError> {
        let due: Vec<_> = self
            .kept
            .iter()
            .filter(|(_, kept)| kept.asked().age(now) >= ASKED_AGAIN_AFTER && self.is_proved(kept, now))
            .filter_map(|(fingerprint, kept)| Some((fingerprint, kept.sign_in()?, kept)))
            .collect();
        for together in due.chunks(ASKED_TOGETHER) {
            let asked = self.asking(now);
            let sign_ins: Vec<_> = together.iter().map(|(_, sign_in, _)| *sign_in).collect();
            let states: HashMap<_, _> = self.store.sign_in_states(&sign_ins).await?.into_iter().collect();
            for (fingerprint, sign_in, kept) in together {
                if states
                    .get(sign_in)
                    .is_some_and(|state| stands(*state, &kept.known))
                {
                    kept.stands(asked);
                } else {
                    self.kept.invalidate(&**fingerprint);
                }
            }
        }
        Ok(())
    }

    /// To be called after sign-ins of an account were ended, or its role, status or keys changed.
    pub fn forget(&self, user: UserId) {
        let count = self.endings.fetch_add(1, Ordering::SeqCst) + 1;
        self.ended
            .entry(user)
            .and_upsert_with(|before| before.map_or(count, |before| before.into_value().max(count)));
        // Nobody listening is fine.
        let _ = self.told.send(user);
    }

    /// The same when the value is dropped, so that a request that is given up between its commit and its reply has done it.
    pub fn forgetting(&self, user: UserId) -> Forgetting<'_> {
        Forgetting { sign_ins: self, user }
    }

    /// Ends when sign-ins of the account are ended by this process.
    pub fn ended(&self, user: UserId) -> impl Future<Output = ()> + Send + use<> {
        let mut told = self.told.subscribe();
        async move {
            loop {
                match told.recv().await {
                    Ok(ended) if ended != user => {}
                    // Whoever missed some cannot know whose they were.
                    Ok(_) | Err(_) => return,
                }
            }
        }
    }

    fn believed(&self, kept: &Kept, now: Timestamp) -> Option<Known> {
        let asked = kept.asked();
        let ended = self.ended.get(&kept.known.principal.user_id);
        let is_fresh = asked.age(now) < KEPT;
        let stands = ended.is_none_or(|count| count <= asked.endings);
        (is_fresh && stands && self.is_proved(kept, now)).then_some(kept.known)
    }

    /// Whether what the token or key said once would still be found in it.
    fn is_proved(&self, kept: &Kept, now: Timestamp) -> bool {
        now < kept.known.until && kept.withdrawals == self.tokens.withdrawals()
    }

    /// To be taken before the database is asked.
    fn asking(&self, now: Timestamp) -> Asked {
        Asked {
            at: now,
            since: Instant::now(),
            endings: self.endings.load(Ordering::SeqCst),
        }
    }

    fn keep(&self, fingerprint: Fingerprint, (known, withdrawals): (Known, u64), asked: Asked) {
        let asked = Mutex::new(asked);
        let kept = Kept {
            known,
            withdrawals,
            asked,
        };
        self.kept.insert(fingerprint, Arc::new(kept));
    }
}

fn stands(state: SignInState, known: &Known) -> bool {
    state.is_live && state.status == UserStatus::Active && state.role == known.principal.role
}

/// A new API key: the text for the client, id and hash for the database.
pub struct ApiKeySecret {
    /// Shown once.
    pub text: String,
    /// SHA-256 of the secret part, hexadecimal.
    pub hash: String,
}

impl ApiKeySecret {
    /// A fresh secret for the key with this id.
    pub fn generate(id: ApiKeyId) -> Self {
        let secret = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        Self {
            text: format!("{KEY_PREFIX}{}_{secret}", id.0.simple()),
            hash: sha256_hex(secret.as_bytes()),
        }
    }
}

fn parse_api_key(text: &str) -> Option<(ApiKeyId, &str)> {
    if text.len() != KEY_LENGTH {
        return None;
    }
    let (id, secret) = text.strip_prefix(KEY_PREFIX)?.split_once('_')?;
    Some((ApiKeyId(Uuid::try_parse(id).ok()?), secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_from_its_text_and_nothing_else_is() {
        let id = ApiKeyId(Uuid::from_u128(7));
        let secret = ApiKeySecret::generate(id);
        let (found, part) = parse_api_key(&secret.text).unwrap();
        assert_eq!((found, sha256_hex(part.as_bytes())), (id, secret.hash));
        for text in [
            "",
            "tsk_",
            &secret.text[1..],
            &format!("{}a", secret.text),
            &"é".repeat(40),
        ] {
            assert_eq!(parse_api_key(text), None, "{text}");
        }
    }
}
