//! From the results of a decoding study to figure data.

use crate::figure::{About, scores, strip};
use crate::table::{Table, has_deviation};
use nervering_study::{FitResult, Role, Spread, SummaryRow};

const SAME: &str = "test folds of the animals trained on";
const UNSEEN: &str = "unseen animals";

/// The accuracies of the rows of a table, with those of the single fits behind each. `about` is
/// what its caption says.
pub fn accuracy(about: About, table: &Table<'_>, fits: &[FitResult]) -> scores::Data {
    let kinds = [(Role::SameAnimal, SAME), (Role::UnseenAnimal, UNSEEN)];
    let of_row = |row: &SummaryRow| {
        let means = [row.same, row.unseen];
        let kinds = kinds.into_iter().zip(means);
        kinds.map(|((role, on), mean)| score(row, role, on, mean, fits)).collect::<Vec<_>>()
    };
    scores::Data {
        about,
        measure: "accuracy".to_owned(),
        over: "pairs of training subset and evaluated animal, folds averaged first".to_owned(),
        scores: table.rows.iter().flat_map(of_row).collect(),
    }
}

fn score(
    row: &SummaryRow,
    role: Role,
    on: &str,
    mean: Option<Spread>,
    fits: &[FitResult],
) -> scores::Score {
    let of_row = |fit: &&FitResult| fit.model == row.model && fit.trained_on.len() == row.n_trained;
    let evaluations = fits.iter().filter(of_row).flat_map(|fit| &fit.evaluations);
    scores::Score {
        model: row.model.clone(),
        n_trained: row.n_trained,
        on: on.to_owned(),
        mean: mean.map(|spread| spread.mean),
        sd: mean.filter(has_deviation).map(|spread| spread.sd),
        n: mean.map_or(0, |spread| spread.n),
        singles: evaluations.filter(|e| e.role == role).filter_map(|e| e.accuracy).collect(),
    }
}

/// The figure `accuracy` of a study as SVG.
pub fn accuracy_svg(table: &Table<'_>, fits: &[FitResult]) -> String {
    let about =
        About { name: "accuracy".to_owned(), title: table.title.to_owned(), ..About::default() };
    strip::draw(&accuracy(about, table, fits)).svg
}
