//! Builtins about types, names and the program itself.

use super::*;

impl BodyChecker<'_, '_> {
    pub(super) fn reflect_builtin(&mut self, it: Use) -> Option<Expr> {
        Some(match it.word() {
            "import" => match self.exactly::<1>(it) {
                Some([name]) => self.import(name, it.span),
                None => poison(it.span),
            },
            "This" => self.this(it),
            "TypeOf" => self.type_of(it),
            "typeInfo" => self.with_type(it, |checker, ty| checker.type_info(ty, it.span)),
            "typeName" => self.with_type(it, |checker, ty| {
                let name = checker.cx.type_name(ty);
                checker.string_literal(name.as_bytes(), it.span)
            }),
            "tagName" => self.tag_name(it),
            "errorName" => self.error_name(it),
            "field" => self.field_by_name(it),
            "hasField" => self.has(it, |checker, ty, name| checker.has_field_named(ty, name)),
            "hasDecl" => self.has(it, |checker, ty, name| {
                checker
                    .cx
                    .container_of(ty)
                    .is_some_and(|id| checker.cx.containers[id].decls.contains_key(&name))
            }),
            "unionInit" => self.union_by_name(it).unwrap_or(poison(it.span)),
            "FieldType" => self.field_type(it),
            "compileError" => self.compile_error(it),
            "compileLog" => self.compile_log(it),
            "inComptime" => {
                Expr::constant(TypeId::BOOL, it.span, Value::Bool(self.is_running || self.comptime_depth > 0))
            }
            "call" => self.call_builtin(it),
            "setEvalBranchQuota" | "setRuntimeSafety" | "setFloatMode" | "branchHint" | "prefetch" => {
                nothing(it.span)
            }
            "Type" => match self.exactly::<1>(it) {
                Some([description]) => self.type_from(description, it.span),
                None => poison(it.span),
            },
            "embedFile" => self.embed_file(it).unwrap_or(poison(it.span)),
            "cImport" | "cInclude" | "extern" | "export" | "src" => {
                let what = format!("builtin `@{}`", it.word());
                self.unsupported(it.span, &what)
            }
            _ => return None,
        })
    }

    /// `@embedFile("path")`: the bytes of a file beside this one.
    fn embed_file(&mut self, it: Use) -> Option<Expr> {
        let [name] = self.exactly::<1>(it)?;
        let text = self.known_text(name)?;
        let module = self.cx.containers[self.container].module;
        let folder = self.cx.sources.path(self.cx.modules[module].file).parent();
        match folder.map(|folder| self.cx.files.read_bytes(&folder.join(&text))) {
            Some(Ok(bytes)) => Some(self.string_literal(&bytes, it.span)),
            _ => {
                let message = format!("there is no file `{text}` beside this one");
                Some(self.error(codes::KORU002, name.span, message))
            }
        }
    }

    fn with_type(&mut self, it: Use, then: impl FnOnce(&mut Self, TypeId) -> Expr) -> Expr {
        let Some([ty]) = self.exactly::<1>(it) else { return poison(it.span) };
        match self.check_type(ty) {
            TypeId::ERROR => poison(it.span),
            ty => then(self, ty),
        }
    }

    /// `@This()`: the innermost container.
    fn this(&mut self, it: Use) -> Expr {
        let ty = self.cx.types.intern(Type::Container(self.container));
        scope::type_expr(ty, it.span)
    }

    /// `@TypeOf(a, b)`: the operands are checked, and not run.
    fn type_of(&mut self, it: Use) -> Expr {
        let floor = std::mem::take(&mut self.floor);
        let comptime_depth = std::mem::take(&mut self.comptime_depth);
        let is_running = std::mem::take(&mut self.is_running);
        let checked: Vec<Expr> = it.args.iter().map(|arg| self.infer(arg, None)).collect();
        self.floor = floor;
        self.comptime_depth = comptime_depth;
        self.is_running = is_running;
        let all: Vec<&Expr> = checked.iter().collect();
        let mut ty = self.peer_or_report(&all, it.span);
        if let (TypeId::FUNCTION_NAME, Some(Value::Function(id))) = (ty, all[0].value())
            && let Some(function) = self.function_type(*id)
        {
            ty = self.cx.types.intern(Type::Function((*function).clone()));
        }
        if ty == TypeId::ERROR { poison(it.span) } else { scope::type_expr(ty, it.span) }
    }

