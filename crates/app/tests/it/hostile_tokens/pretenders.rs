//! Tokens made without the key, and good tokens in places where none is looked for.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::Fake;
use super::forgery::{Genuine, Thief, encoded, with_signature};

pub(super) fn without_the_key(genuine: &Genuine, thief: &Thief) -> Vec<Fake> {
    [
        unsigned(genuine),
        confused(genuine, thief),
        own_keys(genuine),
        torn(genuine),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `alg: none` in every spelling.
fn unsigned(genuine: &Genuine) -> Vec<Fake> {
    let spellings = ["none", "None", "NONE", "nOnE", "none ", "", "\u{0}none"].map(|name| json!(name));
    let others = [json!(0), json!(false), json!(["none"]), json!({}), Value::Null];
    let mut fakes = Vec::new();
    for algorithm in spellings.into_iter().chain(others) {
        let header = genuine.headed("alg", algorithm.clone());
        let token = with_signature(&header, &genuine.claims, b"");
        fakes.push(Fake::token(format!("alg {algorithm}, no signature"), &token));
        fakes.push(Fake::token(
            format!("alg {algorithm}, two parts"),
            token.trim_end_matches('.'),
        ));
        let kept = format!("{token}{}", genuine.parts[2]);
        fakes.push(Fake::token(format!("alg {algorithm}, old signature"), kept));
    }
    fakes
}

/// The algorithm of somebody else.
fn confused(genuine: &Genuine, thief: &Thief) -> Vec<Fake> {
    let mut fakes = Vec::new();
    for name in [
        "RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA", "HS256", "HS512", "Ed25519", "XX1",
    ] {
        let header = genuine.headed("alg", json!(name));
        for length in [32, 64, 256] {
            let token = with_signature(&header, &genuine.claims, &vec![0x5A; length]);
            fakes.push(Fake::token(
                format!("alg {name}, a signature of {length} bytes"),
                token,
            ));
        }
    }
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(&thief.public)
    );
    let known = [
        ("nothing", Vec::new()),
        ("a word", b"secret".to_vec()),
        ("the public key", thief.public.clone()),
        ("the public key in base64", encoded(&thief.public).into_bytes()),
        ("the public key as a file", pem.into_bytes()),
        ("the key id", genuine.header["kid"].to_string().into_bytes()),
        ("zeros", vec![0; 32]),
    ];
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let header = genuine.headed("alg", json!(algorithm));
        for (what, key) in &known {
            let token = Thief::of_hmac(algorithm, key).sign(&header, &genuine.claims);
            fakes.push(Fake::token(format!("{algorithm:?} with {what}"), token));
        }
    }
    // The right bytes under the wrong algorithm.
    let (stronger, crossed) = if thief.public.is_empty() {
        (
            Thief::of_hmac(Algorithm::HS512, &thief.secret),
            Thief::owning(&thief.secret),
        )
    } else {
        (
            Thief::of_hmac(Algorithm::HS512, &thief.secret),
            Thief::sharing(&thief.secret),
        )
    };
    let other = if thief.public.is_empty() { "EdDSA" } else { "HS256" };
    let token = stronger.sign(&genuine.headed("alg", json!("HS512")), &genuine.claims);
    fakes.push(Fake::token("the key as that of a longer hash", token));
    let token = crossed.sign(&genuine.headed("alg", json!(other)), &genuine.claims);
    fakes.push(Fake::token("the key as that of the other algorithm", token));
    let token = crossed.sign(&genuine.header, &genuine.claims);
    fakes.push(Fake::token("the other algorithm under the right name", token));
    fakes
}

/// Keys that the token brings along or says where to fetch.
fn own_keys(genuine: &Genuine) -> Vec<Fake> {
    let thief = Thief::owning(&[0x42; 32]);
    let public = encoded(&thief.public);
    let key =
        json!({ "kty": "OKP", "crv": "Ed25519", "x": public, "kid": genuine.header["kid"], "alg": "EdDSA" });
    let address = "http://127.0.0.1:9/keys.json";
    let brought = [
        ("jwk", key.clone()),
        ("jku", json!(address)),
        ("x5u", json!(address)),
        ("x5c", json!([STANDARD.encode(&thief.public)])),
        ("x5t", json!(public)),
        ("jwks", json!({ "keys": [key] })),
        ("url", json!(address)),
    ];
    let kids = [
        "../../../../dev/null",
        "/proc/sys/kernel/randomize_va_space",
        "' UNION SELECT 'x' --",
        "1; DROP TABLE secrets",
        "http://127.0.0.1:9/keys.json",
        "file:///etc/passwd",
        "$(id)",
        "",
        "\u{0}",
        "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21",
    ];
    let mut fakes = Vec::new();
    for (member, value) in brought {
        let mut header = genuine.headed(member, value);
        header["alg"] = json!("EdDSA");
        fakes.push(Fake::token(
            format!("own key in {member}"),
            thief.sign(&header, &genuine.claims),
        ));
    }
    for kid in kids {
        let mut header = genuine.headed("kid", json!(kid));
        header["alg"] = json!("EdDSA");
        fakes.push(Fake::token(
            format!("own key, kid {kid:?}"),
            thief.sign(&header, &genuine.claims),
        ));
        header["alg"] = json!("HS256");
        let token = Thief::sharing(b"").sign(&header, &genuine.claims);
        fakes.push(Fake::token(format!("empty key, kid {kid:?}"), token));
    }
    fakes
}

