//! `@import`, and the module `builtin` that the compiler writes: plain host text, nothing special.

use super::scope::{poison, type_expr};
use super::*;
use crate::context::Module;

/// What host code can ask of the compiler, and the types of what builtins take and give.
const TEXT: &str = include_str!("builtin.kz");
/// How host code imports that.
pub const BUILTIN: &str = "builtin";

/// The module of that name.
pub fn builtin_module(cx: &mut Context) -> ModuleId {
    if let Some(module) = cx.host.builtin {
        return module;
    }
    let text = TEXT
        .replace("MODE", cx.mode.name())
        .replace("CHECKED", &cx.mode.is_checked().to_string())
        .replace("ARCH", cx.target.arch)
        .replace("SYSTEM", cx.target.system)
        .replace("POINTER_BYTES", &cx.target.pointer_bytes.to_string())
        .replace("LINK_LIBC", &wants_c_library(cx).to_string())
        .replace("SETTINGS", &settings(cx));
    let file = cx.sources.add("builtin.kz", text.as_str());
    let (tree, diagnostics) = koru_syntax::parse(file, &text);
    for diagnostic in diagnostics {
        cx.sink.report(diagnostic);
    }
    let name = Name::new(BUILTIN);
    let container = cx.containers.push(Container {
        name,
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
    let module =
        Module { name, file, tree, container, is_entry: false, is_foundation: true, imports: Vec::new() };
    let module = cx.modules.push(module);
    cx.host.builtin = Some(module);
    declare(cx, module);
    module
}

fn wants_c_library(cx: &Context) -> bool {
    cx.koru.tables.requires.c_library(cx.target.c.name).is_some()
}

/// The keys of the active `std.build:config`, a constant each. Nobody can ask for a key that is no plain word.
fn settings(cx: &Context) -> String {
    let is_plain = |key: &str| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let settings = cx.koru.tables.config.iter().filter(|(key, _)| is_plain(key));
    settings
        .map(|(key, setting)| format!("pub const @\"{key}\" = \"{}\";\n", escaped(&setting.value)))
        .collect()
}

/// A text as it stands in quotes.
fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b' '..=b'~' if !b"\"\\".contains(&byte) => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    text.bytes().map(byte).collect()
}

impl BodyChecker<'_, '_> {
    /// `@import("name")`: the module's container.
    pub(super) fn import(&mut self, name: &ast::Expr, span: Span) -> Expr {
        let Some(text) = self.known_text(name) else { return poison(span) };
        let from = self.cx.containers[self.scope_at(span)].module;
        let module = match text.as_str() {
            BUILTIN => Some(builtin_module(self.cx)),
            text => crate::koru::load_host_file(self.cx, from, text, name.span),
        };
        let Some(module) = module else { return poison(span) };
        let container = self.cx.modules[module].container;
        type_expr(self.cx.types.intern(Type::Container(container)), span)
    }

    /// A type the module `builtin` declares: `Type`, `AtomicOrder`.
    pub(super) fn builtin_type(&mut self, name: &str) -> TypeId {
        let module = builtin_module(self.cx);
        let container = self.cx.modules[module].container;
        match decl(self.cx, container, Name::new(name), Span::NONE) {
            Some(Declared::Known(Known { value: Value::Type(ty), .. })) => ty,
            _ => koru_base::bug!("host", "the module `builtin` has no type `{name}`"),
        }
    }
}
