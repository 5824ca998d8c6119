//! Two strains of the extended set against each other: the paper combined N2 and *npr-1*, "as we did not
//! notice any statistically relevant differences between them". [`strains`] tests, animal by animal, how
//! well each model decodes either, how often each state comes, and how long it lasts.

use crate::decode::Decode;
use crate::error::StudyError;
use crate::result::FitResult;
use crate::run::Results;
use nervering_recording::Recording;
use nervering_statistics::seed::generator;
use nervering_statistics::{
    Evaluation, Role, TwoSampleTest, bouts, holm, mean, per_animal, two_sample_test,
};

/// Ways to deal animals into strains that are drawn where there are too many to count out.
const N_DRAWS: usize = 100_000;
/// The fewest animals of a strain that are compared.
const LEAST: usize = 2;

/// A strain of the extended set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strain {
    /// The wild type.
    N2,
    /// *npr-1* mutants, which do not sleep as N2 do.
    Npr1,
}

impl Strain {
    /// Both.
    pub const ALL: [Self; 2] = [Self::N2, Self::Npr1];

    /// `N2` or `npr-1`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::N2 => "N2",
            Self::Npr1 => "npr-1",
        }
    }

    /// The strain of an animal, by a part of its name or of its file's: `n2_prelet_worm3`, `npr1_a.csv`.
    pub fn of(recording: &Recording) -> Option<Self> {
        let names = [recording.animal(), recording.provenance().source.as_str()];
        names.into_iter().find_map(Self::of_name)
    }

    fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase().replace("npr-1", "npr1");
        name.split(|c: char| !c.is_ascii_alphanumeric()).find_map(|part| match part {
            "n2" => Some(Self::N2),
            "npr1" => Some(Self::Npr1),
            _ => None,
        })
    }
}

/// What the two strains of a study's extended set have in common, and what not.
#[derive(Debug, Clone, PartialEq)]
pub struct Strains {
    /// Animals of each strain, in the order of [`Strain::ALL`].
    pub animals: [Vec<String>; 2],
    /// Animals of neither.
    pub n_of_neither: usize,
    /// One per quantity.
    pub compared: Vec<StrainDifference>,
}

/// One quantity of both strains.
#[derive(Debug, Clone, PartialEq)]
pub struct StrainDifference {
    /// The variant, of what models say; empty for what they do.
    pub variant: String,
    /// What it is: a model, or a state with what is measured of it.
    pub what: String,
    /// Its kind and unit.
    pub quantity: StrainQuantity,
    /// One value per animal, N2 first, in the order of [`Strains::animals`]; `None` where there is none.
    pub values: [Vec<Option<f64>>; 2],
    /// Their means; `None` of none.
    pub means: [Option<f64>; 2],
    /// N2 less *npr-1*; `None` where a strain has no value.
    pub test: Option<TwoSampleTest>,
    /// Its p-value after Holm's correction over all quantities.
    pub p_holm: Option<f64>,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrainQuantity {
    /// Balanced accuracy of a model, in [0, 1].
    BalancedAccuracy,
    /// Share of the labelled frames in a state, in [0, 1].
    Share,
    /// Median length of a state's complete bouts in seconds.
    MedianBout,
}

impl StrainQuantity {
    /// `balanced accuracy`, `share of frames` or `median bout, s`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BalancedAccuracy => "balanced accuracy",
            Self::Share => "share of frames",
            Self::MedianBout => "median bout, s",
        }
    }
}

/// Refuses an extended set without animals of both strains.
///
/// # Errors
/// [`StudyError::Config`] with how many there are of each.
pub fn check_strains(extended: &[Recording]) -> Result<(), StudyError> {
    let n = Strain::ALL.map(|strain| {
        extended.iter().filter(|recording| Strain::of(recording) == Some(strain)).count()
    });
    if n.iter().all(|&n| n >= LEAST) {
        return Ok(());
    }
    Err(StudyError::Config {
        what: "strains of the extended set",
        found: format!("{} animals of N2 and {} of npr-1", n[0], n[1]),
        expected: format!(
            "at least {LEAST} of each, by a part n2 or npr1 of the names of animals or files; give them \
             with --nichols"
        ),
    })
}

