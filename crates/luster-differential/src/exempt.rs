//! Where luster differs from PUC-Rio's Lua on purpose, each with the reason. Everything else that
//! differs is a fault.

/// A difference that is known: of what cases, and in which of their lines on either engine. Every
/// text has to be in what it is about; an empty one always is.
struct Exemption {
    case: &'static str,
    reference: &'static str,
    luster: &'static str,
    #[expect(dead_code, reason = "it is for who reads the list")]
    reason: &'static str,
}

const EXEMPTIONS: &[Exemption] = &[
    Exemption {
        case: "math.fmod",
        reference: "number expected",
        luster: "number expected",
        reason: "when both arguments are wrong, C leaves open which one is found out",
    },
    Exemption {
        case: "package.searchpath",
        reference: "bad argument #",
        luster: "bad ",
        reason: "when several arguments are wrong, C leaves open which one is found out",
    },
    Exemption {
        case: "999999.5",
        reference: "1.",
        luster: "1.00000",
        reason: "with '#', C's 'printf' keeps zeros; the one of glibc forgets them here",
    },
    Exemption {
        case: "\\0",
        reference: "invalid option",
        luster: "invalid option",
        reason: "C ends the text of a message at a zero",
    },
    Exemption {
        case: "\\0",
        reference: "(constant 'a')",
        luster: "(constant 'a\\0b')",
        reason: "the same",
    },
    Exemption {
        case: "__index(...) SAY",
        reference: "index",
        luster: "index",
        reason: "an object's elements are read one after the other, before they are sorted",
    },
    Exemption {
        case: "debug.getinfo",
        reference: "\"namewhat\"=\"\"",
        luster: "nil",
        reason: "what has called the main chunk is the host, which is no level",
    },
    Exemption {
        case: "debug.getlocal",
        reference: "(C temporary)",
        luster: "",
        reason: "what a built-in that has been called keeps on the stack is its own affair",
    },
    Exemption {
        case: "debug.setlocal",
        reference: "(C temporary)",
        luster: "",
        reason: "the same",
    },
    Exemption {
        case: "debug.setlocal",
        reference: "",
        luster: "(C temporary)",
        reason: "the same",
    },
    Exemption {
        case: "read(",
        reference: "not enough memory",
        luster: "",
        reason: "to read so many bytes takes the memory for those that there are",
    },
    Exemption {
        case: "read(",
        reference: "resulting string too large",
        luster: "",
        reason: "the same",
    },
    Exemption {
        case: "RUN(",
        reference: "stack overflow",
        luster: "stack overflow",
        reason: "how much room a call takes differs, and so the place where there is none left",
    },
    Exemption {
        case: "coroutine.yield",
        reference: "attempt to yield across a C-call boundary",
        luster: "",
        reason: "there is no such boundary",
    },
];

/// Whether a difference is known: where the lines of a case differ first.
pub(crate) fn is_exempt(case: &str, reference: &str, luster: &str) -> bool {
    EXEMPTIONS.iter().any(|exemption| {
        case.contains(exemption.case)
            && reference.contains(exemption.reference)
            && luster.contains(exemption.luster)
    })
}
