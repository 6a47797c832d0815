//! `bulla send` and `bulla recv`: a file or a stream through a session, to a file or a pipe, or
//! over a connection that answers.

use std::io::{self, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};

use bulla::{Sealer, SessionReader, SessionWriter};
use zeroize::Zeroizing;

use crate::args::{RecvArgs, SendArgs};
use crate::destination::Destination;
use crate::failure::Failure;
use crate::input::Input;
use crate::keys;
use crate::open::opener;
use crate::output::Output;
use crate::permissions::Content;
use crate::private::Private;
use crate::refusal::{cannot_seal, unreadable};
use crate::senders::{Demand, Findings};
use crate::source::check_standard_input;

pub(crate) fn send(args: &SendArgs) -> Result<(), Failure> {
    check_standard_input(args.recipients.iter().chain(args.private.files()).chain([&args.input]))?;
    let key_files = keys::recipients(&args.recipients, args.any_certificate)?;
    let private = Private::read(&args.private, &key_files)?;
    let recipients = keys::named_or_not(key_files, false);
    let sealer = private.add_to(Sealer::with_recipients(&recipients).map_err(cannot_seal)?);
    match (&args.connect, &args.output) {
        (Some(address), _) => {
            let mut input = Input::open(&args.input)?;
            let fail = |error: io::Error| unreadable(address, &error);
            let socket = connect(address).map_err(fail)?;
            let reader = BufReader::new(socket.try_clone().map_err(fail)?);
            let (mut reader, mut writer) = sealer.connect(reader, socket).map_err(fail)?;
            let sent = send_all(&mut input, &mut writer, address)?;
            writer.try_finish().map_err(fail)?;
            check_answer(&mut reader, sent, address)
        }
        (None, Some(output)) => {
            let destination = Destination::find(output)?;
            destination.check_is_not(Input::id_at(&args.input), "IN")?;
            destination.check_is_not(private.file_id(), "one of the keys")?;
            let destination = destination.prepare(Content::Public, args.force)?;
            let mut input = Input::open(&args.input)?;
            let output = destination.begin()?;
            output.check_is_presentable()?;
            let name = output.name().to_owned();
            let fail = |error: io::Error| Failure::io(&name, &error);
            let mut writer = sealer.send_to(output).map_err(fail)?;
            send_all(&mut input, &mut writer, &name)?;
            writer.finish().map_err(|error| fail(error.into()))?.commit()
        }
        (None, None) => Err(Failure::new("send", "name OUT, or give --connect")),
    }
}

pub(crate) fn recv(args: &RecvArgs) -> Result<(), Failure> {
    let (input, output) = match (&args.listen, &args.files[..]) {
        (Some(_), [output]) => (None, output),
        (None, [input, output]) => (Some(input), output),
        _ => return Err(Failure::new("recv", "give IN and OUT, or --listen and OUT")),
    };
    check_standard_input(args.identities.files().chain(&args.senders.senders).chain(input))?;
    let identities = keys::identities(&args.identities)?;
    let demand = Demand::read(&args.senders)?;
    let destination = Destination::find(output)?;
    let id = input.and_then(|input| Input::id_at(input));
    destination.check_is_not(id, "IN")?;
    for file_id in identities.iter().map(|file| file.file_id).chain(demand.file_ids()) {
        destination.check_is_not(file_id, "one of the keys")?;
    }
    let destination = destination.prepare(Content::Secret, args.force)?;
    let opener = demand.of(opener(&identities, args.limits.limits())?, &identities);
    match (&args.listen, input) {
        (Some(address), _) => {
            let fail = |error: io::Error| unreadable(address, &error);
            let socket = accept(address).map_err(fail)?;
            let reader = BufReader::new(socket.try_clone().map_err(fail)?);
            let (mut reader, mut writer) = opener.accept(reader, socket).map_err(fail)?;
            let mut output = destination.begin()?;
            let received = receive_all(&mut reader, &mut output, address)?;
            let findings = findings(&demand, &reader);
            output.commit()?;
            // Only what is safely there is confirmed.
            let answered = writer.send(&received.to_be_bytes()).and_then(|()| writer.try_finish());
            answered.map_err(fail)?;
            findings.iter().for_each(|findings| findings.tell(address));
            Ok(())
        }
        (None, Some(input)) => {
            let input = Input::open(input)?;
            let name = input.name().to_owned();
            let mut reader = opener.receive_from(BufReader::new(input)).map_err(|error| unreadable(&name, &error))?;
            let mut output = destination.begin()?;
            receive_all(&mut reader, &mut output, &name)?;
            let findings = findings(&demand, &reader);
            let mut rest = [0];
            if reader.into_inner().read(&mut rest).map_err(|error| Failure::io(&name, &error))? > 0 {
                return Err(Failure::new(name, "more bytes after the end of the session"));
            }
            output.commit()?;
            findings.iter().for_each(|findings| findings.tell(&name));
            Ok(())
        }
        (None, None) => Err(Failure::new("recv", "name IN, or give --listen")),
    }
}

/// Sends the input, a message for each piece that comes of it. Returns how many bytes there were.
fn send_all<W: Write>(input: &mut Input, writer: &mut SessionWriter<W>, to: &str) -> Result<u64, Failure> {
    let mut buffer = Zeroizing::new(vec![0; MESSAGE_LEN]);
    let mut sent = 0;
    loop {
        let len = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(len) => len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failure::io(input.name(), &error)),
        };
        writer.send(&buffer[..len]).map_err(|error| Failure::io(to, &error))?;
        sent += u64::try_from(len).unwrap_or(u64::MAX);
    }
    input.check_unchanged()?;
    Ok(sent)
}

/// Writes all messages to `output`. Returns how many bytes there were.
fn receive_all<R: Read>(reader: &mut SessionReader<R>, output: &mut Output, from: &str) -> Result<u64, Failure> {
    let mut message = Zeroizing::new(Vec::new());
    let mut received = 0;
    while reader.receive(&mut message).map_err(|error| unreadable(from, &error))? {
        let written = output.write_all(&message).and_then(|()| output.flush());
        written.map_err(|error| Failure::io(output.name(), &error))?;
        received += u64::try_from(message.len()).unwrap_or(u64::MAX);
    }
    Ok(received)
}

/// What there is to tell of a session that was received.
fn findings<R: Read>(demand: &Demand<'_>, reader: &SessionReader<R>) -> Option<Findings> {
    reader.opened_header().map(|opened| demand.look(opened))
}

/// Waits for the confirmation of the other end, which only the holder of the key can give.
fn check_answer<R: Read>(reader: &mut SessionReader<R>, sent: u64, address: &str) -> Result<(), Failure> {
    let mut answer = Vec::new();
    let answered = reader.receive(&mut answer).map_err(|error| unreadable(address, &error))?;
    if !answered || answer != sent.to_be_bytes() {
        return Err(Failure::new(address, "the other end did not confirm that everything arrived"));
    }
    Ok(())
}

fn connect(address: &str) -> io::Result<TcpStream> {
    TcpStream::connect(address)
}

/// Waits for one connection.
fn accept(address: &str) -> io::Result<TcpStream> {
    let addresses: Vec<_> = address.to_socket_addrs()?.collect();
    let listener = TcpListener::bind(&addresses[..])?;
    // With port 0, the system chooses one.
    let line = format!("bulla: listening on {}\n", listener.local_addr()?);
    let _ = io::stderr().write_all(line.as_bytes());
    Ok(listener.accept()?.0)
}

/// Length in bytes of the longest message, well below what a reader takes by default.
const MESSAGE_LEN: usize = 256 << 10;
