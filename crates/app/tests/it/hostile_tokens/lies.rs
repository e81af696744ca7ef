//! Tokens that are signed with the right key and are wrong all the same.

use domain::ids::UserId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Fake;
use super::forgery::{Genuine, Thief, encoded};

pub(super) fn with_the_key(genuine: &Genuine, thief: &Thief) -> Vec<Fake> {
    [
        claims(genuine, thief),
        headers(genuine, thief),
        no_claims(genuine, thief),
        twice(genuine, thief),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The number and a half.
fn broken(number: i64) -> Value {
    serde_json::from_str(&format!("{number}.5")).unwrap()
}

fn claims(genuine: &Genuine, thief: &Thief) -> Vec<Fake> {
    let now = genuine.claims["nbf"].as_i64().unwrap();
    let nobody = UserId(Uuid::from_u128(0x1234_5678));
    let (issuer, audience) = (&genuine.claims["iss"], &genuine.claims["aud"]);
    let wrong = [
        ("exp", json!(now)),
        ("exp", json!(now - 1)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!(i64::MIN)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(1e300)),
        ("exp", broken(now + 60)),
        ("exp", json!((now + 60).to_string())),
        ("exp", json!([now + 60])),
        ("exp", json!(true)),
        ("nbf", json!(now + 3600)),
        ("nbf", json!(i64::MAX)),
        ("nbf", json!("now")),
        ("nbf", broken(now)),
        ("iss", json!("somebody")),
        ("iss", json!("")),
        ("iss", json!([issuer])),
        ("iss", json!(format!("{} ", issuer.as_str().unwrap()))),
        ("iss", json!(issuer.as_str().unwrap().to_uppercase())),
        ("aud", json!("something")),
        ("aud", json!([])),
        ("aud", json!([audience])),
        ("aud", json!([audience, "something"])),
        ("aud", json!({ "0": audience })),
        ("sub", json!("nobody")),
        ("sub", json!(nobody)),
        ("sub", json!(Uuid::nil())),
        ("sub", json!(7)),
        ("sub", json!([genuine.claims["sub"]])),
        ("sub", json!("' OR 1=1 --")),
        ("sid", json!(Uuid::from_u128(0x1234_5678))),
        ("sid", json!("../..")),
        ("role", json!("root")),
        ("role", json!(["admin"])),
    ];
    let wrong = wrong.into_iter().map(|(claim, value)| {
        let token = thief.sign(&genuine.header, &genuine.claiming(claim, value.clone()));
        Fake::token(format!("{claim} {value}"), token)
    });
    let missing = ["iss", "aud", "sub", "sid", "nbf", "exp"]
        .into_iter()
        .map(|claim| {
            let token = thief.sign(&genuine.header, &genuine.claiming(claim, Value::Null));
            Fake::token(format!("without {claim}"), token)
        });
    wrong.chain(missing).collect()
}

fn headers(genuine: &Genuine, thief: &Thief) -> Vec<Fake> {
    let kid = genuine.header["kid"].as_str().unwrap();
    let wrong = [
        ("typ", json!("JWT")),
        ("typ", json!("refresh+jwt")),
        ("typ", json!("at+jwt+x")),
        ("typ", json!(["at+jwt"])),
        ("typ", Value::Null),
        ("kid", json!([kid])),
        ("kid", json!(7)),
        ("kid", json!(format!("{kid}\u{0}"))),
        ("kid", json!(format!("{kid} "))),
        ("kid", json!(format!("./{kid}"))),
        ("kid", json!(kid.to_uppercase() + "?")),
        ("kid", json!("x".repeat(3000))),
        ("kid", Value::Null),
        ("crit", json!(["exp"])),
        ("crit", json!(["b64"])),
        ("crit", json!([])),
        ("alg", json!("RS256")),
        (
            "alg",
            json!(genuine.header["alg"].as_str().unwrap().to_lowercase()),
        ),
        ("alg", Value::Null),
    ];
    let fake = |(member, value): (&str, Value)| {
        let token = thief.sign(&genuine.headed(member, value.clone()), &genuine.claims);
        Fake::token(format!("header {member} {value:.60}"), token)
    };
    wrong.into_iter().map(fake).collect()
}

/// Signed, but not what a token holds.
fn no_claims(genuine: &Genuine, thief: &Thief) -> Vec<Fake> {
    let header = genuine.header.to_string();
    let nested = json!(genuine.text()).to_string();
    let whole = genuine.claims.to_string();
    let payloads = [
        ("nothing", String::new()),
        ("null", "null".to_owned()),
        ("a list", format!("[{whole}]")),
        ("a nested token", nested),
        ("a bare nested token", genuine.text()),
        ("claims cut off", whole[..whole.len() - 2].to_owned()),
        ("claims and more", format!("{whole} x")),
        ("deep claims", format!("{}{}", "[".repeat(1000), "]".repeat(1000))),
        (
            "claims in UTF-16",
            whole.chars().flat_map(|letter| [letter, '\u{0}']).collect(),
        ),
        ("a mark and claims", format!("\u{feff}{whole}")),
    ];
    let odd_headers = [
        ("no header", String::new()),
        ("a list as header", format!("[{header}]")),
        ("half a header", header[..header.len() - 1].to_owned()),
        (
            "half a surrogate in the header",
            header
                .replacen('{', "{\"x\":\"\\ud800\",", 1)
                .replace("\"kid\"", "\"k\""),
        ),
    ];
    let payloads = payloads
        .into_iter()
        .map(|(what, payload)| (what, thief.sign_texts(&header, &payload)));
    let odd_headers = odd_headers
        .into_iter()
        .map(|(what, header)| (what, thief.sign_texts(&header, &whole)));
    let signed = thief.sign(&genuine.header, &genuine.claims);
    let wrapped = [(
        "a token in a token",
        thief.sign_texts(&header, &json!({ "jwt": signed }).to_string()),
    )];
    let tokens = payloads.chain(odd_headers).chain(wrapped);
    tokens.map(|(what, token)| Fake::token(what, token)).collect()
}

/// The same name twice: which of them counts is not for the reader to guess.
fn twice(genuine: &Genuine, thief: &Thief) -> Vec<Fake> {
    let (header, claims) = (genuine.header.to_string(), genuine.claims.to_string());
    let before = |text: &str, more: &str| text.replacen('{', &format!("{{{more},"), 1);
    let behind = |text: &str, more: &str| format!("{},{more}}}", &text[..text.len() - 1]);
    let far = "\"exp\":99999999999";
    let someone = format!("\"sub\":\"{}\"", Uuid::nil());
    let kid = format!("\"kid\":\"{}\"", encoded("x"));
    let tokens = [
        (
            "exp twice, first",
            thief.sign_texts(&header, &before(&claims, far)),
        ),
        (
            "exp twice, last",
            thief.sign_texts(&header, &behind(&claims, far)),
        ),
        ("sub twice", thief.sign_texts(&header, &behind(&claims, &someone))),
        (
            "role twice",
            thief.sign_texts(&header, &behind(&claims, "\"role\":\"admin\"")),
        ),
        (
            "aud twice",
            thief.sign_texts(&header, &behind(&claims, "\"aud\":\"x\"")),
        ),
        (
            "alg twice",
            thief.sign_texts(&before(&header, "\"alg\":\"none\""), &claims),
        ),
        (
            "typ twice",
            thief.sign_texts(&behind(&header, "\"typ\":\"at+jwt\""), &claims),
        ),
        ("kid twice", thief.sign_texts(&before(&header, &kid), &claims)),
    ];
    tokens
        .into_iter()
        .map(|(what, token)| Fake::token(what, token))
        .collect()
}
