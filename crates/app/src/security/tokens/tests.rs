use std::time::Duration;

use domain::identity::UserStatus;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};
use storage::{SecretPurpose, SigningAlgorithm, StoredSecret};
use uuid::Uuid;

use super::*;
use crate::config::Config;

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
const SECRET: [u8; 32] = *b"0123456789abcdef0123456789abcdef";
const FAMILY: TokenFamilyId = TokenFamilyId(Uuid::from_u128(9));
const HS256_ID: Uuid = Uuid::from_u128(1);
const EDDSA_ID: Uuid = Uuid::from_u128(2);

fn key(id: Uuid, algorithm: SigningAlgorithm) -> RingKey {
    let stored = StoredSecret {
        id,
        purpose: SecretPurpose::Signing,
        algorithm: Some(algorithm),
        wrapped: String::new(),
        created_at: NOW,
        active_from: NOW,
        retires_at: None,
    };
    RingKey::new(&stored, algorithm, &SECRET).unwrap()
}

fn with_keys(keys: Vec<RingKey>) -> TokenService {
    let config = Config::for_testing();
    let vault = Arc::new(Vault::open(&config).unwrap());
    let service = TokenService::new(vault, &config.auth);
    *service.ring.write().unwrap() = Arc::new(Ring::new(keys));
    service
}

/// Has one key of each algorithm, made of the same bits.
fn service() -> TokenService {
    with_keys(vec![
        key(HS256_ID, SigningAlgorithm::Hs256),
        key(EDDSA_ID, SigningAlgorithm::EdDsa),
    ])
}

fn user() -> User {
    User {
        id: UserId(Uuid::from_u128(7)),
        email: "ada@example.org".to_owned(),
        display_name: "Ada".to_owned(),
        role: Role::Advisor,
        status: UserStatus::Active,
        password_hash: String::new(),
        created_at: NOW,
    }
}

fn claims() -> Value {
    let now = seconds(NOW);
    json!({ "iss": "touchstone", "aud": "touchstone", "sub": user().id, "sid": FAMILY, "role": "admin",
        "iat": now, "nbf": now, "exp": now + 60 })
}

fn header() -> Header {
    Header {
        typ: Some(TOKEN_TYPE.to_owned()),
        kid: Some(HS256_ID.to_string()),
        ..Header::new(Algorithm::HS256)
    }
}

fn sign(header: &Header, claims: &Value, key: &[u8]) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(key)).unwrap()
}

/// Signed with our own HS256 key under a header of any shape.
fn sign_under(header: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(&claims()));
    let key = EncodingKey::from_secret(&SECRET);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

fn unsigned(header: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(header), part(&claims()))
}

#[track_caller]
fn refused(token: &str) {
    assert_eq!(service().verify(token, NOW), Err(TokenError), "{token:.120}");
}

#[test]
fn a_token_names_its_account_and_sign_in_until_it_expires_by_our_clock() {
    for (id, algorithm) in [
        (HS256_ID, SigningAlgorithm::Hs256),
        (EDDSA_ID, SigningAlgorithm::EdDsa),
    ] {
        let service = with_keys(vec![key(id, algorithm)]);
        let issued = service.issue(&user(), FAMILY, NOW).unwrap();
        assert_eq!(issued.expires_in, 900);
        let verified = Verified {
            principal: Principal {
                user_id: user().id,
                role: Role::Advisor,
            },
            family: FAMILY,
            expires_at: NOW + Duration::from_mins(15),
        };
        assert_eq!(service.verify(&issued.token, NOW), Ok(verified));
        let late = NOW + Duration::from_secs(899);
        assert_eq!(service.verify(&issued.token, late), Ok(verified));
        for outside in [NOW + Duration::from_mins(15), NOW - Duration::from_mins(1)] {
            assert_eq!(service.verify(&issued.token, outside), Err(TokenError));
        }
    }
}

#[test]
fn without_a_key_there_is_no_token() {
    let issued = with_keys(Vec::new()).issue(&user(), FAMILY, NOW);
    assert!(matches!(issued, Err(IssueError::NoKey)));
    assert!(matches!(
        with_keys(Vec::new()).successor_of("x"),
        Err(IssueError::NoKey)
    ));
}

