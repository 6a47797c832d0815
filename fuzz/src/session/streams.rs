//! Both ends of a session over streams that misbehave.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::rc::Rc;

use bulla::error::{Limit, OpenError, SealError};
use bulla::{Limits, MessageWriter, Opener, Sealer, SessionReader, SessionWriter};

use super::case::{How, Receive, Stream};
use super::oracle::{Damaged, END, Expected, Flight, LAST};
use super::{Case, foreign, note};
use crate::fake::Carrier;
use crate::io::{Script, Sink, endless, retryable, write_all};

/// Plays the session in both directions, or in one if it cannot be answered.
pub(super) fn check(case: &Case, reached: &mut BTreeSet<&'static str>) {
    let (alice, bob) = (Carrier::default(), Carrier::named(1));
    let sealer = Sealer::new(&alice).aad(&case.aad);
    let limits = case.limit.map_or(Limits::default(), |limit| Limits::default().with_message_len(limit.into()));
    let opener = Opener::new(&alice).aad(case.other_aad.as_ref().unwrap_or(&case.aad)).limits(limits);
    match case.several {
        true => check_one_way(case, &sealer.recipient(&bob), &opener, reached),
        false => check_both_ways(case, &sealer, &opener, reached),
    }
}

fn check_one_way(case: &Case, sealer: &Sealer<'_>, opener: &Opener<'_>, reached: &mut BTreeSet<&'static str>) {
    let refused = sealer.connect_unchallenged(io::empty(), io::sink()).map(|_| ()).unwrap_err();
    assert_eq!(SealError::from_io(&refused), Some(&SealError::SeveralRecipients));
    let output = Output::blocking(case);
    let mut writer = sealer.send_to(output.clone()).unwrap();
    let start_len = output.taken().len();
    output.send(&mut writer, &case.forth, &case.sizes, None);
    let flight = Flight::new(&output.taken(), start_len - HEAD_LEN, &case.forth);
    let damaged = match case.damage_back {
        true => flight.undamaged(),
        false => flight.damage(&case.damage, &foreign(sealer, case)),
    };
    let start = flight.start_of(&damaged, case.same_aad());
    match opener.receive_from(Input::new(damaged.bytes(), case)) {
        Ok(mut reader) => {
            assert_eq!(start, Ok(()));
            reader.get_mut().script.blocking = false;
            note("", &receive(&mut reader, case, case.limit, &flight, &damaged), reached);
        }
        Err(error) => {
            let error = Err(error.downcast().unwrap());
            assert_eq!(start, error);
            note("", &error, reached);
        }
    }

    let output = Output::blocking(case);
    let accepted = opener.accept_unchallenged(Input::new(damaged.bytes(), case), output.clone()).map(|_| ());
    let error = Err(accepted.unwrap_err().downcast().unwrap());
    assert_eq!(error, start.and(Err(OpenError::NoAnswer)));
    assert!(output.taken().is_empty());
    note("", &error, reached);
}

/// What the initiator has once it has sent its messages.
struct Client<'a> {
    reader: SessionReader<Input<'a>>,
    writer: SessionWriter<Output<'a>>,
    output: Output<'a>,
    flight: Flight,
    damaged: Damaged,
}

fn check_both_ways(case: &Case, sealer: &Sealer<'_>, opener: &Opener<'_>, reached: &mut BTreeSet<&'static str>) {
    let output = Output::blocking(case);
    let client = Rc::new(RefCell::new(None));
    let is_challenged = case.challenge || case.other_challenge;
    // When the responder first reads, the challenge is there. Then the initiator is played.
    let fill = {
        let (output, client) = (output.clone(), client.clone());
        move || {
            let mut challenge = output.taken();
            challenge.iter_mut().take(1).for_each(|byte| *byte ^= u8::from(case.other_challenge));
            let connected = connect(case, sealer, challenge);
            let bytes = connected.damaged.bytes();
            *client.borrow_mut() = Some(connected);
            bytes
        }
    };
    let input = Input { fill: Some(Box::new(fill)), ..Input::new(vec![], case) };
    let accepted = match is_challenged {
        true => opener.accept(input, output.clone()),
        false => opener.accept_unchallenged(input, output.clone()),
    };
    let mut client = client.borrow_mut().take().unwrap();
    let start = client.flight.start_of(&client.damaged, case.same_context());
    let challenge_len = if is_challenged { 32 } else { 0 };
    let (mut reader, mut writer) = match accepted {
        Ok(ends) => {
            assert_eq!(start, Ok(()));
            ends
        }
        Err(error) => {
            let error = Err(error.downcast().unwrap());
            assert_eq!(start, error);
            assert_eq!(output.taken().len(), challenge_len);
            return note("", &error, reached);
        }
    };
    reader.get_mut().script.blocking = false;
    if case.early {
        output.send(&mut writer, &case.back, &case.sizes, case.limit);
    }
    let end = receive(&mut reader, case, case.limit, &client.flight, &client.damaged);
    note("", &end, reached);
    match (&end, case.early) {
        (Err(_), true) if !case.back.is_open() => {}
        (Err(_), _) => output.assert_failed(&mut writer),
        (Ok(()), true) => {}
        (Ok(()), false) => output.send(&mut writer, &case.back, &case.sizes, case.limit),
    }
    if end.is_err() && !case.early {
        return;
    }

    let back = Flight::new(&output.taken()[challenge_len..], 0, &case.back);
    let damaged = if case.damage_back { back.damage(&case.damage, &client.flight) } else { back.undamaged() };
    client.reader.get_mut().bytes.extend(damaged.bytes());
    client.reader.get_mut().script.blocking = false;
    let end = receive(&mut client.reader, case, None, &back, &damaged);
    note("answer: ", &end, reached);
    if end.is_err() && case.forth.is_open() {
        client.output.assert_failed(&mut client.writer);
    }
}

