//! The targets table: one row a target, and nothing else in the compiler knows their names.
//!
//! A row says how LLVM calls the target, how its kernel is called, which files of std know it, and how
//! lld is spoken to.

mod cpus;

/// How what koruc itself wants is installed on the systems it is made for.
pub const INSTALL: &str = "apt-get install";

/// What has the linker, and the names that goes by, with what makes each one link ELF.
pub const LINKER_PACKAGE: &str = "lld-19";
pub const LINKERS: &[&[&str]] = &[&["ld.lld-19"], &["ld.lld"], &["rust-lld", "-flavor", "gnu"]];

/// What has the compiler of C, and the names that goes by. Bitcode of a newer one than our LLVM cannot be read, so ours
/// comes first.
pub const C_COMPILER_PACKAGE: &str = "clang-19";
pub const C_COMPILERS: &[&str] = &["clang-19", "clang"];

/// How a program asks the kernel for something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Syscalls {
    /// The instruction, as the assembler spells it.
    pub instruction: &'static str,
    /// First words of other instructions that call it, with numbers that nobody follows.
    pub others: &'static [&'static str],
    /// Register of the call's number.
    pub number: &'static str,
    /// Registers of the arguments, in order.
    pub arguments: &'static [&'static str],
    /// Register of the result.
    pub result: &'static str,
    /// Registers the kernel destroys besides the result.
    pub clobbers: &'static [&'static str],
}

/// By which rules C passes structs, and fills registers with small numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Passing {
    /// System V on x86-64.
    SystemV,
    /// AAPCS64.
    Aapcs64,
    /// LP64D of RISC-V. A number of 32 bits fills its register by its sign, whatever its type.
    Lp64d,
}

/// C's library on a target: linked only into programs that require it by its name and need something of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CLibrary {
    /// As programs name it among the libraries they require.
    pub name: &'static str,
    /// The folder of its headers.
    pub headers: &'static str,
    /// The folder of what is named below.
    pub folder: &'static str,
    /// Objects in front of a program's own: they begin it, prepare the library, and call `main`.
    pub before: &'static [&'static str],
    /// Everything else.
    pub archive: &'static str,
    /// Objects behind a program's own.
    pub after: &'static [&'static str],
    /// The module, of the library every program stands on, whose `main` such a program has in the place of its `_start`.
    pub start_module: &'static str,
    /// What to install where it is missing.
    pub package: &'static str,
}

/// musl, where Debian puts it.
const fn musl(headers: &'static str, folder: &'static str) -> CLibrary {
    CLibrary {
        name: "c",
        headers,
        folder,
        before: &["crt1.o", "crti.o"],
        archive: "libc.a",
        after: &["crtn.o"],
        start_module: "os/linux/hosted",
        package: "musl-dev",
    }
}

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    /// As the user writes it: `x86_64-linux-musl`.
    pub triple: &'static str,
    /// The system's name, which is also a build flag that is always on.
    pub system: &'static str,
    /// The processor's name, as `std/os` names its files.
    pub arch: &'static str,
    /// The processor's number in the header of an object.
    pub machine: u16,
    /// How clang is told of a processor.
    pub cpu_option: &'static str,
    /// What begins a comment in its assembly.
    pub comment: &'static str,
    /// As LLVM writes it.
    pub llvm_triple: &'static str,
    /// LLVM's data layout; a test of the llvm crate compares it with LLVM's own.
    pub data_layout: &'static str,
    /// The processor LLVM compiles for unless `--cpu` says otherwise.
    pub cpu: &'static str,
    /// The processors `--cpu` may name.
    pub cpus: &'static [&'static str],
    /// What the processor offers beyond that, as LLVM writes it.
    pub features: &'static str,
    /// LLVM's name of the calling convention of C, empty where the triple settles it.
    pub abi: &'static str,
    /// The cheapest integer to return the number of an exit in, in bits.
    pub tag_bits: u16,
    /// What the processor wants the stack aligned to at a call, in bytes, where no C code is concerned.
    pub stack_align: u32,
    /// What LLVM's code generator is told where bytes count, as its command line has it. Moving code out of
    /// loops seldom pays.
    pub small_settings: &'static [&'static str],
    /// Whether LLVM's passes are leaner there than its own `default<Oz>` (`llvm/small.rs`).
    pub has_lean_passes: bool,
    /// What it is told further, where no function of a program realigns its stack: that callers know which
    /// registers a callee leaves alone. LLVM 19 gets it wrong elsewhere: on aarch64 it forgets to save the return
    /// address, on x86 a callee takes the register that a caller whose stack is realigned finds its frame by.
    pub call_settings: &'static [&'static str],
    /// How the instructions begin that realign the stack.
    pub realigning: &'static [&'static [u8]],
    /// Size of a pointer in bytes.
    pub pointer_bytes: u32,
    /// Largest page size a kernel of this target may use, in bytes.
    pub max_page_bytes: u32,
    /// Kernel interface.
    pub syscalls: Syscalls,
    /// The instruction that stops for a debugger, as the assembler spells it.
    pub breakpoint: &'static str,
    /// The instruction that tells the processor of a spin loop.
    pub pause: &'static str,
    /// The module, of the library every program stands on, whose `_start` begins a program.
    pub start_module: &'static str,
    /// The module of that library which knows this system.
    pub system_module: &'static str,
    /// The module of that library which has the numbers of system calls as constants, by their names.
    pub numbers_module: &'static str,
    /// The module of it that declares, by name, what an engine of containers calls before the program begins.
    pub engine_module: &'static str,
    /// C's rules for calls.
    pub passing: Passing,
    /// C's library.
    pub c: CLibrary,
    /// lld's `-m` emulation.
    pub emulation: &'static str,
    /// Program that runs the output where the host cannot.
    pub emulator: &'static str,
}

