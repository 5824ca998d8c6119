//! What a study of animals never seen comes to, in a sentence: the best model with its interval, whether it
//! is better than the linear baseline, and what shuffled windows would have claimed.

use crate::table::Table;
use nervering_statistics::{Difference, ModelMean, PairedComparison};
use nervering_study::Compared;

/// The linear baseline.
const BASELINE: &str = "logistic";

/// Of the first variant whose models were compared, trained on most animals; `None` where none were.
pub(crate) fn answer(table: &Table<'_>) -> Option<String> {
    let first = table.compared.first()?;
    let of_variant = table.compared.iter().filter(|compared| compared.variant == first.variant);
    let compared = of_variant.max_by_key(|compared| compared.n_trained)?;
    let measured = compared.means.iter().filter(|mean| mean.mean.is_some());
    let best = measured.max_by(|a, b| a.mean.unwrap_or(0.).total_cmp(&b.mean.unwrap_or(0.)))?;
    let section = table.sections.iter().find(|section| section.variant == compared.variant)?;
    let (n_states, n_trained) = (section.states.len(), compared.n_trained);
    let mut said = format!(
        "In animals never seen, {} decodes {n_states} states with a balanced accuracy of {} (chance {:.0} %, \
         trained on {n_trained}, n = {}), {}",
        best.model,
        with_interval(best)?,
        100. / n_states.max(1) as f64,
        best.n_animals,
        beside_baseline(best, compared)
    );
    let claim = table.claims.iter().find(|claim| {
        claim.variant == compared.variant
            && claim.model == best.model
            && claim.n_trained == n_trained
    });
    if let Some(claimed) = claim.and_then(|claim| claim.unseen_claimed) {
        said += &format!("; shuffled windows would have claimed {:.1} %", 100. * claimed.mean);
    }
    Some(said + ".")
}

fn with_interval(of: &ModelMean) -> Option<String> {
    let mean = 100. * of.mean?;
    Some(match of.interval {
        Some(i) => format!("{mean:.1} % [{:.1}, {:.1}]", 100. * i.low, 100. * i.high),
        None => format!("{mean:.1} %"),
    })
}

/// Whether the best model is better than the baseline.
fn beside_baseline(best: &ModelMean, compared: &Compared) -> String {
    if best.model == BASELINE {
        return "and no model is better than this linear baseline".to_owned();
    }
    let Some((difference, sign)) = difference(best, compared) else {
        return "beside no linear baseline".to_owned();
    };
    let more = 100. * sign * difference.test.mean_difference;
    match difference.interval.map(|i| [100. * sign * i.low, 100. * sign * i.high]) {
        Some([a, b]) => {
            let (low, high) = (a.min(b), a.max(b));
            let told = if low > 0. { "better than" } else { "not told apart from" };
            format!(
                "{told} the linear baseline, {BASELINE}: {more:+.1} points [{low:.1}, {high:.1}]"
            )
        }
        None => format!("{more:+.1} points from the linear baseline, {BASELINE}"),
    }
}

/// From the baseline to a model, and the sign with which it is to be read.
fn difference<'a>(of: &ModelMean, compared: &'a Compared) -> Option<(&'a Difference, f64)> {
    let sign = |pair: &PairedComparison| match (pair.first.as_str(), pair.second.as_str()) {
        (first, BASELINE) if first == of.model => Some(1.),
        (BASELINE, second) if second == of.model => Some(-1.),
        _ => None,
    };
    compared.pairs.iter().find_map(|pair| Some((pair.difference.as_ref()?, sign(pair)?)))
}
