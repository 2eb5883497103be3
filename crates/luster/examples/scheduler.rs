//! A scheduler: ten thousand tasks, half of them written in Lua and half in Rust, take turns.
//!
//! Everything in it is a coroutine or a sequence, the scheduler too: a Rust function that calls Lua
//! over and over again without ever having Lua on its own stack. So the host can run all of it in
//! steps, and stop wherever it likes.
//!
//! Run it with `cargo run --release -p luster --example scheduler`.

#![expect(clippy::print_stdout, reason = "it tells what it does")]

use std::collections::VecDeque;
use std::time::Instant;

use luster::gc_arena::Collect;
use luster::values::{
    Callback, CallbackReturn, Context, Error, Poll, Sequence, Stack, Status, Table, Thread, Value,
};
use luster::{Fuel, Lua, Step};

/// The tasks count how many steps a number takes to 1 (the next one is half of an even number, and
/// 3n + 1 of an odd one), and pause after each. Each number is there twice, once in Lua and once in Rust.
const SCRIPT: &str = r#"
    local count = ...

    local function collatz(n)
        local steps = 0
        while n ~= 1 do
            n = n % 2 == 0 and n // 2 or 3 * n + 1
            steps = steps + 1
            coroutine.yield()
        end
        return steps
    end

    local tasks = {}
    for i = 1, count, 2 do
        local n = i // 2 + 1
        tasks[i] = function () return collatz(n) end
        tasks[i + 1] = function () return collatz_in_rust(n) end
    end

    local results, turns = run_all(tasks)
    for i = 1, count, 2 do
        assert(results[i] == results[i + 1], "both tell the same")
    end
    return #results, turns
"#;

/// The task in Rust: what the loop in Lua has in its local variables is in fields here.
#[derive(Collect)]
#[collect(require_static)]
struct Collatz {
    n: i64,
    steps: i64,
}

impl<'gc> Sequence<'gc> for Collatz {
    fn poll(
        &mut self,
        _: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if self.n == 1 {
            stack.replace(Value::Integer(self.steps));
            return Ok(Poll::Return);
        }
        self.n = if self.n % 2 == 0 { self.n / 2 } else { 3 * self.n + 1 };
        self.steps += 1;
        stack.clear();
        Ok(Poll::Yield(0))
    }
}

/// `collatz_in_rust(n)`
fn collatz<'gc>(
    _: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    match stack.get(0) {
        Value::Integer(n) if n > 0 => {
            Ok(CallbackReturn::Sequence(Box::new(Collatz { n, steps: 0 })))
        }
        _ => Err(Error::message("a positive integer is needed")),
    }
}

/// The scheduler: it resumes the first task of the queue, and puts it to the end when it pauses.
#[derive(Collect)]
#[collect(no_drop)]
struct Scheduler<'gc> {
    /// The tasks that are not over, with their numbers.
    ready: VecDeque<(Thread<'gc>, i64)>,
    running: Option<(Thread<'gc>, i64)>,
    /// `coroutine.resume`
    resume: Value<'gc>,
    results: Table<'gc>,
    turns: i64,
}

impl<'gc> Sequence<'gc> for Scheduler<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if let Some((thread, number)) = self.running.take() {
            let [is_fine, result] = [stack.get(0), stack.get(1)];
            if let Value::False = is_fine {
                return Err(Error::Value(result));
            }
            if thread.status() == Status::Dead {
                let key = Value::Integer(number);
                self.results.set(ctx, key, result).map_err(|key| Error::message(key.message()))?;
            } else {
                self.ready.push_back((thread, number));
            }
        }
        let Some((thread, number)) = self.ready.pop_front() else {
            stack.replace2(Value::Table(self.results), Value::Integer(self.turns));
            return Ok(Poll::Return);
        };
        self.turns += 1;
        self.running = Some((thread, number));
        stack.replace(Value::Thread(thread));
        Ok(Poll::Call(self.resume, 0))
    }
}

/// `run_all(functions)`: runs functions side by side until all have returned; returns a table of
/// their results, and how many turns they had.
fn run_all<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let Value::Table(functions) = stack.get(0) else {
        return Err(Error::message("a table of functions is needed"));
    };
    let resume = match ctx.globals().get_field(ctx, "coroutine") {
        Value::Table(library) => library.get_field(ctx, "resume"),
        _ => return Err(Error::message("the library 'coroutine' is needed")),
    };
    let count = functions.length();
    let thread_of = |number| Thread::new(ctx, functions.get(Value::Integer(number)));
    let ready = (1..=count).map(|number| (thread_of(number), number)).collect();
    let results = Table::new(ctx);
    stack.clear();
    let scheduler = Scheduler { ready, running: None, resume, results, turns: 0 };
    Ok(CallbackReturn::Sequence(Box::new(scheduler)))
}

fn main() -> luster::Result<()> {
    const TASKS: i64 = 10_000;
    let lua = Lua::new();
    lua.enter(|ctx| {
        let collatz = Callback::new(ctx, "collatz_in_rust", collatz);
        let run_all = Callback::new(ctx, "run_all", run_all);
        ctx.globals().set_field(ctx, "collatz_in_rust", Value::Callback(collatz));
        ctx.globals().set_field(ctx, "run_all", Value::Callback(run_all));
    });
    let start = Instant::now();
    let mut task = lua.load(SCRIPT).set_name("=tasks").start_with::<(i64, i64)>(TASKS)?;
    let mut steps = 0;
    let (count, turns) = loop {
        steps += 1;
        match task.step(Fuel::new(1_000_000))? {
            Step::Done(results) => break results,
            Step::OutOfFuel => {}
            step => unreachable!("the tasks yield to their scheduler, not to the host: {step:?}"),
        }
    };
    println!("{count} tasks have had {turns} turns, in {steps} steps and {:.2?}", start.elapsed());
    Ok(())
}
