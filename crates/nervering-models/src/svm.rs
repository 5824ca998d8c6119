//! Support vector machines, the SVM of the paper's Table 1: with a Gaussian (RBF) kernel and
//! with a linear one.
//!
//! The paper states neither kernel nor hyper-parameters; here they are scikit-learn's defaults
//! (`SVC()` and `SVC(kernel="linear")`): C = 1, gamma = "scale", that is 1 / (inputs × variance of
//! all inputs of the labelled frames), one classifier per pair of classes (C-SVC, stopping tolerance
//! 1e-3, shrinking) and the class with most votes, of equals the first. Inputs are taken as they
//! come.
//!
//! The optimiser is `libsvm-rs`, LIBSVM (Chang & Lin 2011) in Rust. Decision values and votes are
//! computed here: the library gives ties to the last class, and its sparse vectors make predicting
//! slower than fitting. There are no probabilities: Platt scaling would need an inner
//! cross-validation with a generator of its own.

use crate::direct::{DirectDecoder, DirectModel, FitError, LabelledFrames, Prediction};
use crate::linear::dot;
use libsvm_rs::train::svm_train;
use libsvm_rs::{KernelType, SvmModel, SvmNode, SvmParameter, SvmProblem};

/// How fast the kernel exp(−gamma · distance²) falls off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gamma {
    /// 1 / (inputs × variance of all inputs of the labelled frames); 1 where nothing varies.
    Scale,
    /// As given; above 0.
    Value(f64),
}

/// How alike two frames are to the machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kernel {
    /// Their inner product.
    Linear,
    /// exp(−gamma · distance²).
    Gaussian(Gamma),
}

/// A support vector machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Svm {
    /// Price of a frame on the wrong side of the margin; above 0.
    pub c: f64,
    /// How alike two frames are.
    pub kernel: Kernel,
}

impl Svm {
    /// C = 1 and a linear kernel.
    pub fn linear() -> Self {
        Self { c: 1., kernel: Kernel::Linear }
    }

    /// C = 1 and a Gaussian kernel of scikit-learn's default width.
    pub fn gaussian() -> Self {
        Self { c: 1., kernel: Kernel::Gaussian(Gamma::Scale) }
    }
}

impl DirectModel for Svm {
    fn fit(&self, frames: &LabelledFrames) -> Result<Box<dyn DirectDecoder>, FitError> {
        let failed = |reason| FitError::Library { decoder: "support vector machine", reason };
        let all = frames.features.chunks_exact(frames.n_inputs).zip(frames.labels);
        let mut labelled: Vec<_> = all.filter_map(|(row, class)| Some(((*class)?, row))).collect();
        if labelled.is_empty() {
            return Err(FitError::NoLabels { n_frames: frames.labels.len() });
        }
        // the library orders classes by their first frame; ties are to go to the first class
        labelled.sort_by_key(|&(class, _)| class);

        if labelled.iter().any(|(_, row)| row.iter().any(|value| !value.is_finite())) {
            return Err(failed("found an input that is not finite".into()));
        }
        let mut parameters = SvmParameter { c: self.c, ..SvmParameter::default() };
        match self.kernel {
            Kernel::Linear => parameters.kernel_type = KernelType::Linear,
            Kernel::Gaussian(Gamma::Value(gamma)) if gamma > 0. && gamma.is_finite() => {
                parameters.gamma = gamma;
            }
            Kernel::Gaussian(Gamma::Value(gamma)) => {
                return Err(failed(format!("found gamma = {gamma}, expected a number above 0")));
            }
            Kernel::Gaussian(Gamma::Scale) => {
                let values = labelled.iter().flat_map(|&(_, row)| row);
                parameters.gamma = scale(values, frames.n_inputs);
            }
        }
        let problem = SvmProblem {
            labels: labelled.iter().map(|&(class, _)| f64::from(class)).collect(),
            instances: labelled.iter().map(|&(_, row)| nodes(row)).collect(),
        };
        libsvm_rs::check_parameter(&problem, &parameters).map_err(|e| failed(e.to_string()))?;
        // a switch of the whole process; without it each fit prints to standard error
        libsvm_rs::set_quiet(true);
        Ok(Box::new(FittedSvm::new(svm_train(&problem, &parameters), frames.n_inputs)))
    }

    /// On which side of its planes an input lies, and no more.
    fn gives_probabilities(&self) -> bool {
        false
    }
}

/// 1 / (inputs × variance).
fn scale<'a>(values: impl Iterator<Item = &'a f32> + Clone, n_inputs: usize) -> f64 {
    let n = values.clone().count() as f64;
    let mean = values.clone().map(|&v| f64::from(v)).sum::<f64>() / n;
    let variance = values.map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
    if variance == 0. { 1. } else { 1. / (n_inputs as f64 * variance) }
}

/// A frame in the library's sparse form, indices from 1.
fn nodes(row: &[f32]) -> Vec<SvmNode> {
    let value = |(&value, index)| SvmNode { index, value: f64::from(value) };
    row.iter().zip(1..).map(value).collect()
}

/// Support vectors and their coefficients.
struct FittedSvm {
    n_inputs: usize,
    /// Support vectors, `[vector, input]`.
    vectors: Vec<f64>,
    /// The library's coefficients, biases (`rho`), classes and counts of support vectors.
    model: SvmModel,
}

impl FittedSvm {
    fn new(mut model: SvmModel, n_inputs: usize) -> Self {
        let sparse = std::mem::take(&mut model.sv);
        let vectors = sparse.iter().flatten().map(|node| node.value).collect();
        Self { n_inputs, vectors, model }
    }

