//! The statistics against SciPy, NumPy and scikit-learn (`tests/scipy/statistics.json`, made by
//! `tests/scipy/generate.py`), against counting by hand, and against what they promise.

use super::distributions::{normal_cdf, normal_quantile, student_t_quantile};
use super::*;
use crate::{Evaluation, Measured, Role};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    association: Vec<Association>,
    sign_flip: Vec<SignFlip>,
    bootstrap: Vec<Bootstrap>,
    bootstrap_drawn: Bootstrap,
    holm: Holm,
    normal_cdf: Vec<(f64, f64)>,
    student_t: Vec<(usize, f64, f64)>,
}

#[derive(Deserialize)]
struct Association {
    x: Vec<f64>,
    y: Vec<f64>,
    positive: Vec<bool>,
    midranks: Vec<f64>,
    pearson: f64,
    spearman: f64,
    auroc: f64,
}

#[derive(Deserialize)]
struct SignFlip {
    differences: Vec<f64>,
    p: f64,
}

#[derive(Deserialize)]
struct Bootstrap {
    values: Vec<f64>,
    percentile: [f64; 2],
    bca: [f64; 2],
}

#[derive(Deserialize)]
struct Holm {
    p: Vec<f64>,
    adjusted: Vec<f64>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../tests/scipy/statistics.json")).unwrap()
}

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(1)
}

fn close(found: f64, expected: f64, within: f64, what: &str) {
    assert!((found - expected).abs() <= within, "{what}: {found}, expected {expected}");
}

#[test]
fn association_is_what_python_makes_of_it() {
    for case in reference().association {
        assert_eq!(midranks(&case.x), case.midranks);
        close(pearson(&case.x, &case.y).unwrap(), case.pearson, 1e-12, "Pearson");
        close(spearman(&case.x, &case.y).unwrap(), case.spearman, 1e-12, "Spearman");
        close(auroc(&case.x, &case.positive).unwrap(), case.auroc, 1e-12, "AUROC");
    }
}

#[test]
fn auroc_counts_pairs_and_half_of_the_ties() {
    let mut rng = rng();
    for _ in 0..100 {
        let scores: Vec<f64> = (0..12).map(|_| f64::from(rng.random_range(0..5u8))).collect();
        let positive: Vec<bool> = (0..12).map(|_| rng.random()).collect();
        let (mut wins, mut n) = (0., 0.);
        for i in (0..12).filter(|&i| positive[i]) {
            for j in (0..12).filter(|&j| !positive[j]) {
                n += 1.;
                wins += match scores[i].total_cmp(&scores[j]) {
                    std::cmp::Ordering::Greater => 1.,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.,
                };
            }
        }
        match auroc(&scores, &positive) {
            Some(found) => close(found, wins / n, 1e-12, "AUROC"),
            None => assert_eq!(n, 0.),
        }
    }
}

#[test]
fn what_does_not_vary_has_no_correlation() {
    assert_eq!(pearson(&[0.1; 7], &[1., 2., 3., 4., 5., 6., 7.]), None);
    assert_eq!(spearman(&[1.], &[2.]), None);
    assert_eq!(auroc(&[1., 2.], &[true, true]), None);
}

#[test]
fn sign_flips_are_scipys_exact_permutation_test() {
    for case in reference().sign_flip {
        let test = sign_flip_test(&case.differences, 1, &mut rng()).unwrap();
        close(test.p, case.p, 1e-12, "p");
        assert_eq!(test.flips, Flips::Exact(1 << case.differences.len()));
    }
}

#[test]
fn five_animals_cannot_go_below_one_in_sixteen() {
    let test = sign_flip_test(&[0.1, 0.2, 0.3, 0.4, 0.5], 1, &mut rng()).unwrap();
    assert_eq!((test.p, test.smallest_p), (1. / 16., 1. / 16.));
    let one = sign_flip_test(&[0.3], 1, &mut rng()).unwrap();
    assert_eq!((one.p, one.smallest_p), (1., 1.));
    assert_eq!(sign_flip_test(&[0.; 6], 1, &mut rng()).unwrap().p, 1.);
    assert_eq!(sign_flip_test(&[], 1, &mut rng()), None);
}

