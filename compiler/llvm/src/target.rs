//! A row of the targets table as LLVM's target machine.
//!
//! Code is position independent everywhere, so that the kernel may place it at random.

use crate::{Failure, Options, backend};
use inkwell::OptimizationLevel;
use inkwell::targets::{
    CodeModel, InitializationConfig, RelocMode, Target as LlvmTarget, TargetMachine, TargetMachineOptions,
    TargetTriple,
};
use koru_base::{Level, Target, bug};
use std::sync::Once;

/// The machine that compiles for the options' target.
pub fn machine(options: &Options) -> Result<TargetMachine, Failure> {
    let (cpu, features) = processor(options)?;
    Ok(create(options.target, &cpu, &features, codegen_level(options.level)))
}

/// LLVM's own data layout for a row, which the row must repeat.
pub fn data_layout(target: &Target) -> String {
    let _turn = backend::wait();
    let machine = create(target, target.cpu, target.features, OptimizationLevel::None);
    let data = machine.get_target_data();
    data.get_data_layout().as_str().to_string_lossy().into_owned()
}

/// Name and features of the processor the compiler runs on.
pub fn host_cpu() -> (String, String) {
    let text = |text: inkwell::support::LLVMString| text.to_string_lossy().into_owned();
    (text(TargetMachine::get_host_cpu_name()), text(TargetMachine::get_host_cpu_features()))
}

/// The processor's name and its features. `native` is the one we run on.
pub fn processor(options: &Options) -> Result<(String, String), Failure> {
    let row = options.target;
    match options.cpu {
        None => Ok((row.cpu.into(), row.features.into())),
        Some("native") if row == Target::host() => Ok(host_cpu()),
        Some("native") => {
            let message = format!("`native` is the processor of this machine, which is no {}", row.arch);
            Err(Failure { message })
        }
        Some(cpu) => Ok((cpu.into(), row.features.into())),
    }
}

fn create(row: &Target, cpu: &str, features: &str, level: OptimizationLevel) -> TargetMachine {
    initialize();
    let triple = TargetTriple::create(row.llvm_triple);
    let Ok(target) = LlvmTarget::from_triple(&triple) else {
        bug!("llvm", "this LLVM was built without {}", row.llvm_triple)
    };
    let mut options = TargetMachineOptions::new()
        .set_cpu(cpu)
        .set_features(features)
        .set_level(level)
        .set_reloc_mode(RelocMode::PIC)
        .set_code_model(CodeModel::Small);
    if !row.abi.is_empty() {
        options = options.set_abi(row.abi);
    }
    let Some(machine) = target.create_target_machine_from_options(&triple, options) else {
        bug!("llvm", "no target machine for {}", row.llvm_triple)
    };
    machine
}

fn codegen_level(level: Level) -> OptimizationLevel {
    match level {
        Level::Debug => OptimizationLevel::None,
        Level::Safe | Level::Small => OptimizationLevel::Default,
        Level::Fast => OptimizationLevel::Aggressive,
    }
}

fn initialize() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let config = InitializationConfig { disassembler: false, ..InitializationConfig::default() };
        LlvmTarget::initialize_x86(&config);
        LlvmTarget::initialize_aarch64(&config);
        LlvmTarget::initialize_riscv(&config);
    });
}
