//! The tracks that the program brings with it, for a database that never had one.

use async_trait::async_trait;
use serde::Deserialize;

use super::item::ItemContent;
use super::settings::Settings;
use super::tracks::{CreateTrack, NewTrack, Skill, Track, TrackError};
use crate::identity::Admin;
use crate::store::{Ctx, Tx, UseCase};

/// One track each.
const FILES: [(&str, &str); 2] = [
    ("backend_engineer", include_str!("shipped/backend_engineer.json")),
    ("data_analyst", include_str!("shipped/data_analyst.json")),
];

/// A file of this program that is not a track.
#[derive(Debug, thiserror::Error)]
#[error("the shipped track {name} cannot be read")]
pub struct ShippedError {
    name: &'static str,
    source: serde_json::Error,
}

/// A file: a track with the settings that tracks begin with.
#[derive(Deserialize)]
struct ShippedTrack {
    slug: String,
    title: String,
    description: String,
    skills: Vec<Skill>,
    items: Vec<ItemContent>,
}

/// The shipped tracks with their banks, by slug.
pub fn shipped_tracks() -> Result<Vec<NewTrack>, ShippedError> {
    let read = |(name, text): (&'static str, &str)| {
        let track = serde_json::from_str(text).map_err(|source| ShippedError { name, source })?;
        let ShippedTrack {
            slug,
            title,
            description,
            skills,
            items,
        } = track;
        Ok(NewTrack {
            slug,
            title,
            description,
            skills,
            settings: Settings::for_tracks(),
            items,
        })
    };
    FILES.into_iter().map(read).collect()
}

/// Makes several tracks, all or none.
pub struct InstallTracks {
    /// Who may.
    pub admin: Admin,
    /// The tracks.
    pub tracks: Vec<NewTrack>,
}

#[async_trait]
impl UseCase for InstallTracks {
    const NAME: &'static str = "tracks.install";
    type Out = Vec<Track>;
    type Err = TrackError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Vec<Track>, TrackError> {
        let mut made = Vec::with_capacity(self.tracks.len());
        for track in &self.tracks {
            let create = CreateTrack {
                admin: self.admin,
                track: track.clone(),
            };
            made.push(create.run(ctx, tx).await?);
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests;