#[test]
fn drawn_sign_flips_come_close_to_counted_ones() {
    let mut rng = rng();
    let d: Vec<f64> = (0..20).map(|_| rng.random_range(-1.0..1.5)).collect();
    let exact = sign_flip_test(&d, 1, &mut rng).unwrap();
    assert_eq!(exact.flips, Flips::Exact(1 << 20));
    // A difference of 0 changes no sum, and makes 21 animals of 20.
    let padded: Vec<f64> = d.iter().copied().chain([0.]).collect();
    let drawn = sign_flip_test(&padded, 20_000, &mut rng).unwrap();
    assert_eq!(drawn.flips, Flips::Drawn(20_000));
    let sd = (exact.p * (1. - exact.p) / 20_000.).sqrt();
    close(drawn.p, exact.p, 4. * sd + 1e-4, "p");
}

#[test]
fn enumerated_intervals_are_numpys_to_the_last_digits() {
    for case in reference().bootstrap {
        let n = case.values.len();
        for (method, expected) in
            [(IntervalMethod::Percentile, case.percentile), (IntervalMethod::Bca, case.bca)]
        {
            let config = BootstrapConfig { method, ..BootstrapConfig::default() };
            let found = bootstrap_mean(&case.values, &config, &mut rng()).unwrap();
            close(found.low, expected[0], 1e-9, "low");
            close(found.high, expected[1], 1e-9, "high");
            assert_eq!(found.resamples, Resamples::Exact(n.pow(n as u32)));
        }
    }
}

#[test]
fn drawn_intervals_are_scipys_within_the_noise_of_drawing() {
    let case = reference().bootstrap_drawn;
    for (method, expected) in
        [(IntervalMethod::Percentile, case.percentile), (IntervalMethod::Bca, case.bca)]
    {
        let config = BootstrapConfig { method, n_resamples: 100_000, ..BootstrapConfig::default() };
        let found = bootstrap_mean(&case.values, &config, &mut rng()).unwrap();
        close(found.low, expected[0], 0.01, "low");
        close(found.high, expected[1], 0.01, "high");
    }
}

#[test]
fn an_interval_of_equal_values_is_a_point_and_of_one_there_is_none() {
    let config = BootstrapConfig::default();
    let point = bootstrap_mean(&[0.5; 4], &config, &mut rng()).unwrap();
    assert_eq!((point.low, point.high), (0.5, 0.5));
    assert_eq!(bootstrap_mean(&[0.5], &config, &mut rng()), None);
}

#[test]
fn intervals_of_many_animals_cover_the_mean_about_as_often_as_they_say() {
    let mut rng = rng();
    let config = BootstrapConfig { n_resamples: 400, ..BootstrapConfig::default() };
    let mut covered = 0;
    for _ in 0..400 {
        let values: Vec<f64> = (0..40).map(|_| rng.random_range(0.0..1.0f64).powi(2)).collect();
        let interval = bootstrap_mean(&values, &config, &mut rng).unwrap();
        covered += usize::from((interval.low..=interval.high).contains(&(1. / 3.)));
    }
    // 95 % of 400 with a standard deviation of 4.4.
    assert!((362..=395).contains(&covered), "{covered}");
}

#[test]
fn intervals_of_few_animals_cover_as_seldom_as_the_caution_says() {
    let mut rng = rng();
    for method in [IntervalMethod::Percentile, IntervalMethod::Bca] {
        let config = BootstrapConfig { method, n_resamples: 500, ..BootstrapConfig::default() };
        for (n, expected) in [(2, 0.47), (3, 0.7), (4, 0.78), (5, 0.85), (9, 0.88)] {
            let (mut covered, n_samples) = (0, 1000);
            let mut caution = None;
            for _ in 0..n_samples {
                let normal = |_| (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.;
                let values: Vec<f64> = (0..n).map(normal).collect();
                let interval = bootstrap_mean(&values, &config, &mut rng).unwrap();
                covered += usize::from((interval.low..=interval.high).contains(&0.));
                caution = interval.caution();
            }
            // Three standard deviations of the share, and rounding.
            close(covered as f64 / f64::from(n_samples), expected, 0.055, "coverage");
            assert!(caution.unwrap().ends_with(&format!("about {} %", 100. * expected)));
        }
    }
    let ten = bootstrap_mean(
        &[1., 2., 3., 4., 5., 6., 7., 8., 9., 10.],
        &BootstrapConfig::default(),
        &mut rng,
    );
    assert_eq!(ten.unwrap().caution(), None);
}

#[test]
fn holm_is_as_by_hand() {
    let Holm { p, adjusted } = reference().holm;
    holm(&p).into_iter().zip(adjusted).for_each(|(found, by_hand)| {
        close(found, by_hand, 1e-12, "Holm");
    });
    assert!(holm(&[]).is_empty());
}

#[test]
fn distributions_are_scipys() {
    let reference = reference();
    for (z, p) in reference.normal_cdf {
        close(normal_cdf(z), p, 1e-14, "normal");
        if p > 1e-6 && p < 1. - 1e-6 {
            close(normal_quantile(p), z, 1e-9, "normal quantile");
        }
    }
    for (df, p, t) in reference.student_t {
        close(student_t_quantile(p, df), t, 1e-8 * t, "t");
    }
}

/// A model, the animals that it was trained on, and its accuracy on others.
type Fit = (String, Vec<String>, Vec<Evaluation>);

fn fit(model: &str, trained_on: &[&str], accuracies: &[(&str, f64)]) -> Fit {
    let evaluation = |&(animal, accuracy): &(&str, f64)| Evaluation {
        animal: animal.into(),
        role: Role::UnseenAnimal,
        statistics: None,
        n_frames: 10,
        n_labelled: 10,
        accuracy: Some(accuracy),
        balanced_accuracy: None,
        macro_f1: None,
        nll: None,
        calibration_error: None,
        transitions: None,
        timeline: None,
        dwell_distance_s: None,
        confusion: vec![vec![1, 0], vec![1, 2]],
        predicted: None,
        edges: None,
    };
    let trained_on = trained_on.iter().map(|&name| name.to_owned()).collect();
    (model.to_owned(), trained_on, accuracies.iter().map(evaluation).collect())
}

fn measured((model, trained_on, evaluations): &Fit) -> Measured<'_> {
    Measured { model, trained_on, evaluations }
}

