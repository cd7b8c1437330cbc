fn main() {
    println!("Hello, Koru!");
}
