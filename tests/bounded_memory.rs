//! Memory grows with what has arrived, never with a length that was announced.

#[path = "common/support.rs"]
mod support;

use std::alloc::System;
use std::io::{Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bulla::error::OpenError;
use bulla::{CachingOpener, Header, Limits, Opener, Sealer};
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
fn a_session_holds_one_frame_for_each_direction() {
    let _alone = alone();
    let key = NoRsa::default();
    // One where it is sealed, and one where it is opened. What else there is are header and keys.
    let bound = FRAME + 10_000;
    let plaintext = vec![7; 10_000_000];
    let written = peak(|| {
        let mut writer = Sealer::new(&key).send_to(std::io::sink()).unwrap();
        let mut message = writer.message().unwrap();
        message.write_all(&plaintext).unwrap();
        message.finish().unwrap();
        writer.finish().unwrap();
    });
    assert!((FRAME..bound).contains(&written), "{written} bytes");
    let mut writer = Sealer::new(&key).send_to(Vec::new()).unwrap();
    let mut message = writer.message().unwrap();
    message.write_all(&plaintext).unwrap();
    message.finish().unwrap();
    let sent = writer.finish().unwrap();
    let read = peak(|| {
        let mut reader = Opener::new(&key).receive_from(&sent[..]).unwrap();
        let mut message = reader.message().unwrap().unwrap();
        let mut output = [0; 1000];
        while message.read(&mut output).unwrap() > 0 {}
        assert!(reader.message().unwrap().is_none());
    });
    assert!((FRAME..bound).contains(&read), "{read} bytes");
    // Whole, the message costs at most three times the limit: it is copied where it grows.
    let limit = 1 << 20;
    let refused = peak(|| {
        let mut reader = Opener::new(&key).receive_from(&sent[..]).unwrap();
        let error = reader.receive(&mut Vec::new()).unwrap_err();
        assert!(matches!(open_error(&error), OpenError::LimitExceeded(_)));
    });
    assert!(refused < 3 * limit + bound, "{refused} bytes");
}

#[test]
fn what_is_held_of_labelled_messages_does_not_grow_with_them() {
    let _alone = alone();
    let key = NoRsa::default();
    let messages = Sealer::new(&key).start_messages().unwrap();
    let written = peak(|| {
        let mut writer = messages.message("a").unwrap().wrap_output(std::io::sink());
        (0..1000).for_each(|_| writer.write_all(&[7; 10_000]).unwrap());
        writer.finish().unwrap();
    });
    assert!(written < 100_000, "{written} bytes");
    let message = messages.seal("a", &vec![7; 10_000_000]).unwrap();
    let opened = Opener::new(&key).open_header(messages.header()).unwrap().message("a");
    let read = peak(|| {
        let mut reader = opened.clone().wrap_input(&message[..]);
        reader.read_exact(&mut [0; 100]).unwrap();
        reader.finish().unwrap();
    });
    assert!(read < 100_000, "{read} bytes");
    // Nor with the number of headers.
    let envelopes: Vec<_> = (0..300)
        .map(|_| Sealer::new(&key).start_messages().unwrap().start("a").unwrap().seal(b"hello").unwrap())
        .collect();
    let remembered = peak(|| {
        let caching = CachingOpener::new(Opener::new(&key)).max_headers(10);
        envelopes.iter().for_each(|envelope| assert_eq!(caching.open("a", envelope).unwrap(), b"hello"));
    });
    assert!(remembered < 60_000, "{remembered} bytes");
}

#[test]
fn what_is_held_of_parts_does_not_grow_with_the_payload_and_a_manifest_must_be_there() {
    let _alone = alone();
    let key = NoRsa::default();
    let (mut parts, mut journal) = Sealer::new(&key).start_parts().unwrap();
    let mut file = parts.header().as_bytes().to_vec();
    for index in 0..3 {
        let mut sealed = Vec::with_capacity(4_000_000);
        let written = peak(|| {
            sealed.clear();
            let mut writer = parts.part(index).unwrap().wrap_output(&mut sealed);
            (0..300).for_each(|_| writer.write_all(&[7; 10_000]).unwrap());
            journal.replace(writer.finish().unwrap().1).unwrap();
        });
        assert!(written < 100_000, "{written} bytes");
        file.extend_from_slice(&sealed);
    }
    file.extend_from_slice(&parts.finish(&mut journal, 3).unwrap().file_end());
    let read = peak(|| {
        let reader = Opener::new(&key).open_parts_at(&file[..]).unwrap();
        let mut stream = reader.stream();
        let mut output = [0; 1000];
        while stream.read(&mut output).unwrap() > 0 {}
    });
    assert!(read < 150_000, "{read} bytes");
    // A manifest is as long as its file at most, whatever the file says.
    let end = file.len() - 8;
    for claim in [1 << 21, 1 << 26, 1 << 40, u64::MAX] {
        let mut short = parts.header().as_bytes().to_vec();
        short.extend_from_slice(&u64::to_be_bytes(claim));
        file[end..].copy_from_slice(&claim.to_be_bytes());
        for input in [&short, &file] {
            let refused = peak(|| assert!(Opener::new(&key).open_parts_at(&input[..]).is_err()));
            // Sealed and opened, and no longer than the default limit admits.
            assert!(refused < 2 * input.len().min(40 << 16) + 100_000, "{refused} bytes for {claim}");
        }
    }
}

/// Length in bytes of the longest frame of a session.
const FRAME: usize = 3 + 16384 + 16;

/// The most bytes that were allocated at the same time during `action`, beyond those before. The
/// harness allocates, too, in threads of its own; so the least of several runs counts.
fn peak(mut action: impl FnMut()) -> usize {
    let run = |_| {
        ALLOCATOR.reset_peak_memory();
        let before = ALLOCATOR.get_peak_memory();
        action();
        ALLOCATOR.get_peak_memory() - before
    };
    (0..5).map(run).min().unwrap_or(usize::MAX)
}

/// While it is held, no other test allocates.
fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}
