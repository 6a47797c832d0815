//! Memory grows with what has arrived, never with a length that was announced.

#[path = "common/support.rs"]
mod support;

use std::alloc::System;
use std::io::{Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bulla::error::OpenError;
use bulla::{Header, Limits, Opener, Sealer};
use peakmem_alloc::{PeakMemAlloc, PeakMemAllocTrait};
use support::{NoRsa, open_error};

#[global_allocator]
static ALLOCATOR: PeakMemAlloc<System> = PeakMemAlloc::new(System);

#[test]
fn a_header_that_announces_much_takes_nothing_before_it_is_there() {
    let _alone = alone();
    let key = NoRsa::default();
    let wide = Limits::default().with_header_len(u32::MAX).with_metadata_len(u32::MAX);
    // Announces 5 MiB.
    let mut prefix = Sealer::new(&key).start().unwrap().header().as_bytes()[..20].to_vec();
    prefix[12..20].copy_from_slice(&[0, 0x10, 0, 0, 0, 0x40, 0, 0]);
    let zeros = vec![0; 3 << 20];
    for arrived in [20, 21, 1000, 20_000, 300_000, 3 << 20] {
        let input = [&prefix[..], &zeros].concat();
        let bound = 4 * arrived + 100_000;
        let written = peak(|| {
            let mut writer = Opener::new(&key).limits(wide).wrap_output(std::io::sink());
            for piece in input[..arrived].chunks(10_000) {
                writer.write_all(piece).unwrap();
            }
            assert_eq!(open_error(&writer.try_finish().unwrap_err()), OpenError::Truncated);
        });
        assert!(written < bound, "{written} bytes after {arrived}");
        let read = peak(|| {
            let error = Header::read_from(&mut &input[..arrived], &wide).unwrap_err();
            assert_eq!(open_error(&error), OpenError::Truncated);
        });
        assert!(read < bound, "{read} bytes after {arrived}");
    }
}

#[test]
fn what_a_stream_holds_does_not_grow_with_the_plaintext() {
    let _alone = alone();
    let key = NoRsa::default();
    let envelope = Sealer::new(&key).seal(&vec![7; 10_000_000]).unwrap();
    let written = peak(|| {
        let mut writer = Opener::new(&key).wrap_output(std::io::sink());
        writer.write_all(&envelope).unwrap();
        writer.finish().unwrap();
    });
    assert!(written < 100_000, "{written} bytes");
    let read = peak(|| {
        let mut reader = Opener::new(&key).wrap_input(&envelope[..]).unwrap();
        reader.read_exact(&mut [0; 100]).unwrap();
        reader.finish().unwrap();
    });
    assert!(read < 100_000, "{read} bytes");
}

#[test]
fn a_session_holds_at_most_two_records_for_each_direction() {
    const RECORD: usize = 3 + 16_384 + 16;
    let _alone = alone();
    let key = NoRsa::default();
    let message = vec![7; 1_000_000];
    let mut stream = Vec::with_capacity(2_000_000);
    let mut writer = Sealer::new(&key).send_to(&mut stream).unwrap();
    // One long message piece by piece, and one whole.
    let sent = peak(|| {
        let mut writer = writer.message().unwrap();
        writer.write_all(&message).unwrap();
        writer.try_finish().unwrap();
    });
    assert_eq!(sent, 0, "all is there from the start");
    writer.send(&message[..10_000]).unwrap();
    writer.try_finish().unwrap();
    drop(writer);
    let made = peak(|| drop(Sealer::new(&key).send_to(std::io::sink()).unwrap()));
    assert!(made < 2 * RECORD, "{made} bytes to send");

    let mut received = Vec::with_capacity(10_000);
    let received = peak(|| {
        let mut reader = Opener::new(&key).receive_from(&stream[..]).unwrap();
        let mut long = reader.message().unwrap().unwrap();
        let mut piece = [0; 1000];
        while long.read(&mut piece).unwrap() > 0 {}
        assert!(reader.receive(&mut received).unwrap());
        assert!(!reader.receive(&mut Vec::new()).unwrap());
    });
    assert!(received < 2 * RECORD, "{received} bytes to receive");
}

/// The most bytes that were allocated at the same time during `action`, beyond those before.
fn peak(action: impl FnOnce()) -> usize {
    ALLOCATOR.reset_peak_memory();
    let before = ALLOCATOR.get_peak_memory();
    action();
    ALLOCATOR.get_peak_memory() - before
}

/// While it is held, no other test allocates.
fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}
