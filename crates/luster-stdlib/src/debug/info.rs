//! `debug.getinfo`: what is known about a function or a level of the call stack.

use gc_arena::Collect;
use luster_bytecode::chunk_id;
use luster_value::{CallbackReturn, Closure, Context, Error, Stack, Table, ThreadState, Value};
use luster_vm::traceback::{self, Level};

use super::names::NameCopy;
use super::{burn_levels, running_callback, thread_argument, upvalue_count, with_state};
use crate::c_values::c_int;
use crate::work::Work;

/// The letters that choose fields.
const OPTIONS: &[u8] = b"SlnrutLf";

/// From how many letters on they are refused unread.
const TOO_MANY_OPTIONS: usize = 1 << 10;

/// What it costs to make the table and its fields.
const TABLE_FUEL: usize = 60;

/// How many bytes of a name cost a unit of fuel.
const BYTES_PER_FUEL: usize = 4;

/// How many instructions are asked for their lines before the fuel is looked at, and what one costs.
const LINES_AT_ONCE: usize = 1 << 12;
const LINE_FUEL: usize = 3;

/// What `getinfo` says of a function that is being called.
struct Activation {
    line: Option<u32>,
    is_tail_call: bool,
    extra_arguments: u8,
    /// The number of the first value that a call or return hands over, and how many there are, when
    /// a hook has been called for it.
    transferred: (u32, u32),
    name: Option<(&'static str, Vec<u8>)>,
}

impl Activation {
    fn of_level(state: &ThreadState<'_>, level: &Level<'_, '_>) -> Self {
        Activation {
            extra_arguments: level.frame.map_or(0, |frame| frame.info.extra_arguments()),
            transferred: if level.is_hooked { state.tracing.transferred } else { (0, 0) },
            line: level.frame.map(traceback::current_line),
            is_tail_call: level.frame.is_some_and(|frame| frame.info.is_tail_call()),
            name: traceback::level_description(level),
        }
    }
}

/// `debug.getinfo([thread,] function or level [, what])`: a table of what is known, or nil when there
/// is no such level. The level 0 is `getinfo` itself.
pub(super) fn getinfo<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let (thread, first) = thread_argument(stack);
    let options = stack.optional_string(ctx, first + 1)?;
    let options = options.map_or(&b"flnSrtu"[..], |options| options.as_bytes());
    if options.first() == Some(&b'>') {
        return Err(Error::argument(first + 2, "invalid option '>'"));
    }
    let (function, activation) = match stack.get(first) {
        function @ (Value::Closure(_) | Value::Callback(_)) => (function, None),
        _ => {
            let level = c_int(stack.integer(ctx, first)?);
            let is_own = thread == stack.thread();
            let found = if is_own && level == 0 {
                let state = stack.thread_state();
                let activation = Activation {
                    line: None,
                    is_tail_call: false,
                    extra_arguments: state.extra_arguments,
                    transferred: (0, 0),
                    name: traceback::call_description(state),
                };
                Some((running_callback(stack), activation))
            } else {
                let level = usize::try_from(level).ok();
                let level = level.and_then(|level| level.checked_sub(usize::from(is_own)));
                burn_levels(stack, thread, level.unwrap_or(0));
                level.and_then(|level| {
                    with_state(stack, thread, |state| {
                        let level = traceback::level(state, level)?;
                        Some((level.function, Activation::of_level(state, &level)))
                    })
                    .flatten()
                })
            };
            match found {
                Some((function, activation)) => (function, Some(activation)),
                None => {
                    stack.replace(Value::Nil);
                    return Ok(CallbackReturn::Return);
                }
            }
        }
    };
    let are_known =
        options.len() < TOO_MANY_OPTIONS && options.iter().all(|option| OPTIONS.contains(option));
    if !are_known {
        return Err(Error::argument(first + 2, "invalid option"));
    }
    stack.burn(TABLE_FUEL);
    let info = Table::new(ctx);
    let integer = |name, value| info.set_field(ctx, name, Value::Integer(value));
    let wants = |option| options.contains(&option);
    let mut rest = Rest { info, source: None, lines: None };
    if wants(b'S') {
        rest.source = set_source(ctx, info, function)?;
    }
    if wants(b'l') {
        let line = activation.as_ref().and_then(|activation| activation.line);
        integer("currentline", line.filter(|&line| line > 0).map_or(-1, i64::from));
    }
    if wants(b'u') {
        let (parameters, is_vararg) = match function {
            Value::Closure(closure) => {
                let prototype = closure.prototype();
                (prototype.parameters, prototype.is_vararg)
            }
            _ => (0, true),
        };
        integer("nups", upvalue_count(function) as i64);
        integer("nparams", i64::from(parameters));
        info.set_field(ctx, "isvararg", Value::boolean(is_vararg));
    }
    if wants(b'n') {
        let name = activation.as_ref().and_then(|activation| activation.name.as_ref());
        info.set_field(ctx, "namewhat", ctx.string(name.map_or("", |(kind, _)| *kind)));
        if let Some((_, name)) = name {
            stack.burn(name.len() / BYTES_PER_FUEL);
            info.set_field(ctx, "name", ctx.string(name));
        }
    }
    if wants(b'r') {
        let (first, count) = activation.as_ref().map_or((0, 0), |a| a.transferred);
        integer("ftransfer", i64::from(first));
        integer("ntransfer", i64::from(count));
    }
    if wants(b't') {
        let is_tail_call = activation.as_ref().is_some_and(|activation| activation.is_tail_call);
        info.set_field(ctx, "istailcall", Value::boolean(is_tail_call));
        let extra_arguments =
            activation.as_ref().map_or(0, |activation| activation.extra_arguments);
        integer("extraargs", i64::from(extra_arguments));
    }
    if wants(b'L') {
        rest.lines = ActiveLines::of(ctx, info, function);
    }
    if wants(b'f') {
        info.set_field(ctx, "func", function);
    }
    stack.replace(Value::Table(info));
    if rest.source.is_none() && rest.lines.is_none() {
        return Ok(CallbackReturn::Return);
    }
    rest.begin(ctx, stack)
}

