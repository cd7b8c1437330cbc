//! What a program of this folder is asked for: one number, its size.

pub fn of_run(otherwise: u32) -> u32 {
    match std::env::args().nth(1) {
        Some(text) => text.parse().expect("a number"),
        None => otherwise,
    }
}
