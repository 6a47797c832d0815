//! What the tests share: an empty directory, and the program in it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
#[cfg(unix)]
use std::time::{Duration, Instant};

use bulla::RsaIdentity;
use serde_json::Value;
use tempfile::TempDir;

use crate::build::program;

/// An empty directory to run the program in.
pub(crate) struct Scratch(pub(crate) TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With a file `sealed`, which the key of 2048 bits opens to [`PLAINTEXT`].
    pub(crate) fn sealed() -> Self {
        let dir = Self::new();
        dir.write("sealed", &bulla::seal(identity(2048).recipient(), &PLAINTEXT).unwrap());
        dir
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).unwrap();
    }

    /// The file `sealed` with other bytes at `offset`.
    pub(crate) fn sealed_with(&self, offset: usize, bytes: &[u8]) -> Vec<u8> {
        let mut sealed = self.read("sealed");
        sealed[offset..offset + bytes.len()].copy_from_slice(bytes);
        sealed
    }

    /// Length of the header of the file `sealed`.
    pub(crate) fn header_len(&self) -> usize {
        usize::try_from(self.inspect("sealed")["header_len"].as_u64().unwrap()).unwrap()
    }

    /// The names of all files, hidden ones as well, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Waits until the program has made so many temporary files, and returns their names.
    #[cfg(unix)]
    pub(crate) fn wait_for_temporaries(&self, count: usize) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let names = self.names();
            let found: Vec<_> = names.into_iter().filter(|name| name.starts_with(".bulla-")).collect();
            if found.len() == count {
                return found;
            }
            assert!(Instant::now() < deadline, "{found:?}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// A device that is always full: that of the system for those who cannot replace it, however
    /// wrong the program under test may be, and one of its own for an administrator.
    #[cfg(target_os = "linux")]
    pub(crate) fn full_device(&self) -> Option<String> {
        use std::os::unix::fs::MetadataExt;
        if fs::metadata(self.0.path()).unwrap().uid() != 0 {
            return Some("/dev/full".into());
        }
        let made = Command::new("mknod").arg(self.path("full")).args(["c", "1", "7"]).output().ok()?.status.success();
        (made && File::options().write(true).open(self.path("full")).is_ok()).then(|| "full".into())
    }

    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(program());
        command.current_dir(self.0.path()).args(args).stdin(Stdio::null());
        command
    }

    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Output {
        self.command(args).output().unwrap()
    }

    /// A shell that does `script`, for which `$0` is the program and `$@` are the arguments that
    /// the caller adds.
    #[cfg(unix)]
    pub(crate) fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.current_dir(self.0.path()).args(["-c", script]).arg(program()).stdin(Stdio::null());
        command
    }

    /// Whether the key of so many bits opens the file `name` to [`PLAINTEXT`].
    pub(crate) fn opens(&self, name: &str, bits: usize) -> bool {
        bulla::open(identity(bits), &self.read(name)).is_ok_and(|plaintext| plaintext == PLAINTEXT)
    }

    /// Runs with pipes on all three streams.
    pub(crate) fn start<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Child {
        self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub(crate) fn succeeds<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Output {
        silent_success(self.run(args))
    }

    /// Succeeds with `input` on standard input.
    pub(crate) fn pipe<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>, input: &[u8]) -> Output {
        let mut child = self.start(args);
        let mut stdin = child.stdin.take().unwrap();
        thread::scope(|scope| {
            // A program that needs no more of its input may close it.
            scope.spawn(move || stdin.write_all(input));
            silent_success(child.wait_with_output().unwrap())
        })
    }

    /// Fails with nothing on standard output and the line returned on standard error.
    pub(crate) fn fails<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> String {
        let output = self.run(args);
        assert!(output.stdout.is_empty(), "{output:?}");
        one_line(&output)
    }

    pub(crate) fn inspect(&self, name: &str) -> Value {
        serde_json::from_slice(&self.succeeds(["inspect", "--json", name]).stdout).unwrap()
    }

    pub(crate) fn inspect_text(&self, name: &str) -> String {
        String::from_utf8(self.succeeds(["inspect", name]).stdout).unwrap()
    }
}

/// Says aloud why a test shows nothing here. Not `eprintln`, which the test harness captures.
#[cfg(unix)]
pub(crate) fn skipped(reason: &str) {
    let name = thread::current().name().unwrap_or_default().to_owned();
    let _ = std::io::stderr().write_all(format!("skipped: {name}: {reason}\n").as_bytes());
}

/// Status 0 and nothing on standard error, which is no terminal: no progress bar either.
pub(crate) fn silent_success(output: Output) -> Output {
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    output
}

/// Status 1 and exactly one line on standard error, which is returned.
pub(crate) fn one_line(output: &Output) -> String {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let line = stderr.strip_suffix('\n').unwrap_or_else(|| panic!("{stderr:?}"));
    assert!(line.starts_with("bulla: ") && !line.contains(char::is_control), "{line:?}");
    line.into()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The path of a file in `tests/keys`.
pub(crate) fn key(name: &str) -> String {
    format!("{}/tests/keys/{name}", env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn public(bits: usize) -> String {
    key(&format!("rsa{bits}.pub.pem"))
}

pub(crate) fn private(bits: usize) -> String {
    key(&format!("rsa{bits}.pem"))
}

pub(crate) fn identity(bits: usize) -> RsaIdentity {
    RsaIdentity::from_pem(fs::read(private(bits)).unwrap()).unwrap()
}

pub(crate) fn pattern(len: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().step_by(7).take(len).collect()
}

#[cfg(unix)]
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// DER of a PKCS#1 public key with a modulus of 1025 bytes and the exponent 65537.
pub(crate) fn public_key_of_8200_bits() -> Vec<u8> {
    let modulus = [&[0x02, 0x82, 0x04, 0x02, 0x00][..], &[0xFF; 1025]].concat();
    [&[0x30, 0x82, 0x04, 0x0B][..], &modulus, &[0x02, 0x03, 0x01, 0x00, 0x01]].concat()
}

pub(crate) static PLAINTEXT: [u8; 20_000] = [0x5A; 20_000];

pub(crate) const NONE: [&str; 0] = [];
