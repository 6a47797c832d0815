//! Both ends of a session over streams of bytes.

use std::io::{self, Read, Write};

use super::calls::{read_full, retry};
use super::session_reader::SessionReader;
use super::session_writer::SessionWriter;
use crate::envelope::{Answer, Initiator, Opener, Sealer};
use crate::error::{OpenError, SealError};
use crate::format::Layout;
use crate::session::{Challenge, FrameSealer};
use crate::wire::Header;

impl Sealer<'_> {
    /// Begins a session over a connection, for example the two halves of a socket, with the
    /// responder that calls [`Opener::accept`]. Reads its challenge, and writes the header and the
    /// head of the stream. Then both ends can send at any time.
    ///
    /// There must be exactly one recipient, who answers. Costs one public-key operation.
    ///
    /// # Errors
    ///
    /// [`SealError`] inside a [`std::io::Error`], [`SealError::SeveralRecipients`] among them;
    /// [`OpenError::Truncated`] if the input ends within the challenge; any error of the streams,
    /// which must block.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::BufReader;
    /// use std::net::{TcpListener, TcpStream};
    ///
    /// use bulla::{Opener, Sealer};
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// # let recipient = identity.recipient();
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let address = listener.local_addr()?;
    /// let server = std::thread::spawn(move || -> std::io::Result<()> {
    ///     let (socket, _) = listener.accept()?;
    ///     let input = BufReader::new(socket.try_clone()?);
    ///     let opener = Opener::new(&identity);
    ///     let (mut reader, mut writer) = opener.accept(input, socket)?;
    ///     let mut message = Vec::new();
    ///     while reader.receive(&mut message)? {
    ///         writer.send(&message)?;
    ///     }
    ///     writer.try_finish()
    /// });
    ///
    /// let socket = TcpStream::connect(address)?;
    /// let input = BufReader::new(socket.try_clone()?);
    /// let (mut reader, mut writer) = Sealer::new(&recipient).connect(input, socket)?;
    /// let mut answer = Vec::new();
    /// for message in ["one", "two"] {
    ///     writer.send(message.as_bytes())?;
    ///     assert!(reader.receive(&mut answer)?);
    ///     assert_eq!(answer, message.as_bytes());
    /// }
    /// writer.try_finish()?;
    /// assert!(!reader.receive(&mut answer)?);
    /// # server.join().unwrap()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Security
    ///
    /// Anyone can begin a session: the responder learns who does only if the sealer has a
    /// [signer](Sealer::signer). Once a message has come
    /// back, the initiator knows that the holder of the key is there. There is no forward secrecy.
    /// Where both ends are online and have certificates, use TLS.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn connect<R: Read, W: Write>(
        &self,
        mut input: R,
        output: W,
    ) -> io::Result<(SessionReader<R>, SessionWriter<W>)> {
        let challenge = read_exact::<{ Challenge::LEN }>(&mut input)?;
        self.begin(Some(&challenge), input, output)
    }

    /// Does what [`connect`](Self::connect) does, with a responder that sends no challenge:
    /// [`Opener::accept_unchallenged`]. Reads nothing yet.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn connect_unchallenged<R: Read, W: Write>(
        &self,
        input: R,
        output: W,
    ) -> io::Result<(SessionReader<R>, SessionWriter<W>)> {
        self.begin(None, input, output)
    }

    /// Begins a session in one direction only, for any number of recipients: a stream of messages
    /// to a pipe or a file.
    ///
    /// # Errors
    ///
    /// [`SealError`] inside a [`std::io::Error`]; any error of the output.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn send_to<W: Write>(&self, mut output: W) -> io::Result<SessionWriter<W>> {
        let initiator = self.start_session(None)?;
        let (sealer, _) = send_first_bytes(initiator, &mut output)?;
        Ok(SessionWriter::new(output, sealer, self.limits_in_use()))
    }

    fn begin<R: Read, W: Write>(
        &self,
        challenge: Option<&[u8; Challenge::LEN]>,
        input: R,
        mut output: W,
    ) -> io::Result<(SessionReader<R>, SessionWriter<W>)> {
        let initiator = self.start_session(challenge)?;
        // Known before a byte is sent.
        if !initiator.can_be_answered() {
            return Err(SealError::SeveralRecipients.into());
        }
        let header = initiator.header().clone();
        let (sealer, answer) = send_first_bytes(initiator, &mut output)?;
        let answer = answer.ok_or(SealError::SeveralRecipients)?;
        let limits = self.limits_in_use();
        Ok((SessionReader::answer(input, header, answer, limits), SessionWriter::new(output, sealer, limits)))
    }
}

