//! Host code as s-expressions.

use crate::ast::Ident;
use crate::ast::host::*;

pub fn expr(expr: &Expr) -> String {
    match &*expr.kind {
        ExprKind::Int(text) | ExprKind::Float(text) | ExprKind::Name(text) => text.to_string(),
        ExprKind::Char(code) => format!("'{}'", char::from_u32(*code).unwrap_or('?').escape_default()),
        ExprKind::Str(bytes) => format!("\"{}\"", bytes.escape_ascii()),
        ExprKind::EnumLiteral(name) => format!(".{}", name.name),
        ExprKind::ErrorLiteral(name) => format!("error.{}", name.name),
        ExprKind::Undefined => "undefined".to_owned(),
        ExprKind::Null => "null".to_owned(),
        ExprKind::Unreachable => "unreachable".to_owned(),
        ExprKind::AnyType => "anytype".to_owned(),
        ExprKind::Error => "(error)".to_owned(),
        ExprKind::Literal { ty, body } => literal(ty.as_ref(), body),
        ExprKind::Record(fields) => format!("{{{}}}", list(fields, |(name, value)| named(name, value))),
        ExprKind::List(items) => format!("[{}]", exprs(items)),
        ExprKind::Qualified { module, name } => format!("{}:{}", module.name, name.name),
        _ => operation(expr),
    }
}

fn named(name: &Option<Ident>, value: &Expr) -> String {
    name.map_or(expr(value), |name| format!("{}: {}", name.name, expr(value)))
}

fn literal(ty: Option<&Expr>, body: &LiteralBody) -> String {
    let inside = match body {
        LiteralBody::Empty => String::new(),
        LiteralBody::Fields(fields) => {
            list(fields, |(name, value)| format!(".{}={}", name.name, expr(value)))
        }
        LiteralBody::Items(items) => exprs(items),
    };
    format!("{}.{{{inside}}}", optional(ty))
}

fn operation(whole: &Expr) -> String {
    match &*whole.kind {
        ExprKind::Builtin { name, args } => format!("(@{}{})", name.name, spaced(args)),
        ExprKind::Call { callee, args } => format!("({}{})", expr(callee), spaced(args)),
        ExprKind::Field { base, name } => format!("{}.{}", expr(base), name.name),
        ExprKind::Index { base, index } => format!("{}[{}]", expr(base), expr(index)),
        ExprKind::Slice(slice) => {
            let Slice { base, start, end, sentinel } = &**slice;
            let sentinel = sentinel.as_ref().map_or(String::new(), |value| format!(" :{}", expr(value)));
            format!("{}[{}..{}{sentinel}]", expr(base), expr(start), optional(end.as_ref()))
        }
        ExprKind::Deref(base) => format!("{}.*", expr(base)),
        ExprKind::Unwrap(base) => format!("{}.?", expr(base)),
        ExprKind::Unary { op, operand } => format!("({} {})", unary(*op), expr(operand)),
        ExprKind::Binary { op, left, right, .. } => {
            format!("({} {} {})", binary(*op), expr(left), expr(right))
        }
        ExprKind::Try(operand) => format!("(try {})", expr(operand)),
        ExprKind::Catch { left, capture, right } => {
            format!("(catch {}{} {})", expr(left), capture_name(capture), expr(right))
        }
        ExprKind::Comptime(operand) => format!("(comptime {})", expr(operand)),
        ExprKind::Block(inner) => block(inner),
        ExprKind::Break { label, value } => jump("break", label, value),
        ExprKind::Continue { label, value } => jump("continue", label, value),
        ExprKind::Return(value) => jump("return", &None, value),
        ExprKind::Asm(asm) => assembly(asm),
        ExprKind::If(_) | ExprKind::While(_) | ExprKind::For(_) | ExprKind::Switch(_) => control(whole),
        _ => ty(whole),
    }
}

fn jump(word: &str, label: &Option<Ident>, value: &Option<Expr>) -> String {
    let label = label.map_or(String::new(), |label| format!(" :{}", label.name));
    let value = value.as_ref().map_or(String::new(), |value| format!(" {}", expr(value)));
    format!("({word}{label}{value})")
}

