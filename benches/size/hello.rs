//! Hello as Rust says it, for the table of sizes.

fn main() {
    println!("Hello, Koru!");
}
