//! The built test programs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::target::Target;
use crate::run::root;

/// The programs by what the names of their tests begin with.
#[derive(Default)]
pub struct Programs {
    programs: BTreeMap<String, PathBuf>,
    target: Target,
}

impl Programs {
    /// Reads the next line of what `cargo test --no-run` prints.
    pub fn read(&mut self, line: &str) {
        if let Some(place) = line.trim().strip_prefix("Executable ")
            && let Some(path) = self.target.enter(place)
        {
            self.programs.insert(self.target.name().to_owned(), root().join(path));
        }
    }

    /// The program of a test on the list of tests, and the test's name there.
    pub fn of<'t>(&self, test: &'t str) -> Option<(&Path, &'t str)> {
        let (target, name) = test.split_once("::")?;
        Some((self.programs.get(target)?, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_found_in_its_program() {
        let mut programs = Programs::default();
        for line in [
            "  Executable unittests src/lib.rs (target/debug/deps/bank_tests-22)",
            "  Executable tests/limits.rs (target/debug/deps/limits-33)",
            "  Executable unittests src/lib.rs (/elsewhere/debug/deps/baoyulan_ledger-0e1f)",
        ] {
            programs.read(line);
        }
        let limits = root().join("target/debug/deps/limits-33");
        assert_eq!(programs.of("bank-tests/limits::in::sqlite"), Some((limits.as_path(), "in::sqlite")));
        let library = Path::new("/elsewhere/debug/deps/baoyulan_ledger-0e1f");
        assert_eq!(programs.of("baoyulan-ledger::slice::tests::a"), Some((library, "slice::tests::a")));
        assert_eq!(programs.of("bank-tests/gone::a"), None);
    }
}
