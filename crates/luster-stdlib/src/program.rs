//! Library functions over objects with metamethods, as small programs.
//!
//! A [`Program`] says which operation comes next and is told its result; [`run`] does the
//! operations, by calls of metamethods where it takes them. So each function is written once, as
//! a plain state machine, and can be stopped at every step.

use gc_arena::Collect;
use luster_value::{CallbackReturn, Context, Error, Poll, Sequence, Stack, Value, account};
use luster_vm::operate::{self, Fault, Outcome, SetOutcome};

/// What a program wants to be done.
pub(crate) enum Step<'gc> {
    /// `object[index]`
    Get(Value<'gc>, i64),
    /// `object[index] = value`
    Set(Value<'gc>, i64, Value<'gc>),
    /// `object[key]`
    Index(Value<'gc>, Value<'gc>),
    /// `object[key] = value`
    Assign(Value<'gc>, Value<'gc>, Value<'gc>),
    /// `#object`, which has to be an integer.
    Length(Value<'gc>),
    /// `a < b`, as a boolean.
    Less(Value<'gc>, Value<'gc>),
    /// `a == b`, as a boolean.
    Equal(Value<'gc>, Value<'gc>),
    /// The first result of a call with two arguments.
    Call(Value<'gc>, [Value<'gc>; 2]),
    /// Nothing: the program has done work by itself.
    Pause,
    /// The results are on the stack.
    Done,
}

/// A library function in steps.
pub(crate) trait Program<'gc>: Collect<'gc> {
    /// The next step. `input` is the result of the last one, nil at first and after steps without
    /// a result. The stack is the function's own; what the program leaves on it stays.
    ///
    /// # Errors
    /// Those of the function.
    fn next(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        input: Value<'gc>,
    ) -> Result<Step<'gc>, Error<'gc>>;
}

/// Runs a program from a callback. One that needs no call and little time is done at once.
///
/// # Errors
/// Those of the program and of its operations.
pub(crate) fn run<'gc, P: Program<'gc> + 'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    program: P,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let mut runner = Runner { program, input: Value::Nil, state: State::Ready };
    match runner.advance(ctx, stack)? {
        State::Finished => Ok(CallbackReturn::Return),
        state => {
            runner.state = state;
            Ok(CallbackReturn::Sequence(Box::new(runner)))
        }
    }
}

/// The error of an operation that a library function, and so no variable, is to blame for.
pub(crate) fn fault<'gc>(ctx: Context<'gc>, fault: Fault<'gc>) -> Error<'gc> {
    match fault {
        Fault::Key(key) => Error::invalid_key(key),
        fault => Error::plain(fault.message(ctx, b"")),
    }
}

/// What the result of a call is taken for.
#[derive(Clone, Copy, Collect)]
#[collect(require_static)]
enum Wanted {
    Value,
    Nothing,
    Condition,
    Length,
}

#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
enum State<'gc> {
    /// The program takes its next step.
    Ready,
    /// This function is to be called, with what is above the index.
    Calls(Value<'gc>, usize, Wanted),
    /// The results of a call are above the index.
    Called(usize, Wanted),
    /// The results are on the stack.
    Finished,
}

#[derive(Collect)]
#[collect(no_drop)]
struct Runner<'gc, P> {
    program: P,
    input: Value<'gc>,
    state: State<'gc>,
}

/// What a step costs, beside what the program burns.
const STEP_FUEL: usize = 2;

/// The integer that a length has to be.
pub(crate) fn length_result<'gc>(value: Value<'gc>) -> Result<i64, Error<'gc>> {
    value.to_integer().ok_or_else(|| Error::message("object length is not an integer"))
}

