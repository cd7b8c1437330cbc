//! Natives by which build-time code says what is wrong with the program.
//!
//! A problem is put together part by part, and told when it is whole. Numbers stand for those being put together.

use crate::args::{self, Args};
use crate::natives::Natives;
use koru_base::codes::KORU703;
use koru_base::diagnostic::closest;
use koru_base::{Diagnostic, Name, Severity};
use koru_flow::eval::{Refusal, Value};

type Answer = Result<Vec<Value>, Refusal>;

/// Problems that one run may begin.
const MOST_PROBLEMS: usize = 10_000;

impl Natives<'_, '_> {
    /// A problem of one sentence, and help that may be empty.
    pub(crate) fn report(&mut self, args: &mut Args) -> Answer {
        let (severity, span) = (args.int()?, self.span(args)?);
        let (message, help) = (self.kept_text(args, 1)?, self.kept_text(args, 1)?);
        let found = Diagnostic::new(KORU703, span, message);
        self.tell(if help.is_empty() { found } else { found.help(help) }, severity);
        Ok(args::nothing())
    }

    fn tell(&mut self, mut found: Diagnostic, severity: u64) {
        self.has_failed |= severity == 0;
        if severity != 0 {
            found.severity = Severity::Warning;
        }
        self.product.sink.report(found);
    }

    pub(crate) fn problem_new(&mut self, args: &mut Args) -> Answer {
        let (span, message) = (self.span(args)?, self.kept_text(args, 1)?);
        if self.problems.len() >= MOST_PROBLEMS {
            return Err(Refusal::refused(format!("more than {MOST_PROBLEMS} problems")));
        }
        self.problems.push(Diagnostic::new(KORU703, span, message));
        Ok(args::number(self.problems.len() as u32))
    }

    /// Changes a problem.
    fn problem(&mut self, number: u32, change: impl FnOnce(Diagnostic) -> Diagnostic) -> Answer {
        let place = (number as usize).checked_sub(1).and_then(|index| self.problems.get_mut(index));
        let place = place.ok_or_else(|| Refusal::refused("this is no problem"))?;
        *place = change(place.clone());
        Ok(args::nothing())
    }

    pub(crate) fn problem_label(&mut self, args: &mut Args) -> Answer {
        let (number, text) = (args.number()?, self.kept_text(args, 1)?);
        self.problem(number, |problem| problem.label(text))
    }

    pub(crate) fn problem_also(&mut self, args: &mut Args) -> Answer {
        let (number, span, text) = (args.number()?, self.span(args)?, self.kept_text(args, 1)?);
        self.problem(number, |problem| problem.also(span, text))
    }

    pub(crate) fn problem_help(&mut self, args: &mut Args) -> Answer {
        let (number, text) = (args.number()?, self.kept_text(args, 1)?);
        self.problem(number, |problem| problem.help(text))
    }

    /// Help that an editor can apply. A place that nobody wrote leaves the words alone.
    pub(crate) fn problem_fix(&mut self, args: &mut Args) -> Answer {
        let (number, text) = (args.number()?, self.kept_text(args, 1)?);
        let (span, replacement) = (self.span(args)?, self.kept_text(args, 1)?);
        self.problem(number, |problem| match span.is_written() {
            true => problem.fix(text, span, replacement),
            false => problem.help(text),
        })
    }

    pub(crate) fn problem_report(&mut self, args: &mut Args) -> Answer {
        let (number, severity) = (args.number()?, args.int()?);
        let found = (number as usize).checked_sub(1).and_then(|index| self.problems.get(index)).cloned();
        self.tell(found.ok_or_else(|| Refusal::refused("this is no problem"))?, severity);
        Ok(args::nothing())
    }

    /// Of names, a line each, the one that was probably meant; empty where none was.
    pub(crate) fn closest_name(&mut self, args: &mut Args) -> Answer {
        let (wanted, names) = (args.text()?, args.text()?);
        args::text(args.memory, closest(&wanted, names.lines()).unwrap_or("").as_bytes())
    }

    /// An event of the caller's module that would be there, had it not been for a mistake that was told.
    pub(crate) fn withhold(&mut self, args: &mut Args) -> Answer {
        let name = Name::new(&args.text()?);
        let place = (self.the_call as usize).checked_sub(1).and_then(|index| self.handles.calls.get(index));
        let module = place.ok_or_else(|| Refusal::refused("only a transform makes events"))?.module;
        self.product.koru.withheld.insert((module, name));
        Ok(args::nothing())
    }
}
