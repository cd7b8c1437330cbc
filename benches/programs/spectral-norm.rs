//! spectral-norm.kz in Rust.
mod size;

fn norm(size: usize) -> f64 {
    let (mut u, mut v, mut between) = (vec![1.0; size], vec![0.0; size], vec![0.0; size]);
    for _ in 0..10 {
        times_both(&mut v, &mut between, &u);
        times_both(&mut u, &mut between, &v);
    }
    let (mut uv, mut vv) = (0.0, 0.0);
    for (a, b) in u.iter().zip(&v) {
        uv += a * b;
        vv += b * b;
    }
    (uv / vv).sqrt()
}

fn entry(row: usize, column: usize) -> f64 {
    1.0 / ((row + column) * (row + column + 1) / 2 + row + 1) as f64
}

fn times_both(result: &mut [f64], between: &mut [f64], vector: &[f64]) {
    for (row, place) in between.iter_mut().enumerate() {
        let mut sum = 0.0;
        for (column, x) in vector.iter().enumerate() {
            sum += entry(row, column) * x;
        }
        *place = sum;
    }
    for (row, place) in result.iter_mut().enumerate() {
        let mut sum = 0.0;
        for (column, x) in between.iter().enumerate() {
            sum += entry(column, row) * x;
        }
        *place = sum;
    }
}

fn main() {
    println!("{:.9}", norm(size::of_run(50) as usize));
}
