//! Opens with a private key that never leaves a key service, an HSM or a TPM.

use std::error::Error;

use bulla::error::UnwrapError;
use bulla::keys::{ContentKey, KeySize};
use bulla::{RemoteIdentity, RsaIdentity};

/// Stands for the service: RSA-OAEP with SHA-256, MGF1 with SHA-256, no label.
struct Service(RsaIdentity);

enum Failure {
    InvalidCiphertext,
    Offline(UnwrapError),
}

impl Service {
    fn decrypt(&self, wrapped: &[u8]) -> Result<Vec<u8>, Failure> {
        let key = self.0.unwrap_bytes(wrapped).map_err(Failure::Offline)?;
        Ok(key.ok_or(Failure::InvalidCiphertext)?.expose().to_vec())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let service = Service(RsaIdentity::generate(KeySize::Rsa3072)?);
    let public = service.0.recipient();
    let envelope = bulla::seal(&public, b"hello")?;

    let identity = RemoteIdentity::new(public, |wrapped| match service.decrypt(wrapped) {
        Ok(key) => Ok(ContentKey::from_slice(&key)),
        // Not an error. If strangers could tell this from a wrong content key, they could use
        // the service to decrypt.
        Err(Failure::InvalidCiphertext) => Ok(None),
        Err(Failure::Offline(error)) => Err(error),
    });
    assert_eq!(bulla::open(identity, &envelope)?, b"hello");
    Ok(())
}