#[test]
fn what_was_not_signed_with_one_of_our_keys_is_refused() {
    assert!(
        service()
            .verify(&sign(&header(), &claims(), &SECRET), NOW)
            .is_ok()
    );
    refused(&sign(
        &header(),
        &claims(),
        b"another-key-another-key-another-key",
    ));
    let other_key = Header {
        kid: Some(Uuid::from_u128(3).to_string()),
        ..header()
    };
    refused(&sign(&other_key, &claims(), &SECRET));
    let good = sign(&header(), &claims(), &SECRET);
    let (message, signature) = good.rsplit_once('.').unwrap();
    refused(message);
    refused(&format!("{message}."));
    refused(&format!("{message}.{}", &signature[..signature.len() - 1]));
    refused(&format!("{good}.{signature}"));
    refused(&format!("{good} "));
    for text in ["", ".", "..", "...", "a.b.c", "\u{1f511}.\u{1f511}.\u{1f511}"] {
        refused(text);
    }
    refused(&"a".repeat(100_000));
    refused(&format!("{message}.{}", "A".repeat(100_000)));
}

#[test]
fn a_key_has_one_algorithm_and_the_header_cannot_choose_another() {
    let named = |alg: &str, kid: Uuid| json!({ "alg": alg, "typ": TOKEN_TYPE, "kid": kid });
    for kid in [HS256_ID, EDDSA_ID] {
        for alg in [
            "none", "None", "nOnE", "RS256", "ES256", "PS512", "HS384", "HS512", "",
        ] {
            refused(&unsigned(&named(alg, kid)));
            refused(&sign_under(&named(alg, kid)));
        }
        refused(&unsigned(&named("HS256", kid)));
        refused(&unsigned(&named("EdDSA", kid)));
    }
    // The public key of the Ed25519 key as a shared secret.
    let public = key(EDDSA_ID, SigningAlgorithm::EdDsa).decoding;
    let confused = Header {
        kid: Some(EDDSA_ID.to_string()),
        ..header()
    };
    refused(&sign(&confused, &claims(), public.try_get_as_bytes().unwrap()));
    refused(&sign(&confused, &claims(), &SECRET));
    let stronger = Header {
        alg: Algorithm::HS512,
        ..header()
    };
    refused(&sign(&stronger, &claims(), &SECRET));
}

#[test]
fn nothing_in_a_header_names_a_key_but_the_id_of_one_of_ours() {
    let good = json!({ "alg": "HS256", "typ": TOKEN_TYPE, "kid": HS256_ID });
    assert!(service().verify(&sign_under(&good), NOW).is_ok());
    for kid in [
        json!("../../dev/null"),
        json!("' OR 1=1 --"),
        json!("https://example.org/key"),
        json!(HS256_ID.to_string().to_uppercase() + " "),
        json!(HS256_ID.simple().to_string()),
        json!(""),
        json!(1),
        json!(null),
        json!([HS256_ID]),
    ] {
        let mut header = good.clone();
        header["kid"] = kid;
        refused(&sign_under(&header));
    }
    for member in ["kid", "typ", "alg"] {
        let mut header = good.clone();
        header.as_object_mut().unwrap().remove(member);
        refused(&sign_under(&header));
    }
    // Names of keys elsewhere change nothing about a token that our key signed, and help none that it did not.
    for (member, value) in [
        ("jku", json!("https://example.org/keys")),
        ("x5u", json!("https://example.org/chain")),
        ("x5c", json!(["AAAA"])),
    ] {
        let mut header = good.clone();
        header[member] = value;
        assert!(service().verify(&sign_under(&header), NOW).is_ok(), "{member}");
        refused(&unsigned(&header));
        header["kid"] = json!(Uuid::from_u128(3));
        refused(&sign_under(&header));
    }
}

#[test]
fn other_types_and_critical_extensions_are_refused() {
    let good = json!({ "alg": "HS256", "typ": TOKEN_TYPE, "kid": HS256_ID });
    for typ in ["JWT", "jwt", "application/json", "rt+jwt", ""] {
        let mut header = good.clone();
        header["typ"] = json!(typ);
        refused(&sign_under(&header));
    }
    for crit in [json!(["exp"]), json!(["b64"]), json!([])] {
        let mut header = good.clone();
        header["crit"] = crit;
        refused(&sign_under(&header));
    }
}

