//! Build time: library code that runs inside the compiler.
//!
//! In: the build world's context with a command, the product's context to be asked about. Out: what the
//! command did to the world, and diagnostics. Code at build time gets numbers for things of the program
//! ([`program`]) and reaches disk and processes only through a [`Driver`]. Read [`natives`] first: it lists
//! everything `std/os/build` may ask for.

mod args;
mod assets;
mod blocks;
mod driver;
mod expand;
mod flows;
mod natives;
mod problems;
mod program;
mod system;
mod transform;

pub use driver::{Built, ChildOutput, Driver};
pub use expand::{expand, prepare};
pub use flows::run_flows;
pub use natives::Natives;

use koru_base::Diagnostic;
use koru_hir::Context;
use koru_hir::ids::InstanceId;
use koru_hir::koru::Command;

/// Runs a whole program, which was loaded for the build world, as a command would run.
pub fn run_program(
    build: &mut Context,
    product: &mut Context,
    driver: &mut dyn Driver,
) -> Result<(), Box<Diagnostic>> {
    let main = koru_hir::koru::program(build);
    run(build, product, main, driver)
}

/// Runs a command of a library: `build` holds its code, `product` the program it is about.
pub fn run_command(
    build: &mut Context,
    product: &mut Context,
    command: &Command,
    driver: &mut dyn Driver,
) -> Result<(), Box<Diagnostic>> {
    let Some(instance) = koru_hir::koru::command_call(build, command) else { return Ok(()) };
    run(build, product, instance, driver)
}

fn run(
    build: &mut Context,
    product: &mut Context,
    instance: InstanceId,
    driver: &mut dyn Driver,
) -> Result<(), Box<Diagnostic>> {
    let mut natives = Natives::new(product, driver);
    match koru_hir::evaluate::run(build, instance, Vec::new(), &mut natives) {
        Ok(_) => Ok(()),
        // `exit` unwinds the command by a refusal that is no mistake.
        Err(_) if natives.has_exited() => Ok(()),
        Err(problem) => problem.map_or(Ok(()), Err),
    }
}
