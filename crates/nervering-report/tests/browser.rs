//! The page in a headless Chromium: nothing is complained of, nothing is asked for, every part that
//! can be turned or zoomed does what it says, no text of a figure is cut or covered, and nothing of
//! forty hostile names runs.
//!
//! Chromium is found on the path or by `NERVERING_CHROMIUM` (Debian: `apt-get install chromium`);
//! without one these tests print that they skip. `NERVERING_SCREENSHOTS=DIR` writes what they saw.
//! `NERVERING_AXE=…/axe.min.js` (npm: `axe-core`) adds its accessibility rules.

#[path = "browser/cdp.rs"]
mod cdp;
mod common;

use cdp::Browser;
use common::{document, simulated, worms};
use nervering_report::{Document, page};
use std::path::PathBuf;

/// The page in a file of its own.
fn written(document: &Document) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    std::fs::write(&file, page(document)).unwrap();
    (folder, file)
}

fn texts(browser: &mut Browser, expression: &str) -> Vec<String> {
    let list = browser.value(expression);
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap_or("").to_owned()).collect()
}

#[test]
fn every_part_can_be_used_and_nothing_is_asked_for() {
    let Some(mut browser) = Browser::start() else { return };
    let (_folder, file) = written(&document(&simulated(2, 120.)));
    browser.open(&file, 1000, "light");
    // A canvas that has been drawn on has changed pixels.
    let picture = |at: usize| format!("document.querySelectorAll('canvas')[{at}].toDataURL()");
    let live = "document.querySelectorAll('.live')";
    let status = |at: usize| {
        format!(
            "document.querySelectorAll('.live')[{at}].querySelector('[role=status]').textContent"
        )
    };
    let press = |at: usize, name: &str| {
        format!(
            "[...{live}[{at}].querySelectorAll('button')].find(b => b.textContent === '{name}').click()"
        )
    };

    // The viewer: buttons, drags, keys, neurons, animals.
    let whole = browser.value(&status(0));
    assert!(whole.as_str().unwrap().starts_with("sim01: 0.0 to "), "{whole}");
    let mut seen = vec![browser.value(&picture(0))];
    for name in ["Zoom in", "Zoom in", "Later", "Earlier", "Zoom out", "Whole recording"] {
        browser.value(&press(0, name));
        browser.settle();
        let status = browser.value(&status(0));
        let now = browser.value(&picture(0));
        assert_ne!(&now, seen.last().unwrap(), "{name} changed nothing");
        seen.push(now);
        assert_eq!(status == whole, name == "Whole recording", "{name}: {status}");
    }
    browser.value(&press(0, "Zoom in"));
    browser.settle();
    let before = browser.value(&status(0));
    browser.drag("document.querySelectorAll('canvas')[0]", -120., 0.);
    assert_ne!(browser.value(&status(0)), before, "a drag moves");
    let readout = browser.value("document.querySelector('.live .readout').textContent");
    let readout = readout.as_str().unwrap();
    for part in [" s: labelled ", "gnn ", "mlp "] {
        assert!(readout.contains(part), "{readout}");
    }
    browser.value("document.querySelectorAll('canvas')[0].focus()");
    browser.key("0");
    assert_eq!(browser.value(&status(0)), whole, "0 shows all");
    for key in ["+", "ArrowRight", "ArrowLeft", "-"] {
        let before = browser.value(&picture(0));
        browser.key(key);
        assert_ne!(browser.value(&picture(0)), before, "{key}");
    }
    let height = "document.querySelectorAll('canvas')[0].clientHeight";
    let before = browser.value(height).as_f64().unwrap();
    browser.value("document.querySelector('details').open = true");
    browser.value("document.querySelectorAll('.neurons input')[9].click()");
    browser.settle();
    assert!(browser.value(height).as_f64().unwrap() > before, "a neuron more is drawn");
    let filter = "(() => { const f = document.querySelector('input[type=search]'); f.value = 'ava'; \
                  f.dispatchEvent(new Event('input')); })()";
    browser.value(filter);
    let mut kept = texts(
        &mut browser,
        "[...document.querySelectorAll('.neurons label')].map(l => l.textContent)",
    );
    kept.sort();
    assert_eq!(kept, ["AVAL", "AVAR"]);
    let choose = "(() => { const s = document.querySelector('.live select'); s.value = 1; \
                  s.dispatchEvent(new Event('change')); })()";
    browser.value(choose);
    browser.settle();
    assert!(browser.value(&status(0)).as_str().unwrap().starts_with("sim02: "));

    // A manifold: drags, keys, its buttons.
    let start = browser.value(&status(1));
    assert_eq!(start, "seen from 325° around, 25° above");
    let before = browser.value(&picture(1));
    browser.drag("document.querySelectorAll('canvas')[1]", 60., 20.);
    assert_eq!(browser.value(&status(1)), "seen from 295° around, 35° above");
    assert_ne!(browser.value(&picture(1)), before);
    browser.value("document.querySelectorAll('canvas')[1].focus()");
    browser.key("ArrowUp");
    assert_eq!(browser.value(&status(1)), "seen from 295° around, 30° above");
    browser.value(&press(1, "Rotate"));
    let before = browser.value(&picture(1));
    browser.value("new Promise(done => setTimeout(() => done(0), 200))");
    assert_ne!(browser.value(&picture(1)), before, "it turns");
    browser.value(&press(1, "Stop"));
    browser.value(&press(1, "Reset view"));
    assert_eq!(browser.value(&status(1)), start);

    // A graph: its slider and the connectome.
    let links = "document.querySelector('output').textContent";
    let count = |text: &serde_json::Value| -> usize {
        text.as_str().unwrap().split(' ').next().unwrap().parse().unwrap()
    };
    let few = count(&browser.value(links));
    let slide = "(() => { const s = document.querySelector('input[type=range]'); s.value = 0.05; \
                 s.dispatchEvent(new Event('input')); })()";
    browser.value(slide);
    let many = count(&browser.value(links));
    assert!(many > few, "{many} links from 0.05, {few} from 0.3");
    let paths = "document.querySelectorAll('.live[data-kind=graph] svg path').length";
    assert_eq!(browser.value(paths).as_u64().unwrap() as usize, many, "as many as are told");
    browser.value("document.querySelector('.live[data-kind=graph] input[type=checkbox]').click()");
    assert!(browser.value(paths).as_u64().unwrap() as usize > many, "the connectome is beneath");

    assert_eq!(browser.complaints(), [""; 0]);
    assert_eq!(browser.requests(), [""; 0]);
}

