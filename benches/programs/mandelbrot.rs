//! mandelbrot.kz in Rust, which has arrays where others have vectors.
use std::io::Write;

mod size;

const TURNS: u32 = 50;
type Eight = [f64; 8];

fn each(make: impl Fn(usize) -> f64) -> Eight {
    std::array::from_fn(make)
}

fn inside(real: Eight, imaginary: Eight) -> u8 {
    let (mut r, mut i, mut rr, mut ii) = ([0.0; 8], [0.0; 8], [0.0; 8], [0.0; 8]);
    for _ in 0..TURNS {
        i = each(|k| (r[k] + r[k]) * i[k] + imaginary[k]);
        r = each(|k| rr[k] - ii[k] + real[k]);
        rr = each(|k| r[k] * r[k]);
        ii = each(|k| i[k] * i[k]);
        if (0..8).fold(true, |all, k| all & (rr[k] + ii[k] > 4.0)) {
            return 0;
        }
    }
    (0..8).fold(0, |byte, k| byte | u8::from(rr[k] + ii[k] <= 4.0) << k)
}

fn main() -> std::io::Result<()> {
    let size = size::of_run(64);
    let step = 2.0 / f64::from(size);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    write!(out, "P4\n{size} {size}\n")?;
    for y in 0..size {
        let imaginary = [f64::from(y) * step - 1.0; 8];
        for x in (0..size).step_by(8) {
            let real = each(|k| (7.0 - k as f64 + f64::from(x)) * step - 1.5);
            out.write_all(&[inside(real, imaginary)])?;
        }
    }
    out.flush()
}
