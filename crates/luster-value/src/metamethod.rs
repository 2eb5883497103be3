//! The names of metamethods.

macro_rules! metamethods {
    ($($(#[$doc:meta])* $name:ident $text:literal;)*) => {
        /// A metamethod or a field of metatables that the VM or the library looks at.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Metamethod {
            $($(#[$doc])* $name,)*
        }

        impl Metamethod {
            /// All of them, in the order of their numbers.
            pub const ALL: &[Metamethod] = &[$(Metamethod::$name),*];

            /// The key in a metatable.
            pub fn name(self) -> &'static str {
                match self { $(Metamethod::$name => $text,)* }
            }
        }
    };
}

metamethods! {
    /// `__index`
    Index "__index";
    /// `__newindex`
    NewIndex "__newindex";
    /// `__gc`
    Gc "__gc";
    /// `__mode`
    Mode "__mode";
    /// `__len`
    Len "__len";
    /// `__eq`
    Eq "__eq";
    /// `__call`
    Call "__call";
    /// `__close`
    Close "__close";
    // The ones above are asked for so often that their absence is remembered.
    /// `__add`
    Add "__add";
    /// `__sub`
    Sub "__sub";
    /// `__mul`
    Mul "__mul";
    /// `__div`
    Div "__div";
    /// `__mod`
    Mod "__mod";
    /// `__pow`
    Pow "__pow";
    /// `__unm`
    Unm "__unm";
    /// `__idiv`
    IDiv "__idiv";
    /// `__band`
    BAnd "__band";
    /// `__bor`
    BOr "__bor";
    /// `__bxor`
    BXor "__bxor";
    /// `__shl`
    Shl "__shl";
    /// `__shr`
    Shr "__shr";
    /// `__bnot`
    BNot "__bnot";
    /// `__lt`
    Lt "__lt";
    /// `__le`
    Le "__le";
    /// `__concat`
    Concat "__concat";
    /// `__tostring`
    ToString "__tostring";
    /// `__name`
    Name "__name";
    /// `__pairs`
    Pairs "__pairs";
    /// `__metatable`
    Metatable "__metatable";
}

impl Metamethod {
    /// The bit under which a table remembers that it is absent.
    #[inline(always)]
    pub(crate) fn absence_bit(self) -> Option<u8> {
        if (self as u8) < 8 { Some(1 << self as u8) } else { None }
    }
}
