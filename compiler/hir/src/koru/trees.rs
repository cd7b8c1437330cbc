//! Syntax trees of files that were read before.
//!
//! One run loads most files twice: as the program, and as code that runs while compiling. In: a file's place and text.
//! Out: its tree, if the same text was parsed at the same place of the list of files, for spans name files by that.

use koru_base::FileId;
use koru_syntax::ast;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was parsed without a complaint, by the number of its file. Clones share it.
#[derive(Clone, Default)]
pub struct Trees {
    known: Arc<Mutex<Known>>,
}

type Known = FxHashMap<FileId, (Arc<str>, Arc<ast::Module>)>;

impl Trees {
    /// The tree of the text, if it was the file's before.
    pub(super) fn find(&self, file: FileId, text: &str) -> Option<Arc<ast::Module>> {
        let known = self.known();
        let (before, tree) = known.get(&file)?;
        (**before == *text).then(|| tree.clone())
    }

    /// Remembers the file's tree, in the place of an earlier one.
    pub(super) fn keep(&self, file: FileId, text: &Arc<str>, tree: &Arc<ast::Module>) {
        self.known().insert(file, (text.clone(), tree.clone()));
    }

    /// Nobody panics with half an entry: what is there is whole.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