    fn tag_name(&mut self, it: Use) -> Expr {
        let Some([value]) = self.exactly::<1>(it) else { return poison(it.span) };
        let Some(value) = self.operand(value, None) else { return poison(it.span) };
        if let Some(Value::EnumLiteral(name)) = value.value() {
            return self.string_literal(name.as_str().as_bytes(), it.span);
        }
        let value = match self.cx.union_tag(value.ty) {
            Some(tag) => self.coerce(value, tag),
            None => value,
        };
        if self.cx.kind_of(value.ty) != Some(ContainerKind::Enum) {
            return self.wrong_operand(it, &value, "an enum or a tagged union");
        }
        if let Some(Value::Int(number)) = value.value()
            && let Some(name) = self.cx.enum_value(value.ty, number)
        {
            return self.string_literal(name.as_str().as_bytes(), it.span);
        }
        let text = self.name_type();
        intrinsic(text, it.span, Intrinsic::TagName, vec![value])
    }

    /// `[:0]const u8`
    fn name_type(&mut self) -> TypeId {
        let slice =
            Pointer { sentinel: Some(Value::int(0)), ..Pointer::to(PointerSize::Slice, TypeId::U8, true) };
        self.cx.types.intern(Type::Pointer(slice))
    }

    fn error_name(&mut self, it: Use) -> Expr {
        let Some([value]) = self.exactly::<1>(it) else { return poison(it.span) };
        let Some(value) = self.operand(value, None) else { return poison(it.span) };
        if !self.cx.is_error_set(value.ty) {
            return self.wrong_operand(it, &value, "an error");
        }
        if let Some(Value::Error(name)) = value.value() {
            return self.string_literal(name.as_str().as_bytes(), it.span);
        }
        let text = self.name_type();
        intrinsic(text, it.span, Intrinsic::ErrorName, vec![value])
    }

    /// `@field(value, "name")`
    /// `@unionInit(U, name, value)`
    fn union_by_name(&mut self, it: Use) -> Option<Expr> {
        let [ty, name, value] = self.exactly::<3>(it)?;
        let ty = Some(self.check_type(ty)).filter(|&ty| ty != TypeId::ERROR)?;
        let text = self.known_text(name)?;
        let id = self.cx.container_of(ty).filter(|&id| self.cx.containers[id].kind == ContainerKind::Union);
        let Some(id) = id else {
            let message = format!("`@unionInit` makes unions, and `{}` is none", self.cx.type_name(ty));
            self.error(codes::HOST002, it.args[0].span, message);
            return None;
        };
        let all = fields(self.cx, id);
        let Some(field) = all.iter().position(|field| field.name == *text) else {
            let message = format!("`{}` has no field `{text}`", self.cx.type_name(ty));
            self.error(codes::HOST013, it.args[1].span, message);
            return None;
        };
        let payload = self.operand(value, Some(all[field].ty))?;
        Some(self.union_of(ty, field as u32, payload, it.span))
    }

    fn field_by_name(&mut self, it: Use) -> Expr {
        let Some([base, name]) = self.exactly::<2>(it) else { return poison(it.span) };
        let Some(text) = self.known_text(name) else { return poison(it.span) };
        let base = self.base(base);
        self.member(base, Ident { name: Name::new(&text), span: name.span }, it.span)
    }

    fn has(&mut self, it: Use, find: impl FnOnce(&mut Self, TypeId, Name) -> bool) -> Expr {
        let Some([ty, name]) = self.exactly::<2>(it) else { return poison(it.span) };
        let ty = self.check_type(ty);
        let Some(name) = self.known_text(name) else { return poison(it.span) };
        if ty == TypeId::ERROR {
            return poison(it.span);
        }
        let found = find(self, ty, Name::new(&name));
        Expr::constant(TypeId::BOOL, it.span, Value::Bool(found))
    }

