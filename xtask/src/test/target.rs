//! Which test program cargo's output is about.

/// How far the reader is in cargo's output.
#[derive(Default)]
pub struct Target {
    package: String,
    /// What the names of the program's tests begin with: their package and, unless it is the package's library, their file.
    name: String,
}

impl Target {
    /// Reads `unittests src/lib.rs (target/debug/deps/bank_tests-0a1b)` or `tests/money.rs (...)`, and returns the program's path.
    ///
    /// For an integration test, cargo does not name the package. It comes after the unit tests of the same package.
    pub fn enter<'l>(&mut self, place: &'l str) -> Option<&'l str> {
        let (source, path) = place.split_once(" (")?;
        let path = path.trim_end_matches(')');
        let program = path.rsplit('/').next().unwrap_or(path);
        let program = program.rsplit_once('-').map_or(program, |(name, _hash)| name);
        match source {
            "unittests src/lib.rs" => {
                self.package = program.replace('_', "-");
                self.name.clone_from(&self.package);
            }
            "unittests src/main.rs" => {
                self.package = program.replace('_', "-");
                self.name = format!("{}/main", self.package);
            }
            _ => self.name = format!("{}/{program}", self.package),
        }
        Some(path)
    }

    /// The tests in the documentation of a library.
    pub fn enter_documentation(&mut self, library: &str) {
        self.name = format!("{}/doc", library.replace('_', "-"));
    }

    /// What the names of the program's tests begin with.
    pub fn name(&self) -> &str {
        &self.name
    }
}
