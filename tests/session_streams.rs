//! Sessions over sockets, and over streams that misbehave.

#[path = "common/sessions.rs"]
mod sessions;
#[path = "common/support.rs"]
mod support;

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use bulla::error::{OpenError, SealError};
use bulla::{Opener, Sealer, SessionReader, SessionWriter};
use proptest::prelude::*;
use support::{Named, NoRsa, RSA_2048, open_error, pattern};

#[test]
fn the_server_can_speak_first() {
    for is_challenged in [false, true] {
        let (client, server) = sockets();
        let server = thread::spawn(move || {
            let (mut reader, mut writer) = accept(server, is_challenged);
            writer.send(b"welcome").unwrap();
            let mut message = Vec::new();
            assert!(reader.receive(&mut message).unwrap() && message == b"thanks");
            writer.try_finish().unwrap();
        });
        let (mut reader, mut writer) = connect(client, is_challenged);
        let mut message = Vec::new();
        assert!(reader.receive(&mut message).unwrap() && message == b"welcome");
        writer.send(b"thanks").unwrap();
        assert!(!reader.receive(&mut message).unwrap());
        writer.try_finish().unwrap();
        server.join().unwrap();
    }
}

#[test]
fn the_client_can_wait_for_an_answer_to_each_message() {
    let (client, server) = sockets();
    let server = thread::spawn(move || echo(server));
    let (mut reader, mut writer) = connect(client, false);
    let mut message = Vec::new();
    for number in 0..200_u8 {
        writer.send(&vec![number; usize::from(number) * 500]).unwrap();
        assert!(reader.receive(&mut message).unwrap() && message == vec![number; usize::from(number) * 500]);
    }
    writer.try_finish().unwrap();
    assert!(!reader.receive(&mut message).unwrap());
    server.join().unwrap();
}

#[test]
fn one_direction_ends_and_the_other_goes_on() {
    let (client, server) = sockets();
    let server = thread::spawn(move || {
        let (mut reader, mut writer) = accept(server, false);
        let mut message = Vec::new();
        while reader.receive(&mut message).unwrap() {}
        // The client has ended its stream and shut its half of the socket.
        for _ in 0..10 {
            writer.send(&pattern(100_000)).unwrap();
        }
        writer.try_finish().unwrap();
    });
    let (mut reader, mut writer) = connect(client, false);
    writer.send(b"all I have to say").unwrap();
    writer.try_finish().unwrap();
    writer.get_ref().shutdown(Shutdown::Write).unwrap();
    let mut message = Vec::new();
    for _ in 0..10 {
        assert!(reader.receive(&mut message).unwrap() && message == pattern(100_000));
    }
    assert!(!reader.receive(&mut message).unwrap());
    server.join().unwrap();
}

#[test]
fn both_ends_send_megabytes_at_once() {
    let (client, server) = sockets();
    let both = |(mut reader, mut writer): Connection| {
        thread::scope(|scope| {
            scope.spawn(move || {
                for _ in 0..20 {
                    writer.send(&pattern(1 << 20)).unwrap();
                }
                writer.try_finish().unwrap();
            });
            let (mut message, mut count) = (Vec::new(), 0);
            while reader.receive(&mut message).unwrap() {
                assert!(message == pattern(1 << 20));
                count += 1;
            }
            assert_eq!(count, 20);
        });
    };
    let server = thread::spawn(move || both(accept(server, false)));
    both(connect(client, false));
    server.join().unwrap();
}

#[test]
fn a_connection_that_is_closed_without_an_end_is_truncated() {
    let (client, server) = sockets();
    let server = thread::spawn(move || {
        let (mut reader, mut writer) = accept(server, false);
        let mut message = Vec::new();
        assert!(reader.receive(&mut message).unwrap());
        let error = reader.receive(&mut message).unwrap_err();
        assert_eq!(open_error(&error), OpenError::Truncated);
        let error = writer.send(b"x").unwrap_err();
        assert_eq!(SealError::from_io(&error), Some(&SealError::SessionFailed));
    });
    let (_, mut writer) = connect(client, false);
    writer.send(b"hello").unwrap();
    writer.get_ref().shutdown(Shutdown::Both).unwrap();
    server.join().unwrap();
}

#[test]
fn a_connection_that_is_lost_before_the_answer_ends_both_directions() {
    struct Reset;
    impl Read for Reset {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let key = Named::new(7);
    let (mut reader, mut writer) = Sealer::new(&key).connect_unchallenged(Reset, Vec::new()).unwrap();
    writer.send(b"hello").unwrap();
    let error = reader.receive(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    let error = writer.send(b"x").unwrap_err();
    assert_eq!(SealError::from_io(&error), Some(&SealError::SessionFailed));
}

#[test]
fn an_input_that_panics_ends_both_directions() {
    struct Panics;
    impl Read for Panics {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("as this test wants it")
        }
    }
    let key = Named::new(7);
    let (mut reader, mut writer) = Sealer::new(&key).connect_unchallenged(Panics, Vec::new()).unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| reader.receive(&mut Vec::new())));
    assert!(panicked.is_err() && reader.receive(&mut Vec::new()).is_err());
    let error = writer.send(b"x").unwrap_err();
    assert_eq!(SealError::from_io(&error), Some(&SealError::SessionFailed));
}

