//! Figures of studies of whole animals: balanced accuracy against how long an answer waits, against how many
//! neurons are shown, and against what is known of an animal beforehand.

use super::asked::{StudyReport, about};
use crate::figure::{FigureData, against};
use nervering_fit::{Adaptation, Inputs, Look, ModelName, Normalisation, Structure};
use nervering_recording::{NeuronSet, StateCoding};
use nervering_study::{Comparison, Decode, Section, SummaryRow};

/// Conditions that a figure is drawn for.
const FEWEST_CONDITIONS: usize = 3;

/// Where a point stands on the axis, and what stands under it.
type Condition = (f64, String);

/// Those for which the study has enough conditions.
pub(super) fn figures(study: &StudyReport<'_>) -> Vec<FigureData> {
    let delays = Asked {
        name: "delay",
        title: "Balanced accuracy against how long an answer waits",
        condition: "seconds that an answer waits (offline: for the whole recording)",
        of: &|variant, model| {
            let each_frame = variant.preparation.structure == Structure::Frames;
            let all_neurons = variant.preparation.neurons != NeuronSet::Named;
            (each_frame && all_neurons).then(|| waits(variant, model))
        },
    };
    let has_any = study.results.config.variants.iter().any(takes_any);
    let neurons = Asked {
        name: "missing-neurons",
        title: "Balanced accuracy as neurons go missing",
        condition: "neurons that are shown",
        of: &|variant, _| if has_any { shown(study, variant) } else { None },
    };
    let adapts = study.results.config.variants.iter().any(|v| v.preparation.adapt.is_some());
    let adaptation = Asked {
        name: "adaptation",
        title: "Balanced accuracy by what is known of an animal beforehand",
        condition: "seconds of its labels that are known",
        of: &|variant, _| adapts.then(|| known(variant)),
    };
    [delays, neurons, adaptation].iter().filter_map(|asked| asked.figure(study)).collect()
}

fn takes_any(variant: &Comparison<Decode>) -> bool {
    variant.preparation.neurons == NeuronSet::Named
}

/// A figure that a study may have.
struct Asked<'a> {
    name: &'a str,
    title: &'a str,
    condition: &'a str,
    of: &'a dyn Fn(&Comparison<Decode>, ModelName) -> Option<Condition>,
}

/// A mean and a deviation of a model under a condition.
struct Point {
    coding: StateCoding,
    model: String,
    condition: Condition,
    mean: f64,
    sd: Option<f64>,
}

impl Asked<'_> {
    fn figure(&self, study: &StudyReport<'_>) -> Option<FigureData> {
        let mut points: Vec<Point> = Vec::new();
        let mut first = None;
        for section in study.table.sections {
            let variants = &study.results.config.variants;
            let Some(variant) = variants.iter().find(|v| v.name == section.variant) else {
                continue;
            };
            let of_section =
                section.rows.iter().filter_map(|row| self.point(section, variant, row));
            let before = points.len();
            points.extend(of_section);
            if points.len() > before {
                first.get_or_insert(variant);
            }
        }
        let mut conditions: Vec<&Condition> = points.iter().map(|p| &p.condition).collect();
        conditions.sort_by(|a, b| a.0.total_cmp(&b.0));
        conditions.dedup();
        if conditions.len() < FEWEST_CONDITIONS {
            return None;
        }
        let mut panels: Vec<(&StateCoding, against::AgainstPanel)> = Vec::new();
        for point in &points {
            let at = panels.iter().position(|(coding, _)| **coding == point.coding);
            let at = at.unwrap_or_else(|| {
                let title = format!("{} states", point.coding.n_classes());
                panels.push((&point.coding, against::AgainstPanel { title, lines: Vec::new() }));
                panels.len() - 1
            });
            let lines = &mut panels[at].1.lines;
            let line = lines.iter().position(|line| line.model == point.model);
            let line = line.unwrap_or_else(|| {
                let none = vec![None; conditions.len()];
                let model = point.model.clone();
                lines.push(against::Line { model, mean: none.clone(), sd: none });
                lines.len() - 1
            });
            let condition = conditions.iter().position(|c| **c == point.condition)?;
            let of_line: &mut against::Line = &mut lines[line];
            of_line.mean[condition].get_or_insert(point.mean);
            of_line.sd[condition] = of_line.sd[condition].or(point.sd);
        }
        Some(FigureData::Against(against::Data {
            about: about(study, first?, self.name.to_owned(), self.title.to_owned()),
            measure: "balanced accuracy".to_owned(),
            over: "unseen animals".to_owned(),
            condition: self.condition.to_owned(),
            conditions: conditions.iter().map(|condition| condition.1.clone()).collect(),
            panels: panels.into_iter().map(|(_, panel)| panel).collect(),
        }))
    }

    fn point(
        &self,
        section: &Section,
        variant: &Comparison<Decode>,
        row: &SummaryRow,
    ) -> Option<Point> {
        let model: ModelName = row.model.parse().ok()?;
        let most = section.rows.iter().map(|row| row.n_trained).max()?;
        // Chance would take most of the axis.
        if model == ModelName::Majority || row.n_trained < most {
            return None;
        }
        let measured = row.unseen.balanced_accuracy?;
        Some(Point {
            coding: variant.preparation.coding.clone(),
            model: family(model),
            condition: (self.of)(variant, model)?,
            mean: measured.mean,
            sd: (measured.n > 1).then_some(measured.sd),
        })
    }
}

/// A model whatever its delay.
fn family(model: ModelName) -> String {
    match (model.inputs(), model.as_str().split_once('-')) {
        (Inputs::Signals(Look::Back { .. }), Some((family, _))) => family.to_owned(),
        (Inputs::Context(_), Some((family, _))) => format!("{family}-context"),
        _ => model.to_string(),
    }
}

/// How long an answer waits.
fn waits(variant: &Comparison<Decode>, model: ModelName) -> Condition {
    let whole = variant.preparation.normalisation == Normalisation::WholeRecording;
    match model.inputs().look() {
        Some(Look::Back { delay_s }) if !whole => (delay_s, delay_s.to_string()),
        None if !whole => (0., "0".to_owned()),
        _ => (f64::INFINITY, "offline".to_owned()),
    }
}

/// What is known of an animal not trained on.
fn known(variant: &Comparison<Decode>) -> Condition {
    match variant.preparation.adapt {
        None => (-1., "nothing".to_owned()),
        Some(Adaptation::Unlabelled) => (0., "its traces".to_owned()),
        Some(Adaptation::Labels { seconds }) => (seconds, seconds.to_string()),
    }
}

/// How many neurons are shown of an animal never seen.
fn shown(study: &StudyReport<'_>, variant: &Comparison<Decode>) -> Option<Condition> {
    let set = variant.preparation.shown.as_ref().unwrap_or(&variant.preparation.neurons);
    if *set == NeuronSet::Named {
        return Some((f64::INFINITY, "all named".to_owned()));
    }
    let n = set.resolve(study.recordings).ok()?.len();
    Some((n as f64, n.to_string()))
}
