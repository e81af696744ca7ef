//! Lists: which part of one is asked for, and what is given.

mod last_writes;

pub use last_writes::{KnownWrites, LastWrites, LastWritesUnavailable};

/// Clients count pages in 32 bits with a sign, as the contract says (`int32`).
const LAST_PAGE: u32 = 2_147_483_647;

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    page: u32,
    page_size: u32,
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// From 1.
    pub page: u32,
    /// Most entries on a page.
    pub page_size: u32,
    /// Entries on all pages.
    pub total: u64,
}

/// A page that cannot be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {expected}")]
pub struct PageRequestError {
    /// The query parameter.
    pub field: &'static str,
    /// What it takes.
    pub expected: &'static str,
}

impl PageRequest {
    /// `page` from 1 to 2,147,483,647 (default 1), `page_size` 10–100 (default 25).
    pub const fn new(page: Option<u32>, page_size: Option<u32>) -> Result<Self, PageRequestError> {
        let page = match page {
            None => 1,
            Some(page @ 1..=LAST_PAGE) => page,
            Some(_) => {
                return Err(PageRequestError {
                    field: "page",
                    expected: "between 1 and 2147483647",
                });
            }
        };
        match page_size {
            None => Ok(Self { page, page_size: 25 }),
            Some(page_size @ 10..=100) => Ok(Self { page, page_size }),
            Some(_) => Err(PageRequestError {
                field: "page_size",
                expected: "between 10 and 100",
            }),
        }
    }

    /// Most rows to read.
    pub const fn limit(self) -> i64 {
        self.page_size as i64
    }

    /// Rows to pass over.
    pub const fn offset(self) -> i64 {
        (self.page as i64 - 1) * self.page_size as i64
    }

    /// The page with its entries.
    pub const fn of<T>(self, items: Vec<T>, total: u64) -> Page<T> {
        Page {
            items,
            page: self.page,
            page_size: self.page_size,
            total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_bounds() {
        let request = PageRequest::new(Some(3), Some(10)).unwrap();
        assert_eq!((request.limit(), request.offset()), (10, 20));
        assert!(PageRequest::new(Some(LAST_PAGE), None).is_ok());
        for page in [0, LAST_PAGE + 1] {
            assert_eq!(
                PageRequest::new(Some(page), None).map_err(|error| error.field),
                Err("page")
            );
        }
        assert_eq!(
            PageRequest::new(None, Some(9)).map_err(|error| error.field),
            Err("page_size")
        );
        assert_eq!(
            PageRequest::new(None, Some(101)).map_err(|error| error.field),
            Err("page_size")
        );
    }
}
