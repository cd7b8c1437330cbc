//! fannkuch-redux.kz in Rust.
mod size;

const MOST: usize = 16;

fn flip_all(n: usize) -> (i32, u32) {
    let (mut permutation, mut turned, mut counts) = ([0u32; MOST], [0u32; MOST], [0usize; MOST]);
    for (index, place) in permutation.iter_mut().enumerate() {
        *place = index as u32;
    }
    let (mut checksum, mut most_flips, mut is_even, mut left) = (0i32, 0u32, true, n);
    loop {
        while left != 1 {
            counts[left - 1] = left;
            left -= 1;
        }
        let count = flips(&permutation[..n], &mut turned[..n]);
        most_flips = most_flips.max(count);
        checksum += if is_even { count as i32 } else { -(count as i32) };
        loop {
            if left == n {
                return (checksum, most_flips);
            }
            permutation[..=left].rotate_left(1);
            counts[left] -= 1;
            if counts[left] > 0 {
                break;
            }
            left += 1;
        }
        is_even = !is_even;
    }
}

fn flips(list: &[u32], turned: &mut [u32]) -> u32 {
    if list[0] == 0 {
        return 0;
    }
    turned.copy_from_slice(list);
    let mut count = 0;
    while turned[0] != 0 {
        let last = turned[0] as usize;
        turned[..=last].reverse();
        count += 1;
    }
    count
}

fn main() {
    let n = size::of_run(7) as usize;
    assert!(n <= MOST);
    let (checksum, most_flips) = flip_all(n);
    println!("{checksum}\nPfannkuchen({n}) = {most_flips}");
}
