//! What LLVM complains about while it works, kept instead of printed.
//!
//! Left alone, LLVM prints an error and ends the process. Only the text of an `asm` can cause one.

use inkwell::context::Context;
use inkwell::llvm_sys::LLVMDiagnosticSeverity;
use inkwell::llvm_sys::core::*;
use inkwell::llvm_sys::prelude::LLVMDiagnosticInfoRef;
use std::cell::RefCell;
use std::ffi::{CStr, c_void};
use std::marker::PhantomData;

/// The complaints so far. It must not outlive its context's use, which the lifetime sees to.
pub struct Refusals<'c> {
    messages: Box<RefCell<Vec<String>>>,
    context: PhantomData<&'c Context>,
}

impl Refusals<'_> {
    /// The first complaint; later ones often follow from it.
    pub fn first(&self) -> Option<String> {
        self.messages.borrow().first().cloned()
    }
}

/// Collects the errors of a context from now on.
#[allow(unsafe_code)] // inkwell has no safe door to diagnostic handlers
pub fn collect(context: &Context) -> Refusals<'_> {
    let messages = Box::new(RefCell::new(Vec::new()));
    let data = std::ptr::from_ref(&*messages).cast_mut().cast::<c_void>();
    // SAFETY: the box stays where it is; after the last use of the context nothing is reported.
    unsafe { LLVMContextSetDiagnosticHandler(context.raw(), Some(keep), data) };
    Refusals { messages, context: PhantomData }
}

#[allow(unsafe_code)] // called by LLVM with what `collect` gave it
extern "C" fn keep(info: LLVMDiagnosticInfoRef, data: *mut c_void) {
    // SAFETY: `data` is the cell of `collect`; the description is a C string we release.
    unsafe {
        if LLVMGetDiagInfoSeverity(info) == LLVMDiagnosticSeverity::LLVMDSError {
            let text = LLVMGetDiagInfoDescription(info);
            let message = CStr::from_ptr(text).to_string_lossy().into_owned();
            LLVMDisposeMessage(text);
            (*data.cast::<RefCell<Vec<String>>>()).borrow_mut().push(message);
        }
    }
}
