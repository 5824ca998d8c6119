//! Kernel of the Gaussian error linear unit in the form with a hyperbolic tangent (Hendrycks & Gimpel
//! 2016, section 2), with its slope.

use super::simd::{InstructionSet, Kernel, Simd, dispatch};

/// `2 √(2/π)`: the form with tanh is `x` times the logistic function of this times a cubic.
const RATE: f32 = 1.595_769;
/// Of the cube in it.
const CUBIC: f32 = 0.044_715;

/// Every number of `values` becomes its GELU, and of `slopes` its slope.
pub(crate) fn gelu(set: InstructionSet, values: &mut [f32], slopes: &mut [f32]) {
    dispatch(set, Gelu { values, slopes })
}

struct Gelu<'a> {
    values: &'a mut [f32],
    slopes: &'a mut [f32],
}

impl Kernel for Gelu<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let (values, rest) = self.values.as_chunks_mut::<16>();
        let (slopes, rest_of_slopes) = self.slopes.as_chunks_mut::<16>();
        for (value, slope) in values.iter_mut().zip(slopes) {
            sixteen(s, value, slope);
        }
        let mut last = ([0f32; 16], [0f32; 16]);
        last.0[..rest.len()].copy_from_slice(rest);
        sixteen(s, &mut last.0, &mut last.1);
        rest.copy_from_slice(&last.0[..rest.len()]);
        rest_of_slopes.copy_from_slice(&last.1[..rest.len()]);
    }
}

#[inline(always)]
fn sixteen<S: Simd>(s: S, value: &mut [f32; 16], slope: &mut [f32; 16]) {
    let (x, one) = (s.load(value), s.splat(1.));
    let square = s.mul(x, x);
    let inner = s.mul_add(square, s.splat(RATE * CUBIC), s.splat(RATE));
    let mut opened = [0f32; 16];
    s.store(s.exp(s.sub(s.zero(), s.mul(x, inner))), &mut opened);
    for gate in &mut opened {
        *gate = 1. / (1. + *gate);
    }
    let gate = s.load(&opened);
    s.store(s.mul(x, gate), value);
    // Of x · gate(x (RATE + RATE · CUBIC x²)): the gate, and x times the gate's slope.
    let steep = s.mul_add(square, s.splat(3. * RATE * CUBIC), s.splat(RATE));
    let of_gate = s.mul(s.mul(gate, s.sub(one, gate)), steep);
    s.store(s.mul_add(x, of_gate, gate), slope);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_slopes_are_those_of_the_definition_on_every_instruction_set() {
        let gelu_of = |x: f64| {
            let cubic = (2. / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
            0.5 * x * (1. + cubic.tanh())
        };
        // Not a multiple of sixteen.
        let xs: Vec<f32> = (0..101).map(|k| (k as f32 - 50.) / 4.).collect();
        for set in InstructionSet::available() {
            let (mut values, mut slopes) = (xs.clone(), vec![0.; xs.len()]);
            gelu(set, &mut values, &mut slopes);
            for ((x, value), slope) in xs.iter().zip(&values).zip(&slopes) {
                let x = f64::from(*x);
                assert!((f64::from(*value) - gelu_of(x)).abs() < 2e-6, "{set:?}: {value} of {x}");
                let by_difference = (gelu_of(x + 1e-5) - gelu_of(x - 1e-5)) / 2e-5;
                assert!(
                    (f64::from(*slope) - by_difference).abs() < 2e-6,
                    "{set:?}: {slope} of {x}"
                );
            }
        }
        let (mut far, mut slopes) = ([-1e4, 1e4, f32::NAN], [0.; 3]);
        gelu(InstructionSet::detect(), &mut far, &mut slopes);
        assert!(far[0].abs() < 1e-30 && (far[1], slopes[1]) == (1e4, 1.), "{far:?} {slopes:?}");
        assert!(far[2].is_nan());
    }
}
