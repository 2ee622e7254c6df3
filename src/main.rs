//! Takes arguments, gives the exit status of the library, never does anything itself.

use std::process::ExitCode;

fn main() -> ExitCode {
    speerlint::cli::run(std::env::args_os())
}
