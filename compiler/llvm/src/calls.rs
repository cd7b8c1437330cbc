//! How a call with several exits becomes a call with one result.
//!
//! ```text
//! exits: found(i64, ptr), missing(i8), failed(f64)
//! returns { i8 tag, i64, ptr, f64 }
//! ```
//!
//! The tag is the exit's number. Integers and pointers of all exits share places, floats of one width
//! share others, so that the result stays in registers; what has no register LLVM passes through memory.

use crate::builder::{Builder, Value};
use crate::context::Program;
use crate::types::Types;
use inkwell::types::{BasicType, BasicTypeEnum, FunctionType};
use inkwell::values::{BasicValue, CallSiteValue, InstructionOpcode, StructValue};
use koru_base::bug;
use koru_flow::{Callee, Convention, FunctionId, Signature, Type};

/// The places the leaves of all exits share.
pub struct Protocol {
    /// The type of each place.
    places: Vec<Type>,
    /// Of each exit, the place of each result.
    exits: Vec<Vec<usize>>,
}

/// LLVM's numbers of calling conventions.
pub fn convention(convention: Convention) -> u32 {
    match convention {
        Convention::C | Convention::Naked => 0,
        Convention::Koru => 8, // fastcc
    }
}

impl Protocol {
    /// The protocol of a signature, and of nothing else: callers through pointers know no more.
    pub fn new(signature: &Signature) -> Protocol {
        let mut protocol = Protocol { places: Vec::new(), exits: Vec::new() };
        for exit in &signature.exits {
            let mut places = Vec::new();
            for &result in &exit.results {
                let place = protocol.place(result, &places);
                places.push(place);
            }
            protocol.exits.push(places);
        }
        protocol
    }

    /// The first place of the result's class that this exit does not use yet, widened if need be.
    fn place(&mut self, result: Type, used: &[usize]) -> usize {
        for (index, place) in self.places.iter_mut().enumerate() {
            if let Some(merged) = merge(*place, result).filter(|_| !used.contains(&index)) {
                *place = merged;
                return index;
            }
        }
        self.places.push(result);
        self.places.len() - 1
    }

    fn has_tag(&self) -> bool {
        self.exits.len() > 1
    }

    /// What the function returns, if anything.
    fn result<'c>(&self, types: Types<'c>, tag_bits: u16) -> Option<BasicTypeEnum<'c>> {
        let tag = self.has_tag().then(|| types.int(tag_bits).as_basic_type_enum());
        let fields: Vec<_> = tag.into_iter().chain(self.places.iter().map(|&ty| types.of(ty))).collect();
        match fields.len() {
            0 => None,
            1 => Some(fields[0]),
            _ => Some(types.aggregate(&fields)),
        }
    }
}

/// The type that holds values of both, where they may share a place.
fn merge(place: Type, result: Type) -> Option<Type> {
    match (place, result) {
        (place, result) if place == result => Some(place),
        // What needs two registers stays apart from what needs one.
        (Type::Int(a), Type::Int(b)) if (a > 64) == (b > 64) => Some(Type::Int(a.max(b))),
        (Type::Int(..=64), Type::Pointer) | (Type::Pointer, Type::Int(..=64)) => Some(Type::WORD),
        _ => None,
    }
}

/// LLVM's type of a function.
pub fn function_type<'c>(program: &Program<'c, '_>, signature: &Signature) -> FunctionType<'c> {
    let types = program.types;
    let params: Vec<_> = signature.params.iter().map(|&ty| types.of(ty).into()).collect();
    let protocol = Protocol::new(signature);
    if signature.convention == Convention::C && protocol.has_tag() {
        bug!("llvm", "a C function of {} exits", protocol.exits.len());
    }
    let is_variadic = signature.foreign.is_variadic;
    match protocol.result(types, program.options.target.tag_bits) {
        Some(result) => result.fn_type(&params, is_variadic),
        None => program.context.void_type().fn_type(&params, is_variadic),
    }
}

