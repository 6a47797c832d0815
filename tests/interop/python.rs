//! The implementation in Python: how it is installed, asked to seal, and asked to open.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::json;
use tempfile::TempDir;

use crate::case::{Case, Form, Plain, odd_order};
use crate::signing::Demand;

/// Seals all of `plain` in one process.
pub(crate) fn sealed_by_python(python: &Path, plain: &[Plain]) -> Vec<Vec<Vec<u8>>> {
    let dir = Files::new();
    let jobs: Vec<_> = plain.iter().enumerate().map(|(index, plain)| dir.job_to_seal(index, plain)).collect();
    let results = batch(python, &dir, &jobs);
    assert_eq!(results, vec!["ok"; plain.len()]);
    plain.iter().enumerate().map(|(index, plain)| dir.sealed(index, plain)).collect()
}

/// Opens all of `cases` in one process.
pub(crate) fn opened_by_python(python: &Path, cases: &[Case]) -> Vec<Result<Vec<Vec<u8>>, String>> {
    let dir = Files::new();
    let jobs: Vec<_> = cases.iter().enumerate().map(|(index, case)| dir.job_to_open(index, case)).collect();
    let results = batch(python, &dir, &jobs);
    let opened = |(index, result): (usize, String)| match result.as_str() {
        "ok" => Ok(numbered_files(&dir.path(format!("{index}.opened")), "message-")),
        _ => Err(result),
    };
    results.into_iter().enumerate().map(opened).collect()
}

/// The files that one process in Python reads and writes.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: impl AsRef<str>) -> PathBuf {
        self.0.path().join(name.as_ref())
    }

    /// Writes a file and returns its path as an argument.
    pub(crate) fn file(&self, name: impl AsRef<str>, content: &[u8]) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        argument(&path)
    }

    fn job_to_seal(&self, index: usize, plain: &Plain) -> Vec<String> {
        let pieces = plain.pieces.iter().enumerate();
        let pieces: Vec<_> = pieces.map(|(at, piece)| self.file(format!("{index}.plain-{at}"), piece)).collect();
        let output = argument(&self.path(format!("{index}.sealed")));
        let mut job = match &plain.form {
            Form::Single => words(["seal", &pieces[0], &output]),
            Form::Labelled(value) => {
                let label = value.to_string();
                let mut job = words(["label-seal", "--message", &label, &pieces[0], &output]);
                if plain.apart {
                    job.extend(words(["--header", &argument(&self.path(format!("{index}.header")))]));
                }
                job
            }
            Form::Parts => {
                let order = json!(odd_order(pieces.len())).to_string();
                let mut job = words(["parts-seal", &output]);
                job.extend(pieces);
                job.extend(words(["--order", &order]));
                job.extend(plain.apart.then(|| "--apart".to_owned()));
                job
            }
            Form::Stream | Form::Challenged | Form::Answered => {
                let mut job = words(["session-send", "--to-file", &output]);
                job.extend(pieces);
                job
            }
        };
        for (name, anonymous) in &plain.recipients {
            job.extend(words([if *anonymous { "--anonymous" } else { "--to" }, &key_file(&format!("{name}.pub.pem"))]));
        }
        job.extend(words(["--metadata", &self.file(format!("{index}.metadata"), &plain.metadata)]));
        job.extend(words(["--private-metadata", &self.file(format!("{index}.private"), &plain.private_metadata)]));
        if let Some(name) = plain.signer {
            job.extend(words(["--signer", &key_file(&format!("{name}.pem"))]));
        }
        job.extend(words(["--associated-data", &self.file(format!("{index}.aad"), &plain.aad)]));
        job
    }

    fn sealed(&self, index: usize, plain: &Plain) -> Vec<Vec<u8>> {
        let output = self.path(format!("{index}.sealed"));
        let read = |name: &str| fs::read(output.join(name)).unwrap();
        match plain.form {
            Form::Labelled(_) if plain.apart => {
                vec![fs::read(self.path(format!("{index}.header"))).unwrap(), fs::read(output).unwrap()]
            }
            Form::Parts if plain.apart => {
                [vec![read("header")], numbered_files(&output, "part-"), vec![read("manifest")]].concat()
            }
            _ => vec![fs::read(output).unwrap()],
        }
    }

    fn job_to_open(&self, index: usize, case: &Case) -> Vec<String> {
        let input = match &case.sealed[..] {
            [header, parts @ .., manifest] if case.form == Form::Parts => {
                let folder = self.path(format!("{index}.sealed"));
                fs::create_dir(&folder).unwrap();
                self.file(format!("{index}.sealed/header"), header);
                for (at, part) in parts.iter().enumerate() {
                    self.file(format!("{index}.sealed/part-{at}"), part);
                }
                self.file(format!("{index}.sealed/manifest"), manifest);
                argument(&folder)
            }
            objects => self.file(format!("{index}.sealed"), objects.last().unwrap()),
        };
        let folder = self.path(format!("{index}.opened"));
        fs::create_dir(&folder).unwrap();
        let output = argument(&folder.join("message-0"));
        let mut job = match &case.form {
            Form::Single => words(["open", &input, &output]),
            Form::Labelled(value) => {
                let mut job = words(["label-open", "--message", &value.to_string(), &input, &output]);
                if let [header, _] = &case.sealed[..] {
                    job.extend(words(["--header", &self.file(format!("{index}.header"), header)]));
                }
                job
            }
            Form::Parts => {
                let mut job = words(["parts-open", &input, &output]);
                job.extend((case.sealed.len() > 1).then(|| "--apart".to_owned()));
                job
            }
            Form::Stream | Form::Challenged | Form::Answered => {
                let answer = argument(&self.path(format!("{index}.answer")));
                let mut job = words(["session-receive", &argument(&folder), "--from-file", &input]);
                job.extend(words(["--to-file", &answer]));
                job.extend((case.form == Form::Challenged).then(|| "--challenge".to_owned()));
                job.extend((case.form == Form::Answered).then(|| "--answer".to_owned()));
                job
            }
        };
        job.extend(words(["--key", &key_file(&format!("{}.pem", case.key))]));
        job.extend(case.demand.iter().flat_map(Demand::arguments));
        job.extend(words([
            "--expect-private-metadata",
            &self.file(format!("{index}.private"), &case.private_metadata),
        ]));
        if !case.metadata.is_empty() {
            job.extend(words(["--expect-metadata", &self.file(format!("{index}.metadata"), &case.metadata)]));
        }
        job.extend(words(["--associated-data", &self.file(format!("{index}.aad"), &case.aad)]));
        job
    }
}

