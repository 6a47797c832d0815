//! The randomness of the operating system, whose failure is an error and not a panic.

use rand_core::{Infallible, TryCryptoRng, TryRng};

use crate::error::{OpenError, SealError};

/// The operating system's generator as an infallible [`rand_core::CryptoRng`], with failures kept
/// until they are asked for.
///
/// Once a draw has failed, all bytes are predictable, and everything made since the last successful
/// [`SystemRng::check`] must be thrown away. That is the price for handing recipients the
/// infallible trait that every library expects.
pub(crate) struct SystemRng<R = getrandom::SysRng> {
    source: R,
    failed: bool,
    /// Makes the bytes after a failure differ, so that a loop that waits for an acceptable draw
    /// ends.
    filler: u64,
}

impl SystemRng {
    pub(crate) const fn new() -> Self {
        Self { source: getrandom::SysRng, failed: false, filler: 0 }
    }
}

impl<R> SystemRng<R> {
    /// Whether every draw so far succeeded.
    pub(crate) fn check(&self) -> Result<(), RandomnessError> {
        if self.failed { Err(RandomnessError) } else { Ok(()) }
    }
}

impl<R: TryRng> TryRng for SystemRng<R> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, output: &mut [u8]) -> Result<(), Infallible> {
        if self.failed || self.source.try_fill_bytes(output).is_err() {
            self.failed = true;
            for byte in output {
                // Knuth's MMIX generator: no security, a long period.
                self.filler =
                    self.filler.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                [*byte, ..] = self.filler.to_be_bytes();
            }
        }
        Ok(())
    }
}

impl<R: TryCryptoRng> TryCryptoRng for SystemRng<R> {}

/// The operating system gave no randomness.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RandomnessError;

impl From<RandomnessError> for SealError {
    fn from(RandomnessError: RandomnessError) -> Self {
        Self::Randomness
    }
}

impl From<RandomnessError> for OpenError {
    fn from(RandomnessError: RandomnessError) -> Self {
        Self::Randomness
    }
}

#[cfg(test)]
mod tests {
    use core::fmt;

    use rand_core::Rng;

    use super::*;

    #[test]
    fn a_failed_draw_is_remembered() {
        let mut rng = SystemRng { source: FailsAfter(1), failed: false, filler: 0 };
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        assert_eq!((bytes, rng.check()), ([7; 32], Ok(())));
        rng.fill_bytes(&mut bytes);
        assert_eq!(rng.check(), Err(RandomnessError));
        rng.source.0 = 1;
        assert_ne!(rng.next_u64(), rng.next_u64());
        assert_eq!(rng.check(), Err(RandomnessError));
    }

    #[test]
    fn the_system_gives_different_bytes_each_time() {
        let mut rng = SystemRng::new();
        assert_ne!(rng.next_u64(), rng.next_u64());
        assert_eq!(rng.check(), Ok(()));
    }

    struct FailsAfter(u32);

    #[derive(Debug)]
    struct Failure;

    impl fmt::Display for Failure {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("failure")
        }
    }

    impl core::error::Error for Failure {}

    impl TryRng for FailsAfter {
        type Error = Failure;

        fn try_next_u32(&mut self) -> Result<u32, Failure> {
            unreachable!("only bytes are drawn")
        }

        fn try_next_u64(&mut self) -> Result<u64, Failure> {
            unreachable!("only bytes are drawn")
        }

        fn try_fill_bytes(&mut self, output: &mut [u8]) -> Result<(), Failure> {
            self.0 = self.0.checked_sub(1).ok_or(Failure)?;
            output.fill(7);
            Ok(())
        }
    }
}