/// Where a function was written. Gives what is to become the field `source` if that is long.
fn set_source<'gc>(
    ctx: Context<'gc>,
    info: Table<'gc>,
    function: Value<'gc>,
) -> Result<Option<NameCopy>, Error<'gc>> {
    let mut copy = None;
    let (source, line, last_line, what): (&[u8], _, _, _) = match function {
        Value::Closure(closure) => {
            let prototype = closure.prototype();
            let what = if prototype.line_defined == 0 { "main" } else { "Lua" };
            let lines = (prototype.line_defined, prototype.last_line_defined);
            copy = NameCopy::of_long(&prototype.source.name)?;
            (&prototype.source.name, i64::from(lines.0), i64::from(lines.1), what)
        }
        _ => (b"=[C]", -1, -1, "C"),
    };
    if copy.is_none() {
        info.set_field(ctx, "source", ctx.string(source));
    }
    info.set_field(ctx, "short_src", ctx.string(chunk_id(source)));
    info.set_field(ctx, "linedefined", Value::Integer(line));
    info.set_field(ctx, "lastlinedefined", Value::Integer(last_line));
    info.set_field(ctx, "what", ctx.string(what));
    Ok(copy)
}

/// What takes long about a function, and is done in portions when the other fields are set. The table is on the
/// stack.
#[derive(Collect)]
#[collect(no_drop)]
struct Rest<'gc> {
    info: Table<'gc>,
    source: Option<NameCopy>,
    lines: Option<ActiveLines<'gc>>,
}

impl<'gc> Work<'gc> for Rest<'gc> {
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        if let Some(source) = &mut self.source {
            let Some(source) = source.go_on(ctx, stack) else { return Ok(false) };
            self.info.set_field(ctx, "source", source);
            self.source = None;
        }
        match &mut self.lines {
            Some(lines) => lines.go_on(ctx, stack),
            None => Ok(true),
        }
    }
}

/// The lines that have instructions, as the keys of a table.
#[derive(Collect)]
#[collect(no_drop)]
struct ActiveLines<'gc> {
    lines: Table<'gc>,
    closure: Closure<'gc>,
    /// The instruction whose line comes next.
    next: usize,
}

impl<'gc> ActiveLines<'gc> {
    /// Sets the field `activelines`, none of which are in it yet; there are none for a callback.
    fn of(ctx: Context<'gc>, info: Table<'gc>, function: Value<'gc>) -> Option<Self> {
        let Value::Closure(closure) = function else { return None };
        let lines = Table::new(ctx);
        info.set_field(ctx, "activelines", Value::Table(lines));
        Some(ActiveLines { lines, closure, next: 0 })
    }

    fn add(&self, ctx: Context<'gc>, line: u32) -> Result<(), Error<'gc>> {
        if line > 0 {
            self.lines.set_integer(ctx, line.into(), Value::True).map_err(Error::invalid_key)?;
        }
        Ok(())
    }

    /// Adds the lines of a portion of the instructions. Tells whether these were the last ones.
    fn go_on(&mut self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let prototype = self.closure.prototype();
        let count = prototype.offsets.len();
        let end = count.min(self.next + LINES_AT_ONCE);
        for instruction in self.next..end {
            self.add(ctx, prototype.line(instruction))?;
        }
        stack.burn((end - self.next) * LINE_FUEL);
        self.next = end;
        if end == count && count > 0 {
            // The end of a function counts, too: the reference's compiler always puts a return there.
            self.add(ctx, prototype.last_line_defined)?;
        }
        Ok(end == count)
    }
}
