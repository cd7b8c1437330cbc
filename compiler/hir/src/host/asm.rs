//! `asm volatile (..)`: the template in LLVM's spelling, operands by number.

use super::scope::poison;
use super::*;

impl BodyChecker<'_, '_> {
    pub(super) fn asm(&mut self, asm: &ast::Asm, span: Span) -> Expr {
        let Some(template) = self.known_text(&asm.template) else { return poison(span) };
        let mut names = Vec::new();
        let mut output = String::new();
        let mut ty = TypeId::VOID;
        for operand in &asm.outputs {
            if !operand.is_result || !output.is_empty() {
                return self
                    .unsupported(operand.name.span, "second result of `asm`, or one that is not `(-> T)`");
            }
            output = operand.constraint.to_string();
            ty = self.check_type(&operand.value);
            names.push(operand.name.name);
        }
        let (mut inputs, mut args) = (Vec::new(), Vec::new());
        for operand in &asm.inputs {
            let value = self.infer(&operand.value, None);
            let value =
                if value.ty == TypeId::COMPTIME_INT { self.coerce(value, TypeId::USIZE) } else { value };
            if value.is_poison() {
                return value;
            }
            inputs.push(operand.constraint.to_string());
            names.push(operand.name.name);
            args.push(value);
        }
        let Some(template) = numbered(&template, &names) else {
            return self.error(
                codes::HOST001,
                asm.template.span,
                "the template names an operand that is not there",
            );
        };
        let asm = crate::tree::Asm {
            template,
            output,
            inputs,
            clobbers: asm.clobbers.clone(),
            is_volatile: asm.is_volatile,
        };
        Expr::new(ty, span, Kind::Intrinsic { op: Intrinsic::Asm(Box::new(asm)), args })
    }

    /// A text known while compiling.
    pub(super) fn known_text(&mut self, expr: &ast::Expr) -> Option<String> {
        let known = self.known(expr, None)?;
        let bytes = self.cx.text_of(&known.value);
        if bytes.is_none() {
            self.error(codes::HOST002, expr.span, "expected a text");
        }
        bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// `%[name]` as `${0}`, `%[name:P]` as `${0:P}`, `%%` as `%`, `$` as `$$`.
fn numbered(template: &str, names: &[Name]) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['%', '$']) {
        text.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        rest = match (&rest[at..at + 1], tail.chars().next()) {
            ("$", _) => {
                text.push_str("$$");
                tail
            }
            (_, Some('%')) => {
                text.push('%');
                &tail[1..]
            }
            (_, Some('[')) => {
                let (name, after) = tail[1..].split_once(']')?;
                let (name, modifier) = name.find(':').map_or((name, ""), |at| name.split_at(at));
                let index = names.iter().position(|known| *known == name)?;
                text.push_str(&format!("${{{index}{modifier}}}"));
                after
            }
            _ => {
                text.push('%');
                tail
            }
        };
    }
    text.push_str(rest);
    Some(text)
}
