//! A session in which each end knows the other: the server by its public key, the client by
//! the key with which it signs.

use std::error::Error;
use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::thread;

use bulla::keys::KeySize;
use bulla::{Opener, RsaIdentity, RsaRecipient, RsaSigner, RsaVerifier, Sealer, Senders};

fn server(listener: TcpListener, key: &RsaIdentity, client: RsaVerifier) -> io::Result<()> {
    let (socket, _) = listener.accept()?;
    let input = BufReader::new(socket.try_clone()?);
    // Only this client, for this server, and for the challenge that `accept` sends.
    let opener = Opener::new(key).senders(Senders::new(client));
    let (mut reader, mut writer) = opener.accept(input, socket)?;
    let mut request = Vec::new();
    while reader.receive(&mut request)? {
        writer.send(&[b"you said ", &request[..]].concat())?;
    }
    writer.try_finish()
}

fn client(socket: TcpStream, server: RsaRecipient, key: &RsaSigner) -> io::Result<Vec<u8>> {
    let input = BufReader::new(socket.try_clone()?);
    let (mut reader, mut writer) = Sealer::new(server).signer(key).connect(input, socket)?;
    writer.send(b"hello")?;
    // What comes back is the server's: nobody else has the content key.
    let mut answer = Vec::new();
    if !reader.receive(&mut answer)? {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    writer.try_finish()?;
    Ok(answer)
}

fn main() -> Result<(), Box<dyn Error>> {
    let server_key = RsaIdentity::generate(KeySize::Rsa2048)?;
    let client_key = RsaSigner::generate(KeySize::Rsa2048)?;
    let (recipient, verifier) = (server_key.recipient(), client_key.verifier());
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || server(listener, &server_key, verifier));
    let answer = client(TcpStream::connect(address)?, recipient, &client_key)?;
    assert_eq!(answer, b"you said hello");
    server.join().map_err(|_| "the server panicked")??;
    Ok(())
}
