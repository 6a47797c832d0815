//! Links and runs only where nothing below needs the standard library: there is one panic handler,
//! and it is the one here.
#![no_std]
#![no_main]

extern crate alloc;

mod runtime;

use bulla::{Opener, RsaIdentity, RsaRecipient, Sealer};

/// Returns 0 where what was sealed opens to the same.
#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    match seal_and_open() {
        Some(plaintext) if plaintext == PLAINTEXT => 0,
        _ => 1,
    }
}

fn seal_and_open() -> Option<alloc::vec::Vec<u8>> {
    let recipient = RsaRecipient::from_pem(include_str!("../../keys/rsa2048.pub.pem")).ok()?;
    let identity = RsaIdentity::from_pem(include_str!("../../keys/rsa2048.pem")).ok()?;
    let sealed = Sealer::new(&recipient).metadata(b"text/plain").aad(b"no_std").seal(&PLAINTEXT).ok()?;
    Opener::new(&identity).aad(b"no_std").open(&sealed).ok()
}

/// Two full chunks and a short one.
static PLAINTEXT: [u8; 40_000] = [7; 40_000];
