//! Messages of a session beside records of TLS 1.3, both in memory, with AES-256-GCM of AWS-LC.
//!
//! Both ends are ready: neither RSA nor the handshake is measured. One message is one frame or one
//! record, and each is passed on by itself, to a vector that is used again.

#[path = "../../common/ratio.rs"]
#[allow(dead_code, reason = "benches use the rest")]
mod ratio;

use std::hint::black_box;
use std::io::{self, Cursor, Read, Write};
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bulla::{Opener, RsaIdentity, Sealer, SessionReader, SessionWriter};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::{cipher_suite, default_provider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, ServerConfig, ServerConnection, SignatureScheme, version,
};

pub(crate) fn print() {
    println!("Messages of a session, as a share of the speed of TLS 1.3 records with rustls. Goal: {GOAL:.2}.\n");
    println!("{:<4}  {:>8}  {:>5}  {:>12}  {:>12}  goal", "", "size", "ratio", "messages/s", "records/s");
    for len in SIZES {
        let message = vec![7; len];
        let count = (BATCH / len).min(MAX_COUNT);
        let (mut session, mut tls) = (Session::new(), Tls::new());
        let sealing = ratio::compare_timed(TIME, || session.send(&message, count), || tls.send(&message, count));
        let (mut session, mut tls) = (Session::new(), Tls::new());
        let opening = ratio::compare_timed(TIME, || session.receive(&message, count), || tls.receive(&message, count));
        for (direction, measured) in [("seal", sealing), ("open", opening)] {
            let rate = f64::from(u32::try_from(count).expect("a few thousand")) / measured.seconds;
            let goal = if measured.ratio >= GOAL { "reached" } else { "missed" };
            println!(
                "{direction:<4}  {len:>6} B  {:>5.2}  {rate:>12.0}  {:>12.0}  {goal}",
                measured.ratio,
                rate / measured.ratio,
            );
        }
    }
}

/// Both ends of a stream of a session.
struct Session {
    writer: SessionWriter<Vec<u8>>,
    reader: SessionReader<Cursor<Vec<u8>>>,
    received: Vec<u8>,
}

impl Session {
    fn new() -> Self {
        let identity = RsaIdentity::from_pem(RSA_3072).expect("a good key");
        let writer = Sealer::new(&identity.recipient()).send_to(Vec::new()).expect("a good recipient");
        let start = Cursor::new(writer.get_ref().clone());
        let reader = Opener::new(&identity).receive_from(start).expect("a good header");
        Self { writer, reader, received: Vec::new() }
    }

    fn send(&mut self, message: &[u8], count: usize) -> Duration {
        self.writer.get_mut().clear();
        let start = Instant::now();
        for _ in 0..count {
            self.writer.send(black_box(message)).expect("a vector takes all");
        }
        start.elapsed()
    }

    fn receive(&mut self, message: &[u8], count: usize) -> Duration {
        self.send(message, count);
        let input = self.reader.get_mut();
        mem::swap(input.get_mut(), self.writer.get_mut());
        input.set_position(0);
        let start = Instant::now();
        for _ in 0..count {
            assert!(self.reader.receive(&mut self.received).expect("good frames"), "as many as were sent");
            assert_eq!(black_box(&self.received).len(), message.len());
        }
        start.elapsed()
    }
}

/// Both ends of a TLS connection.
struct Tls {
    client: ClientConnection,
    server: ServerConnection,
    records: Vec<u8>,
    received: Vec<u8>,
}

impl Tls {
    fn new() -> Self {
        let provider = Arc::new(rustls::crypto::CryptoProvider {
            cipher_suites: vec![cipher_suite::TLS13_AES_256_GCM_SHA384],
            ..default_provider()
        });
        let client = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&version::TLS13])
            .expect("the suite is of TLS 1.3")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone))
            .with_no_client_auth();
        let certificate = CertificateDer::from_pem_slice(CERTIFICATE).expect("a good certificate");
        let key = PrivateKeyDer::from_pem_slice(RSA_2048).expect("a good key");
        let server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13])
            .expect("the suite is of TLS 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("the key of the certificate");
        let name = ServerName::try_from("bench").expect("a good name");
        let mut client = ClientConnection::new(Arc::new(client), name).expect("a good configuration");
        let mut server = ServerConnection::new(Arc::new(server)).expect("a good configuration");
        while client.is_handshaking() || server.is_handshaking() || server.wants_write() {
            let mut flight = Vec::new();
            while client.wants_write() {
                client.write_tls(&mut flight).expect("a vector takes all");
            }
            let mut input = &flight[..];
            while !input.is_empty() {
                server.read_tls(&mut input).expect("a slice");
                server.process_new_packets().expect("a good flight");
            }
            flight.clear();
            while server.wants_write() {
                server.write_tls(&mut flight).expect("a vector takes all");
            }
            let mut input = &flight[..];
            while !input.is_empty() {
                client.read_tls(&mut input).expect("a slice");
                client.process_new_packets().expect("a good flight");
            }
        }
        Self { client, server, records: Vec::new(), received: vec![0; 16 << 10] }
    }

    fn send(&mut self, message: &[u8], count: usize) -> Duration {
        self.records.clear();
        let start = Instant::now();
        for _ in 0..count {
            self.client.writer().write_all(black_box(message)).expect("it is written at once");
            while self.client.wants_write() {
                self.client.write_tls(&mut self.records).expect("a vector takes all");
            }
        }
        start.elapsed()
    }

    fn receive(&mut self, message: &[u8], count: usize) -> Duration {
        self.send(message, count);
        let mut records = &self.records[..];
        let mut opened = 0;
        let start = Instant::now();
        while !records.is_empty() {
            self.server.read_tls(&mut records).expect("a slice");
            self.server.process_new_packets().expect("good records");
            loop {
                match self.server.reader().read(&mut self.received) {
                    Ok(len) => opened += black_box(&self.received[..len]).len(),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
        let elapsed = start.elapsed();
        assert_eq!(opened, message.len() * count);
        elapsed
    }
}

/// Takes any certificate: who the server is does not matter here.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::RSA_PSS_SHA256]
    }
}

const RSA_3072: &str = include_str!("../../../tests/keys/rsa3072.pem");
const RSA_2048: &[u8] = include_bytes!("../../../tests/keys/rsa2048.pem");
const CERTIFICATE: &[u8] = include_bytes!("../../../tests/keys/rsa2048.cert.pem");

const SIZES: [usize; 3] = [64, 1 << 10, 16 << 10];
const GOAL: f64 = 1.0;

/// Bytes in one turn, of so many messages at most: they stay in the cache.
const BATCH: usize = 512 << 10;
const MAX_COUNT: usize = 4096;
const TIME: Duration = Duration::from_secs(4);
