//! A VM as its host holds it, chunks to load into it, and tasks that run in it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::marker::PhantomData;
use std::sync::Arc;

use luster_value::{
    Callback, CallbackReturn, ClosingFrame, Context, Frame, Stack, Stashed, Status, Value,
};
use luster_vm::{Completion, RunEnd, Vm};

use crate::convert::FromResults;
use crate::error::{Error, ErrorKind};

/// A Lua VM.
///
/// ```
/// let lua = luster::Lua::new();
/// let n: i64 = lua.load("return 1 + 2").eval()?;
/// assert_eq!(n, 3);
/// # Ok::<(), luster::Error>(())
/// ```
pub struct Lua {
    vm: RefCell<Vm>,
}

impl Default for Lua {
    fn default() -> Self {
        Self::new()
    }
}

impl Lua {
    /// A VM with the safe libraries: nothing in it reaches files, processes, the environment, or
    /// the VM's own insides.
    pub fn new() -> Self {
        Self::with(luster_stdlib::open_safe)
    }

    /// A VM with all libraries, `io`, `os`, `package` and `debug` too, as the `luster` command has.
    pub fn with_all_libraries() -> Self {
        Self::with(luster_stdlib::open_all)
    }

    /// A VM that the host sets up itself: with the libraries that it chooses
    /// ([`open_libraries`](crate::open_libraries)) and whatever else should be there from the
    /// beginning.
    pub fn with(set_up: impl for<'gc> FnOnce(Context<'gc>)) -> Self {
        let vm = Vm::new(random_seed());
        vm.enter(set_up);
        Lua { vm: RefCell::new(vm) }
    }

    /// Takes source text to run. Its name, for messages, is the text itself until
    /// [`Chunk::set_name`].
    pub fn load<'lua, 's>(&'lua self, source: &'s (impl AsRef<[u8]> + ?Sized)) -> Chunk<'lua, 's> {
        let source = source.as_ref();
        Chunk { lua: self, source, name: Cow::Borrowed(source), arguments: Vec::new() }
    }

    /// Enters the arena, where values are what they are to the VM itself.
    ///
    /// # Panics
    /// When called from inside a callback of the same VM, which has its context already.
    pub fn enter<T>(&self, f: impl for<'gc> FnOnce(Context<'gc>) -> T) -> T {
        self.vm.borrow().enter(f)
    }

    /// Frees everything that is unreachable.
    pub fn collect_garbage(&self) {
        self.vm.borrow_mut().collect_garbage();
    }

    /// The bytes in use, as the VM counts them.
    pub fn used_memory(&self) -> usize {
        self.vm.borrow().used_memory()
    }

    /// Begins to call a function that was stashed, with strings as arguments.
    ///
    /// # Errors
    /// When the VM is running already.
    pub fn start_function<T: FromResults>(
        &self,
        function: &Stashed,
        arguments: &[Vec<u8>],
    ) -> Result<Task<'_, T>, Error> {
        self.start_call(|ctx| {
            let function = ctx.fetch(function).unwrap_or(Value::Nil);
            (function, arguments.iter().map(|argument| ctx.string(argument)).collect())
        })
    }

    /// Begins to call a function, chosen together with its arguments inside the arena. What the VM
    /// was in the midst of is given up.
    ///
    /// # Errors
    /// When the VM is running already.
    pub fn start_call<T: FromResults>(
        &self,
        choose: impl for<'gc> FnOnce(Context<'gc>) -> (Value<'gc>, Vec<Value<'gc>>),
    ) -> Result<Task<'_, T>, Error> {
        let Ok(mut vm) = self.vm.try_borrow_mut() else {
            return Err(Error::new(ErrorKind::Busy, "the VM is running already"));
        };
        vm.start(|ctx| Ok::<_, Error>(choose(ctx)))?;
        Ok(Task { lua: self, result: PhantomData })
    }

    /// Raises an error in the script that is between two steps, as if what it was doing had failed:
    /// the script can catch it, unlike the end of its fuel. The place is put before the message.
    ///
    /// Tells whether it did: not while a coroutine other than the main one or a finalizer is
    /// running. The host can try again after another step.
    pub fn interrupt(&self, message: &str) -> bool {
        let Ok(vm) = self.vm.try_borrow() else { return false };
        vm.enter(|ctx| {
            let Some(mut state) = ctx.main_thread().state_mut(&ctx) else { return false };
            let in_finalizer =
                state.frames.iter().any(|frame| matches!(frame, Frame::Finalizer(_)));
            if state.status != Status::Running || in_finalizer {
                return false;
            }
            // Level 1 is what is interrupted; the reference names the place that called it.
            let mut text = luster_vm::traceback::position(ctx, &state, 2);
            text.extend(message.bytes());
            state.frames.push(Frame::Closing(ClosingFrame::raising(ctx.string(text))));
            true
        })
    }

    /// Begins to close the variables that were to be closed when the script called `os.exit`.
    ///
    /// # Errors
    /// When the VM is running already.
    pub fn start_closing(&self) -> Result<Task<'_, ()>, Error> {
        fn close<'gc>(
            _: Context<'gc>,
            stack: &mut Stack<'_, 'gc>,
        ) -> Result<CallbackReturn<'gc>, luster_value::Error<'gc>> {
            match stack.get(0) {
                Value::Thread(thread) => Ok(CallbackReturn::Close(thread)),
                _ => Ok(CallbackReturn::Return),
            }
        }
        self.start_call(|ctx| {
            let left = Value::Thread(ctx.main_thread());
            (Value::Callback(Callback::new(ctx, "close", close)), vec![left])
        })
    }

    /// Makes the finalizers of all objects due, the objects that scripts still hold too: what
    /// should happen before the VM is dropped. [`start_finalizing`](Self::start_finalizing) runs
    /// them.
    pub fn doom(&self) {
        self.enter(|ctx| ctx.finalizers().separate_all());
    }

    /// Begins to run the finalizers that are due.
    ///
    /// # Errors
    /// When the VM is running already.
    pub fn start_finalizing(&self) -> Result<Task<'_, ()>, Error> {
        // Due finalizers run before anything else does.
        self.load("").start()
    }
}

