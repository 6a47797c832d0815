//! What the fuzz targets check, as functions, so that the committed seeds can be replayed without a
//! fuzzer.
//!
//! Each `check` panics where the library breaks a promise, and otherwise tells what the input led
//! to: the tests at the end of this file hold the seeds to reaching everything that can be reached.
//!
//! How to run it all: `README.md`.

pub mod armor;
mod fake;
pub mod header;
#[path = "../../tests/common/header_tag.rs"]
mod header_tag;
pub mod io;
pub mod key;
#[path = "../../tests/common/model.rs"]
pub mod model;
pub mod open;
pub mod rewrap;
pub mod seeds;
pub mod seek;
#[path = "../../tests/common/split_mix.rs"]
mod split_mix;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use crate::{armor, header, key, open, rewrap, seeds, seek};

    #[test]
    fn every_target_has_seeds_and_a_place_in_the_manifest() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let targets: BTreeSet<String> = fs::read_dir(root.join("fuzz_targets"))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().into())
            .collect();
        assert_eq!(targets, seeds::all().iter().map(|(target, _)| (*target).into()).collect());
        let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        let listed =
            manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\""));
        assert_eq!(targets, listed.map(Into::into).collect());
    }

    #[test]
    fn committed_seeds_are_the_generated_ones() {
        for (target, generated) in seeds::all() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
            let committed: BTreeSet<String> =
                fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            let names: BTreeSet<String> = generated.iter().map(|(name, _)| name.clone()).collect();
            assert_eq!(committed, names, "{target}");
            for (name, bytes) in generated {
                assert!(fs::read(folder.join(&name)).unwrap() == bytes, "{target}/{name}");
            }
        }
    }

    #[test]
    fn armor_seeds_reach_every_outcome() {
        let reached: BTreeSet<_> = seeds::armor().iter().map(|(_, bytes)| armor::check(bytes)).collect();
        assert_eq!(reached, armor::OUTCOMES.into());
    }

    #[test]
    fn header_seeds_reach_every_outcome() {
        let reached: BTreeSet<_> = seeds::header().iter().map(|(_, bytes)| header::check(bytes)).collect();
        assert_eq!(reached, header::OUTCOMES.into());
    }

    #[test]
    fn key_seeds_reach_every_outcome() {
        let reached: BTreeSet<_> = seeds::key().iter().flat_map(|(_, bytes)| key::check(bytes)).collect();
        assert_eq!(reached, key::OUTCOMES.into());
    }

    #[test]
    fn open_seeds_reach_every_outcome() {
        let reached: BTreeSet<_> = seeds::open().iter().flat_map(|(_, bytes)| open::check(bytes)).collect();
        assert_eq!(reached, open::OUTCOMES.into());
    }

    #[test]
    fn seek_seeds_reach_every_outcome() {
        let reached: BTreeSet<_> = seeds::seek().iter().flat_map(|(_, bytes)| seek::check(bytes)).collect();
        assert_eq!(reached, seek::OUTCOMES.into());
    }

    #[test]
    fn rewrap_seeds_reach_every_outcome() {
        let reached: BTreeSet<_> = seeds::rewrap().iter().flat_map(|(_, bytes)| rewrap::check(bytes)).collect();
        assert_eq!(reached, rewrap::OUTCOMES.into());
    }
}