/// Leaves a function by one of its exits.
pub fn leave<'c>(program: &Program<'c, '_>, signature: &Signature, exit: u32, values: &[Value<'c>]) {
    let (types, builder) = (program.types, &program.builder);
    let protocol = Protocol::new(signature);
    let Some(result) = protocol.result(types, program.options.target.tag_bits) else {
        return builder.leave(None);
    };
    let tag = types.int(program.options.target.tag_bits).const_int(exit.into(), false).as_basic_value_enum();
    let fields = protocol.exits[exit as usize].iter().zip(values).map(|(&place, &value)| {
        (place + usize::from(protocol.has_tag()), fit(types, builder, value, protocol.places[place]))
    });
    let fields: Vec<_> = protocol.has_tag().then_some((0, tag)).into_iter().chain(fields).collect();
    let BasicTypeEnum::StructType(result) = result else {
        return builder.leave(fields.first().map(|(_, value)| *value));
    };
    // Places the exit does not use hold anything.
    let whole = fields.iter().fold(result.get_poison(), |whole: StructValue, &(index, value)| {
        builder.with_field(whole, index as u32, value)
    });
    builder.leave(Some(whole.into()));
}

/// What came back from a call.
pub struct Returned<'c> {
    protocol: Protocol,
    result: Option<Value<'c>>,
}

impl<'c> Returned<'c> {
    /// The number of the exit taken.
    pub fn tag(&self, builder: &Builder<'c>) -> Value<'c> {
        self.field(builder, 0)
    }

    /// The results of one exit; in a block where that exit was taken.
    pub fn results(&self, program: &Program<'c, '_>, signature: &Signature, exit: usize) -> Vec<Value<'c>> {
        let (types, builder) = (program.types, &program.builder);
        let first = usize::from(self.protocol.has_tag());
        let places = self.protocol.exits[exit].iter().zip(&signature.exits[exit].results);
        places.map(|(&place, &ty)| fit(types, builder, self.field(builder, first + place), ty)).collect()
    }

    fn field(&self, builder: &Builder<'c>, index: usize) -> Value<'c> {
        match self.result {
            Some(result) if result.is_struct_value() => builder.field(result, index as u32),
            Some(result) => result,
            None => bug!("llvm", "a result of a function without any"),
        }
    }
}

/// Calls, and returns what came back.
pub fn call<'c>(
    program: &Program<'c, '_>,
    callee: &Callee,
    address: Option<Value<'c>>,
    args: &[Value<'c>],
) -> Returned<'c> {
    let signature = signature(program, callee);
    let site: CallSiteValue = match (callee, address) {
        (Callee::Pointer { .. }, Some(address)) => {
            let ty = function_type(program, signature);
            let site = program.builder.call_pointer(ty, address.into_pointer_value(), args);
            program.attributes.mark_call(site, signature);
            site
        }
        (&Callee::Function(id), _) => program.builder.call(function(program, id), args),
        (Callee::Pointer { .. }, None) => bug!("llvm", "a call through no address"),
    };
    program.attributes.mark_further(site, signature, args);
    site.set_call_convention(convention(signature.convention));
    Returned { protocol: Protocol::new(signature), result: site.try_as_basic_value().basic() }
}

/// The signature a call is made by.
pub fn signature<'a>(program: &Program<'_, 'a>, callee: &'a Callee) -> &'a Signature {
    match callee {
        Callee::Function(id) => &program.graph.functions[*id].signature,
        Callee::Pointer { signature, .. } => signature,
    }
}

fn function<'c>(program: &Program<'c, '_>, id: FunctionId) -> inkwell::values::FunctionValue<'c> {
    match program.functions[id] {
        Some(function) => function,
        None => bug!("llvm", "`{}` exists only while compiling", program.graph.functions[id].name),
    }
}

/// The value as another type that shares its place.
fn fit<'c>(types: Types<'c>, builder: &Builder<'c>, value: Value<'c>, ty: Type) -> Value<'c> {
    let ty = types.of(ty);
    let code = match (value.get_type(), ty) {
        (from, to) if from == to => return value,
        (BasicTypeEnum::IntType(from), BasicTypeEnum::IntType(to)) => {
            match from.get_bit_width() < to.get_bit_width() {
                true => InstructionOpcode::ZExt,
                false => InstructionOpcode::Trunc,
            }
        }
        (BasicTypeEnum::PointerType(_), _) => InstructionOpcode::PtrToInt,
        _ => InstructionOpcode::IntToPtr,
    };
    builder.cast(code, value, ty)
}
