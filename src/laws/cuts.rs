//! Where a stream is cut: everywhere if it is short, else at places derived from its bytes.

/// Up to this length a stream is cut in two at every place.
pub(super) const SHORT: usize = 48;

/// So many bytes in a row arrive one by one.
pub(super) const BYTEWISE: usize = 96;

/// splitmix64. Seeded with the input, so that a corpus stays pure wire bytes and what failed fails again.
#[derive(Clone, Debug)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ bytes.len() as u64;
        for chunk in bytes.chunks(8) {
            let mut wide = [0; 8];
            wide[..chunk.len()].copy_from_slice(chunk);
            hash = (hash.rotate_left(23) ^ u64::from_le_bytes(wide)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Self(hash)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(super) const fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// Several cuts, in order; steps between them are short or long, so that frames are cut often and frames are whole often.
pub(super) fn scattered(len: usize, rng: &mut Rng) -> Vec<usize> {
    let mut cuts = Vec::new();
    let most = [3, 17, 64, len / 2 + 1][rng.below(4)];
    let mut at = 0;
    loop {
        at += 1 + rng.below(most);
        if at >= len || cuts.len() == 256 {
            return cuts;
        }
        cuts.push(at);
    }
}

/// The parts of `bytes` between the cuts.
pub(super) fn pieces<'a>(bytes: &'a [u8], cuts: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut at = 0;
    cuts.iter().copied().chain([bytes.len()]).map(move |cut| {
        let piece = &bytes[at..cut];
        at = cut;
        piece
    })
}

/// Fewer cuts that `fails` as well: one if one does it, else none can be left out.
pub(super) fn shrink(cuts: Vec<usize>, mut fails: impl FnMut(&[usize]) -> bool) -> Vec<usize> {
    if cuts.len() < 2 {
        return cuts;
    }
    if let Some(one) = cuts.iter().find(|cut| fails(&[**cut])) {
        return vec![*one];
    }
    let mut left = cuts;
    let mut step = left.len() / 2;
    while step > 0 {
        let mut at = 0;
        while at < left.len() {
            let mut fewer = left.clone();
            fewer.drain(at..(at + step).min(left.len()));
            if fails(&fewer) {
                left = fewer;
            } else {
                at += step;
            }
        }
        step /= 2;
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole() {
        let bytes: Vec<u8> = (0..200).collect();
        for seed in 0..100 {
            let cuts = scattered(bytes.len(), &mut Rng::new(seed));
            assert!(cuts.is_sorted() && cuts.iter().all(|cut| (1..200).contains(cut)));
            assert_eq!(pieces(&bytes, &cuts).count(), cuts.len() + 1);
            assert_eq!(pieces(&bytes, &cuts).collect::<Vec<_>>().concat(), bytes);
        }
    }

    #[test]
    fn shrinking_keeps_what_is_needed() {
        let all: Vec<usize> = (1..100).collect();
        assert_eq!(shrink(all.clone(), |cuts| cuts.contains(&7)), [7]);
        assert_eq!(shrink(all, |cuts| cuts.contains(&7) && cuts.contains(&93)), [7, 93]);
    }
}
