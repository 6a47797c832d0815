//! Whatever is sealed opens again, by every way in and every way out, however the bytes are cut.

#[path = "common/support.rs"]
mod support;

use std::io::Read;

use bulla::body::{BodyOpener, BodySealer};
use bulla::{Header, Limits, Opener, Sealer};
use proptest::collection::vec;
use proptest::prelude::*;
use support::{CHUNK, LENGTHS, NoRsa, RSA_2048, SplitMix64, open_by_writing, pattern, read_in_pieces, write_in_pieces};

#[test]
fn every_boundary_length_round_trips_however_it_is_sealed_and_opened() {
    let key = NoRsa::default();
    for len in LENGTHS {
        let plaintext = pattern(len);
        for seal in SEALERS {
            let envelope = seal(&key, &plaintext, &[1000, 40_000], 1);
            for open in OPENERS {
                assert_eq!(open(&key, &envelope, &[5, 100_000]), plaintext, "{len} bytes");
            }
        }
    }
}

#[test]
fn the_overhead_is_exact() {
    let key = NoRsa::default();
    for len in LENGTHS {
        let envelope = Sealer::new(&key).seal(&pattern(len)).unwrap();
        assert_eq!(envelope.len(), support::header_len(&envelope) + 56 + len + 16 * (len / CHUNK + 1));
    }
}

#[test]
fn an_rsa_envelope_round_trips_with_metadata_and_associated_data() {
    let recipient = RSA_2048.recipient();
    let mut sealed = Vec::new();
    let sealer = Sealer::new(&recipient).metadata(b"text/plain").aad(b"invoice/42");
    sealer.wrap_input(&b"hello"[..]).unwrap().read_to_end(&mut sealed).unwrap();

    let mut reader = Opener::new(&*RSA_2048).aad(b"invoice/42").wrap_input(&sealed[..]).unwrap();
    assert_eq!(reader.metadata(), Some(&b"text/plain"[..]));
    let mut plaintext = String::new();
    reader.read_to_string(&mut plaintext).unwrap();
    assert_eq!(plaintext, "hello");
}

#[test]
fn each_use_of_a_builder_makes_a_new_envelope() {
    let key = NoRsa::default();
    let sealer = Sealer::new(&key);
    let (first, first_key) = (sealer.seal(b"hello").unwrap(), *key.content_key().expose());
    let (second, second_key) = (sealer.seal(b"hello").unwrap(), *key.content_key().expose());
    assert_ne!(first_key, second_key);
    assert_ne!(first[first.len() - 77..], second[second.len() - 77..]);
}

#[test]
fn reads_after_the_end_return_nothing() {
    let key = NoRsa::default();
    let envelope = Sealer::new(&key).seal(&pattern(CHUNK)).unwrap();
    let mut reader = Opener::new(&key).wrap_input(&envelope[..]).unwrap();
    let mut buffer = vec![0; 50_000];
    assert_eq!(reader.read(&mut []).unwrap(), 0);
    assert_eq!(reader.read(&mut buffer).unwrap(), CHUNK);
    assert_eq!(reader.read(&mut buffer).unwrap(), 0);
    assert_eq!(reader.read(&mut buffer).unwrap(), 0);
}

