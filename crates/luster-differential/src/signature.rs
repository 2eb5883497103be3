//! Functions with what they may be called with, and how calls are formed from that.

use crate::random::Random;

/// Values, as Lua source.
pub(crate) type Pool = &'static [&'static str];

/// How many calls with random arguments a function gets.
const RANDOM_CALLS: usize = 150;

/// A function of the library, and what each of its arguments may be. The first value of an
/// argument's first pool is one that the function takes.
pub(crate) struct Signature {
    name: &'static str,
    arguments: &'static [&'static [Pool]],
    before: &'static str,
    around: &'static str,
    after: &'static str,
    least: usize,
    extra: bool,
}

/// The signature of a function, by the name to call it by: `string.rep`, or `f:read` for a method.
pub(crate) const fn function(
    name: &'static str,
    arguments: &'static [&'static [Pool]],
) -> Signature {
    Signature { name, arguments, before: "", around: "", after: "", least: 0, extra: true }
}

impl Signature {
    /// With statements before each call.
    pub(crate) const fn before(self, before: &'static str) -> Signature {
        Signature { before, ..self }
    }

    /// With a function that is called with the results, where they cannot be shown themselves.
    pub(crate) const fn around(self, around: &'static str) -> Signature {
        Signature { around, ..self }
    }

    /// With statements after each call. The arguments are `a1`, `a2` and so on.
    pub(crate) const fn after(self, after: &'static str) -> Signature {
        Signature { after, ..self }
    }

    /// Never called with fewer arguments than so many.
    pub(crate) const fn at_least(self, least: usize) -> Signature {
        Signature { least, ..self }
    }

    /// Never called with more arguments than it knows.
    pub(crate) const fn exact(self) -> Signature {
        Signature { extra: false, ..self }
    }

    /// Calls: with every value in every place, and with random ones, by all ways that lead to a
    /// function.
    pub(crate) fn calls(&self, calls: &mut Vec<String>) {
        let random = &mut Random::new(self.name, 0);
        let typical: Vec<&str> = self.arguments.iter().map(|pools| pools[0][0]).collect();
        for count in self.least..=typical.len() {
            calls.push(self.plain(&typical[..count]));
        }
        for (index, pools) in self.arguments.iter().enumerate() {
            for value in pools.iter().copied().flatten() {
                let mut arguments = typical.clone();
                arguments[index] = value;
                calls.push(self.plain(&arguments));
                if (self.least..arguments.len()).contains(&(index + 1)) {
                    arguments.truncate(index + 1);
                    calls.push(self.by_random_way(&arguments, random));
                }
            }
        }
        for _ in 0..RANDOM_CALLS {
            let mut count = self.least + random.below(self.arguments.len() + 1 - self.least);
            if random.percent(60) {
                count = self.arguments.len();
            }
            let mut arguments: Vec<&str> = self.arguments[..count]
                .iter()
                .map(|pools| {
                    let pool = if random.percent(60) { pools[0] } else { *random.pick(pools) };
                    *random.pick::<&str>(pool)
                })
                .collect();
            if self.extra && count == self.arguments.len() && random.percent(10) {
                arguments.push(random.pick::<&str>(crate::pools::ANY));
            }
            calls.push(self.by_random_way(&arguments, random));
        }
    }

    fn plain(&self, arguments: &[&str]) -> String {
        self.case(arguments, |name, list| format!("{name}({list})"), true)
    }

    /// Names of functions come into messages, and there are many ways to one.
    fn by_random_way(&self, arguments: &[&str], random: &mut Random) -> String {
        let method = self.name.contains(':');
        let way = random.below(if method { 4 } else { 20 });
        let is_string = self.name.starts_with("string.");
        let first_is_literal = arguments.first().is_some_and(|first| first.starts_with('\''));
        match way {
            0 if !arguments.is_empty() && (method || first_is_literal && is_string) => {
                self.case(arguments, |name, _| self.method_of_first(name, arguments), false)
            }
            4 => self.case(arguments, |name, list| format!("pcall({})", join(name, list)), true),
            5 => self.named("local call = {}", "call", arguments),
            6 => self.named("call = {}", "call", arguments),
            7 => self.named("local object = {{ call = {} }}", "object.call", arguments),
            8 => self.named("local object = {{ {} }}", "object[1]", arguments),
            9 => self.named("local object = {{ call = {} }}", "object:call", arguments),
            10 => self.case(
                arguments,
                |name, list| format!("(function(...) return {name}(...) end)({list})"),
                true,
            ),
            11 => self.case(
                arguments,
                |name, list| {
                    format!("(function(call, ...) return (call(...)) end)({})", join(name, list))
                },
                true,
            ),
            12 => {
                self.case(arguments, |name, list| format!("coroutine.wrap({name})({list})"), true)
            }
            13 => self.case(
                arguments,
                |name, list| {
                    format!("xpcall({})", join(&format!("{name}, function(m) return m end"), list))
                },
                true,
            ),
            14 => self.case(
                arguments,
                |name, list| {
                    let call = format!("setmetatable({{}}, {{ __call = {name} }})");
                    let function =
                        "function(object, ...) local a, b, c = object(...) return a, b, c end";
                    format!("({function})({})", join(&call, list))
                },
                true,
            ),
            15 if arguments.len() < 2 && !self.reads_fields() => self.case(
                arguments,
                |name, list| {
                    let object = format!("setmetatable({{}}, {{ __index = {name} }})");
                    format!("{object}[{}]", if list.is_empty() { "nil" } else { list })
                },
                true,
            ),
            16 if arguments.len() < 3 => self.case(
                arguments,
                |name, list| {
                    let call = join(name, list);
                    format!("(function() for a, b in {call} do return a, b end end)()")
                },
                true,
            ),
            _ => self.plain(arguments),
        }
    }

    /// Whether the function looks into its first argument, so that it would call itself without end
    /// as that argument's metamethod.
    fn reads_fields(&self) -> bool {
        self.name == "os.time" || self.name.starts_with("table.")
    }

    /// The call of a string's method.
    fn method_of_first(&self, name: &str, arguments: &[&str]) -> String {
        let list = arguments[1..].join(", ");
        let method = name.rsplit('.').next().unwrap_or(name);
        if name.contains(':') {
            format!("{}({})", name.replace(':', "."), arguments.join(", "))
        } else {
            format!("({}):{method}({list})", arguments[0])
        }
    }

    /// A call by a name that a statement gives.
    fn named(&self, statement: &str, name: &str, arguments: &[&str]) -> String {
        let statement = statement.replace("{}", self.name).replace("{{", "{").replace("}}", "}");
        let case = self.case(arguments, |_, list| format!("{name}({list})"), true);
        format!("{statement} {case}")
    }

    fn case(
        &self,
        arguments: &[&str],
        call: impl Fn(&str, &str) -> String,
        locals: bool,
    ) -> String {
        let names: Vec<String> = (1..=arguments.len()).map(|n| format!("a{n}")).collect();
        let locals = locals && !self.after.is_empty() && !names.is_empty();
        let list = if locals { names.join(", ") } else { arguments.join(", ") };
        let mut case = String::new();
        if locals {
            case += &format!("local {list} = {} ", arguments.join(", "));
        }
        case += self.before;
        let call = call(self.name, &list);
        case += &match self.around {
            "" => format!(" SHOW({call}) "),
            around => format!(" SHOW({around}({call})) "),
        };
        if locals {
            case += self.after;
        }
        case
    }
}

/// An argument before a list of others.
fn join(first: &str, list: &str) -> String {
    if list.is_empty() { first.to_owned() } else { format!("{first}, {list}") }
}