/// All rows. The first one is for the machines most servers run on.
pub const TARGETS: &[Target] = &[
    Target {
        triple: "x86_64-linux-musl",
        system: "linux",
        arch: "x86_64",
        machine: 62,
        cpu_option: "-march",
        comment: "#",
        llvm_triple: "x86_64-unknown-linux-musl",
        data_layout: "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128",
        cpu: "x86-64",
        cpus: cpus::X86_64,
        features: "",
        abi: "",
        tag_bits: 8,
        stack_align: 8,
        small_settings: &[
            "-disable-lsr",
            "-disable-machine-licm",
            // What is computed twice needs no register in between, nor a place on the stack.
            "-disable-machine-cse",
            "-pre-RA-sched=list-burr",
            "-disable-phi-elim-edge-splitting",
            "-force-precise-rotation-cost",
            "-tail-merge-size=1",
        ],
        has_lean_passes: true,
        call_settings: &["-enable-ipra"],
        realigning: &[&[0x48, 0x83, 0xe4], &[0x48, 0x81, 0xe4]],
        pointer_bytes: 8,
        max_page_bytes: 4096,
        syscalls: Syscalls {
            instruction: "syscall",
            others: &["int", "sysenter"],
            number: "rax",
            arguments: &["rdi", "rsi", "rdx", "r10", "r8", "r9"],
            result: "rax",
            clobbers: &["rcx", "r11"],
        },
        breakpoint: "int3",
        pause: "pause",
        start_module: "os/linux/x86_64",
        system_module: "os/linux",
        numbers_module: "os/linux/numbers/x86_64",
        engine_module: "os/linux/numbers/engine",
        passing: Passing::SystemV,
        c: musl("/usr/include/x86_64-linux-musl", "/usr/lib/x86_64-linux-musl"),
        emulation: "elf_x86_64",
        emulator: "qemu-x86_64-static",
    },
    Target {
        triple: "aarch64-linux-musl",
        system: "linux",
        arch: "aarch64",
        machine: 183,
        cpu_option: "-mcpu",
        comment: "//",
        llvm_triple: "aarch64-unknown-linux-musl",
        data_layout: "e-m:e-i8:8:32-i16:16:32-i64:64-i128:128-n32:64-S128-Fn32",
        cpu: "generic",
        cpus: cpus::AARCH64,
        features: "",
        abi: "",
        tag_bits: 32,
        stack_align: 16,
        small_settings: &["-disable-machine-licm"],
        // Servers are smaller by 24 to 160 bytes without, on average by 32.
        has_lean_passes: false,
        call_settings: &[],
        realigning: &[],
        pointer_bytes: 8,
        max_page_bytes: 65536,
        syscalls: Syscalls {
            instruction: "svc #0",
            others: &[],
            number: "x8",
            arguments: &["x0", "x1", "x2", "x3", "x4", "x5"],
            result: "x0",
            clobbers: &[],
        },
        breakpoint: "brk #0",
        pause: "yield",
        start_module: "os/linux/aarch64",
        system_module: "os/linux",
        numbers_module: "os/linux/numbers/generic",
        engine_module: "os/linux/numbers/engine",
        passing: Passing::Aapcs64,
        c: musl("/usr/include/aarch64-linux-musl", "/usr/lib/aarch64-linux-musl"),
        emulation: "aarch64linux",
        emulator: "qemu-aarch64-static",
    },
    Target {
        triple: "riscv64-linux-musl",
        system: "linux",
        arch: "riscv64",
        machine: 243,
        cpu_option: "-mcpu",
        comment: "#",
        llvm_triple: "riscv64-unknown-linux-musl",
        data_layout: "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128",
        cpu: "generic-rv64",
        cpus: cpus::RISCV64,
        features: "+m,+a,+f,+d,+c",
        abi: "lp64d",
        tag_bits: 32,
        stack_align: 16,
        small_settings: &["-disable-lsr", "-disable-machine-licm"],
        has_lean_passes: true,
        call_settings: &[],
        realigning: &[],
        pointer_bytes: 8,
        max_page_bytes: 4096,
        syscalls: Syscalls {
            instruction: "ecall",
            others: &[],
            number: "x17",
            arguments: &["x10", "x11", "x12", "x13", "x14", "x15"],
            result: "x10",
            clobbers: &[],
        },
        breakpoint: "ebreak",
        pause: ".4byte 0x0100000f",
        start_module: "os/linux/riscv64",
        system_module: "os/linux",
        numbers_module: "os/linux/numbers/generic",
        engine_module: "os/linux/numbers/engine",
        passing: Passing::Lp64d,
        c: musl("/usr/include/riscv64-linux-musl", "/usr/lib/riscv64-linux-musl"),
        emulation: "elf64lriscv",
        emulator: "qemu-riscv64-static",
    },
];

/// The world of code that runs inside the compiler: its machine is the first row's, its system the compiler.
pub const BUILD: Target = Target {
    triple: "build",
    system: "build",
    start_module: "os/build",
    system_module: "os/build",
    ..TARGETS[0]
};

impl Target {
    /// The row with this triple.
    pub fn find(triple: &str) -> Option<&'static Target> {
        TARGETS.iter().find(|target| target.triple == triple)
    }

    /// The first row of a system: what `--build=SYSTEM` means when no `--target` is given.
    pub fn of_system(system: &str) -> Option<&'static Target> {
        TARGETS.iter().find(|target| target.system == system)
    }

    /// The row of the machine the compiler runs on.
    pub fn host() -> &'static Target {
        let arch = std::env::consts::ARCH;
        TARGETS.iter().find(|target| target.arch == arch).unwrap_or(&TARGETS[0])
    }
}
