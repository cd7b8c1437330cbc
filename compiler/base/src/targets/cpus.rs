//! Names of processors, by architecture, as `--cpu` takes them.
//!
//! LLVM 19 knows these (`llc -mcpu=help`) and goes on with a warning of its own where it does not know one; here are
//! those that run what a target makes, each under one name.

/// Of 64 bits.
#[rustfmt::skip]
pub const X86_64: &[&str] = &[
    "alderlake", "amdfam10", "arrowlake", "arrowlake-s", "athlon-fx", "athlon64", "athlon64-sse3",
    "atom", "barcelona", "bdver1", "bdver2", "bdver3", "bdver4", "bonnell", "broadwell", "btver1",
    "btver2", "cannonlake", "cascadelake", "clearwaterforest", "cooperlake", "core-avx-i", "core-avx2",
    "core2", "corei7", "corei7-avx", "emeraldrapids", "goldmont", "goldmont-plus", "gracemont",
    "grandridge", "graniterapids", "graniterapids-d", "haswell", "icelake-client", "icelake-server",
    "ivybridge", "k8", "k8-sse3", "knl", "knm", "lunarlake", "meteorlake", "nehalem", "nocona",
    "opteron", "opteron-sse3", "pantherlake", "penryn", "raptorlake", "rocketlake", "sandybridge",
    "sapphirerapids", "sierraforest", "silvermont", "skx", "skylake", "skylake-avx512", "slm",
    "tigerlake", "tremont", "westmere", "x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4", "znver1",
    "znver2", "znver3", "znver4", "znver5",
];

/// Of AArch64.
#[rustfmt::skip]
pub const AARCH64: &[&str] = &[
    "a64fx", "ampere1", "ampere1a", "ampere1b", "apple-a10", "apple-a11", "apple-a12", "apple-a13",
    "apple-a14", "apple-a15", "apple-a16", "apple-a17", "apple-a7", "apple-m4", "carmel", "cortex-a34",
    "cortex-a35", "cortex-a510", "cortex-a520", "cortex-a520ae", "cortex-a53", "cortex-a55",
    "cortex-a57", "cortex-a65", "cortex-a65ae", "cortex-a710", "cortex-a715", "cortex-a72",
    "cortex-a720", "cortex-a720ae", "cortex-a725", "cortex-a73", "cortex-a75", "cortex-a76",
    "cortex-a76ae", "cortex-a77", "cortex-a78", "cortex-a78ae", "cortex-a78c", "cortex-r82",
    "cortex-r82ae", "cortex-x1", "cortex-x1c", "cortex-x2", "cortex-x3", "cortex-x4", "cortex-x925",
    "exynos-m3", "exynos-m4", "exynos-m5", "falkor", "generic", "kryo", "neoverse-512tvb",
    "neoverse-e1", "neoverse-n1", "neoverse-n2", "neoverse-n3", "neoverse-v1", "neoverse-v2",
    "neoverse-v3", "neoverse-v3ae", "oryon-1", "saphira", "thunderx", "thunderx2t99", "thunderx3t110",
    "thunderxt81", "thunderxt83", "thunderxt88", "tsv110",
];

/// Of 64 bits.
#[rustfmt::skip]
pub const RISCV64: &[&str] = &[
    "generic-rv64", "rocket-rv64", "sifive-p450", "sifive-p670", "sifive-s21", "sifive-s51",
    "sifive-s54", "sifive-s76", "sifive-u54", "sifive-u74", "sifive-x280", "spacemit-x60",
    "syntacore-scr3-rv64", "veyron-v1", "xiangshan-nanhu",
];
