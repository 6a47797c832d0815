//! Sealing and opening to memory that the caller has: what is written there, and what is not.

#[path = "common/support.rs"]
mod support;

use bulla::body::body_len;
use bulla::error::{Limit, OpenError, SealError};
use bulla::{Header, Limits, OpenedHeader, Opener, Sealer, Sealing};
use support::{CHUNK, LENGTHS, NoRsa, SEALED_CHUNK, SplitMix64, header_len, pattern, seal};

#[test]
fn an_envelope_replaces_what_the_output_held() {
    let key = NoRsa::default();
    for len in LENGTHS {
        let plaintext = pattern(len);
        let expected = start(&key).seal(&plaintext).unwrap();
        for mut output in outputs(expected.len()) {
            let (place, had_room) = (output.as_ptr(), output.capacity() >= expected.len());
            start(&key).seal_into(&plaintext, &mut output).unwrap();
            assert!(output == expected, "{len} bytes");
            assert_eq!(output.as_ptr() == place, had_room, "{len} bytes");
        }
    }
}

#[test]
fn a_plaintext_replaces_what_the_output_held() {
    let key = NoRsa::default();
    for len in LENGTHS {
        let plaintext = pattern(len);
        let envelope = seal(&plaintext);
        let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
        let opened = Opener::new(&key).open_header(&header).unwrap();
        for (mut one, mut other) in outputs(len).into_iter().zip(outputs(len)) {
            let place = one.as_ptr();
            // With room for nothing there is no place to compare.
            let had_room = one.capacity() >= len.max(1);
            Opener::new(&key).open_into(&envelope, &mut one).unwrap();
            assert!(one == plaintext, "{len} bytes");
            assert!(!had_room || one.as_ptr() == place, "moved although there was room for {len} bytes");
            opened.open_into(body, &mut other).unwrap();
            assert!(other == plaintext, "{len} bytes");
        }
    }
}

#[test]
fn one_vector_serves_many_envelopes() {
    let key = NoRsa::default();
    let mut envelope = Vec::with_capacity(300_000);
    let mut opened = Vec::with_capacity(300_000);
    let places = (envelope.as_ptr(), opened.as_ptr());
    let mut twice = LENGTHS.to_vec();
    twice.extend(LENGTHS.iter().rev());
    for len in twice {
        let plaintext = pattern(len);
        Sealer::new(&key).seal_into(&plaintext, &mut envelope).unwrap();
        Opener::new(&key).open_into(&envelope, &mut opened).unwrap();
        assert!(opened == plaintext, "{len} bytes");
    }
    assert_eq!((envelope.as_ptr(), opened.as_ptr()), places);
}

#[test]
fn a_slice_is_written_at_its_front_and_nowhere_else() {
    let key = NoRsa::default();
    for len in LENGTHS {
        let plaintext = pattern(len);
        let expected = start(&key).seal(&plaintext).unwrap();
        for extra in [0, 1, 16, 20_000] {
            let mut output = vec![UNTOUCHED; expected.len() + extra];
            assert_eq!(start(&key).seal_to_slice(&plaintext, &mut output).unwrap(), expected.len());
            assert!(output[..expected.len()] == expected);
            assert!(is_untouched(&output[expected.len()..]), "{len} bytes and {extra}");

            let (opened, body) = open(&key, &expected);
            let mut output = vec![UNTOUCHED; len + extra];
            assert_eq!(opened.open_to_slice(body, &mut output).unwrap(), len);
            assert!(output[..len] == plaintext);
            assert!(is_untouched(&output[len..]), "{len} bytes and {extra}");
        }
    }
}

#[test]
fn a_slice_that_is_too_short_is_refused_with_the_length_it_takes_and_left_alone() {
    let key = NoRsa::default();
    for len in LENGTHS {
        let plaintext = pattern(len);
        let mut envelope = start(&key).seal(&plaintext).unwrap();
        let needed = envelope.len();
        assert_eq!(needed as u64, header_len(&envelope) as u64 + body_len(len as u64).unwrap());
        for room in [0, header_len(&envelope), needed - 1] {
            let mut output = vec![UNTOUCHED; room];
            let result = start(&key).seal_to_slice(&plaintext, &mut output);
            assert_eq!(result, Err(SealError::OutputTooShort { needed }));
            assert!(is_untouched(&output));
        }
        // Before any work: nothing else is noticed.
        envelope[needed - 1] ^= 1;
        let (opened, body) = open(&key, &envelope);
        for room in [Some(0), len.checked_sub(1)].into_iter().flatten().filter(|room| *room < len) {
            let mut output = vec![UNTOUCHED; room];
            let result = opened.open_to_slice(body, &mut output);
            assert_eq!(result, Err(OpenError::OutputTooShort { needed: len }), "{len} bytes");
            assert!(is_untouched(&output));
        }
    }
}

