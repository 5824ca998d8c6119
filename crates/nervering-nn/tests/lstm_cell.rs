//! The LSTM's cell, fused on every instruction set of this CPU, against the composed form in
//! float64: results and gradients.

use burn::tensor::{DType, Device, Tensor, TensorData};
use nervering_nn::InstructionSet;
use nervering_nn::ops::{Engine, lstm_cell};

/// Values between −`largest` and `largest`.
fn wave(shape: [usize; 3], largest: f64, phase: f64, dtype: DType) -> Tensor<3> {
    let n = shape.iter().product::<usize>();
    let value = |k: usize| largest * ((k * k % 211) as f64 * 0.61 + phase).sin();
    // Numbers that float32 holds exactly.
    let values: Vec<f64> = (0..n).map(|k| f64::from(value(k) as f32)).collect();
    Tensor::from_data(TensorData::new(values, shape), (&Device::flex().autodiff(), dtype))
}

/// State after the step, gradients of gates and of the state before it.
fn step(engine: Engine, dtype: DType, width: usize, n_rows: usize, largest: f64) -> [Vec<f64>; 3] {
    let gates = wave([2, n_rows, 4 * width], largest, 0.3, dtype).require_grad();
    let before = wave([2, n_rows, 2 * width], 2., 1.1, dtype).require_grad();
    let after = lstm_cell(engine, gates.clone(), before.clone());
    let counted = wave([2, n_rows, 2 * width], 1., 2.3, dtype);
    let gradients = (after.clone() * counted).sum().backward();
    [after, gates.grad(&gradients).unwrap(), before.grad(&gradients).unwrap()]
        .map(|t| t.into_data().convert::<f64>().try_to_vec().unwrap())
}

#[test]
fn the_fused_cell_is_the_composed_one() {
    for (width, n_rows, largest) in [(16, 1, 3.), (48, 7, 3.), (16, 5, 200.), (256, 3, 1e-3)] {
        let exact = step(Engine::Composed, DType::F64, width, n_rows, largest);
        for set in InstructionSet::available() {
            let found = step(Engine::Fused(set), DType::F32, width, n_rows, largest);
            for (what, (found, exact)) in
                ["state", "gates", "before"].iter().zip(found.iter().zip(&exact))
            {
                let scale = exact.iter().fold(0f64, |m, v| m.max(v.abs()));
                let error = found.iter().zip(exact).fold(0f64, |m, (a, b)| m.max((a - b).abs()));
                assert!(
                    error < 2e-6 * scale,
                    "{set:?}, {width}, {what}: {error:.1e} of {scale:.1e}"
                );
            }
        }
    }
}

#[test]
fn a_number_that_is_none_stays_none() {
    let nan = |dtype| Tensor::<3>::full([1, 1, 64], f32::NAN, (&Device::flex(), dtype));
    let before = Tensor::<3>::zeros([1, 1, 32], &Device::flex());
    let after = lstm_cell(Engine::fastest(), nan(DType::F32), before);
    let values = after.into_data().try_to_vec::<f32>().unwrap();
    assert!(values.iter().all(|value| value.is_nan()));
}