    fn has_field_named(&mut self, ty: TypeId, name: Name) -> bool {
        match self.cx.ty(ty) {
            Type::Tuple(all) => name.as_str().parse::<usize>().is_ok_and(|index| index < all.len()),
            Type::Container(_) => self.has_field(ty, name),
            _ => false,
        }
    }

    fn field_type(&mut self, it: Use) -> Expr {
        let Some([ty, name]) = self.exactly::<2>(it) else { return poison(it.span) };
        let ty = self.check_type(ty);
        let Some(text) = self.known_text(name) else { return poison(it.span) };
        let Some(id) = self.cx.container_of(ty) else { return poison(it.span) };
        let all = fields(self.cx, id);
        match all.iter().find(|field| field.name == text.as_str()) {
            Some(field) => scope::type_expr(field.ty, it.span),
            None => {
                let type_name = self.cx.type_name(ty);
                self.error(codes::HOST003, name.span, format!("`{type_name}` has no field `{text}`"))
            }
        }
    }

    /// `@compileError(text)`. A library may begin the text with the code that has a page about it.
    fn compile_error(&mut self, it: Use) -> Expr {
        let Some([text]) = self.exactly::<1>(it) else { return poison(it.span) };
        let Some(text) = self.known_text(text) else { return poison(it.span) };
        let named = text.split_once(": ").and_then(|(code, text)| Some((koru_base::Code::find(code)?, text)));
        let (code, text) = named.unwrap_or((codes::HOST014, &text));
        self.error(code, it.span, text.trim_end().replace('\n', "\\n"));
        self.cx.host.stopped = true;
        Expr::new(TypeId::NORETURN, it.span, Kind::Unreachable)
    }

    fn compile_log(&mut self, it: Use) -> Expr {
        let mut parts = Vec::new();
        for arg in it.args {
            let checked = self.infer(arg, None);
            parts.push(match checked.value() {
                Some(value) => {
                    format!("{}: {}", self.cx.value_name(checked.ty, value), self.cx.type_name(checked.ty))
                }
                None => format!("(run time): {}", self.cx.type_name(checked.ty)),
            });
        }
        self.report(Diagnostic::warning(codes::HOST014, it.span, parts.join(", ")));
        nothing(it.span)
    }

    /// `@call(modifier, function, args)`: now, or as any call. How it is put into its caller stays ours to choose.
    fn call_builtin(&mut self, it: Use) -> Expr {
        let Some([modifier, callee, args]) = self.exactly::<3>(it) else { return poison(it.span) };
        let Some(modifier) = self.known_name(modifier, "CallModifier") else { return poison(it.span) };
        if modifier != "compile_time" {
            return self.call_with_tuple(it, callee, args);
        }
        let call = self.comptime(|checker| checker.call_with_tuple(it, callee, args));
        match self.force(call) {
            Some(known) => Expr::constant(known.ty, it.span, known.value),
            None => poison(it.span),
        }
    }

    /// The tuple's fields are the arguments.
    fn call_with_tuple(&mut self, it: Use, callee: &ast::Expr, args: &ast::Expr) -> Expr {
        if let ast::ExprKind::Literal { ty: None, body: ast::LiteralBody::Items(items) } = &*args.kind {
            return self.call(callee, items, it.span, it.hint);
        }
        if let ast::ExprKind::Literal { ty: None, body: ast::LiteralBody::Empty } = &*args.kind {
            return self.call(callee, &[], it.span, it.hint);
        }
        let callee = self.infer(callee, None);
        let args = self.infer(args, None);
        if callee.is_poison() || args.is_poison() {
            return poison(it.span);
        }
        let Type::Tuple(_) = self.cx.ty(args.ty) else {
            return self.wrong_operand(it, &args, "a tuple of arguments");
        };
        let (mut stmts, held) = self.hold(args);
        let parts = self.parts(&held, it.span).unwrap_or_default();
        let call = match callee.value() {
            Some(Value::Function(id)) => {
                let args = parts.into_iter().map(calls::Arg::Checked).collect();
                self.call_with(*id, args, it.span)
            }
            _ => self.wrong_operand(it, &callee, "a function by its name"),
        };
        let ty = call.ty;
        stmts.push(call);
        coerce::sequence(stmts, ty, it.span)
    }
}
