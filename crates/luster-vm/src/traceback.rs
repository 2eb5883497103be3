//! Where the frames are: positions for messages, and tracebacks in the reference's shape.

use luster_bytecode::chunk_id;
use luster_value::{
    Context, Frame, LuaFrame, Table, ThreadState, TraceFrame, Traceback, Value, account, quoted,
};

/// How many levels the beginning and the end of a long traceback show.
const FIRST_LEVELS: usize = 10;
const LAST_LEVELS: usize = 11;

/// `chunk:line: ` of the function on top, or nothing when it is not a Lua function.
pub fn position_of_top(state: &ThreadState<'_>) -> Vec<u8> {
    match state.frames.last() {
        Some(Frame::Lua(frame)) => position_of(frame),
        _ => Vec::new(),
    }
}

pub(crate) fn position_of(frame: &LuaFrame<'_>) -> Vec<u8> {
    let line = current_line(frame);
    let mut text = chunk_id(&frame.closure.prototype().source.name);
    if line == 0 {
        text.extend(b":?: ");
    } else {
        text.extend(format!(":{line}: ").bytes());
    }
    text
}

/// The line at which a frame is, or 0.
pub fn current_line(frame: &LuaFrame<'_>) -> u32 {
    frame.closure.prototype().line((frame.pc() as usize).saturating_sub(1))
}

/// A level of the call stack, as `debug.getinfo` counts them.
#[derive(Clone, Copy)]
pub struct Level<'a, 'gc> {
    /// What runs there.
    pub function: Value<'gc>,
    /// Its frame, when it is a Lua function.
    pub frame: Option<&'a LuaFrame<'gc>>,
    /// The index of its frame among the coroutine's frames.
    pub index: usize,
    /// The frame of the Lua function that called it by an instruction, if one did.
    pub caller: Option<&'a LuaFrame<'gc>>,
    /// Whether it is a finalizer.
    pub is_finalizer: bool,
    /// Whether it is a `__close` metamethod.
    pub is_closing: bool,
    /// Whether it is a debug hook.
    pub is_hook: bool,
    /// Whether a debug hook has been called over it.
    pub is_hooked: bool,
}

/// The functions on a coroutine's stack, the running one first. A callback that is just running
/// has no frame and is not among them.
pub fn levels<'a, 'gc>(
    state: &'a ThreadState<'gc>,
) -> impl Iterator<Item = Level<'a, 'gc>> + use<'a, 'gc> {
    (0..state.frames.len()).rev().filter_map(|index| level_at(state, index))
}

/// The level of a number, counted as by [`levels`].
pub fn level<'a, 'gc>(state: &'a ThreadState<'gc>, number: usize) -> Option<Level<'a, 'gc>> {
    let mut left = number;
    let index = state.frames.iter().rposition(|frame| {
        let is_it = is_level(frame) && left == 0;
        left = left.saturating_sub(usize::from(is_level(frame)));
        is_it
    })?;
    level_at(state, index)
}

/// The level of a frame, if it is one.
fn level_at<'a, 'gc>(state: &'a ThreadState<'gc>, index: usize) -> Option<Level<'a, 'gc>> {
    let (function, frame) = match &state.frames[index] {
        Frame::Lua(frame) => (Value::Closure(frame.closure), Some(frame)),
        Frame::Sequence(frame) if is_level(&state.frames[index]) => (frame.callback, None),
        Frame::Protected(frame) => (frame.callback, None),
        Frame::Waiting(frame) => (state.registers.get(frame.function as usize), None),
        _ => return None,
    };
    let below = index.checked_sub(1).map(|below| &state.frames[below]);
    let caller = match below {
        Some(Frame::Lua(frame)) => Some(frame),
        _ => None,
    };
    let is_finalizer = matches!(below, Some(Frame::Finalizer(_)));
    let is_closing = matches!(below, Some(Frame::Closing(_)));
    let is_hook = matches!(below, Some(Frame::Hook(_)));
    let is_hooked = matches!(state.frames.get(index + 1), Some(Frame::Hook(_)));
    Some(Level { function, frame, index, caller, is_finalizer, is_closing, is_hook, is_hooked })
}