impl<'gc, P: Program<'gc>> Runner<'gc, P> {
    /// Takes steps until something has to be called, fuel runs out or the program is done.
    fn advance(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<State<'gc>, Error<'gc>> {
        loop {
            let step = self.program.next(ctx, stack, self.input)?;
            self.input = Value::Nil;
            stack.burn(STEP_FUEL);
            let (outcome, wanted) = match step {
                Step::Get(object, index) => {
                    if let Value::Table(table) = object {
                        let value = table.get_integer(index);
                        if !value.is_nil() || table.metatable().is_none() {
                            self.input = value;
                            if stack.out_of_fuel() {
                                return Ok(State::Ready);
                            }
                            continue;
                        }
                    }
                    (operate::get(ctx, object, Value::Integer(index)), Wanted::Value)
                }
                Step::Index(object, key) => (operate::get(ctx, object, key), Wanted::Value),
                Step::Set(object, index, value) => {
                    match assign(ctx, stack, object, Value::Integer(index), value)? {
                        Some(call) => return Ok(call),
                        None => (Ok(Outcome::Value(Value::Nil)), Wanted::Nothing),
                    }
                }
                Step::Assign(object, key, value) => match assign(ctx, stack, object, key, value)? {
                    Some(call) => return Ok(call),
                    None => (Ok(Outcome::Value(Value::Nil)), Wanted::Nothing),
                },
                Step::Length(object) => (operate::length(ctx, object), Wanted::Length),
                Step::Less(a, b) => (operate::less(ctx, a, b), Wanted::Condition),
                Step::Equal(a, b) => (Ok(operate::equal(ctx, a, b)), Wanted::Condition),
                Step::Call(function, arguments) => {
                    (Ok(Outcome::Call(function, arguments)), Wanted::Value)
                }
                Step::Pause => {
                    if account::should_end_slice() {
                        return Ok(State::Ready);
                    }
                    (Ok(Outcome::Value(Value::Nil)), Wanted::Nothing)
                }
                Step::Done => return Ok(State::Finished),
            };
            match outcome.map_err(|error| fault(ctx, error))? {
                Outcome::Value(value) => self.input = value,
                Outcome::Call(handler, arguments) => {
                    return push_call(stack, handler, &arguments, wanted);
                }
            }
            // Long ways from table to table only note what they cost.
            if stack.out_of_fuel() || account::should_end_slice() {
                return Ok(State::Ready);
            }
        }
    }
}

/// Sets a field, or prepares the call of the metamethod that will.
fn assign<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    object: Value<'gc>,
    key: Value<'gc>,
    value: Value<'gc>,
) -> Result<Option<State<'gc>>, Error<'gc>> {
    match operate::set(ctx, object, key, value).map_err(|error| fault(ctx, error))? {
        SetOutcome::Done => Ok(None),
        SetOutcome::Call(handler, arguments) => {
            push_call(stack, handler, &arguments, Wanted::Nothing).map(Some)
        }
    }
}

/// Puts a call's arguments above what the program keeps on the stack.
fn push_call<'gc>(
    stack: &mut Stack<'_, 'gc>,
    function: Value<'gc>,
    arguments: &[Value<'gc>],
    wanted: Wanted,
) -> Result<State<'gc>, Error<'gc>> {
    let bottom = stack.len();
    if !stack.reserve(arguments.len()) {
        return Err(Error::message("stack overflow"));
    }
    stack.extend(arguments.iter().copied());
    Ok(State::Calls(function, bottom, wanted))
}

impl<'gc, P: Program<'gc>> Sequence<'gc> for Runner<'gc, P> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        loop {
            match self.state {
                State::Ready => {
                    self.state = self.advance(ctx, stack)?;
                    if let State::Ready = self.state {
                        return Ok(Poll::Pending);
                    }
                }
                State::Calls(function, bottom, wanted) => {
                    self.state = State::Called(bottom, wanted);
                    return Ok(Poll::Call(function, bottom));
                }
                State::Called(bottom, wanted) => {
                    let result = stack.get(bottom);
                    stack.resize(bottom);
                    self.input = match wanted {
                        Wanted::Value => result,
                        Wanted::Nothing => Value::Nil,
                        Wanted::Condition => Value::boolean(result.is_truthy()),
                        Wanted::Length => Value::Integer(length_result(result)?),
                    };
                    self.state = State::Ready;
                }
                State::Finished => return Ok(Poll::Return),
            }
        }
    }
}