#[test]
fn a_message_that_is_finished_while_the_output_would_block_is_finished_later() {
    let key = NoRsa::default();
    let mut writer = Sealer::new(&key).send_to(Rough::new(Vec::new(), vec![5])).unwrap();
    writer.get_mut().script = vec![1];
    let mut message = writer.message().unwrap();
    message.write_all(b"hello").unwrap();
    let unfinished = message.finish().unwrap_err();
    assert_eq!(unfinished.error().kind(), io::ErrorKind::WouldBlock);
    let mut message = unfinished.into_writer();
    while message.try_finish().is_err() {}
    writer.get_mut().script = vec![5];
    writer.try_finish().unwrap();
    let sent = std::mem::take(&mut writer.get_mut().inner);
    let mut received = Vec::new();
    assert!(Opener::new(&key).receive_from(&sent[..]).unwrap().receive(&mut received).unwrap());
    assert_eq!(received, b"hello");
}

#[test]
fn a_session_begins_although_flushing_is_interrupted() {
    struct Interrupted(u32);
    impl Write for Interrupted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            self.0 += 1;
            if self.0 == 1 { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
        }
    }
    let key = NoRsa::default();
    assert!(Sealer::new(&key).send_to(Interrupted(0)).is_ok());
}

#[test]
fn rsa_works_end_to_end() {
    let (client, server) = sockets();
    let server = thread::spawn(move || {
        let input = BufReader::new(server.try_clone().unwrap());
        let (mut reader, mut writer) = Opener::new(&*RSA_2048).accept(input, server).unwrap();
        let mut message = Vec::new();
        assert!(reader.receive(&mut message).unwrap());
        writer.send(&message).unwrap();
    });
    let input = BufReader::new(client.try_clone().unwrap());
    let (mut reader, mut writer) = Sealer::new(RSA_2048.recipient()).connect(input, client).unwrap();
    writer.send(b"hello").unwrap();
    let mut message = Vec::new();
    assert!(reader.receive(&mut message).unwrap() && message == b"hello");
    server.join().unwrap();
}

proptest! {
    #[test]
    fn misbehaving_streams_change_nothing(
        lengths in prop::collection::vec(prop_oneof![0_usize..100, 16_300_usize..16_500, 30_000_usize..40_000], 0..6),
        pieces in prop::collection::vec(1_usize..20_000, 1..5),
        script in prop::collection::vec(0_u8..6, 1..20),
    ) {
        let key = NoRsa::default();
        let messages: Vec<_> = lengths.iter().map(|len| pattern(*len)).collect();
        // The first bytes are sent in full: only streams that block may begin a session.
        let mut writer = Sealer::new(&key).send_to(Rough::new(Vec::new(), vec![5])).unwrap();
        writer.get_mut().script.clone_from(&script);
        for message in &messages {
            let mut sizes = pieces.iter().cycle();
            let mut output = writer.message().unwrap();
            let mut rest = &message[..];
            while !rest.is_empty() {
                let len = rest.len().min(*sizes.next().unwrap());
                match output.write(&rest[..len]) {
                    Ok(written) => rest = &rest[written..],
                    Err(error) => prop_assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
                }
            }
            while let Err(error) = output.try_finish() {
                prop_assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
            }
        }
        while let Err(error) = writer.try_finish() {
            prop_assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        }
        let sent = std::mem::take(&mut writer.get_mut().inner);

        let mut reader = Opener::new(&key).receive_from(Rough::new(io::Cursor::new(sent), vec![5])).unwrap();
        reader.get_mut().script.clone_from(&script);
        let mut message = Vec::new();
        for expected in &messages {
            let received = loop {
                match reader.receive(&mut message) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    received => break received.unwrap(),
                }
            };
            prop_assert!(received && message == *expected);
        }
        let ended = loop {
            match reader.receive(&mut message) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                received => break received.unwrap(),
            }
        };
        prop_assert!(!ended);
    }
}

type Connection = (SessionReader<BufReader<TcpStream>>, SessionWriter<TcpStream>);

fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

fn connect(socket: TcpStream, is_challenged: bool) -> Connection {
    let input = BufReader::new(socket.try_clone().unwrap());
    let key = Named::new(7);
    let sealer = Sealer::new(&key);
    if is_challenged { sealer.connect(input, socket) } else { sealer.connect_unchallenged(input, socket) }.unwrap()
}

fn accept(socket: TcpStream, is_challenged: bool) -> Connection {
    let input = BufReader::new(socket.try_clone().unwrap());
    let key = Named::new(7);
    let opener = Opener::new(&key);
    if is_challenged { opener.accept(input, socket) } else { opener.accept_unchallenged(input, socket) }.unwrap()
}

fn echo(socket: TcpStream) {
    let (mut reader, mut writer) = accept(socket, false);
    let mut message = Vec::new();
    while reader.receive(&mut message).unwrap() {
        writer.send(&message).unwrap();
    }
    writer.try_finish().unwrap();
}

/// A stream whose calls are short, interrupted or would block, as the script says.
struct Rough<S> {
    inner: S,
    script: Vec<u8>,
    at: usize,
}

impl<S> Rough<S> {
    fn new(inner: S, script: Vec<u8>) -> Self {
        Self { inner, script, at: 0 }
    }

    fn next(&mut self, len: usize) -> io::Result<usize> {
        let step = self.script[self.at % self.script.len()];
        self.at += 1;
        // So that each script comes to an end.
        match if self.at.is_multiple_of(7) { 5 } else { step } {
            0 => Err(io::ErrorKind::Interrupted.into()),
            1 => Err(io::ErrorKind::WouldBlock.into()),
            2 => Ok(len.min(1)),
            3 => Ok(len.min(7)),
            4 => Ok(len.div_ceil(2)),
            _ => Ok(len),
        }
    }
}

impl<R: Read> Read for Rough<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let len = self.next(output.len())?;
        self.inner.read(&mut output[..len])
    }
}

impl<W: Write> Write for Rough<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = self.next(bytes.len())?;
        self.inner.write(&bytes[..len])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.next(0)?;
        self.inner.flush()
    }
}
