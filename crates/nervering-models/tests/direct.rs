//! What every decoder must hold that takes each frame by itself; and logistic regression, linear
//! discriminant analysis and the SVMs against scikit-learn 1.9.1 (Python 3.11, numpy 2.4), whose numbers below are the output
//! of this program:
//!
//! ```python
//! import numpy as np
//! from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
//! from sklearn.linear_model import LogisticRegression
//! from sklearn.svm import SVC
//!
//! n, d = np.arange(160)[:, None], np.arange(5)
//! x = ((n * n * (d + 3) + 37 * n + 101 * d) % 97 / 96).astype(np.float32).astype(float)
//! y = np.where(x[:, 0] + x[:, 1] < 0.8, 0, np.where(x[:, 2] > 0.5, 1, 2))
//! y[x[:, 3] > 0.8] = 4                # class 3 has no frame
//! y[::7] = (y[::7] + 1) % 3           # some labels are wrong
//! known = (n[:, 0] % 11 != 5) & (n[:, 0] < 100)
//! svm = SVC().fit(x[known], y[known])
//! print("".join(map(str, svm.predict(x))))
//! linear = SVC(kernel="linear").fit(x[known], y[known])
//! print("".join(map(str, linear.predict(x))))
//! lr = LogisticRegression(tol=1e-12, max_iter=100000).fit(x[known], y[known])
//! print("".join(map(str, lr.predict(x))))
//! print(lr.predict_log_proba(x)[[0, 5, 50, 159]])
//! lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(x[known], y[known])
//! print("".join(map(str, lda.predict(x))))
//! print(lda.predict_log_proba(x)[[0, 5, 50, 159]])
//! two = LogisticRegression(C=2, tol=1e-12, max_iter=100000).fit(x[known], y[known] == 4)
//! print(two.predict_log_proba(x)[[0, 5, 50, 159]])
//! ```

use nervering_models::lda::Lda;
use nervering_models::logistic::Logistic;
use nervering_models::majority::Majority;
use nervering_models::svm::Svm;
use nervering_models::{DirectModel, FitError, LabelledFrames, Prediction};

