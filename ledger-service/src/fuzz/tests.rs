//! Gives each target its corpus, then small changes of it: always the same ones, so that a commit fails for what it has changed.
//! libFuzzer looks for others, see `cargo xtask soak`.

use std::fs;
use std::ops::Range;
use std::path::Path;

use baoyulan_ledger::proof::sha256;
use data_encoding::HEXLOWER;
use proptest::bool::weighted;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use super::corpus;

/// What readers of text stumble over.
const PIECES: [&str; 31] = [
    "\0", "\n", "\r", "\r\n", "\t", " ", "\"", "\"\"", "\\", ",", ":", ";", "-", ".", "#", "%23", "{", "}", "[", "]",
    "[[[[[[[[", "null", "-0", "1e400", "1.5", "\\ud800", "９", "—", "\u{feff}", "\u{202e}", "\u{200b}",
];

/// Where something may be put in or taken out: between words, or anywhere. Whole words in the place of others reach further than
/// torn ones.
fn places(bytes: &[u8], anywhere: bool) -> Vec<usize> {
    let is_word = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    (0..=bytes.len()).filter(|at| anywhere || *at == 0 || !is_word(*at) || !is_word(at - 1)).collect()
}

/// A stretch from one place over so many others.
fn stretch(places: &[usize], start: Index, count: usize) -> Range<usize> {
    let start = start.index(places.len());
    places[start]..places[(start + count).min(places.len() - 1)]
}

/// Bytes of the corpus with a few stretches replaced: by nothing, by a byte, by a piece, or by a stretch from elsewhere.
fn any_bytes(corpus: &[Vec<u8>]) -> impl Strategy<Value = Vec<u8>> {
    let copied = |(from, start, count): (Index, Index, usize)| {
        let from = from.get(corpus);
        from[stretch(&places(from, false), start, count)].to_vec()
    };
    let replacement = prop_oneof![
        Just(Vec::new()),
        any::<u8>().prop_map(|byte| vec![byte]),
        select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
        (any::<Index>(), any::<Index>(), prop_oneof![Just(1), 1..50_usize]).prop_map(copied),
    ];
    let change = (weighted(0.2), any::<Index>(), prop_oneof![Just(0), Just(1), 0..50_usize], replacement);
    (any::<Index>(), vec(change, 1..4)).prop_map(|(seed, changes)| {
        let mut bytes = seed.get(corpus).clone();
        for (anywhere, start, count, replacement) in changes {
            let replaced = stretch(&places(&bytes, anywhere), start, count);
            bytes.splice(replaced, replacement);
        }
        bytes
    })
}

fn read(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Runs a target on its corpus and on so many changes of it. Bytes that fail are kept in a file.
fn run(name: &str, target: fn(&[u8]), rounds: u32) {
    let corpus = read(&corpus(name));
    for bytes in &corpus {
        if std::panic::catch_unwind(|| target(bytes)).is_err() {
            panic!("{}", kept(name, bytes));
        }
    }
    let config = Config { cases: rounds, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[42; 32]));
    let outcome = runner.run(&any_bytes(&corpus), |bytes| {
        target(&bytes);
        Ok(())
    });
    match outcome {
        Err(TestError::Fail(reason, bytes)) => panic!("{reason}\n{}", kept(name, &bytes)),
        other => other.unwrap(),
    }
}

/// Keeps the bytes, and says how to try them again.
fn kept(name: &str, bytes: &[u8]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fuzz/failed").join(name);
    let path = folder.join(&HEXLOWER.encode(&sha256(&[bytes]))[..16]);
    fs::create_dir_all(&folder).unwrap();
    fs::write(&path, bytes).unwrap();
    let path = path.canonicalize().unwrap();
    format!(
        "the target {name} fails on {}\nonce it is mended, keep these bytes under a name that says what they are:\n\
         cp {} tests/fuzz/corpus/{name}/<name>\ncargo test -p ledger-service --all-features --lib fuzz",
        path.display(),
        path.display(),
    )
}

#[test]
fn nothing_is_taken_for_a_receipt_that_was_not_issued() {
    run("receipts", super::receipts, 8_000);
}

#[test]
fn a_file_of_a_town_gives_all_its_rows_or_a_fault_with_its_place() {
    run("sheets", super::sheets, 1_000);
}

#[test]
fn every_body_gets_what_it_asks_for_or_a_known_problem() {
    run("bodies", super::bodies, 700);
}

#[test]
fn every_line_gets_its_own_answer() {
    run("lines", super::lines, 3_000);
}