fn control(whole: &Expr) -> String {
    match &*whole.kind {
        ExprKind::If(part) => {
            let other = otherwise(part.else_capture, &part.otherwise);
            format!("(if {}{} {}{other})", expr(&part.condition), capture(&part.capture), expr(&part.then))
        }
        ExprKind::While(part) => {
            let step = part.step.as_ref().map_or(String::new(), |step| format!(" : {}", stmt(step)));
            let head = head(part.label, part.is_inline, "while");
            let other = otherwise(part.else_capture, &part.otherwise);
            let capture = capture(&part.capture);
            format!("({head} {}{capture}{step} {}{other})", expr(&part.condition), expr(&part.body))
        }
        ExprKind::For(part) => {
            let inputs = list(&part.inputs, |input| match input {
                ForInput::Items(items) => expr(items),
                ForInput::Range(from, to) => range(from, to.as_ref()),
            });
            let captures: String = part.captures.iter().map(|one| capture(&Some(*one))).collect();
            let head = head(part.label, part.is_inline, "for");
            format!("({head} ({inputs}){captures} {}{})", expr(&part.body), otherwise(None, &part.otherwise))
        }
        ExprKind::Switch(part) => {
            let prongs: String = part.prongs.iter().map(|one| format!(" {}", prong(one))).collect();
            format!("({} {}{prongs})", head(part.label, false, "switch"), expr(&part.operand))
        }
        _ => koru_base::bug!("syntax", "no control construct"),
    }
}

fn head(label: Option<Ident>, is_inline: bool, word: &str) -> String {
    let label = label.map_or(String::new(), |label| format!("{}: ", label.name));
    format!("{label}{}{word}", if is_inline { "inline " } else { "" })
}

fn otherwise(capture: Option<Ident>, other: &Option<Expr>) -> String {
    other.as_ref().map_or(String::new(), |other| format!(" else{} {}", capture_name(&capture), expr(other)))
}

fn capture_name(name: &Option<Ident>) -> String {
    name.map_or(String::new(), |name| format!(" |{}|", name.name))
}

fn capture(capture: &Option<Capture>) -> String {
    let star = |by_pointer| if by_pointer { "*" } else { "" };
    capture.map_or(String::new(), |one| format!(" |{}{}|", star(one.by_pointer), one.name.name))
}

fn prong(prong: &Prong) -> String {
    let cases = list(&prong.cases, |case| match case {
        Case::Value(value) => expr(value),
        Case::Range(from, to) => format!("{}...{}", expr(from), expr(to)),
    });
    let cases = if cases.is_empty() { "else".to_owned() } else { cases };
    let tag = capture_name(&prong.tag_capture);
    let inline = if prong.is_inline { "inline " } else { "" };
    format!("[{inline}{cases}{}{tag} => {}]", capture(&prong.capture), expr(&prong.body))
}

fn assembly(asm: &Asm) -> String {
    let operand = |one: &AsmOperand| {
        let arrow = if one.is_result { "->" } else { "" };
        format!("{} {:?} {arrow}{}", one.name.name, one.constraint.as_str(), expr(&one.value))
    };
    let clobbers = list(&asm.clobbers, |name| name.to_string());
    let volatile = if asm.is_volatile { " volatile" } else { "" };
    let (outputs, inputs) = (list(&asm.outputs, operand), list(&asm.inputs, operand));
    format!("(asm{volatile} {} : {outputs} : {inputs} : {clobbers})", expr(&asm.template))
}

fn ty(whole: &Expr) -> String {
    match &*whole.kind {
        ExprKind::Pointer(pointer) => pointer_type(pointer),
        ExprKind::Array { len, sentinel, child } => {
            let sentinel = sentinel.as_ref().map_or(String::new(), |value| format!(":{}", expr(value)));
            let len = len.as_ref().map_or("_".to_owned(), expr);
            format!("[{len}{sentinel}]{}", expr(child))
        }
        ExprKind::Optional(child) => format!("?{}", expr(child)),
        ExprKind::ErrorUnion { set, payload } => format!("{}!{}", optional(set.as_ref()), expr(payload)),
        ExprKind::Function(function) => {
            format!(
                "(fn {}{} {})",
                params(&function.params, function.is_variadic),
                callconv(&function.callconv),
                expr(&function.ret)
            )
        }
        ExprKind::Container(inner) => container(inner),
        ExprKind::ErrorSet(names) => format!("error{{{}}}", list(names, |name| name.name.to_string())),
        _ => koru_base::bug!("syntax", "no type"),
    }
}

