//! The architecture on one page: a module uses modules of its own layer or of lower ones, and no
//! other.

#[path = "common/module_graph.rs"]
mod module_graph;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use module_graph::{Modules, circles};

/// Lowest first. `lib.rs` only re-exports, `doc.rs` only holds pages for rustdoc, and
/// `spec_tests.rs` and `misuse.rs` are tests that look at everything.
const LAYERS: [&[&str]; 7] = [
    // Leaves, which use none of the others.
    &["format", "key_id", "limits", "num", "secret", "threads"],
    // What they have in common.
    &["buffer", "error"],
    // Bytes to header and back, and to text and back: no cryptography.
    &["text", "wire"],
    // Primitives behind our own names, the only namer of backends: no format. Keys from files.
    &["crypto", "key_file"],
    // Keys from a content key; chunks; wrapping and unwrapping; signing and verifying.
    &["schedule", "chunk", "session", "recipient", "sender"],
    // The only module that sees header, recipients, schedule and chunks together.
    &["envelope"],
    // std::io adapters and one-shots.
    &["io", "simple"],
];

#[test]
fn no_module_looks_up() {
    let layers = layers();
    let mut used = 0;
    for (module, _, source) in sources() {
        let own = layers[module.as_str()];
        for other in named_after(&source, "crate::") {
            // Items that lib.rs re-exports are not modules, and nothing may use that detour.
            let layer = layers.get(other.as_str()).unwrap_or_else(|| panic!("{module} uses crate::{other}"));
            assert!(*layer <= own, "{module} (layer {own}) uses {other} (layer {layer})");
            used += 1;
        }
    }
    assert!(used > 50, "the scan saw only {used} uses");
}

#[test]
fn only_crypto_and_key_files_name_cryptographic_crates() {
    let mut seen = 0;
    for (module, path, source) in sources() {
        for name in [
            "aes_gcm",
            "aws_lc_rs",
            "crypto_bigint",
            "ctutils",
            "ed25519_dalek",
            "getrandom",
            "hmac",
            "p256",
            "pkcs1",
            "pkcs5",
            "pkcs8",
            "rsa",
            "sha2",
            "x509_cert",
        ] {
            let used = source.contains(&format!("use {name}::")) || source.contains(&format!(" {name}::"));
            let key_file =
                module == "key_file" && (name.starts_with("pkcs") || ["crypto_bigint", "x509_cert"].contains(&name));
            assert!(!used || module == "crypto" || key_file, "{} names {name}", path.display());
            seen += usize::from(used);
        }
    }
    assert!(seen >= 8, "the scan saw only {seen} uses");
}

#[test]
fn every_module_has_a_layer_and_every_layer_exists() {
    let layers = layers();
    let mut modules: Vec<_> = sources().map(|(module, ..)| module).collect();
    modules.sort_unstable();
    modules.dedup();
    assert_eq!(modules, layers.into_keys().collect::<Vec<_>>());
}

#[test]
fn the_page_on_the_architecture_lists_the_same_layers() {
    let page = include_str!("../ARCHITECTURE.md");
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows: Vec<_> = page.lines().map(cells).filter(|row| row.len() > 3 && row[1].parse::<usize>().is_ok()).collect();
    // Highest first, counted from one.
    let names = |layer: &&[&str]| layer.iter().map(|module| format!("`{module}`")).collect::<Vec<_>>().join(", ");
    let layers: Vec<_> = LAYERS.iter().map(names).collect();
    let numbered = layers.into_iter().enumerate().rev().map(|(layer, names)| (format!("{}", layer + 1), names));
    let listed = rows.into_iter().map(|row| (row[1].clone(), row[2].clone()));
    assert_eq!(listed.collect::<Vec<_>>(), numbered.collect::<Vec<_>>());
}

#[test]
fn no_files_need_each_other() {
    let mut modules = Modules::default();
    for (_, path, source) in sources() {
        let path = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap().with_extension("");
        modules.add(path.iter().map(|name| name.to_str().unwrap().into()).collect(), &source);
    }
    let edges = modules.edges();
    assert!(edges.len() > 100, "the scan saw only {} edges", edges.len());
    let found = circles(&edges);
    let closes =
        |(from, to): &&(Vec<String>, Vec<String>)| found.iter().any(|set| set.contains(from) && set.contains(to));
    let closing: Vec<_> =
        edges.iter().filter(closes).map(|(from, to)| [from.join("/"), to.join("/")].join(" -> ")).collect();
    assert!(found.is_empty(), "circles, closed by:\n{}", closing.join("\n"));
}

#[test]
fn definitions_make_a_circle_and_names_do_not() {
    let circle = |parent: &str, child: &str, other: &str| {
        let mut modules = Modules::default();
        for (path, source) in [(&["a"][..], parent), (&["a", "b"], child), (&["c"], other)] {
            modules.add(path.iter().map(|name| (*name).into()).collect(), source);
        }
        !circles(&modules.edges()).is_empty()
    };
    let uses_parent = "use super::{Own, Other as Another};\nfn f() { Own }";
    assert!(circle("pub(crate) use self::b::f;\nstruct Own;\nfn g() { f() }", uses_parent, ""));
    assert!(circle("struct Own;\nfn g() { b::f() }", uses_parent, ""));
    assert!(circle("fn g() { crate::c::h() }", "", "use crate::a;\nfn h() { a::g() }"));
    // Only a re-export, another thing of that name, an item that stands elsewhere, a unit test.
    assert!(!circle("pub(crate) use self::b::f;\nstruct Own;", uses_parent, ""));
    assert!(!circle("pub use self::b::f;\nfn g() { \"f\"; x.f() }\nstruct Own;", uses_parent, ""));
    assert!(!circle("pub use crate::c::{Other, Own};\nuse self::b::f;\nfn g() { f() }", uses_parent, "struct Own;"));
    assert!(!circle("fn g() { crate::c::h() }", "", "fn h() {}\nmod tests {\n    use crate::a;\n}"));
}

fn layers() -> BTreeMap<&'static str, usize> {
    LAYERS.iter().enumerate().flat_map(|(layer, modules)| modules.iter().map(move |module| (*module, layer))).collect()
}

/// Top-level module, path and text of every source file but `lib.rs`, `doc.rs`, `misuse.rs`,
/// `spec_tests.rs` and the files of unit tests.
fn sources() -> impl Iterator<Item = (String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.into_iter().filter_map(move |path| {
        let relative = path.strip_prefix(&root).ok()?;
        let exempt = ["lib.rs", "doc.rs", "misuse.rs", "spec_tests.rs"].iter().any(|name| relative == Path::new(name));
        if exempt || relative.ends_with("tests.rs") {
            return None;
        }
        let module = Path::new(relative.components().next()?.as_os_str()).with_extension("");
        let source = fs::read_to_string(&path).unwrap();
        let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        Some((module.to_str()?.into(), path.clone(), code.collect::<Vec<_>>().join("\n")))
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The identifiers that follow `prefix` in `source`.
fn named_after(source: &str, prefix: &str) -> Vec<String> {
    source
        .match_indices(prefix)
        .map(|(at, _)| {
            let rest = &source[at + prefix.len()..];
            rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        })
        .collect()
}