pub(crate) fn batch(python: &Path, dir: &Files, jobs: &[Vec<String>]) -> Vec<String> {
    assert!(!jobs.is_empty());
    let jobs = dir.file("jobs.json", json!(jobs).to_string().as_bytes());
    let results = run(bulla_py(python).args(["batch", &jobs])).unwrap();
    serde_json::from_slice(&results).unwrap()
}

/// The command line of the implementation in Python.
pub(crate) fn bulla_py(python: &Path) -> Command {
    let mut command = Command::new(python);
    // Nothing is written beside the source.
    command.env("PYTHONDONTWRITEBYTECODE", "1").arg(here().join("bulla.py"));
    command
}

/// Python with what `bulla.py` needs. `None`, said aloud, if it cannot be had.
pub(crate) fn python() -> Option<&'static Path> {
    static PYTHON: LazyLock<Result<PathBuf, String>> = LazyLock::new(installed);
    match &*PYTHON {
        Ok(path) => Some(path),
        Err(reason) => {
            // Not `eprintln`, which the test harness captures.
            let name = std::thread::current().name().unwrap_or_default().to_owned();
            let _ = io::stderr().write_all(format!("skipped: {name}: {reason}\n").as_bytes());
            None
        }
    }
}

/// A virtual environment in the target directory, which stays there.
fn installed() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop-python");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let (wanted, done) = (here().join("requirements.txt"), folder.join("requirements.txt"));
    if fs::read(&wanted).unwrap() != fs::read(&done).unwrap_or_default() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        let pip = ["-m", "pip", "--quiet", "--disable-pip-version-check", "--retries", "1", "install"];
        run(Command::new(&python).args(pip).args(["--only-binary", ":all:", "-r"]).arg(&wanted))?;
        fs::copy(wanted, done).unwrap();
    }
    Ok(python)
}

pub(crate) fn run(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

pub(crate) fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop")
}

pub(crate) fn key_file(name: &str) -> String {
    argument(&here().join("../keys").join(name))
}

/// The files whose names begin so and end in 0, 1 and so on.
pub(crate) fn numbered_files(folder: &Path, name: &str) -> Vec<Vec<u8>> {
    (0..).map_while(|number| fs::read(folder.join(format!("{name}{number}"))).ok()).collect()
}

pub(crate) fn argument(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

pub(crate) fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}