/// The initiator sends everything at once.
fn connect<'a>(case: &'a Case, sealer: &Sealer<'_>, challenge: Vec<u8>) -> Client<'a> {
    let output = Output::blocking(case);
    let input = Input::new(challenge, case);
    let (reader, mut writer) = match case.challenge {
        true => sealer.connect(input, output.clone()),
        false => sealer.connect_unchallenged(input, output.clone()),
    }
    .unwrap();
    let start_len = output.taken().len();
    assert_eq!(start_len - HEAD_LEN, reader.header().as_bytes().len());
    output.send(&mut writer, &case.forth, &case.sizes, None);
    let flight = Flight::new(&output.taken(), start_len - HEAD_LEN, &case.forth);
    let damaged = match case.damage_back {
        true => flight.undamaged(),
        false => flight.damage(&case.damage, &foreign(sealer, case)),
    };
    Client { reader, writer, output, flight, damaged }
}

/// Receives messages in the ways that the case gives. Returns how that ended.
fn receive(
    reader: &mut SessionReader<Input<'_>>,
    case: &Case,
    limit: Option<u16>,
    flight: &Flight,
    damaged: &Damaged,
) -> Result<(), OpenError> {
    // The head of an answer comes with its first frame.
    let expected = match flight.start_of(damaged, true) {
        Err(error) if flight.start.len() == HEAD_LEN => Expected { good: 0, end: Err(error) },
        _ => flight.expected(damaged),
    };
    let mut pieces = &flight.pieces[..expected.good];
    let mut ways = case.receive.iter().copied().cycle();
    let end = loop {
        let last = pieces.iter().position(|(kind, _)| *kind == LAST);
        let (of_message, behind) = pieces.split_at(last.map_or(pieces.len(), |last| last + 1));
        let message: Vec<u8> = of_message.iter().flat_map(|(_, piece)| piece.clone()).collect();
        let ends = pieces.first().is_some_and(|(kind, _)| *kind == END);
        let way = ways.next().unwrap_or(Receive::Whole);
        let (received, result) = receive_one(reader, way, &case.sizes);
        match result {
            Ok(false) => {
                assert!(ends && received.is_empty());
                break Ok(());
            }
            Ok(true) => {
                assert!(!ends && !of_message.is_empty());
                match way {
                    Receive::Some(len) => assert!(received == message[..message.len().min(len.into())]),
                    Receive::Whole | Receive::Pieces => assert!(last.is_some() && received == message),
                }
            }
            Err(error) => {
                let max = limit.map(usize::from).filter(|max| way == Receive::Whole && message.len() > *max);
                match (&error, max) {
                    (OpenError::LimitExceeded(exceeded), Some(max)) => {
                        assert_eq!((exceeded.limit, exceeded.max), (Limit::MessageLen, u64::try_from(max).unwrap()));
                    }
                    _ => assert_eq!((max, last, ends, Err(&error)), (None, None, false, expected.end.as_ref())),
                }
                assert!(received == if way == Receive::Whole { &[] } else { &message[..] });
                break Err(error);
            }
        }
        pieces = behind;
    };
    for way in [Receive::Whole, Receive::Pieces] {
        let (received, again) = receive_one(reader, way, &case.sizes);
        assert_eq!((received, again), (vec![], end.clone().map(|()| false)));
    }
    assert_eq!(reader.has_ended(), end.is_ok());
    if end.is_ok() {
        // Nothing behind the end was touched.
        let input = reader.get_ref();
        let len = damaged.start.len() + flight.frames.concat().len();
        assert_eq!(input.position, input.bytes.len() - damaged.bytes().len() + len);
    }
    end
}

