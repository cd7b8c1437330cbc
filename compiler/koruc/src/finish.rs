//! A program's object to its file, with what it requires, what LLVM calls on its own, and where there is something to
//! prepare, the code that does so at start.
//!
//! Whether data holds addresses to correct is known when lld has dropped what nobody reads. The objects say it nearly
//! always, so the first link is the last one; where they were wrong, lld is called again.

use crate::cli::Way;
use crate::disk::Disk;
use crate::foreign::Foreign;
use crate::inspect::budget::{self, Limit};
use crate::link::{self, Input, LinkFailure, Linked, Waiting};
use crate::runtime::{self, Object};
use crate::session::{Failed, Session, surroundings};
use koru_base::Level;
use koru_flow::Graph;
use koru_hir::Context;

/// What a program's file is made of besides its object.
pub struct Finish<'a> {
    pub session: &'a Session,
    pub disk: &'a Disk,
    pub graph: &'a Graph,
    pub foreign: &'a Foreign,
    pub limit: Option<Limit>,
}

impl Finish<'_> {
    /// Links the program, by the lld that waits if there is one.
    pub fn link(
        self,
        object: Vec<u8>,
        cx: &mut Context,
        mut waiting: Option<Waiting>,
    ) -> Result<Linked, Failed> {
        let objects = self.objects(object);
        let any = |holds: fn(&[u8]) -> bool| objects.iter().any(|(_, bytes)| holds(bytes));
        let must_prepare = self.foreign.is_hosted() || any(link::has_thread_memory);
        let mut is_prepared = must_prepare || any(link::has_addresses);
        let mut linked = self.attempt(&objects, is_prepared, cx, waiting.take())?;
        if !must_prepare && has_corrections(&linked).is_some_and(|has_some| has_some != is_prepared) {
            is_prepared = !is_prepared;
            linked = self.attempt(&objects, is_prepared, cx, None)?;
        }
        if let (Err(LinkFailure::TooLarge(linked)), Some(limit)) = (&linked, self.limit) {
            budget::report(limit, &linked.files, self.graph, cx);
            self.session.show(&mut cx.sink, &cx.sources)?;
        }
        linked.map(|linked| Linked { is_prepared, ..linked }).map_err(surroundings)
    }

    /// In the order they are linked in.
    fn objects(&self, object: Vec<u8>) -> Vec<Object> {
        let (mut objects, behind) = self.foreign.objects();
        objects.push(("program".to_owned(), object));
        objects.extend(behind);
        objects
    }

    /// Links with what the objects lack. Symbols that nobody has are the user's concern.
    fn attempt(
        &self,
        objects: &[Object],
        is_prepared: bool,
        cx: &mut Context,
        waiting: Option<Waiting>,
    ) -> Result<Result<Linked, LinkFailure>, Failed> {
        let (session, target) = (self.session, cx.target);
        let mut objects = objects.to_vec();
        if is_prepared {
            objects.push(runtime::preparation(session, self.disk, target)?);
        }
        let missing = runtime::complete(session, self.disk, &mut objects, self.graph, self.foreign, target)?;
        if !missing.is_empty() {
            self.foreign.report(&missing, self.disk, cx, self.graph);
            session.show(&mut cx.sink, &cx.sources)?;
        }
        let inputs: Vec<_> = objects.iter().map(|(name, bytes)| Input { name, bytes }).collect();
        let options = link::Options {
            entry: if is_prepared { runtime::PREPARED_ENTRY } else { link::Options::default().entry },
            sources: (session.options.level == Level::Debug).then_some(&cx.sources),
            has_companion: session.options.lines,
            is_hosted: self.foreign.is_hosted(),
            folds_header: !session.options.without.contains(&Way::FoldedHeader),
            limit: self.limit.as_ref().map(|limit| limit.bytes),
        };
        Ok(link::link(&inputs, target, &session.options.output, options, waiting))
    }
}

/// Does the program have addresses to correct? None where it cannot be known.
fn has_corrections(linked: &Result<Linked, LinkFailure>) -> Option<bool> {
    match linked {
        Ok(linked) | Err(LinkFailure::TooLarge(linked)) => Some(linked.relocation_bytes > 0),
        Err(LinkFailure::Unrelocated) => Some(true),
        Err(_) => None,
    }
}
