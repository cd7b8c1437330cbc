//! Graphs as text: printed for people, read back to the same graph for tests.
//!
//! In and out: a [`Graph`](crate::Graph) and its text, where `read(print(g)) == g` but for spans.
//! The grammar, by example; line ends mean nothing, and a comment runs from `//` to the end of its line:
//!
//! ```text
//! // GLOBALS: [export|import|build] [const] [threadlocal] global @name SIZE align ALIGN
//! //          [= BYTES] [[OFFSET: @target + ADDEND, ...]]
//! const global @greeting 3 align 1 = "hi\n"      // escapes: \n \t \" \\ \x41
//! global @"any name" 64 align 16                 // all zero
//! global @table 8 align 8 = "\x00\x00\x00\x00\x00\x00\x00\x00" [0: @greeting + 1]     // bytes under addresses are 0
//!
//! // FUNCTIONS: [export|import|build] [always|never] [cold] [c|naked] fn @name(TYPES) [EXITS] [{ BODY }]
//! import c fn @puts(ptr) [return(i32)]           // one exit: an ordinary function
//! cold fn @panic(ptr, i64) []                    // no exit: never returns
//! fn @parse(ptr, i64) [done(i64), more, failed(i32, ptr)] {
//!   slot s0 16 align 8                           // memory of a call: bytes, alignment
//!   absent v9: i32                               // a value of the table that nothing defines
//!   b0(v0: ptr, v1: i64):                        // a block with its parameters; b0 takes the function's
//!     ...
//! }
//!
//! // TYPES: i1 i8 i32 i65535, f16 f32 f64 f128, ptr, <4 x i32>
//!
//! // INSTRUCTIONS: results with their types, then the operation. Words: `words.rs`
//!     v2: i32 = const 5                          // an integer, zero-extended; 0x1f, 1_000
//!     v2: f32 = const float 0x3f800000           // a float: its bits
//!     v2: <4 x i32> = const zero                 // all zero bits
//!     v2: i8 = const undefined                   // any bits
//!     v2: ptr = const @greeting                  // the address of a global or a function
//!     v2: ptr = slot s0                          // the address of a slot
//!     v2: i32 = count_ones v0                    // unary: a word and one operand
//!     v2: i32 = add v0, v1                       // binary: a word and two
//!     v2: i32, v3: i1 = overflow mul_signed v0, v1
//!     v2: i1 = less_unsigned v0, v1              // comparison
//!     v2: i64 = extend_signed v0                 // conversion, to the result's type
//!     v2: i32 = select v5, v0, v1
//!     v2: f64 = mul_add v0, v1, v3               // v0 times v1 plus v3, rounded once
//!     v2: i64 = frame address                    // of the running function; `frame return`: where it returns to
//!     v2: i32 = load v0 align 4                  // perhaps `volatile` behind the alignment
//!     store v0, v1 align 4                       // at v0 the value v1
//!     v2: ptr = offset v0, v1                    // v1 bytes on from v0
//!     copy v0, v1, v2                            // to v0 from v1 bytes v2; `copy overlapping` as memmove
//!     fill v0, v1, v2                            // at v0 byte v1 times v2
//!     live s0                                    // the slot is used from here on
//!     dead s0                                    // it is not used until it is live again
//!     show 3 v0                                  // for debuggers: at v0 is the graph's variable 3
//!     v2: i32 = atomic load v0 acquire
//!     atomic store v0, v1 release
//!     v2: i32 = atomic add v0, v1 monotonic      // the old value
//!     v2: i32, v3: i1 = compare_exchange v0, v4, v5 acquire_release monotonic     // perhaps `weak` first
//!     fence sequentially_consistent
//!     v2: <4 x i32> = splat v0
//!     v2: i32 = extract v0, v1                   // vector, lane
//!     v2: <4 x i32> = insert v0, v1, v3          // vector, lane, value
//!     v2: <2 x i32> = shuffle v0, v1 [0, 5]
//!     v2: i32 = reduce add v0
//!     v2: i32 = call @puts(v0)                   // of a function with exactly one exit
//!     v2: i32 = call v0 as c fn(ptr) [return(i32)] (v1)      // through an address
//!     v2: i64 = syscall 1(v0, v1, v2)
//!     v2: i64 = asm volatile "syscall"("{rax}" v0, "{rdi}" v1) -> "={rax}" clobbers [rcx, r11, memory]
//!
//! // TERMINATORS: the last step of a block
//!     jump b1(v0, v1)                            // with the values of its parameters
//!     branch v0, b1, b2(v1)                      // b1 where v0 is true
//!     switch v0 [0 -> b1, 7 -> b2(v1), else -> b3]
//!     exit done(v0)                              // leaves the function
//!     call @parse(v0, v1) [done -> b1, more -> b2, failed -> b3]     // b3 takes (i32, ptr)
//!     call @panic(v0, v1) []
//!     unreachable
//!     trap
//! ```
//!
//! Exits may be numbers where names do not tell: `exit 0`.

mod lex;
mod print;
mod read;
mod words;

pub(crate) use print::Printer;
pub use print::{print, print_function, print_global};
pub use read::read;

#[cfg(test)]
mod tests;
