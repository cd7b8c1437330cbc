//! How operations are spelled: one line a word, for the printer and the reader alike.
//!
//! In: a variant or a word. Out: the other. A variant without a word does not compile.

use crate::graph::*;

/// Something that is one word of the text.
pub(super) trait Word: Copy + 'static {
    /// How it is spelled.
    fn word(self) -> &'static str;
    /// What is spelled like this.
    fn of(word: &str) -> Option<Self>;
}

macro_rules! words {
    ($($ty:ident { $($variant:ident $word:literal),* $(,)? })*) => { $(
        impl Word for $ty {
            fn word(self) -> &'static str {
                match self { $($ty::$variant => $word),* }
            }
            fn of(word: &str) -> Option<Self> {
                match word { $($word => Some($ty::$variant),)* _ => None }
            }
        }
    )* };
}

words! {
    Linkage { Internal "internal", Export "export", Import "import", Build "build" }
    Convention { Koru "koru", C "c", Naked "naked" }
    FramePart { Address "address", Return "return" }
    Inline { Auto "auto", Always "always", Never "never" }
    Unary {
        Not "not",
        CountLeadingZeros "count_leading_zeros",
        CountTrailingZeros "count_trailing_zeros",
        CountOnes "count_ones",
        ReverseBytes "reverse_bytes",
        ReverseBits "reverse_bits",
        FloatNegate "float_negate",
        FloatAbs "float_abs",
        FloatSqrt "float_sqrt",
        FloatFloor "float_floor",
        FloatCeil "float_ceil",
        FloatTruncate "float_truncate",
        FloatRound "float_round",
        FloatSin "float_sin",
        FloatCos "float_cos",
        FloatTan "float_tan",
        FloatExp "float_exp",
        FloatExp2 "float_exp2",
        FloatLog "float_log",
        FloatLog2 "float_log2",
        FloatLog10 "float_log10",
    }
    Binary {
        Add "add", Sub "sub", Mul "mul",
        DivSigned "div_signed", DivUnsigned "div_unsigned",
        RemSigned "rem_signed", RemUnsigned "rem_unsigned",
        And "and", Or "or", Xor "xor",
        ShiftLeft "shift_left",
        ShiftRightSigned "shift_right_signed",
        ShiftRightUnsigned "shift_right_unsigned",
        AddSaturateSigned "add_saturate_signed",
        AddSaturateUnsigned "add_saturate_unsigned",
        SubSaturateSigned "sub_saturate_signed",
        SubSaturateUnsigned "sub_saturate_unsigned",
        MinSigned "min_signed", MinUnsigned "min_unsigned",
        MaxSigned "max_signed", MaxUnsigned "max_unsigned",
        FloatAdd "float_add", FloatSub "float_sub", FloatMul "float_mul",
        FloatDiv "float_div", FloatRem "float_rem",
        FloatMin "float_min", FloatMax "float_max",
    }
    Overflow {
        AddSigned "add_signed", AddUnsigned "add_unsigned",
        SubSigned "sub_signed", SubUnsigned "sub_unsigned",
        MulSigned "mul_signed", MulUnsigned "mul_unsigned",
    }
    Compare {
        Equal "equal", NotEqual "not_equal",
        LessSigned "less_signed", LessEqualSigned "less_equal_signed",
        GreaterSigned "greater_signed", GreaterEqualSigned "greater_equal_signed",
        LessUnsigned "less_unsigned", LessEqualUnsigned "less_equal_unsigned",
        GreaterUnsigned "greater_unsigned", GreaterEqualUnsigned "greater_equal_unsigned",
        FloatEqual "float_equal", FloatNotEqual "float_not_equal",
        FloatLess "float_less", FloatLessEqual "float_less_equal",
        FloatGreater "float_greater", FloatGreaterEqual "float_greater_equal",
    }
    Convert {
        Truncate "truncate", ExtendSigned "extend_signed", ExtendUnsigned "extend_unsigned",
        FloatToSigned "float_to_signed", FloatToUnsigned "float_to_unsigned",
        SignedToFloat "signed_to_float", UnsignedToFloat "unsigned_to_float",
        FloatToFloat "float_to_float", Bits "bits",
        PointerToInt "pointer_to_int", IntToPointer "int_to_pointer",
    }
    Order {
        Unordered "unordered", Monotonic "monotonic", Acquire "acquire", Release "release",
        AcquireRelease "acquire_release", SequentiallyConsistent "sequentially_consistent",
    }
    Update {
        Exchange "exchange", Add "add", Sub "sub", And "and", Or "or", Xor "xor", Nand "nand",
        MaxSigned "max_signed", MaxUnsigned "max_unsigned",
        MinSigned "min_signed", MinUnsigned "min_unsigned",
    }
}
