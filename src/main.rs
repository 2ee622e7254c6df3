//! Takes arguments, calls the library, gives the exit status.

fn main() {}
