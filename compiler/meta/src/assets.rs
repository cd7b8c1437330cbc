//! Natives for files that become a part of the program: what a folder holds, checksums, compression, bytes in code.

use crate::args::{self, Args};
use crate::natives::Natives;
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, Crc, GzBuilder};
use koru_base::Span;
use koru_flow::eval::{Refusal, Value};
use koru_hir::koru::Filling;
use koru_syntax::ast::ArgValue;
use koru_syntax::ast::fill::Piece;
use koru_syntax::ast::host::{Expr, ExprKind};
use std::io::Write;
use std::sync::Arc;

type Answer = Result<Vec<Value>, Refusal>;

impl Natives<'_, '_> {
    /// The names in a folder, sorted, each with a line feed behind it and folders with a slash before that.
    pub(crate) fn list_folder(&mut self, args: &mut Args) -> Answer {
        let (path, to) = (args.text()?, args.pointer()?);
        let names = match self.driver.list(&path) {
            Ok(names) => names,
            Err(errno) => return Ok(args::count(Err(errno))),
        };
        let lines: String = names.iter().map(|name| format!("{name}\n")).collect();
        self.store_text(args, to, lines.as_bytes())?;
        Ok(args::count(Ok(0)))
    }

    /// The bytes as `gzip -9 -n` packs them.
    pub(crate) fn gzip(&mut self, args: &mut Args) -> Answer {
        let bytes = args.bytes()?;
        let mut packer = GzBuilder::new().write(Vec::new(), Compression::best());
        let packed = packer.write_all(&bytes).and_then(|()| packer.finish());
        let packed = packed.map_err(|error| Refusal::refused(format!("cannot compress: {error}")))?;
        args::text(args.memory, &packed)
    }

    /// The bytes as `brotli -q 11` packs them.
    pub(crate) fn brotli(&mut self, args: &mut Args) -> Answer {
        let bytes = args.bytes()?;
        let (mut packed, how) = (Vec::new(), BrotliEncoderParams { quality: 11, ..Default::default() });
        brotli::BrotliCompress(&mut bytes.as_slice(), &mut packed, &how)
            .map_err(|error| Refusal::refused(format!("cannot compress: {error}")))?;
        args::text(args.memory, &packed)
    }

    /// CRC-32.
    pub(crate) fn checksum(&mut self, args: &mut Args) -> Answer {
        let mut sum = Crc::new();
        sum.update(&args.bytes()?);
        Ok(args::number(sum.sum()))
    }

    /// Bytes, as a handle for a hole where a value stands: a text of the program.
    pub(crate) fn bytes_handle(&mut self, args: &mut Args) -> Answer {
        let bytes = args.bytes()?;
        self.keep(bytes.len() as u64)?;
        let at = self.handles.calls.last().map_or(Span::NONE, |place| place.call.path.span);
        let value = Expr { kind: Arc::new(ExprKind::Str(bytes)), span: at };
        Ok(args::number(self.filling(Filling::Piece(Piece::Value(ArgValue::Expr(value), at)))))
    }
}