/// A seed that nobody can foretell: what the standard library seeds its own hashing with.
fn random_seed() -> u64 {
    RandomState::new().hash_one(0)
}

/// Source text, about to be run.
pub struct Chunk<'lua, 's> {
    lua: &'lua Lua,
    source: &'s [u8],
    name: Cow<'s, [u8]>,
    arguments: Vec<Vec<u8>>,
}

impl<'lua> Chunk<'lua, '_> {
    /// Names the chunk for messages, by Lua's rules: `@file`, `=name`, or else source text.
    #[must_use]
    pub fn set_name(mut self, name: impl AsRef<[u8]>) -> Self {
        self.name = Cow::Owned(name.as_ref().to_vec());
        self
    }

    /// Gives the chunk arguments, which it sees as `...`.
    #[must_use]
    pub fn set_arguments<A: Into<Vec<u8>>>(
        mut self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// Runs the chunk to its end.
    ///
    /// # Errors
    /// When it does not compile, or raises an error that it does not catch.
    pub fn exec(self) -> Result<(), Error> {
        self.start()?.finish()
    }

    /// Runs the chunk to its end and converts its results. An expression may stand without its
    /// `return`.
    ///
    /// # Errors
    /// As [`exec`](Self::exec), or when the results are of another type.
    pub fn eval<T: FromResults>(self) -> Result<T, Error> {
        let expression = [b"return ", self.source].concat();
        if let Ok(prototype) = luster_compiler::compile(&expression, &self.name) {
            return self.lua.start_prototype(prototype, &self.arguments)?.finish();
        }
        self.start()?.finish()
    }

    /// Compiles the chunk and begins to run it, in steps that the host decides about.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn start<T: FromResults>(self) -> Result<Task<'lua, T>, Error> {
        let prototype = luster_compiler::compile(self.source, &self.name)
            .map_err(|error| Error::syntax(&error))?;
        self.lua.start_prototype(prototype, &self.arguments)
    }
}

impl Lua {
    fn start_prototype<T: FromResults>(
        &self,
        prototype: luster_bytecode::Prototype,
        arguments: &[Vec<u8>],
    ) -> Result<Task<'_, T>, Error> {
        let prototype = Arc::new(prototype);
        let function = {
            let Ok(vm) = self.vm.try_borrow() else {
                return Err(Error::new(ErrorKind::Busy, "the VM is running already"));
            };
            vm.enter(|ctx| {
                let environment = Value::Table(ctx.globals());
                let closure = luster_vm::load_closure(ctx, &prototype, environment);
                ctx.stash_value(Value::Closure(closure))
            })
        };
        self.start_function(&function, arguments)
    }
}

/// How far a task is after a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<T> {
    /// It is done, with these results.
    Done(T),
    /// The step's fuel is used up; there is more to do.
    OutOfFuel,
}

/// A script that runs in steps.
///
/// ```
/// use luster::{Lua, Step};
///
/// let lua = Lua::new();
/// let mut task = lua.load("local n = 0 while n < 1e6 do n = n + 1 end return n").start::<f64>()?;
/// let mut steps = 0;
/// let n = loop {
///     match task.step(10_000)? {
///         Step::Done(n) => break n,
///         Step::OutOfFuel => steps += 1,
///     }
/// };
/// assert_eq!(n, 1e6);
/// assert!(steps > 100);
/// # Ok::<(), luster::Error>(())
/// ```
pub struct Task<'lua, T> {
    lua: &'lua Lua,
    result: PhantomData<fn() -> T>,
}

impl<T: FromResults> Task<'_, T> {
    /// Runs about `fuel` instructions.
    ///
    /// # Errors
    /// When the script raises an error that it does not catch, calls `os.exit`, or its results are
    /// of another type.
    pub fn step(&mut self, mut fuel: i64) -> Result<Step<T>, Error> {
        let Ok(mut vm) = self.lua.vm.try_borrow_mut() else {
            return Err(Error::new(ErrorKind::Busy, "the VM is running already"));
        };
        let end = vm.run(&mut fuel);
        for warning in luster_vm::take_warnings() {
            vm.enter(|ctx| luster_stdlib::warn(ctx, &warning));
        }
        match end {
            RunEnd::OutOfFuel => Ok(Step::OutOfFuel),
            RunEnd::Exit(status) => {
                Err(Error::new(ErrorKind::Exit(status), format!("exit with status {status}")))
            }
            RunEnd::Done => vm.enter_machine(|mc, machine| {
                let ctx = machine.context(mc);
                match machine.take_completion() {
                    Some(Completion::Returned(values)) => {
                        T::from_results(ctx, &values).map(Step::Done)
                    }
                    Some(Completion::Failed { error, traceback }) => {
                        Err(Error::uncaught(ctx, error, &traceback))
                    }
                    None => Err(Error::new(ErrorKind::Busy, "another script was started since")),
                }
            }),
        }
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn finish(mut self) -> Result<T, Error> {
        loop {
            if let Step::Done(result) = self.step(i64::MAX)? {
                return Ok(result);
            }
        }
    }
}
