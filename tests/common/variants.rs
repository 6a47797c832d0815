//! The variants of the errors on keys, from the source, so that none is forgotten. The tests and
//! the fuzz targets share this file.
#![allow(unreachable_pub, reason = "included by several test files")]

use std::collections::BTreeSet;

/// All variants, as `PemDamage::NoEnd`. Of those that hold such a value, the variants of that.
pub fn all() -> BTreeSet<String> {
    let names = |source: &str, name: &str| -> BTreeSet<String> {
        let start = format!("pub enum {name} {{\n");
        let (_, body) = source.split_once(&start).unwrap_or_else(|| panic!("no enum {name}"));
        let (body, _) = body.split_once("\n}\n").unwrap();
        let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
        let variants = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
        variants.map(|line| [name, "::", word(line)].concat()).collect()
    };
    let mut all = names(include_str!("../../src/error/key.rs"), "KeyErrorKind");
    for (holder, name) in HOLDERS {
        assert!(all.remove(&format!("KeyErrorKind::{holder}")));
        all.extend(names(include_str!("../../src/error/key_file.rs"), name));
    }
    assert!(all.len() > 60, "the scan saw only {} variants", all.len());
    all
}

/// The name of the variant that is written as `kind` by `Debug`.
pub fn name_of(kind: &str) -> String {
    match HOLDERS.iter().find_map(|(holder, name)| Some((name, kind.strip_prefix(holder)?.strip_prefix('(')?))) {
        Some((name, inner)) => [name, "::", word(inner)].concat(),
        None => ["KeyErrorKind::", word(kind)].concat(),
    }
}

fn word(text: &str) -> &str {
    text.split(|character: char| !character.is_ascii_alphanumeric()).next().unwrap()
}

const HOLDERS: [(&str, &str); 3] = [("Format", "KeyFormat"), ("Pem", "PemDamage"), ("Der", "DerDamage")];
