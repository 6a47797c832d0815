//! A session over a socket: messages both ways under one RSA operation.

use std::error::Error;
use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::thread;

use bulla::keys::KeySize;
use bulla::{Opener, RsaIdentity, Sealer};

fn main() -> Result<(), Box<dyn Error>> {
    let identity = RsaIdentity::generate(KeySize::Rsa3072)?;
    let recipient = identity.recipient();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || serve(&listener, &identity));

    let socket = TcpStream::connect(address)?;
    let input = BufReader::new(socket.try_clone()?);
    let sealer = Sealer::new(&recipient);
    let (mut reader, mut writer) = sealer.connect(input, socket)?;
    let mut answer = Vec::new();
    for question in ["1 + 1", "the rest"] {
        writer.send(question.as_bytes())?;
        assert!(reader.receive(&mut answer)?);
        println!("{question}: {}", String::from_utf8_lossy(&answer));
    }
    writer.finish()?;
    // Only now it is certain that no answer is missing.
    assert!(!reader.receive(&mut answer)?);
    server.join().expect("the server does not panic")?;
    Ok(())
}

fn serve(listener: &TcpListener, identity: &RsaIdentity) -> io::Result<()> {
    let (socket, _) = listener.accept()?;
    let input = BufReader::new(socket.try_clone()?);
    // The challenge keeps replays of earlier sessions out.
    let (mut reader, mut writer) = Opener::new(identity).accept(input, socket)?;
    let mut question = Vec::new();
    while reader.receive(&mut question)? {
        writer.send(if question == b"1 + 1" { b"2" } else { b"silence" })?;
    }
    writer.try_finish()
}
