//! Much noise, quickly: what is added to crops in training need be neither cryptographic nor normal to
//! the last digit.

/// Nearly normal numbers of mean 0 and deviation 1: sums of four uniform ones (Irwin–Hall).
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> f32 {
        // SplitMix64 (Steele, Lea & Flood 2014).
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        let sum: u64 = (0..4).map(|part| (z >> (16 * part)) & 0xFFFF).sum();
        // Four uniform numbers in [0, 1] have variance 4 / 12.
        (sum as f32 / 65_535. - 2.) * 3f32.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_mean_0_and_deviation_1() {
        let mut noise = Noise::new(7);
        let values: Vec<f64> = (0..100_000).map(|_| f64::from(noise.next())).collect();
        let mean = values.iter().sum::<f64>() / 1e5;
        let deviation = (values.iter().map(|v| v * v).sum::<f64>() / 1e5).sqrt();
        assert!(mean.abs() < 0.02 && (deviation - 1.).abs() < 0.01, "{mean} {deviation}");
        assert!(values.iter().all(|value| value.abs() <= 12f64.sqrt() + 1e-6));
    }
}
