//! Random numbers that are the same on every machine: each is a function of the seed and of what it is for.

/// A stream of numbers (splitmix64).
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// The stream of a seed for one purpose: a table, a column, a row.
    pub(super) fn of(seed: u64, names: &[&str], numbers: &[usize]) -> Self {
        // FNV-1a; a byte between the parts keeps `a`, `b` and `ab`, `` apart.
        let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed;
        let mut take = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        for name in names {
            name.bytes().chain([0xff]).for_each(&mut take);
        }
        for number in numbers {
            (*number as u64).to_le_bytes().into_iter().for_each(&mut take);
        }
        Random(hash)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a limit; 0 if the limit is 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let number = self.next().checked_rem(limit as u64).unwrap_or_default();
        usize::try_from(number).unwrap_or_default()
    }

    /// True once in so many times.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub(super) fn one_of<'t, T>(&mut self, all: &'t [T]) -> Option<&'t T> {
        all.get(self.below(all.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_known_by_its_seed_and_purpose() {
        let first =
            |seed, names: &[&str], numbers: &[usize]| Random::of(seed, names, numbers).next();
        assert_eq!(first(7, &["t", "c"], &[3]), first(7, &["t", "c"], &[3]));
        let all = [
            first(7, &["t", "c"], &[3]),
            first(8, &["t", "c"], &[3]),
            first(7, &["tc", ""], &[3]),
            first(7, &["t", "c"], &[4]),
        ];
        let mut unique = all.to_vec();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), all.len());
        assert_eq!(Random::of(0, &[], &[]).below(0), 0);
        assert_eq!(Random::of(0, &[], &[]).one_of::<u8>(&[]), None);
    }
}