#[test]
fn the_policy_stops_what_is_not_of_the_page() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    let foreign = "<script>window.hit=1</script><img src=x onerror=window.hit=1>\
                   <p style=\"color:red\" onclick=window.hit=1>x</p></body>";
    let html = page(&Document::new("t")).replace("</body>", foreign);
    std::fs::write(&file, html).unwrap();
    browser.open(&file, 800, "light");
    assert_eq!(browser.value("typeof window.hit"), "undefined");
    assert!(browser.complaints().len() >= 3, "each of them is refused: {:?}", browser.complaints());
}

#[test]
fn no_text_of_a_figure_is_cut_or_covered() {
    let Some(mut browser) = Browser::start() else { return };
    let recordings = worms().unwrap_or_else(|| simulated(5, 240.));
    let (_folder, file) = written(&document(&recordings));
    browser.open(&file, 1440, "light");
    let script = "[...document.querySelectorAll('.drawing svg')].flatMap(svg => { \
        const frame = svg.getBoundingClientRect(), id = svg.querySelector('title').id; \
        const texts = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]); \
        const cut = texts.filter(([, b]) => b.left < frame.left - 1 || b.right > frame.right + 1 \
            || b.top < frame.top - 1 || b.bottom > frame.bottom + 1).map(([t]) => id + ' is cut: ' + t); \
        const over = texts.flatMap(([t, b], i) => texts.slice(i + 1).filter(([, c]) => \
            Math.min(b.right, c.right) - Math.max(b.left, c.left) > 1 && \
            Math.min(b.bottom, c.bottom) - Math.max(b.top, c.top) > 0.35 * Math.min(b.height, c.height)) \
            .map(([u]) => id + ' overlaps: ' + t + ' / ' + u)); \
        return cut.concat(over); })";
    let found = texts(&mut browser, script);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_page_is_readable_on_a_phone_and_in_the_dark() {
    let Some(mut browser) = Browser::start() else { return };
    let recordings = worms().unwrap_or_else(|| simulated(5, 240.));
    let (_folder, file) = written(&document(&recordings));
    let axe = std::env::var_os("NERVERING_AXE").map(|path| std::fs::read_to_string(path).unwrap());
    for (width, scheme) in [(390, "light"), (390, "dark"), (1440, "light"), (1440, "dark")] {
        browser.events.clear();
        browser.open(&file, width, scheme);
        let wide = browser.value("document.documentElement.scrollWidth").as_u64().unwrap();
        assert!(wide <= u64::from(width), "the page is {wide} pixels wide at {width}");
        browser.screenshot(&format!("{width}-{scheme}.png"));
        if let Some(axe) = &axe {
            browser.value(&format!("{axe};0"));
            let found = texts(
                &mut browser,
                "axe.run().then(r => r.violations.map(v => v.impact + ' ' + v.id + ' ' + v.nodes.length \
                 + ' ' + v.nodes[0].html.slice(0, 120)))",
            );
            let passed = browser.value("axe.run().then(r => r.passes.length)");
            println!("axe at {width} in the {scheme}: {passed} rules pass, violated: {found:#?}");
            assert!(!found.iter().any(|v| v.starts_with("serious") || v.starts_with("critical")));
        }
        assert_eq!(browser.complaints(), [""; 0]);
    }
}

#[test]
fn nothing_of_a_hostile_name_runs() {
    let Some(mut browser) = Browser::start() else { return };
    let mut document = document(&simulated(2, 60.));
    common::hostile::infect(&mut document);
    let (_folder, file) = written(&document);
    browser.open(&file, 1000, "light");
    browser.value("document.querySelectorAll('details').forEach(d => { d.open = true; })");
    browser
        .value("document.querySelectorAll('button, input[type=checkbox]').forEach(b => b.click())");
    browser.value("document.querySelectorAll('a, svg text, td, li').forEach(e => e.dispatchEvent(new MouseEvent('mouseover', { bubbles: true })))");
    browser.drag("document.querySelectorAll('canvas')[0]", 40., 0.);
    browser.settle();
    assert_eq!(browser.value("typeof window.hit"), "undefined");
    let foreign = "document.querySelectorAll('img, iframe, base, link, object, embed, form, textarea, \
                   a[href^=javascript], [onload], [onerror], [onmouseover], [onfocus], [srcdoc]').length";
    assert_eq!(browser.value(foreign), 0);
    assert_eq!(browser.complaints(), [""; 0]);
    assert_eq!(browser.requests(), [""; 0]);
    browser.screenshot("hostile.png");
}