    /// One value per pair of classes (0, 1), (0, 2), …, (1, 2), …: above 0 it is a vote for the
    /// former.
    fn decide(&self, frame: &[f32], decisions: &mut [f64]) {
        let SvmModel { nr_class: n_classes, n_sv, sv_coef, rho, param, .. } = &self.model;
        let frame: Vec<_> = frame.iter().map(|&value| f64::from(value)).collect();
        decisions.iter_mut().zip(rho).for_each(|(decision, rho)| *decision = -rho);
        let pair = |i: usize, j: usize| i * (2 * n_classes - i - 1) / 2 + j - i - 1;
        let class_of =
            n_sv.iter().enumerate().flat_map(|(class, &n)| std::iter::repeat_n(class, n));
        let vectors = self.vectors.chunks_exact(self.n_inputs);
        for ((idx, class), vector) in class_of.enumerate().zip(vectors) {
            let kernel = match param.kernel_type {
                KernelType::Linear => dot(&frame, vector),
                _ => (-param.gamma * squared_distance(&frame, vector)).exp(),
            };
            // row r of the coefficients is for the r-th of the *other* classes
            for (row, coefficients) in sv_coef.iter().enumerate() {
                let pair = if row < class { pair(row, class) } else { pair(class, row + 1) };
                decisions[pair] += coefficients[idx] * kernel;
            }
        }
    }
}

impl DirectDecoder for FittedSvm {
    fn predict(&self, features: &[f32], _runs: &[usize]) -> Prediction {
        let labels = &self.model.label;
        let mut decisions = vec![0.; self.model.rho.len()];
        let mut decode = |frame| {
            self.decide(frame, &mut decisions);
            labels[first_most_voted(&decisions, labels.len())] as u8
        };
        let classes = features.chunks_exact(self.n_inputs).map(&mut decode).collect();
        Prediction { classes, log_probabilities: None }
    }
}

/// Four running sums, which the compiler can keep in vector registers.
fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    let (a_fours, a_rest) = a.as_chunks::<4>();
    let (b_fours, b_rest) = b.as_chunks::<4>();
    let mut sums = [0.; 4];
    for (a, b) in a_fours.iter().zip(b_fours) {
        let differences = a.iter().zip(b).map(|(a, b)| a - b);
        sums.iter_mut().zip(differences).for_each(|(sum, d)| *sum += d * d);
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| (a - b) * (a - b)).sum();
    sums.iter().sum::<f64>() + rest
}

/// The class with most votes, of equals the first; `decisions` as [`FittedSvm::decide`] gives them.
fn first_most_voted(decisions: &[f64], n_classes: usize) -> usize {
    let mut votes = vec![0; n_classes];
    let pairs = (0..n_classes).flat_map(|i| (i + 1..n_classes).map(move |j| (i, j)));
    for ((i, j), &decision) in pairs.zip(decisions) {
        votes[if decision > 0. { i } else { j }] += 1;
    }
    (0..n_classes).rev().max_by_key(|&class| votes[class]).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use libsvm_rs::predict::predict_values;

    #[test]
    fn decides_as_the_library_does() {
        let value = |i: usize| ((i * i * 7 + i * 3) % 89) as f32 / 88.;
        let features: Vec<f32> = (0..90 * 5).map(value).collect();
        let rows: Vec<_> = features.chunks_exact(5).collect();
        let problem = SvmProblem {
            labels: rows.iter().map(|row| (row[0] * 3.9).floor().into()).collect(),
            instances: rows.iter().map(|row| nodes(row)).collect(),
        };
        libsvm_rs::set_quiet(true);
        for kernel_type in [KernelType::Rbf, KernelType::Linear] {
            let parameters = SvmParameter { kernel_type, gamma: 1.5, ..SvmParameter::default() };
            let model = svm_train(&problem, &parameters);
            assert_eq!(model.nr_class, 4);
            let svm = FittedSvm::new(model.clone(), 5);
            let (mut found, mut expected) = ([0.; 6], [0.; 6]);
            for row in &rows {
                svm.decide(row, &mut found);
                predict_values(&model, &nodes(row), &mut expected);
                for (found, expected) in found.iter().zip(expected) {
                    assert!((found - expected).abs() < 1e-12, "{found} {expected}");
                }
            }
        }
    }

    #[test]
    fn gives_ties_to_the_first_class() {
        // 0 beats 1, 2 beats 0, 1 beats 2
        assert_eq!(first_most_voted(&[1., -1., 1.], 3), 0);
        // a decision of exactly 0 is a vote for the latter, as in LIBSVM
        assert_eq!(first_most_voted(&[0.], 2), 1);
        assert_eq!(first_most_voted(&[], 1), 0);
    }

    #[test]
    fn scales_the_kernel_by_the_variance_of_the_inputs() {
        let gamma = scale([0f32, 1., 0., 1., 0., 1.].iter(), 3);
        assert!((gamma - 1. / (3. * 0.25)).abs() < 1e-15);
        assert_eq!(scale([0.5f32; 4].iter(), 2), 1.);
    }

    #[test]
    fn refuses_what_has_no_answer() {
        let labels = [Some(0), Some(1)];
        let fit = |config: Svm, features: &[f32]| {
            let frames =
                LabelledFrames { features, n_inputs: 1, labels: &labels, runs: &[2], n_classes: 2 };
            config.fit(&frames).err().unwrap().to_string()
        };
        let svm = Svm::gaussian();
        assert!(fit(Svm { c: 0., ..svm }, &[0., 1.]).contains("C <= 0"));
        let narrow = Kernel::Gaussian(Gamma::Value(-1.));
        assert!(fit(Svm { kernel: narrow, ..svm }, &[0., 1.]).contains("gamma = -1"));
        for svm in [svm, Svm::linear()] {
            assert!(fit(svm, &[0., f32::NAN]).contains("an input that is not finite"));
        }
    }
}
