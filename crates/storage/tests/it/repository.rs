//! Calls of repositories without a use case around them: what the store itself answers, guards included.

use async_trait::async_trait;
use domain::audit::Actor;
use domain::store::{Ctx, StoreError, Tx, UseCase, UseCaseError};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use testkit::{TestDatabase, builders};

/// What a call in a transaction gives back.
pub(crate) type Called<'t, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 't>>;

/// Runs calls in a transaction of their own, which commits unless they fail. Nothing is tried again.
pub(crate) async fn run<T, F>(database: &TestDatabase, calls: F) -> Result<T, StoreError>
where
    T: Send,
    F: for<'t> FnOnce(&'t mut dyn Tx) -> Called<'t, T> + Send,
{
    let once = Once(Mutex::new(Some(calls)));
    let ctx = builders::ctx(database, Actor::System);
    database.store.run(&once, &ctx).await.map_err(|failed| failed.0)
}

/// `in_tx!(database, tx => tx.slice().call(…))`: one call, or an `async` block of several; everything is moved in.
macro_rules! in_tx {
    ($database:expr, $tx:ident => $calls:expr) => {
        $crate::repository::run(&$database, move |$tx| Box::pin(async move { $calls.await })).await
    };
}
pub(crate) use in_tx;

struct Once<F>(Mutex<Option<F>>);

/// Hides the storage error from the loop that tries again.
#[derive(Debug)]
struct Failed(StoreError);

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl UseCaseError for Failed {
    fn store_error(&self) -> Option<&StoreError> {
        None
    }
}

#[async_trait]
impl<T, F> UseCase for Once<F>
where
    T: Send,
    F: for<'t> FnOnce(&'t mut dyn Tx) -> Called<'t, T> + Send,
{
    const NAME: &'static str = "test.repository";
    type Out = T;
    type Err = Failed;

    async fn run(&self, _: &Ctx, tx: &mut dyn Tx) -> Result<T, Failed> {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match calls {
            Some(calls) => calls(tx).await.map_err(Failed),
            None => Err(Failed(StoreError::Conflict)),
        }
    }
}
