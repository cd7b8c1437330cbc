//! What build-time code may ask the compiler for: one table, by the names of `std/os/build`.
//!
//! In: a name and arguments. Out: results, or a refusal that becomes a diagnostic at the call.

use crate::args::{self, Args};
use crate::driver::{ChildOutput, Driver};
use crate::program::Handles;
use koru_base::{Diagnostic, Name};
use koru_flow::eval::{FailureKind, Memory, Refusal, Value, World};
use koru_hir::Context;

/// The compiler, as build-time code sees it.
pub struct Natives<'a, 'w> {
    pub(crate) product: &'a mut Context<'w>,
    pub(crate) driver: &'a mut dyn Driver,
    pub(crate) handles: Handles,
    pub(crate) children: Vec<Child>,
    /// What the next executable runs in the place of the program.
    pub(crate) events_to_build: Vec<String>,
    /// The call that a transform is to replace.
    pub(crate) the_call: u32,
    /// The event that something is derived of.
    pub(crate) the_event: u32,
    /// Did the code say that something is wrong with the program?
    pub(crate) has_failed: bool,
    /// What is wrong with the program, being put together.
    pub(crate) problems: Vec<Diagnostic>,
    has_exited: bool,
    /// Bytes that outlive the calls they were given with.
    kept_bytes: u64,
}

/// What the compiler keeps for one run: as much as the run itself may have.
const MOST_BYTES: u64 = 1 << 30;
/// What it keeps besides texts for each call that asks for something.
pub(crate) const BYTES_OF_A_HANDLE: u64 = 256;

/// A process to be run, or that was.
#[derive(Default)]
pub(crate) struct Child {
    pub argv: Vec<String>,
    pub output: ChildOutput,
    /// The driver's number, while it runs.
    pub running: Option<u32>,
}

type Answer = Result<Vec<Value>, Refusal>;

impl<'a, 'w> Natives<'a, 'w> {
    /// Natives for code that is about `product`.
    pub fn new(product: &'a mut Context<'w>, driver: &'a mut dyn Driver) -> Natives<'a, 'w> {
        Natives {
            product,
            driver,
            handles: Handles::default(),
            children: Vec::new(),
            events_to_build: Vec::new(),
            the_call: 0,
            the_event: 0,
            has_failed: false,
            problems: Vec::new(),
            has_exited: false,
            kept_bytes: 0,
        }
    }

    /// Did the code end itself?
    pub fn has_exited(&self) -> bool {
        self.has_exited
    }

    /// Counts bytes that stay with the compiler.
    pub(crate) fn keep(&mut self, bytes: u64) -> Result<(), Refusal> {
        self.kept_bytes = self.kept_bytes.saturating_add(bytes);
        if self.kept_bytes <= MOST_BYTES {
            return Ok(());
        }
        let message = format!("the compiler would keep more than {MOST_BYTES} bytes for this code");
        Err(Refusal::new(FailureKind::Memory, message))
    }

    /// The next argument as a text that stays, with what is made of each of its bytes.
    pub(crate) fn kept_text(&mut self, args: &mut Args, bytes_of_one: u64) -> Result<String, Refusal> {
        let text = args.text()?;
        self.keep(bytes_of_one * text.len() as u64 + BYTES_OF_A_HANDLE)?;
        Ok(text)
    }

    fn exit(&mut self, args: &mut Args) -> Answer {
        self.driver.exit(args.int()? as u8);
        self.has_exited = true;
        Err(Refusal::refused("the command has ended"))
    }
}