#[test]
fn every_claim_is_required_and_checked() {
    let now = seconds(NOW);
    let wrong = [
        ("iss", json!("somebody")),
        ("iss", json!(["touchstone"])),
        ("aud", json!("something")),
        ("aud", json!(["touchstone", "something"])),
        ("sub", json!("not an id")),
        ("sid", json!("not an id")),
        ("sid", json!(null)),
        ("role", json!("root")),
        ("exp", json!(now)),
        ("exp", json!("never")),
        ("exp", json!(1e300)),
        ("exp", json!(-1)),
        ("nbf", json!(now + 6)),
        ("nbf", json!(null)),
    ];
    for (claim, value) in wrong {
        let mut changed = claims();
        changed[claim] = value;
        refused(&sign(&header(), &changed, &SECRET));
    }
    for claim in ["iss", "aud", "sub", "sid", "role", "iat", "nbf", "exp"] {
        let mut changed = claims();
        changed.as_object_mut().unwrap().remove(claim);
        refused(&sign(&header(), &changed, &SECRET));
    }
    let mut tolerated = claims();
    tolerated["nbf"] = json!(now + 5);
    assert!(
        service()
            .verify(&sign(&header(), &tolerated, &SECRET), NOW)
            .is_ok()
    );
    let mut endless = claims();
    endless["exp"] = json!(i64::MAX);
    let verified = service()
        .verify(&sign(&header(), &endless, &SECRET), NOW)
        .unwrap();
    assert_eq!(verified.expires_at, Timestamp::from_micros(i64::MAX));
}

#[test]
fn members_that_stand_twice_are_refused() {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let header = format!(r#"{{"alg":"none","alg":"HS256","typ":"{TOKEN_TYPE}","kid":"{HS256_ID}"}}"#);
    let message = format!("{}.{}", part(&header), part(&claims().to_string()));
    let key = EncodingKey::from_secret(&SECRET);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    refused(&format!("{message}.{signature}"));
}

#[test]
fn the_ring_is_looked_at_again_once_per_second_and_for_ids_only() {
    let service = service();
    let named = |kid: Value| unsigned(&json!({ "alg": "HS256", "typ": TOKEN_TYPE, "kid": kid }));
    assert!(service.names_unknown_key(&named(json!(Uuid::from_u128(3)))));
    for known in [json!(HS256_ID), json!("something"), json!(7)] {
        assert!(!service.names_unknown_key(&named(known)));
    }
    let turns =
        [0, 10, 999, 1000, 1500, 2000].map(|millis| service.may_look(NOW + Duration::from_millis(millis)));
    assert_eq!(turns, [true, false, false, true, false, true]);
}

#[test]
fn a_token_is_good_no_longer_than_its_key() {
    let ends = |retires_at| {
        let stored = StoredSecret {
            id: HS256_ID,
            purpose: SecretPurpose::Signing,
            algorithm: Some(SigningAlgorithm::Hs256),
            wrapped: String::new(),
            created_at: NOW,
            active_from: NOW,
            retires_at: Some(retires_at),
        };
        let key = RingKey::new(&stored, SigningAlgorithm::Hs256, &SECRET).unwrap();
        let signing = with_keys(vec![self::key(HS256_ID, SigningAlgorithm::Hs256)]);
        let token = signing.issue(&user(), FAMILY, NOW).unwrap().token;
        with_keys(vec![key])
            .verify(&token, NOW)
            .map(|verified| verified.expires_at)
    };
    let minutes = |minutes| NOW + Duration::from_mins(minutes);
    assert_eq!(ends(minutes(1)), Ok(minutes(1)));
    assert_eq!(ends(minutes(20)), Ok(minutes(15)));
    assert_eq!(ends(NOW), Err(TokenError));
}

#[test]
fn looks_are_a_second_apart_whichever_way_the_clock_was_set() {
    let service = service();
    let half = Duration::from_millis(500);
    assert!(service.may_look(NOW));
    assert!(!service.may_look(NOW + half) && !service.may_look(NOW - half));
    assert!(service.may_look(NOW + half + half));
    let before = NOW - Duration::from_hours(1);
    assert!(service.may_look(before), "the clock was set back");
    assert!(!service.may_look(before) && !service.may_look(before + half));
}
