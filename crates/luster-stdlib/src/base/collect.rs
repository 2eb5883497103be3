//! `collectgarbage`: the script's side of the collector. What happens is up to the VM's collection
//! driver; modes and parameters are kept and reported.

use luster_value::{
    CallbackReturn, CollectRequest, CollectorParameter, Context, Error, Stack, Value, account,
};

/// About how many bytes an object takes beside what it owns.
const OBJECT_BYTES: usize = 64;

const OPTIONS: &[&str] = &[
    "stop",
    "restart",
    "collect",
    "count",
    "step",
    "isrunning",
    "generational",
    "incremental",
    "param",
];

const PARAMETERS: &[(&str, CollectorParameter)] = &[
    ("minormul", CollectorParameter::MinorMultiplier),
    ("majorminor", CollectorParameter::MajorMinor),
    ("minormajor", CollectorParameter::MinorMajor),
    ("pause", CollectorParameter::Pause),
    ("stepmul", CollectorParameter::StepMultiplier),
    ("stepsize", CollectorParameter::StepSize),
];

/// `collectgarbage([option [, argument...]])`
pub(super) fn collectgarbage<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let settings = ctx.collector_settings();
    let option = OPTIONS[stack.option(ctx, 0, Some("collect"), OPTIONS)?];
    // Arguments are checked before the answer to a finalizer is given, as the reference does.
    let result = match option {
        "param" => {
            let names = PARAMETERS.iter().map(|(name, _)| *name).collect::<Vec<_>>();
            let (_, which) = PARAMETERS[stack.option(ctx, 1, None, &names)?];
            // The reference keeps parameters as C's `int`.
            let value = i64::from(stack.optional_integer(ctx, 2, -1)? as i32);
            let before = settings.parameter(which);
            if value >= 0 && !in_finalizer(stack) {
                settings.set_parameter(which, round_parameter(value));
            }
            Value::Integer(if in_finalizer(stack) { -1 } else { before })
        }
        "step" => {
            let size = stack.optional_integer(ctx, 1, 0)?;
            if in_finalizer(stack) {
                Value::Nil
            } else {
                let size = usize::try_from(size).unwrap_or(0);
                stack.replace(Value::False);
                return Ok(CallbackReturn::Collect(CollectRequest::Step(size)));
            }
        }
        _ if in_finalizer(stack) => Value::Nil,
        "stop" => {
            settings.set_stopped(true);
            Value::Integer(0)
        }
        "restart" => {
            settings.set_stopped(false);
            Value::Integer(0)
        }
        "count" => {
            let bytes = account::bytes() + OBJECT_BYTES * ctx.metrics().total_gc_count();
            Value::float(bytes as f64 / 1024.0)
        }
        "isrunning" => Value::boolean(!settings.is_stopped()),
        "generational" | "incremental" => {
            let was_generational = settings.set_generational(option == "generational");
            ctx.string(if was_generational { "generational" } else { "incremental" })
        }
        _ => {
            stack.replace(Value::Integer(0));
            return Ok(CallbackReturn::Collect(CollectRequest::Full));
        }
    };
    stack.replace(result);
    Ok(CallbackReturn::Return)
}

/// Whether a finalizer is running, which must not meddle with the collector.
fn in_finalizer(stack: &Stack<'_, '_>) -> bool {
    stack.thread_state().runs_finalizer()
}

/// A parameter as it comes back: the reference keeps 4 bits of mantissa and 4 of exponent, in units
/// of 1/128.
fn round_parameter(percent: i64) -> i64 {
    /// What does not fit in such a byte becomes the largest that does.
    const LIMIT: u64 = (0x1F << 7) * 100;
    let percent = percent as u64;
    let (mantissa, exponent) = if percent >= LIMIT {
        (0x1F, 14)
    } else {
        let units = (percent * 128).div_ceil(100);
        let shift = (64 - units.leading_zeros()).saturating_sub(5);
        (units >> shift, shift)
    };
    ((mantissa * 100) << exponent >> 7) as i64
}

#[cfg(test)]
mod tests {
    use super::round_parameter;

    #[test]
    fn parameters_come_back_as_in_the_reference() {
        for (given, kept) in [(250, 250), (200, 200), (123, 118), (1_000_000_000, 396_800), (0, 0)]
        {
            assert_eq!(round_parameter(given), kept, "{given}");
        }
    }
}