/// `chunk:line: ` of a level, as `luaL_where`: level 0 is the running callback, 1 what called it.
pub fn position<'gc>(ctx: Context<'gc>, state: &ThreadState<'gc>, level: usize) -> Vec<u8> {
    let _ = ctx;
    match level.checked_sub(1).and_then(|number| self::level(state, number)) {
        Some(Level { frame: Some(frame), .. }) if current_line(frame) > 0 => position_of(frame),
        _ => Vec::new(),
    }
}

/// How the function that runs (or is about to be called) was called by the Lua function on top:
/// the kind of name and the name.
pub fn call_description(state: &ThreadState<'_>) -> Option<(&'static str, Vec<u8>)> {
    match state.frames.last() {
        Some(Frame::Lua(frame)) => describe_call(frame),
        Some(Frame::Hook(_)) => Some(("hook", b"?".to_vec())),
        _ => None,
    }
}

/// How many bytes' work it is to look at an instruction on the way to the one that a name is looked for.
pub(crate) const WORK_PER_INSTRUCTION: usize = 12;

/// What a Lua function's frame says of the call it is in the middle of. A very long name is cut.
pub fn describe_call(frame: &LuaFrame<'_>) -> Option<(&'static str, Vec<u8>)> {
    let pc = (frame.pc() as usize).checked_sub(1)?;
    account::looked_at(pc * WORK_PER_INSTRUCTION);
    let (kind, name) = frame.closure.prototype().describe_call(pc)?;
    Some((kind, quoted(name).into_owned()))
}

/// How a level was called: the kind of its name and the name.
pub fn level_description(level: &Level<'_, '_>) -> Option<(&'static str, Vec<u8>)> {
    if level.frame.is_some_and(|frame| frame.info.is_tail_call()) {
        return None;
    }
    if level.is_hook {
        return Some(("hook", b"?".to_vec()));
    }
    if level.is_finalizer {
        return Some(("metamethod", b"__gc".to_vec()));
    }
    if level.is_closing {
        return Some(("metamethod", b"close".to_vec()));
    }
    describe_call(level.caller?)
}

/// The name of a function among the loaded libraries, as `string.rep`, or of one that is a module
/// itself. Not all of very many modules and functions are looked at.
pub fn global_function_name<'gc>(ctx: Context<'gc>, function: Value<'gc>) -> Option<Vec<u8>> {
    /// How many are, and what that is with an ordinary library and for each that is more.
    const MOST: usize = 10_000;
    const LIBRARY_WORK: usize = 1 << 14;
    const WORK: usize = 24;
    let Value::Table(loaded) = ctx.registry().get_field(ctx, "_LOADED") else { return None };
    let mut left = MOST;
    let name = name_among(loaded, function, &mut left);
    account::looked_at(LIBRARY_WORK.max((MOST - left) * WORK));
    name
}

fn name_among<'gc>(loaded: Table<'gc>, function: Value<'gc>, left: &mut usize) -> Option<Vec<u8>> {
    for (key, module) in entries(loaded) {
        *left = left.checked_sub(1)?;
        let Value::String(name) = key else { continue };
        if module.raw_equal(function) {
            return Some(name.as_bytes().to_vec());
        }
        let Value::Table(module) = module else { continue };
        for (key, value) in entries(module) {
            *left = left.checked_sub(1)?;
            if let Value::String(key) = key
                && value.raw_equal(function)
            {
                let mut text = Vec::new();
                if name.as_bytes() != b"_G" {
                    text.extend(name.as_bytes());
                    text.push(b'.');
                }
                text.extend(key.as_bytes());
                return Some(text);
            }
        }
    }
    None
}

fn entries<'gc>(table: Table<'gc>) -> impl Iterator<Item = (Value<'gc>, Value<'gc>)> {
    let mut position = 0;
    std::iter::from_fn(move || {
        let (next, key, value) = table.entry_from(position)?;
        position = next;
        Some((key, value))
    })
}

/// Whether a frame is a level of the call stack.
pub(crate) fn is_level(frame: &Frame<'_>) -> bool {
    match frame {
        Frame::Lua(_) | Frame::Protected(_) | Frame::Waiting(_) => true,
        // Work of an instruction is none.
        Frame::Sequence(frame) => !frame.callback.is_nil(),
        Frame::Closing(_)
        | Frame::Handler(_)
        | Frame::Finalizer(_)
        | Frame::Hook(_)
        | Frame::Bottom => false,
    }
}