impl World for Natives<'_, '_> {
    #[rustfmt::skip] // a table
    fn call(&mut self, name: Name, args: &[Value], memory: &mut Memory) -> Answer {
        let mut args = Args::new(args, memory);
        let args = &mut args;
        match name.as_str() {
            // The system
            "read" => self.read(args),
            "write" => self.write(args),
            "open" => self.open(args),
            "close" => self.close(args),
            "seek" => self.seek(args),
            "makeFolder" => self.make_folder(args),
            "remove" => self.remove(args),
            "rename" => self.rename(args),
            "listFolder" => self.list_folder(args),
            "gzip" => self.gzip(args),
            "brotli" => self.brotli(args),
            "checksum" => self.checksum(args),
            "bytesHandle" => self.bytes_handle(args),
            "allocate" => self.allocate(args),
            "release" => self.release(args),
            "wallClock" => Ok(args::word(self.driver.wall_clock() as u64)),
            "exit" => self.exit(args),
            "noFolders" => Err(Refusal::refused("the compiler opens no folders to list what is in them")),
            "noPipes" => Err(Refusal::refused("programs run to their end inside the compiler: `Child.run` keeps what they print")),
            "noThreads" => Err(Refusal::refused("there are no threads inside the compiler")),
            "panic" => Err(Refusal::new(FailureKind::Panic, args.text()?)),
            "argumentCount" => Ok(args::word(self.driver.arguments().len() as u64)),
            "argument" => self.argument(args),
            "environmentEntry" => self.environment_entry(args),
            "childNew" => self.child_new(),
            "childArgument" => self.child_argument(args),
            "childStart" => self.child_start(args),
            "childRun" => self.child_run(args),
            "childOutput" => self.child_output(args),
            "childTime" => self.child_time(args),
            // The program
            "moduleCount" => Ok(args::number(self.product.modules.len() as u32)),
            "moduleName" => self.module_name(args),
            "moduleFile" => self.module_file(args),
            "moduleTree" => self.module_tree(args),
            "itemCount" => self.item_count(args),
            "moduleItem" => self.item(args),
            "itemKind" => self.item_kind(args),
            "itemModule" => self.item_module(args),
            "itemName" => self.item_name(args),
            "itemIsPublic" => self.item_is_public(args),
            "itemIsActive" => self.item_is_active(args),
            "itemAnnotation" => self.item_annotation(args),
            "itemAnnotationArgument" => self.item_annotation_argument(args),
            "itemCall" => self.item_call(args),
            "findEvent" => self.find_event(args),
            "inputName" => self.input(args, false),
            "inputType" => self.input(args, true),
            "branchName" => self.branch(args, false),
            "branchField" => self.branch_field(args),
            "branchPayload" => self.branch(args, true),
            "callName" => self.call_name(args),
            "callEvent" => self.call_event(args),
            "argumentCountOf" => self.argument_count(args),
            "argumentName" => self.argument_name(args),
            "argumentText" => self.argument_text(args),
            "argumentString" => self.argument_string(args),
            "callHasSource" => self.call_has_source(args),
            "callSource" => self.call_source(args),
            "callAnnotation" => self.call_annotation(args),
            "itemSpan" => self.item_span(args),
            "callSpan" => self.call_span(args),
            "argumentSpan" => self.argument_span(args),
            "sourceSpan" => self.source_span(args),
            "spanFile" => self.span_file(args),
            "spanLine" => self.span_position(args, false),
            "spanColumn" => self.span_position(args, true),
            "report" => self.report(args),
            "problemNew" => self.problem_new(args),
            "problemLabel" => self.problem_label(args),
            "problemAlso" => self.problem_also(args),
            "problemHelp" => self.problem_help(args),
            "problemFix" => self.problem_fix(args),
            "problemReport" => self.problem_report(args),
            "closestName" => self.closest_name(args),
            "withhold" => self.withhold(args),
            "isBuildFlag" => self.is_build_flag(args),
            "hasFlag" => self.has_flag(args),
            "configValue" => self.config_value(args),
            "buildEvent" => self.build_event(args),
            "buildProgram" if self.the_call != 0 => {
                Err(Refusal::refused("a transform cannot build the program it is part of"))
            }
            "buildProgram" => self.build_program(args),
            // Blocks that hold Koru
            "sourceItemCount" => self.source_item_count(args),
            "sourceItem" => self.source_item(args),
            "itemImplements" => self.item_implements(args),
            "itemCallee" => self.item_callee(args),
            "itemIsPure" => self.item_is_pure(args),
            "itemImplementation" => self.item_implementation(args),
            "itemSteps" => self.item_steps(args),
            "itemStepsWithRest" => self.item_steps_with_rest(args),
            // Transforms
            "theEvent" => Ok(args::number(self.the_event)),
            "theCall" => Ok(args::number(self.the_call)),
            "armCount" => self.arm_count(args),
            "armPattern" => self.arm_pattern(args),
            "armIsText" => self.arm_is_text(args),
            "armBinding" => self.arm_binding(args),
            "armName" => self.arm_name(args),
            "armGuard" => self.arm_guard(args),
            "armBody" => self.arm_body(args),
            "armWhole" => self.arm_whole(args),
            "armsWhole" => self.arms_whole(args),
            "armSpan" => self.arm_span(args),
            "armPatternSpan" => self.arm_pattern_span(args),
            "argumentHandle" => self.argument_handle(args),
            "argumentPart" => self.argument_part(args),
            "sourcePart" => self.source_part(args),
            "argumentSign" => self.argument_sign(args),
            "argumentSide" => self.argument_side(args),
            "argumentOf" => self.argument_of(args),
            "argumentInteger" => self.argument_integer(args),
            "bindingType" => self.binding_type(args),
            "codeNew" => self.code_new(args),
            "codeFill" => self.code_fill(args),
            "codeFillText" => self.code_fill_text(args),
            "codePlace" => self.code_place(args),
            unknown => Err(Refusal::refused(format!("the compiler has no function `{unknown}`"))),
        }
    }
}