/// All of them.
fn decoders() -> [(&'static str, Box<dyn DirectModel>); 5] {
    [
        ("majority", Box::new(Majority)),
        ("logistic", Box::new(Logistic::default())),
        ("lda", Box::new(Lda)),
        ("svm-linear", Box::new(Svm::linear())),
        ("svm", Box::new(Svm::gaussian())),
    ]
}

/// Frames of `classes` in turn, each class around a corner of its own.
fn blobs(n_frames: usize, classes: &[u8]) -> (Vec<f32>, Vec<Option<u8>>) {
    let labels: Vec<u8> = (0..n_frames).map(|i| classes[i * i % 13 % classes.len()]).collect();
    let input = |i: usize, d: usize| {
        let corner = if usize::from(labels[i]) == d { 0.8 } else { 0.2 };
        corner + ((i * 31 + d * 17) % 23) as f32 / 23. * 0.2 - 0.1
    };
    let features = (0..n_frames * 4).map(|k| input(k / 4, k % 4)).collect();
    (features, labels.into_iter().map(Some).collect())
}

fn fit_predict(model: &dyn DirectModel, frames: LabelledFrames, on: &[f32]) -> Prediction {
    model.fit(&frames).unwrap().predict(on, &[on.len() / frames.n_inputs])
}

#[test]
fn separable_classes_are_told_apart_by_all_but_the_majority() {
    let (features, labels) = blobs(200, &[0, 1, 3]);
    let (train, test) = features.split_at(100 * 4);
    let frames = LabelledFrames {
        features: train,
        n_inputs: 4,
        labels: &labels[..100],
        runs: &[100],
        n_classes: 4,
    };
    for (name, model) in decoders() {
        let said = fit_predict(&*model, frames, test);
        assert_eq!(said.classes.len(), 100, "{name}");
        let right = said.classes.iter().zip(&labels[100..]).filter(|(a, b)| Some(**a) == **b);
        match name {
            "majority" => assert!((30..60).contains(&right.count())),
            _ => assert_eq!(right.count(), 100, "{name}"),
        }
    }
}

#[test]
fn a_frame_of_unknown_state_changes_nothing() {
    let (features, mut labels) = blobs(90, &[2, 0, 1]);
    labels.iter_mut().step_by(4).for_each(|label| *label = None);
    let known = features.chunks_exact(4).zip(&labels).filter(|(_, label)| label.is_some());
    let (rows, known_labels): (Vec<&[f32]>, Vec<Option<u8>>) = known.unzip();
    let only_known = rows.concat();
    let mut poisoned = features.clone();
    poisoned.chunks_exact_mut(4).step_by(4).for_each(|row| row.fill(f32::NAN));
    for (name, model) in decoders() {
        let without = LabelledFrames {
            features: &only_known,
            n_inputs: 4,
            labels: &known_labels,
            runs: &[known_labels.len()],
            n_classes: 3,
        };
        let with = LabelledFrames {
            features: &poisoned,
            n_inputs: 4,
            labels: &labels,
            runs: &[labels.len()],
            n_classes: 3,
        };
        let [without, with] = [without, with].map(|f| fit_predict(&*model, f, &features));
        assert_eq!(without, with, "{name}");
    }
}

#[test]
fn without_a_labelled_frame_there_is_nothing_to_fit() {
    let frames = LabelledFrames {
        features: &[0.; 12],
        n_inputs: 4,
        labels: &[None; 3],
        runs: &[3],
        n_classes: 2,
    };
    for (name, model) in decoders() {
        let error = model.fit(&frames).err().unwrap();
        assert_eq!(error, FitError::NoLabels { n_frames: 3 }, "{name}");
    }
}

#[test]
fn absent_classes_are_never_predicted_and_never_impossible() {
    for classes in [&[1, 3][..], &[2][..]] {
        let (features, labels) = blobs(40, classes);
        let frames = LabelledFrames {
            features: &features,
            n_inputs: 4,
            labels: &labels,
            runs: &[labels.len()],
            n_classes: 6,
        };
        for (name, model) in decoders() {
            let said = fit_predict(&*model, frames, &features);
            assert!(said.classes.iter().all(|class| classes.contains(class)), "{name}");
            let Some(log_probabilities) = said.log_probabilities else { continue };
            for row in log_probabilities.chunks_exact(6) {
                let total: f32 = row.iter().map(|p| p.exp()).sum();
                assert!((total - 1.).abs() < 1e-5, "{name}: {row:?}");
                for class in (0..6).filter(|class| !classes.contains(class)) {
                    let p = row[usize::from(class)].exp();
                    assert!((p - 1. / 46.).abs() < 1e-6, "{name}: {row:?}");
                }
            }
        }
    }
}

#[test]
fn probabilities_come_from_all_but_the_svms_and_agree_with_the_classes() {
    let (features, labels) = blobs(60, &[0, 1, 2]);
    let frames = LabelledFrames {
        features: &features,
        n_inputs: 4,
        labels: &labels,
        runs: &[labels.len()],
        n_classes: 3,
    };
    for (name, model) in decoders() {
        let said = fit_predict(&*model, frames, &features);
        assert_eq!(said.log_probabilities.is_none(), name.starts_with("svm"));
        let rows = said.log_probabilities.iter().flat_map(|p| p.chunks_exact(3));
        for (row, &class) in rows.zip(&said.classes) {
            assert!(row.iter().all(|&p| p <= row[usize::from(class)]), "{name}");
        }
    }
}

#[test]
fn the_same_frames_give_the_same_bytes() {
    let (features, labels) = fixture();
    let frames = LabelledFrames {
        features: &features,
        n_inputs: 5,
        labels: &labels,
        runs: &[labels.len()],
        n_classes: 5,
    };
    for (name, model) in decoders() {
        let [first, second] = [(); 2].map(|()| fit_predict(&*model, frames, &features));
        assert_eq!(first.classes, second.classes, "{name}");
        let bits = |p: Prediction| {
            p.log_probabilities.map(|p| p.into_iter().map(f32::to_bits).collect::<Vec<_>>())
        };
        assert_eq!(bits(first), bits(second), "{name}");
    }
}

/// `x` and `y` of the Python program; labels are `None` where not `known`.
fn fixture() -> (Vec<f32>, Vec<Option<u8>>) {
    let input =
        |n: usize, d: usize| (((n * n * (d + 3) + 37 * n + 101 * d) % 97) as f64 / 96.) as f32;
    let label = |n: usize| {
        let x = |d| f64::from(input(n, d));
        let class = match () {
            () if x(3) > 0.8 => 4,
            () if x(0) + x(1) < 0.8 => 0,
            () if x(2) > 0.5 => 1,
            () => 2,
        };
        let class = if n.is_multiple_of(7) { (class + 1) % 3 } else { class };
        (n % 11 != 5 && n < 100).then_some(class)
    };
    ((0..160 * 5).map(|k| input(k / 5, k % 5)).collect(), (0..160).map(label).collect())
}

fn digits(classes: &[u8]) -> String {
    classes.iter().map(u8::to_string).collect()
}

#[test]
fn the_svm_predicts_what_scikit_learn_predicts() {
    let (features, labels) = fixture();
    let frames = LabelledFrames {
        features: &features,
        n_inputs: 5,
        labels: &labels,
        runs: &[labels.len()],
        n_classes: 5,
    };
    let said = fit_predict(&Svm::gaussian(), frames, &features);
    // one of these frames is a tie, which the first class wins
    let expected = "02240222212201200210012041410212211214421024111041412011221402014012242011011221\
                    24140120121120024022402222122012002100120414102122112144210241110414120112214020";
    assert_eq!(digits(&said.classes), expected);
}

#[test]
fn the_linear_svm_predicts_what_scikit_learn_predicts() {
    let (features, labels) = fixture();
    let frames = LabelledFrames {
        features: &features,
        n_inputs: 5,
        labels: &labels,
        runs: &[labels.len()],
        n_classes: 5,
    };
    let said = fit_predict(&Svm::linear(), frames, &features);
    let expected = "00210224212401002211010211110212211214421024111141410011241402110012244011011221\
                    04110120121140001002102242124010022110102111102122112144210241111414100112414021";
    assert_eq!(digits(&said.classes), expected);
}

#[test]
fn linear_discriminant_analysis_finds_what_scikit_learn_finds() {
    let (features, labels) = fixture();
    // class 3 has no frame and would take its share: for this comparison there is none
    let dense = labels.iter().map(|label| label.map(|class| if class == 4 { 3 } else { class }));
    let labels: Vec<_> = dense.collect();
    let frames = LabelledFrames {
        features: &features,
        n_inputs: 5,
        labels: &labels,
        runs: &[labels.len()],
        n_classes: 4,
    };
    let said = fit_predict(&Lda, frames, &features);
    let expected = "00240224212401100011010041410212211214021024111042010011241002114012244011011221\
                    24140120121142004002402242124011000110100414102122112140210241110420100112410021";
    assert_eq!(digits(&said.classes), expected.replace('4', "3"));
    let expected = [
        [-0.041158218, -5.60808876, -3.307192263, -10.237523729],
        [-3.682307338, -2.090049756, -0.306216429, -2.163458893],
        [-0.659819075, -4.286773212, -1.872732502, -1.153270714],
        [-1.575856674, -0.373360557, -2.909957857, -2.990253135],
    ];
    assert_log_probabilities(&said, expected);
}

#[test]
fn logistic_regression_finds_what_scikit_learn_finds() {
    let (features, labels) = fixture();
    // class 3 has no frame and would take its share: for this comparison there is none
    let dense = labels.iter().map(|label| label.map(|class| if class == 4 { 3 } else { class }));
    let labels: Vec<_> = dense.collect();
    let frames = LabelledFrames {
        features: &features,
        n_inputs: 5,
        labels: &labels,
        runs: &[labels.len()],
        n_classes: 4,
    };
    let said = fit_predict(&Logistic::default(), frames, &features);
    let expected = "00240224212401000011010041412212211114021024111041010011241002110012244211011221\
                    24140120121142004002402242124010000110100414122122111140210241110410100112410021";
    assert_eq!(digits(&said.classes), expected.replace('4', "3"));
    let expected = [
        [-0.251626335, -2.905084275, -1.867752295, -4.323748243],
        [-2.444564447, -1.661062028, -0.628169118, -1.662147358],
        [-0.902039689, -2.884020404, -1.393333886, -1.237519451],
        [-1.363979311, -0.710465519, -2.09671036, -2.039580906],
    ];
    assert_log_probabilities(&said, expected);
}

#[test]
fn two_classes_are_penalised_as_scikit_learn_does_with_twice_its_c() {
    let (features, labels) = fixture();
    let labels: Vec<_> =
        labels.iter().map(|label| label.map(|class| (class == 4).into())).collect();
    let frames = LabelledFrames {
        features: &features,
        n_inputs: 5,
        labels: &labels,
        runs: &[labels.len()],
        n_classes: 2,
    };
    let said = fit_predict(&Logistic::default(), frames, &features);
    let expected = [
        [-0.012055647, -4.42424383],
        [-0.216272952, -1.637402322],
        [-0.44110595, -1.030928994],
        [-0.123837861, -2.150062159],
    ];
    assert_log_probabilities(&said, expected);
}

/// Compares frames 0, 5, 50 and 159.
fn assert_log_probabilities<const K: usize>(said: &Prediction, expected: [[f64; K]; 4]) {
    let found = said.log_probabilities.as_ref().unwrap();
    for (frame, expected) in [0, 5, 50, 159].into_iter().zip(expected) {
        for (&found, expected) in found[frame * K..].iter().zip(expected) {
            assert!(
                (f64::from(found) - expected).abs() < 1e-5,
                "frame {frame}: {found}, {expected}"
            );
        }
    }
}