impl Opener<'_> {
    /// Accepts a session over a connection from an initiator that calls [`Sealer::connect`]. Sends
    /// a challenge, so that the session is no replay. Reads the header and the head of the stream,
    /// and answers with the head of its own stream. Then both ends can send at any time.
    ///
    /// Spends at most [`Limits::session_key_operations`](crate::Limits::session_key_operations), 2
    /// by default, because strangers can connect.
    ///
    /// # Errors
    ///
    /// The errors of [`Header::read_from`] and [`open_header`](Self::open_header),
    /// [`OpenError::OtherLayout`], [`OpenError::WrongAssociatedData`] and [`OpenError::NoAnswer`]
    /// inside a [`std::io::Error`]; any error of the streams, which must block. Nothing but the
    /// challenge was written then: do not tell a stranger why.
    ///
    /// # Security
    ///
    /// The initiator is known if the opener [demands a sender](Opener::senders), since the
    /// challenge is signed: it is [`SessionReader::sender`]. Otherwise, anyone who has the public
    /// key can be the initiator.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn accept<R: Read, W: Write>(
        &self,
        input: R,
        mut output: W,
    ) -> io::Result<(SessionReader<R>, SessionWriter<W>)> {
        let challenge = Challenge::new()?;
        send(challenge.as_bytes(), &mut output)?;
        self.answer(Some(challenge), input, output)
    }

    /// Does what [`accept`](Self::accept) does, but sends no challenge, which saves the initiator a
    /// round trip. The initiator calls [`Sealer::connect_unchallenged`].
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept). Nothing was written then.
    ///
    /// # Security
    ///
    /// What is received may be a replay of an earlier session, also if a sender is
    /// [demanded](Opener::senders). Do not act on it.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn accept_unchallenged<R: Read, W: Write>(
        &self,
        input: R,
        output: W,
    ) -> io::Result<(SessionReader<R>, SessionWriter<W>)> {
        self.answer(None, input, output)
    }

    /// Receives a session in one direction only: what [`Sealer::send_to`] has made.
    ///
    /// It is for files and pipes, and spends as many private-key operations as an envelope may
    /// cost: [`Limits::private_key_operations`](crate::Limits::private_key_operations).
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept), except for [`OpenError::NoAnswer`].
    ///
    /// # Security
    ///
    /// What is received may have been received before, also if a sender is
    /// [demanded](Opener::senders).
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn receive_from<R: Read>(&self, mut input: R) -> io::Result<SessionReader<R>> {
        let header = self.read_session_header(&mut input)?;
        let opened = self.open_header(&header)?;
        let (opener, _) = opened.accept(&read_exact(&mut input)?)?;
        Ok(SessionReader::new(input, opened, opener, self.limits_in_use()))
    }

    fn answer<R: Read, W: Write>(
        &self,
        challenge: Option<Challenge>,
        mut input: R,
        mut output: W,
    ) -> io::Result<(SessionReader<R>, SessionWriter<W>)> {
        let header = self.read_session_header(&mut input)?;
        let opened = self.open_session_header(&header, challenge)?;
        let (opener, sealer) = opened.accept(&read_exact(&mut input)?)?;
        let sealer = sealer.ok_or(OpenError::NoAnswer)?;
        send(sealer.head(), &mut output)?;
        let limits = self.limits_in_use();
        Ok((SessionReader::new(input, opened, opener, limits), SessionWriter::new(output, sealer, limits)))
    }

    /// Reads a header, and refuses one of another layout before a private-key operation.
    fn read_session_header<R: Read>(&self, input: &mut R) -> io::Result<Header> {
        let header = Header::read_from(input, self.limits_in_use())?;
        match header.layout() {
            Layout::Session => Ok(header),
            layout => Err(OpenError::OtherLayout { layout }.into()),
        }
    }
}

fn send_first_bytes(initiator: Initiator, output: &mut impl Write) -> io::Result<(FrameSealer, Option<Answer>)> {
    send(&initiator.first_bytes(), output)?;
    Ok(initiator.into_parts())
}

fn send(bytes: &[u8], output: &mut impl Write) -> io::Result<()> {
    output.write_all(bytes)?;
    retry(|| output.flush())
}

/// Reads `N` bytes, and nothing beyond them.
fn read_exact<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let filled = read_full(&mut bytes, |rest, _| input.read(rest))?;
    if filled == N { Ok(bytes) } else { Err(OpenError::Truncated.into()) }
}
