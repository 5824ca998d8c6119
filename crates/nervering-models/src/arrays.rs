//! What a fitted decoder or forecaster knows as named arrays, and the way back: for whoever writes or reads a
//! model file. Arrays from elsewhere are checked by name, shape and value before a decoder is made
//! of them.

/// Numbers under a name: a part of what a fitted decoder knows, for whoever writes a model file.
#[derive(Debug, Clone, PartialEq)]
pub struct DecoderArray {
    /// For example `means`.
    pub name: String,
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// Row-major, all finite.
    pub values: Vec<f64>,
}

impl DecoderArray {
    pub(crate) fn new(name: &str, shape: &[usize], values: Vec<f64>) -> Self {
        Self { name: name.to_owned(), shape: shape.to_vec(), values }
    }
}

/// Sizes that the data dictate to a decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecoderSizes {
    /// Inputs of a frame: neurons × features.
    pub n_inputs: usize,
    /// Classes of the state coding.
    pub n_classes: usize,
}

/// Sizes that the data dictate to a forecaster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForecasterSizes {
    /// Neurons.
    pub n_neurons: usize,
    /// Features of each.
    pub n_features: usize,
}

impl ForecasterSizes {
    /// Numbers in a frame.
    pub(crate) fn n_columns(self) -> usize {
        self.n_neurons * self.n_features
    }
}

/// Arrays that are none of a decoder's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("array {name:?}: found {found}, expected {expected}")]
pub struct RestoreError {
    /// The array.
    pub name: String,
    /// What is there.
    pub found: String,
    /// What should be.
    pub expected: String,
}

/// The arrays of these names, in their order, when there are exactly these.
pub(crate) fn named<'a, const N: usize>(
    arrays: &'a [DecoderArray],
    names: [&str; N],
) -> Result<[&'a DecoderArray; N], RestoreError> {
    Ok(all_named(arrays, &names)?.try_into().expect("one array per name"))
}

/// The same for any number of names.
pub(crate) fn all_named<'a>(
    arrays: &'a [DecoderArray],
    names: &[&str],
) -> Result<Vec<&'a DecoderArray>, RestoreError> {
    if let Some(other) = arrays.iter().find(|array| !names.contains(&array.name.as_str())) {
        let expected = format!("no array but {}", names.join(", "));
        return Err(RestoreError { name: other.name.clone(), found: "it".into(), expected });
    }
    let mut taken = Vec::with_capacity(names.len());
    for name in names {
        let mut of_name = arrays.iter().filter(|array| array.name == *name);
        match (of_name.next(), of_name.next()) {
            (Some(array), None) => taken.push(array),
            (None, _) => return Err(refused(name, "none", "one")),
            (Some(_), Some(_)) => return Err(refused(name, "two", "one")),
        }
    }
    Ok(taken)
}

/// An array with something else in it.
pub(crate) fn refused(
    name: &str,
    found: impl std::fmt::Display,
    expected: impl std::fmt::Display,
) -> RestoreError {
    let (found, expected) = (found.to_string(), expected.to_string());
    RestoreError { name: name.to_owned(), found, expected }
}

/// Checks the shape of an array, and that it holds as many numbers, all of them finite.
pub(crate) fn check_shape(array: &DecoderArray, shape: &[usize]) -> Result<(), RestoreError> {
    let DecoderArray { name, shape: found, values } = array;
    if found != shape || values.len() != shape.iter().product::<usize>() {
        let found = format!("shape {found:?} and {} values", values.len());
        return Err(refused(name, found, format!("shape {shape:?}")));
    }
    match values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(refused(name, value, "finite numbers")),
        None => Ok(()),
    }
}

/// A count of frames or the index of a class that was saved as a float.
pub(crate) fn whole(array: &DecoderArray, value: f64, below: f64) -> Result<usize, RestoreError> {
    if value >= 0. && value < below && value.fract() == 0. {
        return Ok(value as usize);
    }
    Err(refused(&array.name, value, format!("a whole number from 0 and below {below}")))
}