/// Compares the strains of the animals that were only evaluated. Networks count with the first statistics
/// of their variant, folds and training subsets are averaged.
pub fn strains(results: &Results<Decode>, extended: &[Recording]) -> Strains {
    let of_strain = |strain| {
        let of = extended.iter().filter(|recording| Strain::of(recording) == Some(strain));
        of.collect::<Vec<&Recording>>()
    };
    let recordings = Strain::ALL.map(of_strain);
    let names = |of: &Vec<&Recording>| of.iter().map(|r| r.animal().to_owned()).collect();
    let animals: [Vec<String>; 2] = [names(&recordings[0]), names(&recordings[1])];
    let mut compared = of_models(results, &animals);
    compared.extend(of_states(results, &recordings));
    for (at, of) in compared.iter_mut().enumerate() {
        let known = |values: &[Option<f64>]| values.iter().flatten().copied().collect::<Vec<_>>();
        let mut rng = generator(results.config.seed, &["strains", &at.to_string(), &of.what]);
        let [n2, npr1] = [known(&of.values[0]), known(&of.values[1])];
        let mean_of = |values: &[f64]| (!values.is_empty()).then(|| mean(values));
        of.means = [mean_of(&n2), mean_of(&npr1)];
        of.test = two_sample_test(&n2, &npr1, N_DRAWS, &mut rng);
    }
    let p: Vec<f64> = compared.iter().filter_map(|of| Some(of.test?.p)).collect();
    let tested = compared.iter_mut().filter(|of| of.test.is_some());
    tested.zip(holm(&p)).for_each(|(of, p)| of.p_holm = Some(p));
    let n_of_neither = extended.len() - animals[0].len() - animals[1].len();
    Strains { animals, n_of_neither, compared }
}

/// Balanced accuracies of every variant and model.
fn of_models(results: &Results<Decode>, animals: &[Vec<String>; 2]) -> Vec<StrainDifference> {
    let mut compared = Vec::new();
    for variant in &results.config.variants {
        let of_it = || results.fits.iter().filter(|fit| fit.variant == variant.name);
        let first = variant.statistics[0];
        let counts = |evaluation: &Evaluation| {
            evaluation.statistics.is_none_or(|statistics| statistics == first)
        };
        for &n_trained in &results.config.training_sizes {
            let measured = of_it().map(FitResult::measured);
            let values = per_animal(measured, Role::ExtendedAnimal, n_trained, |evaluation| {
                evaluation.balanced_accuracy.filter(|_| counts(evaluation))
            });
            for model in &values.models {
                let of = |name: &String| {
                    let at = values.animals.iter().position(|animal| animal == name)?;
                    model.values[at]
                };
                compared.push(StrainDifference {
                    variant: variant.name.clone(),
                    what: model.model.clone(),
                    quantity: StrainQuantity::BalancedAccuracy,
                    values: [0, 1].map(|k| animals[k].iter().map(of).collect()),
                    means: [None; 2],
                    test: None,
                    p_holm: None,
                });
            }
        }
    }
    compared
}

/// Shares and lengths of the states of the first variant.
fn of_states(
    results: &Results<Decode>,
    recordings: &[Vec<&Recording>; 2],
) -> Vec<StrainDifference> {
    let Some(variant) = results.config.variants.first() else { return Vec::new() };
    let coding = &variant.preparation.coding;
    let mut compared = Vec::new();
    for (state, name) in coding.class_names().iter().enumerate() {
        let share = |recording: &&Recording| {
            let labels = coding.classes(recording.behavior()?);
            let n = labels.iter().flatten().count();
            let of_state = labels.iter().flatten().filter(|&&l| usize::from(l) == state).count();
            (n > 0).then(|| of_state as f64 / n as f64)
        };
        let median = |recording: &&Recording| {
            let labels = coding.classes(recording.behavior()?);
            let edges = bouts::frame_edges_s(recording.time().seconds());
            let complete = bouts::bouts(&labels)
                .into_iter()
                .filter(|bout| usize::from(bout.class) == state && !bout.is_cut(labels.len()));
            let mut lengths: Vec<f64> =
                complete.map(|bout| edges[bout.end] - edges[bout.start]).collect();
            lengths.sort_by(f64::total_cmp);
            let n = lengths.len();
            (n > 0).then(|| mean(&[lengths[(n - 1) / 2], lengths[n / 2]]))
        };
        let measures: [(StrainQuantity, &OfAnimal<'_>); 2] =
            [(StrainQuantity::Share, &share), (StrainQuantity::MedianBout, &median)];
        for (quantity, measure) in measures {
            compared.push(StrainDifference {
                variant: String::new(),
                what: (*name).to_owned(),
                quantity,
                values: [0, 1].map(|k| recordings[k].iter().map(measure).collect()),
                means: [None; 2],
                test: None,
                p_holm: None,
            });
        }
    }
    compared
}

/// A number of one animal, where it has one.
type OfAnimal<'a> = dyn Fn(&&Recording) -> Option<f64> + 'a;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strains_are_told_by_a_part_of_a_name() {
        for (name, expected) in [
            ("n2_prelet_worm1", Some(Strain::N2)),
            ("npr1_prelet_worm10", Some(Strain::Npr1)),
            ("TS-npr-1.csv", Some(Strain::Npr1)),
            ("N2.csv", Some(Strain::N2)),
            ("an2b", None),
            ("worm2", None),
        ] {
            assert_eq!(Strain::of_name(name), expected, "{name}");
        }
    }
}
