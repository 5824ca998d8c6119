//! When two recordings are the same: in every part, to the last bit.

use nervering_recording::{Recording, Traces};

/// Checks that two recordings are equal to the last bit, warnings apart.
pub fn assert_same(read: &Recording, written: &Recording) {
    assert_eq!(read.animal(), written.animal());
    assert_eq!(read.neurons(), written.neurons());
    assert_eq!(read.time(), written.time());
    assert_eq!(read.behavior(), written.behavior());
    assert_eq!(read.provenance(), written.provenance());
    assert_eq!(bits(read.traces()), bits(written.traces()));
    let derivative =
        |r: &Recording| r.file_derivative().map(|d| (d.field.clone(), bits(&d.values)));
    assert_eq!(derivative(read), derivative(written));
}

/// Bit patterns, because NaN is equal to nothing; every NaN counts as the same.
fn bits(traces: &Traces) -> Vec<u64> {
    traces
        .values()
        .iter()
        .map(|v| if v.is_nan() { f64::NAN.to_bits() } else { v.to_bits() })
        .collect()
}