#[test]
fn a_plaintext_larger_than_every_buffer_streams_through() {
    let key = NoRsa::default();
    let source = std::io::repeat(0xA5).take(50_000_000);
    let sealed = Sealer::new(&key).wrap_input(source).unwrap();
    let mut opened = Opener::new(&key).wrap_input(sealed).unwrap();
    let mut buffer = vec![0; 1 << 20];
    let mut total = 0;
    loop {
        let len = opened.read(&mut buffer).unwrap();
        if len == 0 {
            break;
        }
        assert!(buffer[..len].iter().all(|byte| *byte == 0xA5));
        total += len;
    }
    assert_eq!(total, 50_000_000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_envelope_does_not_depend_on_how_it_is_made(
        len in 0..150_000usize,
        sizes in vec(1..60_000usize, 1..8),
        seed: u64,
    ) {
        let key = NoRsa::default();
        let plaintext = pattern(len);
        let expected = Sealer::new(&key).start_with_rng(&mut SplitMix64(seed)).unwrap().seal(&plaintext).unwrap();
        for seal in SEALERS {
            prop_assert!(seal(&key, &plaintext, &sizes, seed) == expected);
        }
    }

    #[test]
    fn the_plaintext_does_not_depend_on_how_it_is_read(
        len in 0..150_000usize,
        sizes in vec(1..60_000usize, 1..8),
        seed: u64,
    ) {
        let key = NoRsa::default();
        let plaintext = pattern(len);
        let envelope = Sealer::new(&key).start_with_rng(&mut SplitMix64(seed)).unwrap().seal(&plaintext).unwrap();
        for open in OPENERS {
            prop_assert!(open(&key, &envelope, &sizes) == plaintext);
        }
    }

    #[test]
    fn metadata_and_associated_data_of_any_content_round_trip(
        metadata in vec(any::<u8>(), 1..300),
        aad in vec(any::<u8>(), 0..300),
        plaintext in vec(any::<u8>(), 0..300),
    ) {
        let key = NoRsa::default();
        let envelope = Sealer::new(&key).metadata(&metadata).aad(&aad).seal(&plaintext).unwrap();
        let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
        let opened = header.open(key.content_key()).map(|opened| opened.aad(&aad)).unwrap();
        prop_assert_eq!(opened.metadata(), Some(&metadata[..]));
        prop_assert_eq!(opened.open(body).unwrap(), plaintext);
    }
}

/// Seals the plaintext by one way, in pieces of these sizes, with randomness of this seed.
type Seal = fn(&NoRsa, &[u8], &[usize], u64) -> Vec<u8>;

const SEALERS: [Seal; 8] = [
    |key, plaintext, _, seed| Sealer::new(key).start_with_rng(&mut SplitMix64(seed)).unwrap().seal(plaintext).unwrap(),
    |key, plaintext, sizes, seed| {
        let mut writer = Sealer::new(key).start_with_rng(&mut SplitMix64(seed)).unwrap().wrap_output(Vec::new());
        write_in_pieces(&mut writer, plaintext, sizes).unwrap();
        writer.finish().unwrap()
    },
    |key, plaintext, sizes, seed| {
        let reader = Sealer::new(key).start_with_rng(&mut SplitMix64(seed)).unwrap().wrap_input(plaintext);
        let (envelope, end) = read_in_pieces(reader, sizes);
        end.unwrap();
        envelope
    },
    |key, plaintext, _, seed| {
        let (header, mut body_sealer) = Sealer::new(key).start_with_rng(&mut SplitMix64(seed)).unwrap().into_parts();
        let mut envelope = [header.as_bytes(), body_sealer.head()].concat();
        let (chunks, last) = plaintext.as_chunks();
        for chunk in chunks {
            let mut sealed = [0; BodySealer::SEALED_CHUNK_LEN];
            body_sealer.seal_chunk(chunk, &mut sealed).unwrap();
            envelope.extend_from_slice(&sealed);
        }
        let start = envelope.len();
        envelope.resize(start + last.len() + BodySealer::TAG_LEN, 0);
        body_sealer.seal_last(last, &mut envelope[start..]).unwrap();
        envelope
    },
    |key, plaintext, _, seed| {
        let mut data = plaintext.to_vec();
        data.shrink_to_fit();
        Sealer::new(key).start_with_rng(&mut SplitMix64(seed)).unwrap().seal_in_place(&mut data).unwrap();
        data
    },
    |key, plaintext, _, seed| {
        let mut data = Vec::with_capacity(plaintext.len() + plaintext.len() / 1000 + 1000);
        data.extend_from_slice(plaintext);
        let place = data.as_ptr();
        Sealer::new(key).start_with_rng(&mut SplitMix64(seed)).unwrap().seal_in_place(&mut data).unwrap();
        assert_eq!(data.as_ptr(), place, "there was room enough");
        data
    },
    |key, plaintext, _, seed| {
        let mut envelope = b"old".to_vec();
        Sealer::new(key).start_with_rng(&mut SplitMix64(seed)).unwrap().seal_into(plaintext, &mut envelope).unwrap();
        envelope
    },
    |key, plaintext, _, seed| {
        let sealing = Sealer::new(key).start_with_rng(&mut SplitMix64(seed)).unwrap();
        let len = sealing.header().envelope_len(plaintext.len() as u64).unwrap() as usize;
        let mut envelope = vec![0x5A; len];
        assert_eq!(sealing.seal_to_slice(plaintext, &mut envelope).unwrap(), len);
        envelope
    },
];

/// Opens the envelope by one way, in pieces of these sizes.
type Open = fn(&NoRsa, &[u8], &[usize]) -> Vec<u8>;

const OPENERS: [Open; 9] = [
    |key, envelope, _| Opener::new(key).open(envelope).unwrap(),
    |key, envelope, _| {
        let mut data = envelope.to_vec();
        Opener::new(key).open_in_place(&mut data).unwrap();
        data
    },
    |key, envelope, _| {
        let mut plaintext = b"old".to_vec();
        Opener::new(key).open_into(envelope, &mut plaintext).unwrap();
        plaintext
    },
    |key, envelope, _| {
        let (header, body) = Header::split(envelope, &Limits::default()).unwrap();
        let mut plaintext = vec![0x5A; envelope.len()];
        let len = header.open(key.content_key()).unwrap().open_to_slice(body, &mut plaintext).unwrap();
        plaintext.truncate(len);
        plaintext
    },
    |key, envelope, sizes| {
        let (plaintext, end) = open_by_writing(&Opener::new(key), envelope, sizes);
        end.unwrap();
        plaintext
    },
    |key, envelope, _| {
        let (plaintext, end) = open_by_writing(&Opener::new(key), envelope, &[1]);
        end.unwrap();
        plaintext
    },
    |key, envelope, sizes| {
        let (plaintext, end) = read_in_pieces(Opener::new(key).wrap_input(envelope).unwrap(), sizes);
        end.unwrap();
        plaintext
    },
    |key, envelope, sizes| {
        let (header, body) = Header::split(envelope, &Limits::default()).unwrap();
        let opened = header.open(key.content_key()).unwrap();
        let (plaintext, end) = read_in_pieces(opened.wrap_input(body), sizes);
        end.unwrap();
        plaintext
    },
    |key, envelope, _| {
        let (header, body) = Header::split(envelope, &Limits::default()).unwrap();
        let (prefix, body) = body.split_first_chunk().unwrap();
        let mut body_opener: BodyOpener = header.open(key.content_key()).unwrap().body_opener(prefix).unwrap();
        let mut plaintext = Vec::new();
        let (chunks, last) = body.as_chunks();
        for sealed in chunks {
            let mut chunk = [0; CHUNK];
            body_opener.open_chunk(sealed, &mut chunk).unwrap();
            plaintext.extend_from_slice(&chunk);
        }
        let mut chunk = vec![0; last.len() - 16];
        body_opener.open_last(last, &mut chunk).unwrap();
        plaintext.extend_from_slice(&chunk);
        plaintext
    },
];