#[test]
fn a_failure_leaves_no_plaintext_in_the_slice_and_nothing_behind_it() {
    let key = NoRsa::default();
    // No byte of the plaintext is zero or untouched.
    let plaintext: Vec<u8> = (0..3 * CHUNK + 100).map(|at| 1 + (at % 100) as u8).collect();
    let envelope = seal(&plaintext);
    let body = header_len(&envelope);
    let flipped = |at: usize| {
        let mut altered = envelope.clone();
        altered[at] ^= 1;
        altered
    };
    let chunk = |index: usize| body + 56 + index * SEALED_CHUNK;
    for (altered, error) in [
        (flipped(body), OpenError::WrongAssociatedData),
        (flipped(chunk(0)), OpenError::ChunkAltered { index: 0 }),
        (flipped(chunk(1) - 1), OpenError::ChunkAltered { index: 0 }),
        (flipped(chunk(2)), OpenError::ChunkAltered { index: 2 }),
        (flipped(chunk(3)), OpenError::LastChunkAltered { index: 3 }),
        (flipped(envelope.len() - 1), OpenError::LastChunkAltered { index: 3 }),
        (envelope[..envelope.len() - 1].to_vec(), OpenError::LastChunkAltered { index: 3 }),
        (envelope[..chunk(3)].to_vec(), OpenError::Truncated),
        (envelope[..chunk(3) + 15].to_vec(), OpenError::Truncated),
        (envelope[..body + 55].to_vec(), OpenError::Truncated),
    ] {
        let (opened, body) = open(&key, &altered);
        let mut output = vec![UNTOUCHED; plaintext.len() + 20_000];
        assert_eq!(opened.open_to_slice(body, &mut output), Err(error.clone()));
        let would_take = body.len().saturating_sub(56) / SEALED_CHUNK * CHUNK
            + (body.len().saturating_sub(56) % SEALED_CHUNK).saturating_sub(16);
        assert!(output[..would_take].iter().all(|byte| [0, UNTOUCHED].contains(byte)), "{error:?}");
        assert!(is_untouched(&output[would_take..]), "{error:?}");

        for mut output in outputs(plaintext.len()) {
            assert_eq!(opened.open_into(body, &mut output), Err(error.clone()));
            assert!(output.is_empty());
        }
        for mut output in outputs(plaintext.len()) {
            assert_eq!(Opener::new(&key).open_into(&altered, &mut output), Err(error.clone()));
            assert!(output.is_empty());
        }
    }
}

#[test]
fn a_header_that_does_not_open_empties_the_output() {
    let key = NoRsa::default();
    let mut altered = seal(b"hello");
    let end = header_len(&altered);
    for (envelope, error) in [
        (altered[..end - 1].to_vec(), OpenError::Truncated),
        (
            {
                altered[end - 1] ^= 1;
                altered
            },
            OpenError::NotAuthentic,
        ),
    ] {
        let mut output = b"old".to_vec();
        assert_eq!(Opener::new(&key).open_into(&envelope, &mut output), Err(error));
        assert!(output.is_empty());
    }
}

#[test]
fn a_plaintext_above_the_limit_changes_nothing() {
    let key = NoRsa::default();
    for len in LENGTHS.into_iter().filter(|len| *len > 0) {
        let plaintext = pattern(len);
        let limits = |max: usize| Limits::default().with_plaintext_len(max as u64);
        let envelope = Sealer::new(&key).limits(limits(len)).seal(&plaintext).unwrap();

        let sealer = Sealer::new(&key).limits(limits(len - 1));
        let mut output = b"old".to_vec();
        let mut results = vec![sealer.seal_into(&plaintext, &mut output)];
        results.push(sealer.start().unwrap().seal_into(&plaintext, &mut output));
        assert_eq!(output, b"old");
        let mut slice = vec![UNTOUCHED; envelope.len()];
        results.push(sealer.start().unwrap().seal_to_slice(&plaintext, &mut slice).map(|_| ()));
        assert!(is_untouched(&slice));
        for result in results {
            let Err(SealError::LimitExceeded(error)) = result else { panic!("{result:?}") };
            assert_eq!((error.limit, error.max), (Limit::PlaintextLen, len as u64 - 1));
        }

        let opener = Opener::new(&key).limits(limits(len - 1));
        let opened = opener.open_into(&envelope, &mut output);
        assert!(matches!(opened, Err(OpenError::LimitExceeded(_))) && output.is_empty());
        let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
        let opened = opener.open_header(&header).unwrap().open_to_slice(body, &mut slice);
        assert!(matches!(opened, Err(OpenError::LimitExceeded(_))) && is_untouched(&slice));
    }
}

#[test]
fn wrong_associated_data_comes_before_a_plaintext_above_the_limit() {
    // SPEC §6.4: once it has found the commitment equal.
    let key = NoRsa::default();
    let envelope = seal(b"hello");
    let opener = Opener::new(&key).aad(b"other").limits(Limits::default().with_plaintext_len(4));
    let mut data = envelope.clone();
    assert_eq!(opener.open_in_place(&mut data), Err(OpenError::WrongAssociatedData));
    assert_eq!(opener.open_into(&envelope, &mut data), Err(OpenError::WrongAssociatedData));
    let (opened, body) = open(&key, &envelope);
    let opened = opened.aad(b"other").limits(Limits::default().with_plaintext_len(4));
    assert_eq!(opened.open_to_slice(body, &mut [0; 5]), Err(OpenError::WrongAssociatedData));
}

/// Vectors that an output of `len` bytes meets: empty, shorter, as long, longer, and with room.
fn outputs(len: usize) -> Vec<Vec<u8>> {
    let filled = |len: usize, capacity: usize| {
        let mut output = Vec::with_capacity(capacity);
        output.resize(len, UNTOUCHED);
        output
    };
    vec![
        Vec::new(),
        filled(0, len),
        filled(len / 2, len / 2),
        filled(len / 2, len),
        filled(len, len),
        filled(len + 1, len + 1),
        filled(len + 50_000, len + 50_000),
        filled(3, len + 50_000),
    ]
}

fn start(key: &NoRsa) -> Sealing {
    Sealer::new(key).start_with_rng(&mut SplitMix64(1)).unwrap()
}

fn open<'a>(key: &NoRsa, envelope: &'a [u8]) -> (OpenedHeader, &'a [u8]) {
    let (header, body) = Header::split(envelope, &Limits::default()).unwrap();
    (Opener::new(key).open_header(&header).unwrap(), body)
}

fn is_untouched(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == UNTOUCHED)
}

const UNTOUCHED: u8 = 0xA5;
