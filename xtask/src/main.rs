//! The project's own commands: `cargo xtask test`, `cargo xtask demo` and the others that `USAGE` lists.

mod bench;
mod clips;
mod demo;
mod fuzz;
mod mutants;
mod run;
mod screenshots;
mod server;
mod slips;
mod soak;
mod test;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <command>

  test [--accept-tests]  checks everything that must hold before a commit; or also writes the list of tests anew
  demo                   tells the counter's story with the town's sample data, then runs the service and a kiosk until Ctrl-C
  screenshots [kiosk]    takes pictures of all pages and screens, or only of the kiosk's, into target/screenshots
  screenshots --accept   copies the pictures that the documents show to docs/screenshots
  bench [arguments]      runs the benchmarks on a throw-away PostgreSQL; --against REVISION measures that revision too
  defects [names]        shows that the tests find the defects with which the library can be built, or those that are named
  mutants [arguments]    shows that the tests of the rules find small changes to the rules; the arguments are for cargo-mutants
  soak                   runs the tests optimised, with many more rounds, then each fuzz target for 10 minutes, then all of `mutants`
  soak fuzz [target] [minutes]  runs only the fuzz targets, or one of them, for so long
  slips                  draws the pictures of paper receipts anew; look at them before you commit them
  clips                  makes the words that the kiosk reads aloud anew
  postgres               runs a throw-away PostgreSQL to try things on, until its input ends or you press Ctrl-C";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["test"] => return test::run(test::List::Compare),
        ["test", "--accept-tests"] => return test::run(test::List::Accept),
        ["demo"] => demo::run(),
        ["bench", arguments @ ..] => bench::run(arguments),
        ["screenshots", arguments @ ..] => screenshots::run(arguments),
        ["soak", arguments @ ..] => soak::run(arguments),
        ["mutants", arguments @ ..] => mutants::run(arguments),
        ["defects", names @ ..] => test::defects(names),
        ["slips"] => slips::run(),
        ["clips"] => clips::run(),
        ["postgres"] => server::run(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