/// A traceback, as `luaL_traceback`: level 0 is the running callback (`running`, if there is one),
/// 1 what called it.
pub fn traceback<'gc>(
    ctx: Context<'gc>,
    state: &ThreadState<'gc>,
    running: Option<Value<'gc>>,
    level: usize,
) -> Traceback {
    of_levels(ctx, state, running, level, count_levels(&state.frames))
}

/// How many of some frames are levels of the call stack.
pub fn count_levels(frames: &[Frame<'_>]) -> usize {
    frames.iter().filter(|frame| is_level(frame)).count()
}

/// A traceback of a coroutine that has `count` levels, not counting the running callback. Of deep stacks
/// both ends are looked at only.
pub fn of_levels<'gc>(
    ctx: Context<'gc>,
    state: &ThreadState<'gc>,
    running: Option<Value<'gc>>,
    level: usize,
    count: usize,
) -> Traceback {
    let has_host = state.is_main && matches!(state.frames.get(1), Some(Frame::Lua(_)));
    let total = usize::from(running.is_some()) + count + usize::from(has_host);
    let shown = total.saturating_sub(level);
    // As the reference reckons: 22 levels are shown whole, and of more the middle is left out, whose
    // number it gives as one less than it is.
    let (first, last) = if shown > FIRST_LEVELS + LAST_LEVELS + 1 {
        (FIRST_LEVELS, LAST_LEVELS)
    } else {
        (shown, 0)
    };
    let running = running.map(|function| {
        let mut name = Vec::new();
        function_name(ctx, &mut name, call_description(state), function);
        frame_of_callback(name)
    });
    let host = has_host.then(|| frame_of_callback(b"?".to_vec()));
    let describe = |shown: Shown<'_, 'gc>| match shown {
        Shown::Frame(frame) => frame,
        Shown::Level(level) => describe_level(ctx, &level),
    };
    let from_top = running
        .map(Shown::Frame)
        .into_iter()
        .chain(levels(state).map(Shown::Level))
        .chain(host.clone().map(Shown::Frame));
    let mut frames: Vec<TraceFrame> = from_top.skip(level).take(first).map(describe).collect();
    let from_bottom = host.map(Shown::Frame).into_iter().chain(
        (0..state.frames.len()).filter_map(|index| level_at(state, index)).map(Shown::Level),
    );
    let mut end: Vec<TraceFrame> = from_bottom.take(last).map(describe).collect();
    end.reverse();
    frames.append(&mut end);
    let skipped = (last > 0).then(|| (FIRST_LEVELS, shown - first - last - 1));
    Traceback::new(frames, skipped)
}

/// What a line of a traceback is made of.
enum Shown<'a, 'gc> {
    Frame(TraceFrame),
    Level(Level<'a, 'gc>),
}

/// The line of a function that is not written in Lua.
fn frame_of_callback(name: Vec<u8>) -> TraceFrame {
    TraceFrame::new(b"[C]".to_vec(), 0, 0, name)
}

fn describe_level<'gc>(ctx: Context<'gc>, level: &Level<'_, 'gc>) -> TraceFrame {
    let mut name = Vec::new();
    function_name(ctx, &mut name, level_description(level), level.function);
    let Some(frame) = level.frame else { return frame_of_callback(name) };
    let prototype = frame.closure.prototype();
    let pc = (frame.pc() as usize).saturating_sub(1);
    let chunk = chunk_id(&prototype.source.name);
    TraceFrame::new(chunk, prototype.line(pc), prototype.column(pc), name)
        .with_tail_call(frame.info.is_tail_call())
}

fn function_name<'gc>(
    ctx: Context<'gc>,
    text: &mut Vec<u8>,
    call: Option<(&'static str, Vec<u8>)>,
    function: Value<'gc>,
) {
    if let Some((kind, name)) = call {
        text.extend(format!("{kind} '").bytes());
        text.extend(name);
        text.push(b'\'');
        return;
    }
    if let Value::Closure(closure) = function
        && closure.prototype().line_defined == 0
    {
        text.extend(b"main chunk");
    } else if let Some(name) = global_function_name(ctx, function) {
        text.extend(b"function '");
        text.extend(name);
        text.push(b'\'');
    } else if let Value::Closure(closure) = function {
        let prototype = closure.prototype();
        text.extend(b"function <");
        text.extend(chunk_id(&prototype.source.name));
        text.extend(format!(":{}>", prototype.line_defined).bytes());
    } else {
        text.push(b'?');
    }
}