fn pointer_type(pointer: &PointerType) -> String {
    let sentinel = pointer.sentinel.as_ref().map_or(String::new(), |value| format!(":{}", expr(value)));
    let size = match pointer.size {
        PointerSize::One => "*".to_owned(),
        PointerSize::Many => format!("[*{sentinel}]"),
        PointerSize::Slice => format!("[{sentinel}]"),
        PointerSize::C => "[*c]".to_owned(),
    };
    let align = pointer.align.as_ref().map_or(String::new(), |value| format!("align({}) ", expr(value)));
    let constant = if pointer.is_const { "const " } else { "" };
    let volatile = if pointer.is_volatile { "volatile " } else { "" };
    format!("{size}{constant}{volatile}{align}{}", expr(&pointer.child))
}

fn params(params: &[Param], is_variadic: bool) -> String {
    let mut texts: Vec<_> = params
        .iter()
        .map(|param| {
            let word = if param.is_comptime { "comptime " } else { "" };
            format!("{word}{}", named(&param.name, &param.ty))
        })
        .collect();
    texts.extend(is_variadic.then(|| "...".to_owned()));
    format!("({})", texts.join(", "))
}

fn callconv(callconv: &Option<Expr>) -> String {
    callconv.as_ref().map_or(String::new(), |value| format!(" callconv({})", expr(value)))
}

fn container(container: &Container) -> String {
    let layout = match container.layout {
        Layout::Auto => "",
        Layout::Extern => "extern ",
        Layout::Packed => "packed ",
    };
    let kind = match &container.kind {
        ContainerKind::Struct { backing } => {
            format!(
                "struct{}",
                backing.as_ref().map_or(String::new(), |backing| format!("({})", expr(backing)))
            )
        }
        ContainerKind::Enum { tag } => {
            format!("enum{}", tag.as_ref().map_or(String::new(), |tag| format!("({})", expr(tag))))
        }
        ContainerKind::Union { tag: UnionTag::None } => "union".to_owned(),
        ContainerKind::Union { tag: UnionTag::Auto(None) } => "union(enum)".to_owned(),
        ContainerKind::Union { tag: UnionTag::Auto(Some(tag)) } => format!("union(enum({}))", expr(tag)),
        ContainerKind::Union { tag: UnionTag::Given(tag) } => format!("union({})", expr(tag)),
        ContainerKind::Opaque => "opaque".to_owned(),
    };
    let fields: String = container.fields.iter().map(|one| format!(" {}", field(one))).collect();
    let decls: String = container.decls.iter().map(|one| format!(" {}", decl(one))).collect();
    format!("({layout}{kind}{fields}{decls})")
}

pub fn field(field: &ContainerField) -> String {
    let word = if field.is_comptime { "comptime " } else { "" };
    format!("{word}{}{}", field.name.name, typed(&field.ty, &field.align, &field.value))
}

fn typed(ty: &Option<Expr>, align: &Option<Expr>, value: &Option<Expr>) -> String {
    let ty = ty.as_ref().map_or(String::new(), |ty| format!(":{}", expr(ty)));
    let align = align.as_ref().map_or(String::new(), |align| format!(" align({})", expr(align)));
    let value = value.as_ref().map_or(String::new(), |value| format!("={}", expr(value)));
    format!("{ty}{align}{value}")
}

pub fn decl(decl: &Decl) -> String {
    let public = if decl.is_public { "pub " } else { "" };
    match &decl.kind {
        DeclKind::Var { is_threadlocal, linkage: link, decl } => {
            let local = if *is_threadlocal { "threadlocal " } else { "" };
            format!("({public}{}{local}{})", linkage(link), var(decl))
        }
        DeclKind::Function(function) => {
            let word = if function.is_inline { "inline " } else { "" };
            let word = if function.is_noinline { "noinline " } else { word };
            let params = params(&function.params, function.is_variadic);
            let body = function.body.as_ref().map_or(String::new(), |body| format!(" {}", block(body)));
            let (link, callconv) = (linkage(&function.linkage), callconv(&function.callconv));
            format!(
                "({public}{link}{word}fn {} {params}{callconv} {}{body})",
                function.name.name,
                expr(&function.ret)
            )
        }
        DeclKind::Comptime(body) => format!("(comptime {})", block(body)),
        DeclKind::Test(body) => format!("(test {})", block(body)),
        DeclKind::Error => "(error)".to_owned(),
    }
}

