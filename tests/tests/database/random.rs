//! Numbers at random: the same in each run, unless `PROVE_SEED` says otherwise.

/// A generator of numbers.
pub(crate) struct Random(u64);

impl Random {
    /// Says its seed, which gives the same numbers again.
    pub(crate) fn new() -> Self {
        let seed = seed();
        println!("PROVE_SEED={seed}");
        Random::of(seed)
    }

    /// The numbers of this seed.
    pub(crate) fn of(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }
}

/// What all that is left to chance begins with.
pub(crate) fn seed() -> u64 {
    std::env::var("PROVE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}
