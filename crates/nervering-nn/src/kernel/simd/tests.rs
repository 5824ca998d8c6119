use super::*;

struct Exponentials<'a>(&'a [[f32; 16]]);
impl Kernel for Exponentials<'_> {
    type Output = Vec<f32>;
    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) -> Vec<f32> {
        let mut out = vec![[0f32; 16]; self.0.len()];
        for (x, y) in self.0.iter().zip(&mut out) {
            s.store(s.exp(s.load(x)), y);
        }
        out.into_flattened()
    }
}

#[test]
fn exponentials_agree_with_the_library_on_every_instruction_set() {
    let x: Vec<f32> = (0..16 * 1100).map(|k| -87. + k as f32 * 0.0099).collect();
    for set in InstructionSet::available() {
        let y = dispatch(set, Exponentials(x.as_chunks().0));
        for (x, y) in x.iter().zip(y) {
            let exact = f64::from(*x).exp();
            assert!(((f64::from(y) - exact) / exact).abs() < 2e-7, "{set:?} exp({x}) = {y}");
        }
    }
}

struct Push<'a>([[f32; 16]; 3], &'a mut Vec<f32>);
impl Kernel for Push<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let [a, b, c] = [s.load(&self.0[0]), s.load(&self.0[1]), s.load(&self.0[2])];
        s.push([a, b], self.1);
        s.push([c], self.1);
    }
}

#[test]
fn rows_are_appended_behind_what_a_vector_holds() {
    let rows = std::array::from_fn(|row| std::array::from_fn(|k| (row * 16 + k) as f32));
    for set in InstructionSet::available() {
        let mut values = vec![-1.; 3];
        dispatch(set, Push(rows, &mut values));
        assert_eq!((&values[..3], &values[3..]), (&[-1.; 3][..], rows.as_flattened()), "{set:?}");
    }
}

struct Lanes([f32; 16], [f32; 16]);
impl Kernel for Lanes {
    type Output = (Vec<[f32; 16]>, f32, f32);
    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) -> Self::Output {
        let (a, b) = (s.load(&self.0), s.load(&self.1));
        let results = [
            s.add(a, b),
            s.sub(a, b),
            s.mul(a, b),
            s.max(a, b),
            s.min(a, b),
            s.where_positive(a, b, s.splat(-1.)),
            s.round(a),
        ];
        let mut out = vec![[0f32; 16]; results.len()];
        for (x, to) in results.into_iter().zip(&mut out) {
            s.store(x, to);
        }
        (out, s.max_lanes(a), s.sum_lanes(a))
    }
}

#[test]
fn every_instruction_set_gives_the_same_exact_operations() {
    let a = std::array::from_fn(|k| (k as f32 - 7.5) * 0.75);
    let b = std::array::from_fn(|k| 3. - k as f32);
    let portable = dispatch(InstructionSet::Portable, Lanes(a, b));
    for set in InstructionSet::available() {
        assert_eq!(dispatch(set, Lanes(a, b)), portable, "{set:?}");
    }
    assert_eq!((portable.1, portable.2), (5.625, 0.));
}