#[test]
fn folds_are_averaged_before_subsets_and_subsets_before_animals() {
    let fits = [
        fit("gnn", &["a"], &[("b", 0.8), ("c", 0.5)]),
        fit("gnn", &["a"], &[("b", 0.6)]),
        fit("gnn", &["c"], &[("b", 0.9)]),
        fit("mlp", &["a"], &[("c", 0.4)]),
        fit("mlp", &["a", "b"], &[("c", 0.1)]),
    ];
    let values = per_animal(fits.iter().map(measured), Role::UnseenAnimal, 1, |e| e.accuracy);
    assert_eq!(values.animals, ["b", "c"]);
    let [gnn, mlp] = values.models.as_slice() else { panic!("{values:?}") };
    close(gnn.values[0].unwrap(), (0.7 + 0.9) / 2., 1e-12, "b");
    assert_eq!(gnn.values[1], Some(0.5));
    assert_eq!((mlp.model.as_str(), &mlp.values), ("mlp", &vec![None, Some(0.4)]));
    assert!(
        per_animal(fits.iter().map(measured), Role::SameAnimal, 1, |e| e.accuracy)
            .animals
            .is_empty()
    );
}

#[test]
fn comparisons_pair_animals_and_correct_for_their_number() {
    let model = |model: &str, values: [f64; 6]| ModelValues {
        model: model.into(),
        values: values.map(|v| (v >= 0.).then_some(v)).to_vec(),
    };
    let values = AnimalValues {
        animals: ["a", "b", "c", "d", "e", "f"].map(String::from).to_vec(),
        models: vec![
            model("gnn", [0.9, 0.8, 0.95, 0.85, 0.99, 0.9]),
            model("mlp", [0.8, 0.75, 0.9, 0.8, 0.9, -1.]),
            model("svm", [0.9, 0.7, 0.97, 0.8, 0.99, 0.8]),
            model("lda", [-1.; 6]),
        ],
    };
    let config = ComparisonConfig::default();
    let against = compare_models(&values, Pairs::Against(0), &config, &mut rng());
    let names: Vec<_> = against.iter().map(|c| c.second.as_str()).collect();
    assert_eq!(names, ["mlp", "svm", "lda"]);
    let first = against[0].difference.as_ref().unwrap();
    assert_eq!((first.test.n_animals, first.test.p, first.p_holm), (5, 0.0625, 0.125));
    close(first.test.mean_difference, 0.068, 1e-12, "difference");
    let interval = first.interval.unwrap();
    assert!(interval.low > 0.04 && interval.high < 0.1, "{interval:?}");
    assert_eq!(against[2].difference, None);
    assert_eq!(compare_models(&values, Pairs::All, &config, &mut rng()).len(), 6);

    let means = model_means(&values, &config.bootstrap, &mut rng());
    assert_eq!((means[1].n_animals, means[3].mean, means[3].interval), (5, None, None));
    close(means[1].mean.unwrap(), 0.83, 1e-12, "mean");
}
