//! Hello by Rust without its library: two system calls, for the table of sizes.
#![no_std]
#![no_main]

use core::arch::asm;

unsafe fn call(number: usize, first: usize, second: usize, third: usize) {
    unsafe {
        asm!("syscall", inlateout("rax") number => _, in("rdi") first, in("rsi") second, in("rdx") third,
            out("rcx") _, out("r11") _, options(nostack));
    }
}

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    let text = "Hello, Koru!\n";
    unsafe {
        call(1, 1, text.as_ptr() as usize, text.len());
        call(60, 0, 0, 0);
    }
    loop {}
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