/// Receives one message or a part of one. Returns what came, and whether there was a message.
fn receive_one(
    reader: &mut SessionReader<Input<'_>>,
    way: Receive,
    sizes: &[u16],
) -> (Vec<u8>, Result<bool, OpenError>) {
    let mut received = vec![0xA5; 5];
    let mut whole = || loop {
        if let Some(there_is_one) = retryable(reader.receive(&mut received))? {
            return Ok(there_is_one);
        }
    };
    if way == Receive::Whole {
        let result = whole();
        return (received, result.map_err(cause));
    }
    received.clear();
    let wanted = if let Receive::Some(len) = way { usize::from(len) } else { usize::MAX };
    let result = (|| {
        let message = loop {
            match reader.message() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => break result?,
            }
        };
        let Some(mut message) = message else { return Ok(false) };
        for size in endless(sizes) {
            if received.len() >= wanted {
                break;
            }
            let mut output = vec![0xA5; size.min(wanted - received.len())];
            let Some(len) = retryable(message.read(&mut output))? else { continue };
            assert!(output[len..].iter().all(|byte| *byte == 0xA5));
            received.extend_from_slice(&output[..len]);
            if len == 0 && size > 0 {
                break;
            }
        }
        Ok(true)
    })();
    (received, result.map_err(cause))
}

fn cause(error: io::Error) -> OpenError {
    error.downcast().expect("the input itself does not fail")
}

/// What arrives at one end, some of it later.
struct Input<'a> {
    bytes: Vec<u8>,
    position: usize,
    /// Gives the bytes once the first are wanted.
    fill: Option<Box<dyn FnOnce() -> Vec<u8> + 'a>>,
    script: Script<'a>,
    ended: bool,
}

impl<'a> Input<'a> {
    /// Never reports `WouldBlock` unless that is changed.
    fn new(bytes: Vec<u8>, case: &'a Case) -> Self {
        let mut script = Script::new(&case.steps);
        script.blocking = true;
        Self { bytes, position: 0, fill: None, script, ended: false }
    }
}

impl Read for Input<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if let Some(fill) = self.fill.take() {
            self.bytes.extend(fill());
        }
        assert!(!self.ended, "read after the end");
        assert!(!output.is_empty(), "read into nothing, where 0 would mean the end");
        let rest = &self.bytes[self.position..];
        let len = self.script.play(output.len().min(rest.len()))?;
        output[..len].copy_from_slice(&rest[..len]);
        self.position += len;
        self.ended = len == 0;
        Ok(len)
    }
}

/// What one end sends, in the hands of the test as well.
#[derive(Clone)]
struct Output<'a>(Rc<RefCell<Sink<'a>>>);

impl<'a> Output<'a> {
    fn blocking(case: &'a Case) -> Self {
        let output = Self(Rc::new(RefCell::new(Sink::new(&case.steps))));
        output.set_blocking(true);
        output
    }

    fn set_blocking(&self, blocking: bool) {
        self.0.borrow_mut().script.blocking = blocking;
    }

    fn taken(&self) -> Vec<u8> {
        self.0.borrow().taken.clone()
    }

    fn send(&self, writer: &mut SessionWriter<Self>, stream: &Stream, sizes: &[u16], limit: Option<u16>) {
        for (message, how) in stream.plan() {
            self.set_blocking(how == How::Whole);
            if how == How::Whole {
                let len = self.taken().len();
                if let Err(error) = writer.send(&message) {
                    // The other end would not receive it whole. In pieces it looks the same.
                    let max = limit.map(usize::from).filter(|max| message.len() > *max);
                    assert!(max.is_some() && self.taken().len() == len, "{error}");
                    assert!(matches!(SealError::from_io(&error), Some(SealError::LimitExceeded(_))));
                    let mut pieces = writer.message().unwrap();
                    pieces.write_all(&message).and_then(|()| pieces.try_finish()).unwrap();
                } else {
                    assert!(limit.is_none_or(|max| message.len() <= max.into()));
                }
                continue;
            }
            let finish = if how == How::Pieces { MessageWriter::try_finish } else { MessageWriter::flush };
            write_all(&mut writer.message().unwrap(), sizes, &message, finish).unwrap();
        }
        let len = self.taken().len();
        if stream.is_unfinished() {
            for result in [writer.send(b""), writer.message().map(|_| ()), writer.try_finish()] {
                assert_eq!(SealError::from_io(&result.unwrap_err()), Some(&SealError::UnfinishedMessage));
            }
            return assert_eq!(self.taken().len(), len);
        }
        if stream.ends {
            self.set_blocking(false);
            for _ in 0..2 {
                while retryable(writer.try_finish()).unwrap().is_none() {}
            }
            for result in [writer.send(b""), writer.message().map(|_| ())] {
                assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidInput);
            }
            assert_eq!(self.taken().len(), len + bulla::sessions::FrameSealer::END_LEN);
        }
    }

    /// The other direction has failed: nothing is sealed any more.
    fn assert_failed(&self, writer: &mut SessionWriter<Self>) {
        self.set_blocking(true);
        let len = self.taken().len();
        for result in [writer.send(b""), writer.send(b""), writer.try_finish()] {
            assert_eq!(SealError::from_io(&result.unwrap_err()), Some(&SealError::SessionFailed));
        }
        assert_eq!(self.taken().len(), len);
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}

const HEAD_LEN: usize = bulla::sessions::FrameSealer::HEAD_LEN;
