//! The catalogue of this process, read and ready to be searched, as it was last asked for.

use std::sync::Arc;

use domain::catalog::CatalogStamp;
use domain::embedding::{EmbedError, Embedder};
use domain::job::StoreError;
use domain::recommendations::Library;
use storage::Store;
use tokio::sync::Mutex;

/// Why there is nothing to search.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShelfError {
    #[error("the catalogue cannot be read")]
    Store(#[from] StoreError),
    #[error("sentences cannot be compared")]
    Embed(#[from] EmbedError),
    #[error("a thread panicked")]
    Panicked,
}

/// A library of the catalogue as it was then.
type Kept = (CatalogStamp, Arc<Library>);

/// See the module. Clones share it.
#[derive(Clone)]
pub(super) struct Shelf {
    store: Store,
    embedder: Arc<dyn Embedder>,
    kept: Arc<Mutex<Option<Kept>>>,
}

impl Shelf {
    pub(super) fn new(store: Store, embedder: Arc<dyn Embedder>) -> Self {
        Self {
            store,
            embedder,
            kept: Arc::default(),
        }
    }

    /// What compares its sentences.
    pub(super) fn embedder(&self) -> &Arc<dyn Embedder> {
        &self.embedder
    }

    /// The catalogue as it is now; read by one while all others wait for it. Whoever gives up waiting leaves the reading to go on, so
    /// that the next one finds it done.
    pub(super) async fn library(&self) -> Result<Arc<Library>, ShelfError> {
        let shared = self.clone();
        let reading = tokio::spawn(async move { shared.read().await });
        reading.await.map_err(|_| ShelfError::Panicked)?
    }

    async fn read(&self) -> Result<Arc<Library>, ShelfError> {
        let mut kept = self.kept.lock().await;
        // Before the entries: what is older than they are is only read once more.
        let stamp = self.store.catalog_stamp().await?;
        if let Some((known, library)) = kept.as_ref()
            && *known == stamp
        {
            return Ok(Arc::clone(library));
        }
        let credentials = self.store.catalog().await?;
        let embedder = Arc::clone(&self.embedder);
        let last = kept.as_ref().map(|(_, library)| Arc::clone(library));
        let build = move || match last {
            Some(last) => Library::build_on(&last, credentials, &*embedder),
            None => Library::build(credentials, &*embedder),
        };
        let library = tokio::task::spawn_blocking(build).await;
        let library = Arc::new(library.map_err(|_| ShelfError::Panicked)??);
        *kept = Some((stamp, Arc::clone(&library)));
        Ok(library)
    }
}
