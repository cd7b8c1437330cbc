//! The linker script, written for one program.
//!
//! Code and constants share a segment with the file's headers; what is written has another, whose first
//! page of the file is mapped twice so that nothing is padded. Neither is both writable and executable.

use super::Options;
use super::shape::{RELOCATIONS_START, Segments};
use koru_base::Target;
use koru_flow::{Constant, Graph, Linkage, Op};
use std::fmt::Write;

/// Symbols that the script or lld itself defines where something names them.
pub fn defines(symbol: &str) -> bool {
    let by_lld = [
        "__ehdr_start",
        "_GLOBAL_OFFSET_TABLE_",
        "__global_pointer$",
        "_end",
        "_edata",
        "_etext",
        "__bss_start",
    ];
    let bounds = ["__init_array_", "__fini_array_"];
    symbol.starts_with("__relr_")
        || symbol.starts_with("__tls_")
        || by_lld.contains(&symbol)
        || bounds.iter().any(|start| symbol.starts_with(start))
}

/// In a program without threads' memory its bounds are one place; said before the link, what asks for its
/// size is known to do nothing.
pub fn settle_thread_memory(graph: &mut Graph) {
    let is_bound = |linkage, name: &str| linkage == Linkage::Import && name.starts_with("__tls_");
    let globals = graph.globals.enumerate();
    let bounds: Vec<_> = globals
        .filter(|(_, global)| is_bound(global.linkage, global.name.as_str()))
        .map(|(id, _)| id)
        .collect();
    let (Some(&first), false) = (bounds.first(), graph.globals.iter().any(|global| global.is_threadlocal))
    else {
        return;
    };
    let blocks = graph
        .functions
        .iter_mut()
        .filter_map(|function| function.body.as_mut())
        .flat_map(|body| body.blocks.iter_mut());
    for inst in blocks.flat_map(|block| block.insts.iter_mut()) {
        if let Op::Const(Constant::Global(global)) = &mut inst.op
            && bounds.contains(global)
        {
            *global = first;
        }
    }
}

/// The script for these segments.
pub fn write(target: &Target, segments: Segments, options: &Options) -> String {
    let headers = if options.is_hosted { "  headers PT_PHDR PHDRS FLAGS(4);\n" } else { "" };
    let entry = options.entry;
    let mut script = format!("ENTRY({entry})\nPHDRS {{\n{headers}  rx PT_LOAD FILEHDR PHDRS FLAGS(5);\n");
    if segments.data {
        script += "  rw PT_LOAD FLAGS(6);\n";
    }
    if segments.threads {
        script += "  tls PT_TLS FLAGS(4);\n";
    }
    script += match folds_stack_header(options) {
        true => "}\nSECTIONS {\n  . = SIZEOF_HEADERS + 8;\n",
        false => "  stack PT_GNU_STACK FLAGS(6);\n}\nSECTIONS {\n  . = SIZEOF_HEADERS;\n",
    };
    script += &code(segments);
    if segments.data {
        let page = target.max_page_bytes;
        let _ = writeln!(script, "  . = ALIGN({page}) + (. & {});", page - 1);
        script += if segments.threads { THREADS } else { "" };
        script += if options.is_hosted { CONSTRUCTORS } else { "" };
        script += DATA;
    }
    script + DISCARD + "}\n"
}

/// Of the header that says the stack is no code, the kernel reads type and flags. What lies behind these is the program's
/// first bytes, so the header is not lld's but `elf::fold_stack_header`'s. C's library reads the size in it, and
/// debuggers say a word about its alignment.
pub fn folds_stack_header(options: &Options) -> bool {
    options.folds_header && !options.is_hosted && !options.has_companion && options.sources.is_none()
}

/// What is never written, from the strictest alignment to the loosest, so that little is padded. `.text`
/// itself is aligned and, in a small program, empty.
fn code(segments: Segments) -> String {
    let no_threads = if segments.threads { "" } else { NO_THREADS };
    format!(
        "  .relr.dyn : {{
    PROVIDE_HIDDEN({RELOCATIONS_START} = .);
    *(.relr.dyn)
    PROVIDE_HIDDEN(__relr_end = .);
  }} :rx
  .text : {{{no_threads}
    *(.text)
    *(SORT_BY_ALIGNMENT(.rodata) SORT_BY_ALIGNMENT(.rodata.*))
    *(.text.*)
  }} :rx
"
    )
}

/// Where each thread's memory begins (`__tls_start`), where its image in the file ends (`__tls_file_end`),
/// where it ends, and `__tls_align`: as many bytes behind the start as it wants to be aligned.
const THREADS: &str = "  .tdata : { *(.tdata .tdata.*) } :rw :tls
  .tbss : { *(.tbss .tbss.*) } :rw :tls
  PROVIDE_HIDDEN(__tls_start = ADDR(.tdata));
  PROVIDE_HIDDEN(__tls_file_end = ADDR(.tdata) + SIZEOF(.tdata));
  PROVIDE_HIDDEN(__tls_end = ADDR(.tbss) + SIZEOF(.tbss));
  PROVIDE_HIDDEN(__tls_align = ADDR(.tdata) + MAX(ALIGNOF(.tdata), ALIGNOF(.tbss)));
";

/// The same where threads have nothing of their own: no bytes, in a place that does not matter.
const NO_THREADS: &str = "
    PROVIDE_HIDDEN(__tls_start = .);
    PROVIDE_HIDDEN(__tls_file_end = .);
    PROVIDE_HIDDEN(__tls_end = .);
    PROVIDE_HIDDEN(__tls_align = .);";

/// What C's library calls before `main` and after it, in the order of their priorities.
const CONSTRUCTORS: &str = "  .init_array : {
    PROVIDE_HIDDEN(__init_array_start = .);
    KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*))) KEEP(*(.init_array))
    PROVIDE_HIDDEN(__init_array_end = .);
  } :rw
  .fini_array : {
    PROVIDE_HIDDEN(__fini_array_start = .);
    KEEP(*(SORT_BY_INIT_PRIORITY(.fini_array.*))) KEEP(*(.fini_array))
    PROVIDE_HIDDEN(__fini_array_end = .);
  } :rw
";

/// Tables the linker makes come with the data: they hold addresses that are corrected at start.
const DATA: &str = "  .data : {
    *(SORT_BY_ALIGNMENT(.data.rel.ro) SORT_BY_ALIGNMENT(.data.rel.ro.*))
    *(.got .got.plt .toc)
    *(SORT_BY_ALIGNMENT(.data) SORT_BY_ALIGNMENT(.data.*))
    *(.sdata .sdata.*)
    *(.init_array .fini_array)
  } :rw
  .bss : { *(.sbss .sbss.* SORT_BY_ALIGNMENT(.bss) SORT_BY_ALIGNMENT(.bss.*) COMMON) } :rw
";

/// `.rela.dyn` is not among them: what lld cannot pack must be seen, not lost.
const DISCARD: &str = "  /DISCARD/ : {
    *(.comment) *(.note*) *(.eh_frame*) *(.ARM.*) *(.riscv.attributes)
    *(.gnu.hash) *(.hash) *(.dynamic) *(.dynsym) *(.dynstr)
  }
";
