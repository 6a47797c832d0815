//! Opens with a private key in a service that is asked asynchronously.

use std::error::Error;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bulla::error::{OpenError, UnwrapError};
use bulla::keys::{ContentKey, KeySize};
use bulla::{Header, Limits, OpenedHeader, RsaIdentity, Search};

/// Stands for the service: `None` if `wrapped` does not open, an error if it cannot say.
async fn ask(key: &RsaIdentity, wrapped: &[u8]) -> Result<Option<ContentKey>, UnwrapError> {
    key.unwrap_bytes(wrapped)
}

async fn find(header: &Header, key: &RsaIdentity) -> Result<OpenedHeader, OpenError> {
    let public = key.recipient(); // this half is at hand
    let mut search = Search::new(header, [&public], &Limits::default());
    loop {
        let candidate = search.next_candidate()?; // the one error, if there are no more
        let answer = ask(key, candidate.wrapped_key()).await?;
        // Also if the answer is `None`: the work done must not show which it was.
        if let Some(opened) = candidate.verify(answer)? {
            return Ok(opened);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let key = RsaIdentity::generate(KeySize::Rsa3072)?;
    let envelope = bulla::seal(key.recipient(), b"hello")?;
    let (header, body) = Header::split(&envelope, &Limits::default())?;

    let opening = pin!(find(&header, &key));
    // Your runtime does this. Here everything is ready at once.
    let Poll::Ready(opened) = opening.poll(&mut Context::from_waker(Waker::noop())) else {
        return Err("not ready".into());
    };
    assert_eq!(opened?.open(body)?, b"hello");
    Ok(())
}
