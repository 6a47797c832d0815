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
pub mod keyfile;
pub mod labelled;
#[path = "../../tests/common/model.rs"]
pub mod model;
pub mod open;
pub mod parts;
pub mod private;
pub mod rewrap;
mod schedule;
pub mod seeds;
pub mod seek;
pub mod session;
#[path = "../../tests/common/split_mix.rs"]
mod split_mix;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    #[cfg(not(feature = "aws-lc-rs"))]
    use crate::key::key_samples;
    #[cfg(not(feature = "aws-lc-rs"))]
    use crate::split_mix::SplitMix64;
    use crate::{armor, header, key, keyfile, labelled, open, parts, private, rewrap, seeds, seek, session};

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
        assert_eq!(reached, key::OUTCOMES.map(String::from).into());
    }

    #[test]
    fn keyfile_seeds_reach_every_outcome() {
        let reached: BTreeSet<_> = seeds::keyfile().iter().flat_map(|(_, bytes)| keyfile::check(bytes)).collect();
        assert_eq!(reached, keyfile::outcomes());
    }

    #[test]
    fn the_library_with_aws_lc_has_the_features_and_dependencies_of_the_library() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let section = |manifest: &str, name: &str| {
            let manifest = fs::read_to_string(root.join(manifest)).unwrap();
            let start = format!("[{name}]");
            let lines = manifest.lines().map(String::from).skip_while(|line| *line != start).skip(1);
            let lines = lines.take_while(|line| !line.starts_with('['));
            lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect::<BTreeSet<_>>()
        };
        for name in ["features", "dependencies"] {
            let expected = section("../Cargo.toml", name);
            assert!(expected.len() > 5, "{name}");
            assert_eq!(section("aws_lc/Cargo.toml", name), expected, "{name}");
        }
    }

    #[test]
    #[cfg(not(feature = "aws-lc-rs"))]
    fn the_two_libraries_have_different_backends() {
        let spki = key_samples::one("spki.der");
        let ours = || {
            let sealer = bulla::Sealer::new(bulla::RsaRecipient::from_der(&spki).unwrap());
            sealer.start_with_rng(&mut SplitMix64(0)).unwrap().seal(b"").unwrap()
        };
        let theirs = || {
            let sealer = bulla_aws_lc::Sealer::new(bulla_aws_lc::RsaRecipient::from_der(&spki).unwrap());
            sealer.start_with_rng(&mut SplitMix64(0)).unwrap().seal(b"").unwrap()
        };
        assert_eq!(ours(), ours());
        // AWS-LC draws the seed of OAEP from its own generator.
        assert_ne!(theirs(), theirs());
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
    fn labelled_seeds_reach_every_outcome() {
        let reached: BTreeSet<_> = seeds::labelled().iter().flat_map(|(_, bytes)| labelled::check(bytes)).collect();
        assert_eq!(reached, labelled::OUTCOMES.into());
    }

    #[test]
    fn parts_seeds_reach_every_outcome() {
        let reached: BTreeSet<_> = seeds::parts().iter().flat_map(|(_, bytes)| parts::check(bytes)).collect();
        assert_eq!(reached, parts::OUTCOMES.into());
    }

    #[test]
    fn private_seeds_reach_every_outcome() {
        let reached: BTreeSet<_> = seeds::private().iter().flat_map(|(_, bytes)| private::check(bytes)).collect();
        assert_eq!(reached, private::OUTCOMES.into());
    }

    #[test]
    fn rewrap_seeds_reach_every_outcome() {
        let reached: BTreeSet<_> = seeds::rewrap().iter().flat_map(|(_, bytes)| rewrap::check(bytes)).collect();
        assert_eq!(reached, rewrap::OUTCOMES.into());
    }

    #[test]
    fn session_seeds_reach_every_outcome() {
        let reached: BTreeSet<_> = seeds::session().iter().flat_map(|(_, bytes)| session::check(bytes)).collect();
        assert_eq!(reached, session::OUTCOMES.into());
    }
}
