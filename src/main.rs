//! Takes arguments, calls the library, gives the exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    speerlint::cli::run(std::env::args_os())
}
