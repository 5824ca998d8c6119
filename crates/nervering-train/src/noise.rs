//! Much noise, quickly: what is added to crops in training need be neither cryptographic nor normal to
//! the last digit.

/// Nearly normal numbers of mean 0 and deviation 1: sums of four uniform ones (Irwin–Hall).
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next numbers. In two passes: the second has no step that waits for another.
    pub(crate) fn fill(&mut self, to: &mut [f32]) {
        for to in &mut *to {
            *to = self.sum() as f32;
        }
        for to in to {
            // Four uniform numbers in [0, 1] have variance 4 / 12.
            *to = (*to / 65_535. - 2.) * 3f32.sqrt();
        }
    }

    /// The sum of four numbers of sixteen bits.
    fn sum(&mut self) -> i32 {
        // SplitMix64 (Steele, Lea & Flood 2014).
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        // Two sums of two at once, each in half of the bits.
        const SIXTEEN_OF_EACH_HALF: u64 = 0x0000_FFFF_0000_FFFF;
        let both = (z & SIXTEEN_OF_EACH_HALF) + ((z >> 16) & SIXTEEN_OF_EACH_HALF);
        (both as u32 + (both >> 32) as u32) as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_mean_0_and_deviation_1() {
        let mut noise = Noise::new(7);
        let mut values = vec![0f32; 100_000];
        noise.fill(&mut values);
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let mean = values.iter().sum::<f64>() / 1e5;
        let deviation = (values.iter().map(|v| v * v).sum::<f64>() / 1e5).sqrt();
        assert!(mean.abs() < 0.02 && (deviation - 1.).abs() < 0.01, "{mean} {deviation}");
        assert!(values.iter().all(|value| value.abs() <= 12f64.sqrt() + 1e-6));
    }
}
