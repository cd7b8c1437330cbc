//! Host code to checked trees and to diagnostics, through a whole context.

mod calls;
mod comptime;
mod control;
mod mistakes;

use super::*;
use crate::context::Module;
use koru_base::{Level, MemoryFiles, Target};

/// Loads a text as the entry module.
pub(crate) fn load(cx: &mut Context, text: &str) -> ModuleId {
    let file = cx.sources.add("main.kz", text);
    let (tree, diagnostics) = koru_syntax::parse(file, text);
    diagnostics.into_iter().for_each(|diagnostic| cx.sink.report(diagnostic));
    let container = cx.containers.push(Container {
        name: Name::new("main"),
        kind: ContainerKind::Module,
        module: cx.modules.next_id(),
        parent: None,
        captures: Rc::from([]),
        layout: ast::Layout::Auto,
        source: None,
        decls: FxHashMap::default(),
        fields: Some(Rc::from([])),
        tag: None,
        is_open: false,
        span: Span::new(file, 0, 0),
    });
    let tree = Arc::new(tree);
    let module = cx.modules.push(Module {
        name: Name::new("main"),
        file,
        tree,
        container,
        is_entry: true,
        is_foundation: false,
        imports: Vec::new(),
    });
    declare(cx, module);
    module
}

/// The bodies that `run` reaches, `run` first, and what is wrong with them.
fn checked(text: &str) -> String {
    let files = MemoryFiles::default();
    let mut cx = Context::new(&files, Target::find("x86_64-linux-musl").expect("in the table"), Level::Debug);
    let module = load(&mut cx, text);
    let container = cx.modules[module].container;
    let mut output = String::new();
    if let Some(Declared::Known(Known { value: Value::Function(run), .. })) =
        decl(&mut cx, container, "run".into(), Span::NONE)
    {
        instance(&mut cx, run, &[]);
    }
    let mut next = 0;
    while next < cx.instances.len() {
        let id = InstanceId::new(next);
        if let Some(body) = body(&mut cx, id) {
            output.push_str(&format!("{} {}", cx.instances[id].name, crate::tree::dump(&cx, &body)));
        }
        next += 1;
    }
    for diagnostic in cx.sink.take_sorted(&cx.sources) {
        output.push_str(&shown(&cx, &diagnostic));
    }
    output
}

/// A diagnostic in few lines.
fn shown(cx: &Context, diagnostic: &Diagnostic) -> String {
    let place = |label: &koru_base::Label| format!("`{}`", cx.sources.slice(label.span));
    let mut text = format!("{} {}: {}", diagnostic.code, place(&diagnostic.primary), diagnostic.message);
    if !diagnostic.primary.text.is_empty() {
        text.push_str(&format!(" ({})", diagnostic.primary.text));
    }
    for label in &diagnostic.secondary {
        text.push_str(&format!("\n  {}: {}", place(label), label.text));
    }
    for help in &diagnostic.helps {
        text.push_str(&format!("\n  help: {}", help.text));
    }
    text + "\n"
}

fn check(text: &str, expected: expect_test::Expect) {
    expected.assert_eq(&checked(text));
}
