//! Turns `src/host.lalrpop` into a parser before the crate is compiled.

fn main() {
    lalrpop::Configuration::new()
        .emit_rerun_directives(true)
        .use_cargo_dir_conventions()
        .process()
        .expect("host.lalrpop is a grammar without conflicts");
}
