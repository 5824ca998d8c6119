//! Forty names that nobody gives a worm.

use nervering_report::{Document, FigureData};

pub const NAMES: [&str; 40] = [
    "<script>window.hit=1</script>",
    "</script><script>window.hit=1</script>",
    "</style><script>window.hit=1</script>",
    "</title><script>window.hit=1</script>",
    "</svg><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "\"><img src=x onerror=window.hit=1>",
    "'><svg onload=window.hit=1>",
    "\" onmouseover=\"window.hit=1",
    "' onfocus='window.hit=1' autofocus='",
    "javascript:window.hit=1",
    "JaVaScRiPt:window.hit=1",
    "java\tscript:window.hit=1",
    "data:text/html,<script>window.hit=1</script>",
    "vbscript:window.hit=1",
    "<!-- <script> -->",
    "-->\n<script>window.hit=1</script>",
    "]]><script>window.hit=1</script>",
    "<![CDATA[<script>window.hit=1</script>]]>",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "&#60;script&#62;window.hit=1&#60;/script&#62;",
    "\\u003cscript\\u003ewindow.hit=1\\u003c/script\\u003e",
    "${window.hit=1}",
    "{{constructor.constructor('window.hit=1')()}}",
    "$\\frac{AVAL}{\\sqrt{2}}$",
    "</textarea><script>window.hit=1</script>",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<a href=javascript:window.hit=1>AVAL</a>",
    "<base href=//example.invalid/>",
    "<meta http-equiv=refresh content='0;url=//example.invalid'>",
    "<link rel=stylesheet href=//example.invalid/x.css>",
    "url(//example.invalid/x.png)",
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\u{202e}LAVA",
    "\u{2067}AVAL\u{2069} \u{200f}שלום",
    "\u{0}\u{8}\u{1b}[31m\u{2028}AVAL\u{2029}\u{fffe}",
    "__proto__",
];

/// Puts the names wherever a document takes one.
pub fn infect(document: &mut Document) {
    let mut at = 0;
    let mut take = |name: &mut String| {
        *name = NAMES[at % NAMES.len()].to_owned();
        at += 1;
    };
    take(&mut document.title);
    let summary = &mut document.summary;
    for list in [&mut summary.asked, &mut summary.data, &mut summary.found, &mut summary.distrust] {
        list.iter_mut().for_each(&mut take);
    }
    for view in &mut document.recordings {
        take(&mut view.animal);
        view.neurons.iter_mut().for_each(&mut take);
        view.states.names.iter_mut().for_each(&mut take);
        for prediction in &mut view.predictions {
            take(&mut prediction.model);
            take(&mut prediction.trained_on);
            prediction.states.names.iter_mut().for_each(&mut take);
        }
    }
    let configuration = document.configuration.iter_mut().chain(&mut document.software);
    for setting in configuration.chain(&mut document.seeds) {
        take(&mut setting.name);
        take(&mut setting.value);
    }
    document.study_file = Some(NAMES.join("\n"));
    for citation in &mut document.citations {
        take(&mut citation.text);
        citation.url = Some("javascript:window.hit=1".into());
    }
    for table in &mut document.tables {
        take(&mut table.title);
        table.columns.iter_mut().for_each(&mut take);
        table.notes.iter_mut().for_each(&mut take);
    }
    for figure in &mut document.figures {
        match figure {
            FigureData::HeatMap(data) => take(&mut data.about.name),
            FigureData::Trace(data) => take(&mut data.about.title),
            FigureData::StateMeans(data) => {
                for panel in &mut data.panels {
                    take(&mut panel.neuron);
                    take(&mut panel.state);
                    panel.animals.iter_mut().for_each(|animal| take(&mut animal.animal));
                }
            }
            FigureData::Distributions(data) => {
                data.rows.iter_mut().chain(&mut data.columns).for_each(&mut take);
                take(&mut data.test);
            }
            FigureData::Manifold(data) => {
                data.axes.iter_mut().for_each(&mut take);
                data.animals.iter_mut().for_each(|animal| take(&mut animal.animal));
            }
            FigureData::Strip(data) | FigureData::Bars(data) | FigureData::Learning(data) => {
                take(&mut data.about.n);
                for score in &mut data.scores {
                    take(&mut score.model);
                    take(&mut score.on);
                }
            }
            FigureData::Confusion(data) => {
                data.states.iter_mut().for_each(&mut take);
                data.models.iter_mut().for_each(|model| take(&mut model.model));
            }
            FigureData::Against(data) => {
                [&mut data.measure, &mut data.condition].into_iter().for_each(&mut take);
                data.conditions.iter_mut().for_each(&mut take);
                for panel in &mut data.panels {
                    take(&mut panel.title);
                    panel.lines.iter_mut().for_each(|line| take(&mut line.model));
                }
            }
            FigureData::Horizon(data) => {
                take(&mut data.error);
                data.panels.iter_mut().for_each(|panel| take(&mut panel.title));
            }
            FigureData::Fan(data) => {
                take(&mut data.trace);
                data.panels.iter_mut().for_each(|panel| take(&mut panel.model));
            }
            FigureData::GraphMatrix(data) | FigureData::GraphNetwork(data) => {
                take(&mut data.model);
                data.null.iter_mut().for_each(|null| take(&mut null.name));
                data.neurons.iter_mut().for_each(&mut take);
                data.connectome.iter_mut().for_each(|connectome| take(&mut connectome.source));
            }
            FigureData::Training(data) => {
                for panel in &mut data.panels {
                    take(&mut panel.model);
                    take(&mut panel.condition);
                }
            }
            FigureData::Curves(data) => {
                take(&mut data.band);
                for panel in &mut data.panels {
                    take(&mut panel.title);
                    panel.series.iter_mut().for_each(|series| take(&mut series.name));
                }
            }
            FigureData::Dots(data) => {
                data.animals.iter_mut().for_each(&mut take);
                for row in &mut data.rows {
                    take(&mut row.name);
                    take(&mut row.group);
                }
            }
            FigureData::Leakage(data) => {
                take(&mut data.leaking);
                data.models.iter_mut().for_each(|pair| take(&mut pair.model));
            }
        }
    }
}
