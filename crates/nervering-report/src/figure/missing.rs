//! Numbers that may be missing, as JSON has them: `null` for NaN, which it cannot write.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A floating-point number.
pub(crate) trait Number: Copy {
    /// What stands for a missing value.
    const MISSING: Self;
    /// The number, unless it is missing or infinite.
    fn known(self) -> Option<Self>;
}

impl Number for f32 {
    const MISSING: Self = f32::NAN;

    fn known(self) -> Option<Self> {
        self.is_finite().then_some(self)
    }
}

impl Number for f64 {
    const MISSING: Self = f64::NAN;

    fn known(self) -> Option<Self> {
        self.is_finite().then_some(self)
    }
}

pub(crate) fn serialize<T: Number + Serialize, S: Serializer>(
    values: &[T],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(|value| value.known()))
}

pub(crate) fn deserialize<'de, T: Number + Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let values = Vec::<Option<T>>::deserialize(deserializer)?;
    Ok(values.into_iter().map(|value| value.unwrap_or(T::MISSING)).collect())
}
