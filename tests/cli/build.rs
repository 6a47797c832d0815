//! The program under test, built from the sources as they are now.
//!
//! `cargo test` builds it before the tests, `cargo test --test cli` does not, and a build with
//! other features may have replaced it since. So the tests ask Cargo, once in each process. That
//! cannot deadlock: Cargo holds no lock while tests run.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The path of the program, which is built if it is missing or stale.
///
/// If it cannot be built, the whole process ends with one message: no test could say more than
/// that.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        build().unwrap_or_else(|reason| {
            // Not `eprintln`, which the test harness captures.
            let _ = writeln!(io::stderr(), "\nthe example program `bulla` cannot be tested: {reason}");
            process::exit(101);
        })
    })
}

/// Builds with the profile, target and features of this test, so that nothing is built twice.
fn build() -> Result<PathBuf, String> {
    let place = Place::of_this_test()?;
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
    command.args(["build", "--quiet", "--offline", "--example", "bulla"]);
    command.args(["--message-format", "json-render-diagnostics", "--profile", &place.profile]);
    command.args(["--no-default-features", "--features", &features().join(",")]);
    command.arg("--manifest-path").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    command.arg("--target-dir").arg(&place.target_dir);
    if let Some(triple) = &place.triple {
        command.args(["--target", triple]);
    }
    // What is wrong with the sources goes to standard error.
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{:?} does not start: {error}", command.get_program()))?;
    if !output.status.success() {
        return Err(format!("`cargo build --example bulla` failed ({})", output.status));
    }
    executable(&output.stdout).ok_or_else(|| "Cargo does not say where it is".into())
}

/// The path of the one program among Cargo's messages, which are JSON objects, one in each line.
fn executable(messages: &[u8]) -> Option<PathBuf> {
    let messages = messages.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let mut programs = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    programs.next_back()
}

/// How this test was built.
struct Place {
    target_dir: PathBuf,
    triple: Option<String>,
    profile: String,
}

impl Place {
    /// Told from where this test is: `PROFILE/deps` below the target directory, or
    /// `TRIPLE/PROFILE/deps` if Cargo was given a target.
    fn of_this_test() -> Result<Self, String> {
        // Without symbolic links, as some systems give the path of a process.
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("..");
        let find = || Ok::<_, io::Error>((std::env::current_exe()?.canonicalize()?, root.canonicalize()?));
        let (test, root) = find().map_err(|error| error.to_string())?;
        let below = test.strip_prefix(&root).ok().and_then(|below| below.iter().next());
        let directory = below.ok_or_else(|| format!("{} is not in {}", test.display(), root.display()))?;
        let directory = directory.to_string_lossy();
        // The one profile whose directory has another name.
        let profile = if directory == "debug" { "dev".into() } else { directory.into_owned() };
        // A triple that is not recognised costs time only: Cargo then builds for the host below it.
        let is_triple =
            |name: &str| name.starts_with(&format!("{}-", std::env::consts::ARCH)) && name.matches('-').count() > 1;
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned());
        let (target_dir, triple) = match (root.parent(), name.filter(|name| is_triple(name))) {
            (Some(parent), Some(triple)) => (parent.to_path_buf(), Some(triple)),
            _ => (root, None),
        };
        Ok(Self { target_dir, triple, profile })
    }
}

/// The features that this test was built with.
fn features() -> Vec<&'static str> {
    let all = [
        ("std", cfg!(feature = "std")),
        ("rustcrypto", cfg!(feature = "rustcrypto")),
        ("aws-lc-rs", cfg!(feature = "aws-lc-rs")),
        ("fips", cfg!(feature = "fips")),
        ("parallel", cfg!(feature = "parallel")),
        ("armor", cfg!(feature = "armor")),
        ("x509", cfg!(feature = "x509")),
        ("encrypted-keys", cfg!(feature = "encrypted-keys")),
        ("p256", cfg!(feature = "p256")),
        ("ed25519", cfg!(feature = "ed25519")),
    ];
    all.into_iter().filter_map(|(name, enabled)| enabled.then_some(name)).collect()
}
