//! What an item cites stands at the place it cites.

use super::super::super::item::{ItemContent, SourceSpan};
use super::{Blueprint, DEMO, SourceText, generate, items, source, texts};

fn cited(pages: &[String], span: &SourceSpan) -> String {
    let place = |offset: u32| usize::try_from(offset).unwrap();
    let page: Vec<char> = pages[place(span.page) - 1].chars().collect();
    page[place(span.start)..place(span.end)].iter().collect()
}

fn quotes_hold(pages: &[String], items: &[&ItemContent]) {
    for item in items {
        let span = item.source.as_ref().unwrap();
        assert_eq!(cited(pages, span), span.quote, "{}", item.stem);
        assert!(!span.quote.trim().is_empty());
    }
}

#[test]
fn every_quote_is_the_text_of_its_page_at_its_place() {
    for pages in [&texts::BIOLOGY[..], &[texts::MANUAL], &[texts::README], &[DEMO]] {
        let source = source(pages);
        let made = generate(std::slice::from_ref(&source), &Blueprint::default(), 11).unwrap();
        quotes_hold(&source.pages, &items(&made));
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(8))]
    #[test]
    fn quotes_hold_wherever_pages_break_and_whatever_stands_between(
        breaks in proptest::collection::vec(proptest::bool::weighted(0.04), 200),
        noise in proptest::collection::vec(0_usize..6, 200),
        seed in 0_u64..100,
    ) {
        let marks = ["", "", "  ", "\u{ad}", "\u{a0}", "é ﬁ "];
        let mut pages = vec![String::new()];
        for (index, line) in DEMO.lines().enumerate() {
            let at = index % breaks.len();
            if breaks[at] {
                pages.push(String::new());
            }
            let page = pages.last_mut().unwrap();
            page.push_str(marks[noise[at]]);
            page.push_str(line);
            page.push('\n');
        }
        let text = SourceText { pages, ..source(&[]) };
        if let Ok(made) = generate(std::slice::from_ref(&text), &Blueprint::default(), seed) {
            quotes_hold(&text.pages, &items(&made));
        }
    }
}
