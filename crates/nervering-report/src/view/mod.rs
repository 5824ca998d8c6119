//! Recordings to look at before anything is trained: [`view_page`] makes one HTML file of them, with heat
//! maps, traces, states, and what the inspector finds beside it; of a model, what it says of every frame. It
//! holds all that it shows, asks for nothing, and all text from files goes in escaped. `view.css` and
//! `view.js` are ours; [`data`] is what they draw.

mod about;
mod data;

pub use about::{ViewAbout, ViewFinding, ViewedAnimal, ViewedModel};

use crate::draw::base64;
use crate::html::Html;
use data::{Precision, view_data};
use nervering_fit::ModelPrediction;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("view.css");
const SCRIPT: &str = include_str!("view.js");

/// The page. Traces are quantised to 65,535 steps between the least and the largest value of each neuron;
/// where the page would pass eight megabytes, to 255 steps, and then of every second, third or later
/// frame. The page says which.
pub fn view_page(animals: &[ViewedAnimal<'_>], about: &ViewAbout<'_>) -> String {
    let precision = Precision::of(animals);
    let digest = |source: &str| base64(&Sha256::digest(source.as_bytes()));
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
        .leaf("title", about.title)
        .source("style", STYLE);
    let needs = "Heat maps and traces need scripts, which are turned off here.";
    let viewer = Html::new().element("div", &[("id", "viewer")], Html::new()).element(
        "noscript",
        &[],
        Html::new().leaf("p", needs),
    );
    let main = Html::new()
        .leaf("h1", about.title)
        .element("section", &[("id", "view"), ("aria-label", "Recordings")], viewer)
        .element("section", &[("id", "findings")], findings(about.findings))
        .element("section", &[("id", "about")], told(animals, about, precision));
    let body = Html::new()
        .element("main", &[], main)
        .data("data", &view_data(animals, about, precision))
        .source("script", SCRIPT);
    let html = Html::new().element("head", &[], head).element("body", &[], body);
    let html = Html::new().element("html", &[("lang", "en")], html);
    format!("<!doctype html>\n{}\n", html.into_string())
}

/// What the inspector says, the same kind of several places together.
fn findings(findings: &[ViewFinding]) -> Html {
    let html = Html::new().leaf("h2", "What inspect says");
    if findings.is_empty() {
        return html.leaf("p", "Nothing was found to be wrong or doubtful.");
    }
    let rows = findings.iter().fold(Html::new(), |rows, finding| {
        let class = if finding.level == "advice" { "advice" } else { "level" };
        let level = Html::new().element("b", &[("class", class)], Html::new().text(&finding.level));
        let said = Html::new().leaf("b", &finding.place).text(": ").text(&finding.text);
        let kind = Html::new().text(" ").leaf("code", &finding.kind);
        rows.element("li", &[], level.text(" ").and(said).and(kind))
    });
    html.element("ul", &[], rows)
}

/// How the page was made, and what is rounded in it.
fn told(animals: &[ViewedAnimal<'_>], about: &ViewAbout<'_>, precision: Precision) -> Html {
    let mut html = Html::new().leaf("h2", "About this page");
    html = html.leaf("p", &precision.text());
    if let Some(model) = about.model {
        let of =
            |animal: &&ViewedAnimal<'_>| animal.said.is_some_and(ModelPrediction::is_trained_on);
        let seen: Vec<&str> =
            animals.iter().filter(of).map(|animal| animal.recording.animal()).collect();
        let text = format!(
            "Probabilities are those of {}, trained on {}.",
            model.name,
            model.trained_on.join(", ")
        );
        html = html.leaf("p", &text);
        if !seen.is_empty() {
            let text = format!(
                "It has been trained on {} itself: what it says there is no test.",
                seen.join(", ")
            );
            html = html.leaf("p", &text);
        }
    }
    html.leaf("p", &format!("Made by Nervering {}.", env!("CARGO_PKG_VERSION")))
}