fn linkage(linkage: &Linkage) -> String {
    match linkage {
        Linkage::Internal => String::new(),
        Linkage::Export => "export ".to_owned(),
        Linkage::Extern(None) => "extern ".to_owned(),
        Linkage::Extern(Some(library)) => format!("extern {:?} ", library.as_str()),
    }
}

fn var(decl: &VarDecl) -> String {
    let word = if decl.is_const { "const" } else { "var" };
    format!("{word} {}{}", decl.name.name, typed(&decl.ty, &decl.align, &decl.value))
}

pub fn block(block: &Block) -> String {
    let label = block.label.map_or(String::new(), |label| format!("{}: ", label.name));
    let stmts: Vec<_> = block.stmts.iter().map(stmt).collect();
    format!("{label}{{{}}}", stmts.join("; "))
}

fn stmt(stmt: &Stmt) -> String {
    self::stmt_kind(&stmt.kind)
}

fn stmt_kind(kind: &StmtKind) -> String {
    match kind {
        StmtKind::Local { is_comptime, decl } => {
            format!("{}{}", if *is_comptime { "comptime " } else { "" }, var(decl))
        }
        StmtKind::Destructure { targets, value } => {
            let targets = list(targets, |target| match target {
                DestructureTarget::Declare(decl) => var(decl),
                DestructureTarget::Assign(place) => expr(place),
                DestructureTarget::Discard => "_".to_owned(),
            });
            format!("({targets}) = {}", expr(value))
        }
        StmtKind::Assign { place, op, value } => {
            format!("{} {}= {}", expr(place), op.map_or("", binary), expr(value))
        }
        StmtKind::Discard(value) => format!("_ = {}", expr(value)),
        StmtKind::Expr(value) => expr(value),
        StmtKind::Defer(body) => format!("defer {}", stmt(body)),
        StmtKind::ErrDefer { capture, body } => format!("errdefer{} {}", capture_name(capture), stmt(body)),
        StmtKind::Error => "(error)".to_owned(),
    }
}

pub fn range(from: &Expr, to: Option<&Expr>) -> String {
    format!("{}..{}", expr(from), optional(to))
}

fn optional(part: Option<&Expr>) -> String {
    part.map_or(String::new(), expr)
}

fn exprs(items: &[Expr]) -> String {
    list(items, expr)
}

fn spaced(items: &[Expr]) -> String {
    items.iter().map(|item| format!(" {}", expr(item))).collect()
}

fn list<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn unary(op: Unary) -> &'static str {
    match op {
        Unary::Negate => "-",
        Unary::NegateWrap => "-%",
        Unary::Not => "!",
        Unary::BitNot => "~",
        Unary::AddressOf => "&",
    }
}

fn binary(op: Binary) -> &'static str {
    match op {
        Binary::Add => "+",
        Binary::AddWrap => "+%",
        Binary::AddSaturate => "+|",
        Binary::Sub => "-",
        Binary::SubWrap => "-%",
        Binary::SubSaturate => "-|",
        Binary::Mul => "*",
        Binary::MulWrap => "*%",
        Binary::MulSaturate => "*|",
        Binary::Div => "/",
        Binary::Rem => "%",
        Binary::BitAnd => "&",
        Binary::BitOr => "|",
        Binary::BitXor => "^",
        Binary::ShiftLeft => "<<",
        Binary::ShiftLeftSaturate => "<<|",
        Binary::ShiftRight => ">>",
        Binary::Equal => "==",
        Binary::NotEqual => "!=",
        Binary::Less => "<",
        Binary::LessEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterEqual => ">=",
        Binary::And => "and",
        Binary::Or => "or",
        Binary::Orelse => "orelse",
        Binary::Concat => "++",
        Binary::Repeat => "**",
        Binary::MergeErrors => "||",
    }
}
