//! Short ways to write code and to run it. No checks.

use std::sync::Arc;

use luster_bytecode::{Capture, Constant, Instruction, Op, Parts, Prototype, Source, UpValueInfo};
use luster_value::{Context, Value};
use luster_vm::{Busy, Outcome, RunEnd, Vm, load_closure};

/// An instruction, its operands in order.
pub(crate) fn op(op: Op, a: u8, b: u8, c: u8, d: i32) -> Instruction {
    Instruction::new(op, a, b, c, d)
}

pub(crate) fn string(text: &str) -> Constant {
    Constant::String(Arc::from(text.as_bytes()))
}

/// A function that is being written.
pub(crate) struct Function(Parts);

impl Function {
    /// One with so many parameters and registers, whose first upvalue is the environment if it is a
    /// main function.
    pub(crate) fn new(parameters: u8, registers: u8, code: &[Instruction]) -> Self {
        Function(Parts {
            source: Arc::new(Source { name: Arc::from(b"=code".as_slice()), line_starts: vec![] }),
            line_defined: 0,
            last_line_defined: 0,
            parameters,
            is_vararg: false,
            registers,
            instructions: code.to_vec(),
            constants: vec![],
            prototypes: vec![],
            upvalues: vec![],
            offsets: vec![],
            locals: vec![],
        })
    }

    pub(crate) fn vararg(mut self) -> Self {
        self.0.is_vararg = true;
        self
    }

    pub(crate) fn constants(mut self, constants: &[Constant]) -> Self {
        self.0.constants = constants.to_vec();
        self
    }

    pub(crate) fn upvalue(mut self, capture: Capture) -> Self {
        self.0.upvalues.push(UpValueInfo { name: Arc::from(b"up".as_slice()), capture });
        self
    }

    pub(crate) fn nested(mut self, function: Function) -> Self {
        self.0.prototypes.push(function.verify());
        self
    }

    pub(crate) fn verify(self) -> Arc<Prototype> {
        Arc::new(self.0.verify().expect("sound code"))
    }
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Result {
    Integers(Vec<Option<i64>>),
    Failed(String),
}

/// One integer.
pub(crate) fn one(number: i64) -> Result {
    Result::Integers(vec![Some(number)])
}

fn result(outcome: Outcome<'_, '_>) -> Result {
    match outcome {
        Outcome::Returned(values) => Result::Integers(
            values
                .iter()
                .map(|value| if let Value::Integer(number) = value { Some(*number) } else { None })
                .collect(),
        ),
        Outcome::Failed { error: Value::String(message), .. } => {
            Result::Failed(message.to_string_lossy().into_owned())
        }
        Outcome::Failed { error, .. } => Result::Failed(format!("{error:?}")),
    }
}

/// Calls a main function with integers in a fresh VM, in one go. `prepare` fills the globals.
pub(crate) fn run_in_one_go(
    prototype: &Arc<Prototype>,
    arguments: &[i64],
    prepare: impl for<'gc> Fn(Context<'gc>),
) -> Result {
    let vm = Vm::new(3);
    vm.enter(&prepare);
    let (end, execution) = vm
        .call(
            &mut i64::MAX.clone(),
            || false,
            |ctx, stack| {
                stack.extend(arguments.iter().map(|&number| Value::Integer(number)));
                let globals = Value::Table(ctx.globals());
                Ok::<_, Busy>(Value::Closure(load_closure(ctx, prototype, globals)))
            },
            |_, outcome| result(outcome),
        )
        .expect("the VM is idle");
    assert!(execution.is_none());
    match end {
        RunEnd::Done(result) => result,
        other => panic!("{other:?}"),
    }
}

/// Calls a main function with integers in fresh VMs, once in one go and once in slices with
/// collections between them; it has to come to the same.
pub(crate) fn run(
    function: Function,
    arguments: &[i64],
    prepare: impl for<'gc> Fn(Context<'gc>),
) -> Result {
    let prototype = function.verify();
    let whole = run_in_one_go(&prototype, arguments, &prepare);
    let vm = Vm::new(3);
    vm.enter(&prepare);
    let execution = vm
        .start(|ctx, stack| {
            stack.extend(arguments.iter().map(|&number| Value::Integer(number)));
            let globals = Value::Table(ctx.globals());
            Ok::<_, Busy>(Value::Closure(load_closure(ctx, &prototype, globals)))
        })
        .expect("the VM is idle");
    let mut turns = 0_u32;
    let in_slices = loop {
        let mut fuel = 40;
        match vm.run(&execution, &mut fuel, || false, |_, outcome| result(outcome)) {
            Ok(RunEnd::Done(result)) => break result,
            Ok(RunEnd::OutOfFuel) if turns.is_multiple_of(16) => vm.collect_garbage(),
            Ok(RunEnd::OutOfFuel) => {}
            other => panic!("{other:?}"),
        }
        turns += 1;
    };
    assert_eq!(in_slices, whole, "the same in one go and in {turns} slices");
    whole
}
