//! The command line.

mod elf;
mod link;

fn main() {}
