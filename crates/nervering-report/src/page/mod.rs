//! The page: one HTML file that can be mailed. It holds everything it shows, asks for nothing (its
//! policy allows neither scripts nor styles nor connections but its own), and is readable without
//! scripts, on a phone and on paper.
//!
//! [`page`] puts it together from a [`Document`]: summary, tables, figures, what a reader can turn
//! and zoom ([`live`]), and how it was made. `style.css` and `script.js` are ours.

mod live;

use crate::cells::{Cell, TableData};
use crate::document::{Document, Setting};
use crate::draw::base64;
use crate::figure::Figure;
use crate::html::Html;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page of a document that [`Document::check`] has passed.
pub fn page(document: &Document) -> String {
    page_with(document, &document.draw())
}

/// The same with the figures drawn already.
pub(crate) fn page_with(document: &Document, figures: &[Figure]) -> String {
    let for_phone = document.draw_for_phone(figures);
    let all = || figures.iter().chain(for_phone.iter().flatten());
    let n_neurons = live::room(document, all().map(|figure| figure.svg.len()).sum());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; \
         base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    let head = Html::new()
        .void("meta", &[("charset", "utf-8")])
        .void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)])
        .void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")])
        .void("meta", &[("name", "referrer"), ("content", "no-referrer")])
        .void("meta", &[("name", "color-scheme"), ("content", "light dark")])
        .leaf("title", &document.title)
        .source("style", STYLE);
    let mut main = Html::new().leaf("h1", &document.title).and(summary(document));
    if !document.tables.is_empty() {
        let tables = document.tables.iter().enumerate().map(|(k, data)| table(k, data));
        main = main.and(section("tables", "Tables", together(tables)));
    }
    if !document.recordings.is_empty() {
        main = main.and(section("recordings", "Recordings", live::viewer(document, n_neurons)));
    }
    if !figures.is_empty() {
        let numbered = document.figures.iter().zip(figures.iter().zip(&for_phone)).enumerate();
        let all = numbered.map(|(k, (data, (figure, for_phone)))| {
            live::figure(k, data, figure, for_phone.as_ref())
        });
        main = main.and(section("figures", "Figures", together(all)));
    }
    let main = main.and(section("made", "How this was made", how(document)));
    let body = Html::new()
        .element("a", &[("class", "skip"), ("href", "#main")], Html::new().text("To the content"))
        .element("nav", &[("aria-label", "Sections")], contents(document))
        .element("main", &[("id", "main")], main)
        .data("data", &live::data(document, n_neurons))
        .source("script", SCRIPT);
    let html = Html::new().element("head", &[], head).element("body", &[], body);
    let html = Html::new().element("html", &[("lang", "en")], html);
    format!("<!doctype html>\n{}\n", html.into_string())
}

fn digest(source: &str) -> String {
    base64(&Sha256::digest(source.as_bytes()))
}

fn together(pieces: impl Iterator<Item = Html>) -> Html {
    pieces.fold(Html::new(), Html::and)
}

fn section(id: &'static str, title: &str, content: Html) -> Html {
    let heading = Html::new().element("h2", &[], Html::new().text(title));
    Html::new().element("section", &[("id", id)], heading.and(content))
}

fn contents(document: &Document) -> Html {
    let sections = [
        ("#summary", "Summary", true),
        ("#tables", "Tables", !document.tables.is_empty()),
        ("#recordings", "Recordings", !document.recordings.is_empty()),
        ("#figures", "Figures", !document.figures.is_empty()),
        ("#made", "How this was made", true),
    ];
    let link = |(address, name, _): (&str, &str, bool)| {
        Html::new().element("a", &[("href", address)], Html::new().text(name))
    };
    together(sections.into_iter().filter(|section| section.2).map(link))
}

/// What was asked, of which data, what came out, what to distrust.
fn summary(document: &Document) -> Html {
    let parts = [
        ("What was asked", &document.summary.asked),
        ("Of which data", &document.summary.data),
        ("What came out", &document.summary.found),
        ("What to distrust", &document.summary.distrust),
    ];
    let part = |(title, sentences): (&str, &Vec<String>)| {
        let list = sentences.iter().fold(Html::new(), |list, text| list.leaf("li", text));
        Html::new().leaf("h3", title).element("ul", &[], list)
    };
    let parts = parts.into_iter().filter(|(_, sentences)| !sentences.is_empty());
    section("summary", "Summary", together(parts.map(part)))
}

fn table(at: usize, data: &TableData) -> Html {
    let numeric = |column: usize| {
        let mut cells = data.rows.iter().map(|row| &row[column]);
        !cells.any(|cell| matches!(cell, Cell::Text(_)))
    };
    let numeric: Vec<bool> = (0..data.columns.len()).map(numeric).collect();
    let class = |column: usize| if numeric[column] { "number" } else { "words" };
    let head = data.columns.iter().enumerate().fold(Html::new(), |head, (k, name)| {
        head.element("th", &[("scope", "col"), ("class", class(k))], Html::new().text(name))
    });
    let body = data.rows.iter().fold(Html::new(), |body, row| {
        let cells = row.iter().enumerate().fold(Html::new(), |cells, (k, cell)| {
            let text = Html::new().text(&cell.text());
            // The words at the head of a row name it.
            if k == 0 && !numeric[0] {
                cells.element("th", &[("scope", "row"), ("class", "words")], text)
            } else {
                cells.element("td", &[("class", class(k))], text)
            }
        });
        body.element("tr", &[], cells)
    });
    let title = format!("Table {}: {}", at + 1, data.title);
    let table = Html::new()
        .leaf("caption", &title)
        .element("thead", &[], Html::new().element("tr", &[], head))
        .element("tbody", &[], body);
    let scroll =
        [("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", &title)];
    let notes = data.notes.iter().fold(Html::new(), |notes, text| notes.leaf("li", text));
    let table = Html::new().element("div", &scroll, Html::new().element("table", &[], table));
    if data.notes.is_empty() { table } else { table.element("ul", &[("class", "notes")], notes) }
}

/// Configuration, software, seeds and citations.
fn how(document: &Document) -> Html {
    let mut html = Html::new();
    let lists = [
        ("Configuration", &document.configuration),
        ("Software", &document.software),
        ("Seeds", &document.seeds),
    ];
    for (title, settings) in lists.into_iter().filter(|(_, settings)| !settings.is_empty()) {
        html = html.leaf("h3", title).and(definitions(settings));
    }
    if let Some(file) = &document.study_file {
        let file = Html::new().element("code", &[], Html::new().text(file));
        let attributes = [("tabindex", "0"), ("aria-label", "Study file"), ("role", "region")];
        html = html.leaf("h3", "Study file").element("pre", &attributes, file);
    }
    if !document.citations.is_empty() {
        let list = document.citations.iter().fold(Html::new(), |list, citation| {
            let mut item = Html::new().text(&citation.text);
            if let Some(url) = &citation.url {
                let shown = Html::new().text(url);
                item = item.text(" ");
                item = if url.starts_with("https://") {
                    item.element("a", &[("href", url), ("rel", "noreferrer")], shown)
                } else {
                    item.and(shown)
                };
            }
            list.element("li", &[], item)
        });
        html = html.leaf("h3", "Please cite").element("ul", &[], list);
    }
    html
}

fn definitions(settings: &[Setting]) -> Html {
    let list = settings.iter().fold(Html::new(), |list, setting| {
        let pair = Html::new().leaf("dt", &setting.name).leaf("dd", &setting.value);
        list.element("div", &[], pair)
    });
    Html::new().element("dl", &[], list)
}