/// The good token, not whole.
fn torn(genuine: &Genuine) -> Vec<Fake> {
    let [header, claims, signature] = &genuine.parts;
    let whole = genuine.text();
    let half = &signature[..signature.len() / 2];
    let tokens = [
        ("without its signature", format!("{header}.{claims}.")),
        ("of two parts", format!("{header}.{claims}")),
        ("of one part", header.clone()),
        ("without claims", format!("{header}..{signature}")),
        ("without a header", format!(".{claims}.{signature}")),
        ("of dots", "..".to_owned()),
        ("of five parts", format!("{whole}.{claims}.{signature}")),
        ("with a dot before", format!(".{whole}")),
        ("with a dot behind", format!("{whole}.")),
        ("with half a signature", format!("{header}.{claims}.{half}")),
        ("with a longer signature", format!("{whole}AAAA")),
        (
            "of blank signature",
            format!("{header}.{claims}.{}", "A".repeat(signature.len())),
        ),
        ("with parts swapped", format!("{claims}.{header}.{signature}")),
        ("of two claims", format!("{claims}.{claims}.{signature}")),
        ("in capitals", whole.to_uppercase()),
        ("with padding", format!("{header}==.{claims}==.{signature}==")),
        ("with a blank inside", format!("{header}. {claims}.{signature}")),
        ("with a tab inside", format!("{header}.{claims}\t.{signature}")),
        ("percent-encoded", whole.replace('.', "%2E")),
        ("in quotes", format!("\"{whole}\"")),
        ("in brackets", format!("<{whole}>")),
        ("encoded again", encoded(&whole)),
        (
            "in the other base64",
            format!(
                "{}.{claims}.{signature}",
                URL_SAFE.encode(genuine.header.to_string()) + "="
            ),
        ),
        (
            "as a JSON object",
            json!({ "protected": header, "payload": claims, "signature": signature }).to_string(),
        ),
        (
            "of 100 KB",
            format!("{header}.{}.{signature}", "A".repeat(100_000)),
        ),
        (
            "of 5 KB",
            format!("{header}.{claims}{}.{signature}", "A".repeat(5000)),
        ),
    ];
    tokens
        .into_iter()
        .map(|(what, token)| Fake::token(what, token))
        .collect()
}

/// Good tokens, sent as tokens are not sent. `other` is good as well.
pub(super) fn in_other_clothes(genuine: &Genuine, other: &str) -> Vec<Fake> {
    let whole = genuine.text();
    let [header, claims, _] = &genuine.parts;
    let foreign = Genuine::of(other);
    let bearer = format!("Bearer {whole}");
    let mut fakes = vec![
        Fake::token(
            "the signature of another token",
            format!("{header}.{claims}.{}", foreign.parts[2]),
        ),
        Fake::token(
            "the claims of another token",
            format!("{header}.{}.{}", foreign.parts[1], genuine.parts[2]),
        ),
        Fake::headers("no header", Vec::new()),
        Fake::header("an empty header", ""),
        Fake::header("a scheme alone", "Bearer"),
        Fake::header("a scheme and a blank", "Bearer "),
        Fake::header("a token alone", &whole),
        Fake::header("another scheme", format!("Basic {whole}")),
        Fake::header("a scheme of two words", format!("Bearer Bearer {whole}")),
        Fake::header("a scheme with a colon", format!("Bearer: {whole}")),
        Fake::header("a lower-case scheme of a forgery", "bearer made.up.token"),
        Fake::header("two tokens with a comma", format!("Bearer {whole},{other}")),
        Fake::header("two tokens with a blank", format!("Bearer {whole} {other}")),
        Fake::header("letters outside ASCII", format!("Bearer {whole}\u{e9}")),
        Fake::headers("the header twice", vec![bearer.clone(), bearer.clone()]),
        Fake::headers(
            "a good and a bad header",
            vec![bearer.clone(), "Bearer made.up.token".to_owned()],
        ),
        Fake::headers(
            "a bad and a good header",
            vec!["Bearer made.up.token".to_owned(), bearer.clone()],
        ),
    ];
    for parameter in ["access_token", "token", "authorization", "jwt"] {
        fakes.push(Fake {
            path: format!("/auth/me?{parameter}={whole}"),
            ..Fake::headers(format!("in the query as {parameter}"), Vec::new())
        });
    }
    for name in [
        "cookie",
        "x-access-token",
        "x-authorization",
        "proxy-authorization",
        "x-forwarded-user",
    ] {
        let value = if name == "cookie" {
            format!("access_token={whole}")
        } else {
            bearer.clone()
        };
        fakes.push(Fake {
            others: vec![(name, value)],
            ..Fake::headers(format!("in {name}"), Vec::new())
        });
    }
    fakes
}
