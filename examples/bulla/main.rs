//! Placeholder until the program lands.
use std::io::{Read, Write};
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let id = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa3072.pem"))?;
    let data = vec![7u8; 100_000_000];
    for chunk in [1000, 8192, 16384, 65536, 1 << 20] {
        let t = std::time::Instant::now();
        let mut w = bulla::Encryptor::new(&id.recipient()).wrap_output(Vec::with_capacity(101_000_000))?;
        for c in data.chunks(chunk) {
            w.write_all(c)?;
        }
        let sealed = w.finish()?;
        let t1 = t.elapsed();
        let mut r = bulla::Decryptor::new(&id).wrap_input(&sealed[..])?;
        let mut buf = vec![0; chunk];
        let mut n = 0;
        let t = std::time::Instant::now();
        loop {
            let k = r.read(&mut buf)?;
            if k == 0 {
                break;
            }
            n += k;
        }
        println!("{chunk} seal {:?} open {:?} {n}", t1, t.elapsed());
        assert_eq!(n, data.len());
    }
    let t = std::time::Instant::now();
    let s = bulla::seal(&id.recipient(), &data)?;
    println!("oneshot {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let p = bulla::open(&id, &s)?;
    println!("oneshot {:?}", t.elapsed());
    assert!(p == data);
    Ok(())
}
