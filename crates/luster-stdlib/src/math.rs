//! The library `math`, but for random numbers, which are in `random`.

use luster_number::Number;
use luster_value::{CallbackReturn, Context, Error, Function, Stack, Table, Value};

use crate::program::{Program, Step, run};
use crate::random;

const FUNCTIONS: &[(&str, Function)] = &[
    ("abs", abs),
    ("acos", acos),
    ("asin", asin),
    ("atan", atan),
    ("ceil", ceil),
    ("cos", cos),
    ("deg", deg),
    ("exp", exp),
    ("floor", floor),
    ("fmod", fmod),
    ("frexp", frexp),
    ("ldexp", ldexp),
    ("log", log),
    ("max", max),
    ("min", min),
    ("modf", modf),
    ("rad", rad),
    ("sin", sin),
    ("sqrt", sqrt),
    ("tan", tan),
    ("tointeger", tointeger),
    ("type", r#type),
    ("ult", ult),
];

/// Makes the table of the library.
pub(crate) fn open<'gc>(ctx: Context<'gc>) -> Table<'gc> {
    let table = crate::table_of(ctx, FUNCTIONS, 6);
    random::register(ctx, table);
    table.set_field(ctx, "pi", Value::float(std::f64::consts::PI));
    table.set_field(ctx, "huge", Value::float(f64::INFINITY));
    table.set_field(ctx, "maxinteger", Value::Integer(i64::MAX));
    table.set_field(ctx, "mininteger", Value::Integer(i64::MIN));
    table
}

/// What all functions of this file return.
type Returned<'gc> = Result<CallbackReturn<'gc>, Error<'gc>>;

/// Returns one value.
#[inline]
fn give<'gc>(stack: &mut Stack<'_, 'gc>, value: Value<'gc>) -> Returned<'gc> {
    stack.replace(value);
    Ok(CallbackReturn::Return)
}

/// A function of one float.
#[inline]
fn map<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    function: impl FnOnce(f64) -> f64,
) -> Returned<'gc> {
    let x = stack.float(ctx, 0)?;
    give(stack, Value::float(function(x)))
}

/// A float without a fraction as an integer, where it fits.
fn integer_if_fits<'gc>(x: f64) -> Value<'gc> {
    luster_number::float_to_integer_exact(x).map_or(Value::float(x), Value::Integer)
}

/// `math.abs(x)`
fn abs<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    match stack.get(0) {
        Value::Integer(i) => give(stack, Value::Integer(i.wrapping_abs())),
        _ => map(ctx, stack, f64::abs),
    }
}

/// `math.sin(x)`
fn sin<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    map(ctx, stack, f64::sin)
}

/// `math.cos(x)`
fn cos<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    map(ctx, stack, f64::cos)
}

/// `math.tan(x)`
fn tan<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    map(ctx, stack, f64::tan)
}

/// `math.asin(x)`
fn asin<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    map(ctx, stack, f64::asin)
}

/// `math.acos(x)`
fn acos<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    map(ctx, stack, f64::acos)
}

/// `math.atan(y [, x])`
fn atan<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    let y = stack.float(ctx, 0)?;
    let x = if stack.get(1).is_nil() { 1.0 } else { stack.float(ctx, 1)? };
    give(stack, Value::float(y.atan2(x)))
}

/// `math.sqrt(x)`
fn sqrt<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    map(ctx, stack, f64::sqrt)
}

/// `math.exp(x)`
fn exp<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    map(ctx, stack, f64::exp)
}

/// `math.deg(x)`
fn deg<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    map(ctx, stack, |x| x * (180.0 / std::f64::consts::PI))
}

/// `math.rad(x)`
fn rad<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    map(ctx, stack, |x| x * (std::f64::consts::PI / 180.0))
}

/// `math.log(x [, base])`
fn log<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    let x = stack.float(ctx, 0)?;
    let result = if stack.get(1).is_nil() {
        x.ln()
    } else {
        match stack.float(ctx, 1)? {
            2.0 => x.log2(),
            10.0 => x.log10(),
            base => x.ln() / base.ln(),
        }
    };
    give(stack, Value::float(result))
}

/// `math.floor(x)`
fn floor<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    match stack.get(0) {
        Value::Integer(i) => give(stack, Value::Integer(i)),
        _ => {
            let x = stack.float(ctx, 0)?;
            let integer = luster_number::float_to_integer_floor(x);
            give(stack, integer.map_or_else(|| Value::float(x.floor()), Value::Integer))
        }
    }
}

/// `math.ceil(x)`
fn ceil<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    match stack.get(0) {
        Value::Integer(i) => give(stack, Value::Integer(i)),
        _ => {
            let x = stack.float(ctx, 0)?;
            let integer = luster_number::float_to_integer_ceil(x);
            give(stack, integer.map_or_else(|| Value::float(x.ceil()), Value::Integer))
        }
    }
}

/// `math.fmod(x, y)`
fn fmod<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    match (stack.get(0), stack.get(1)) {
        (Value::Integer(_), Value::Integer(0)) => Err(Error::argument(2, "zero")),
        (Value::Integer(x), Value::Integer(y)) => give(stack, Value::Integer(x.wrapping_rem(y))),
        _ => {
            let (x, y) = (stack.float(ctx, 0)?, stack.float(ctx, 1)?);
            give(stack, Value::float(luster_number::remainder_float(x, y)))
        }
    }
}

/// `math.modf(x)`
fn modf<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    if let Value::Integer(i) = stack.get(0) {
        stack.replace2(Value::Integer(i), Value::float(0.0));
        return Ok(CallbackReturn::Return);
    }
    let x = stack.float(ctx, 0)?;
    // As the reference has it: the sign of a negative zero is kept only by `ceil`.
    let whole = if x < 0.0 { x.ceil() } else { x.floor() };
    let fraction = if x == whole { 0.0 } else { x - whole };
    stack.replace2(integer_if_fits(whole), Value::float(fraction));
    Ok(CallbackReturn::Return)
}

/// `math.frexp(x)`
fn frexp<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    let (mantissa, exponent) = split(stack.float(ctx, 0)?);
    stack.replace2(Value::float(mantissa), Value::Integer(exponent));
    Ok(CallbackReturn::Return)
}

/// A float as a mantissa in [0.5, 1) and an exponent of 2.
fn split(x: f64) -> (f64, i64) {
    const EXPONENT: u64 = 0x7FF;
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let (x, correction) = if x.abs() < f64::MIN_POSITIVE {
        // A subnormal number, made normal by a factor of 2^54.
        (x * (1u64 << 54) as f64, -54)
    } else {
        (x, 0)
    };
    let bits = x.to_bits();
    let exponent = (bits >> 52 & EXPONENT) as i64 - 1022;
    (f64::from_bits(bits & !(EXPONENT << 52) | 1022 << 52), exponent + correction)
}

/// `math.ldexp(mantissa, exponent)`
fn ldexp<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    let x = stack.float(ctx, 0)?;
    // The reference takes the exponent as C's `int`.
    let exponent = stack.integer(ctx, 1)? as i32;
    give(stack, Value::float(scale(x, exponent)))
}

/// A float times a power of 2, rounded once.
fn scale(x: f64, exponent: i32) -> f64 {
    let (mantissa, own) = split(x);
    if mantissa == 0.0 || !mantissa.is_finite() {
        return x;
    }
    let exponent = (own + i64::from(exponent)).clamp(-1100, 1100) as i32;
    let power = |exponent: i32| f64::from_bits(((exponent + 1023) as u64) << 52);
    if exponent > 1024 {
        mantissa * f64::INFINITY
    } else if exponent > -1021 {
        // The mantissa is below 1, so that twice a normal power of 2 is exact.
        mantissa * 2.0 * power(exponent - 1)
    } else {
        // The first factor is exact, so that only the second one rounds.
        mantissa * power(exponent + 200) * power(-200)
    }
}

/// `math.tointeger(x)`
fn tointeger<'gc>(_: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    let integer = stack.any(0)?.to_integer();
    give(stack, integer.map_or(Value::Nil, Value::Integer))
}

/// `math.type(x)`
fn r#type<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    let name = match stack.any(0)?.as_number() {
        Some(Number::Integer(_)) => ctx.string("integer"),
        Some(Number::Float(_)) => ctx.string("float"),
        None => Value::Nil,
    };
    give(stack, name)
}

/// `math.ult(a, b)`
fn ult<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    let (a, b) = (stack.integer(ctx, 0)?, stack.integer(ctx, 1)?);
    give(stack, Value::boolean((a as u64) < b as u64))
}

/// `math.min(x, ...)`
fn min<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    extreme(ctx, stack, false)
}

/// `math.max(x, ...)`
fn max<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Returned<'gc> {
    extreme(ctx, stack, true)
}

/// How many numbers are compared before the fuel is looked at, and how many for a unit of it.
const NUMBERS: usize = 1 << 14;
const NUMBERS_PER_FUEL: usize = 4;

/// The least or the greatest argument; the first of several that compare equal.
fn extreme<'gc>(ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>, greatest: bool) -> Returned<'gc> {
    let mut best = stack.any(0)?;
    let count = stack.len();
    let long_way = Extreme { count, best: 0, next: 1, greatest, asked: false };
    if count > NUMBERS {
        return run(ctx, stack, long_way);
    }
    for index in 1..count {
        let value = stack.get(index);
        let (Some(a), Some(b)) = (best.as_number(), value.as_number()) else {
            return run(ctx, stack, long_way);
        };
        if if greatest { luster_number::less(a, b) } else { luster_number::less(b, a) } {
            best = value;
        }
    }
    stack.burn(count / NUMBERS_PER_FUEL);
    give(stack, best)
}

/// `min` and `max` of what is not all numbers, or of very many. Since 5.5 anything that compares will do, by
/// way of metamethods too.
#[derive(gc_arena::Collect)]
#[collect(require_static)]
struct Extreme {
    count: usize,
    best: usize,
    next: usize,
    greatest: bool,
    asked: bool,
}

impl Extreme {
    /// Goes on as far as there are numbers; past some of them, if they are very many.
    fn pass_numbers(&mut self, stack: &mut Stack<'_, '_>) {
        let Some(mut best) = stack.get(self.best).as_number() else { return };
        let end = self.count.min(self.next + NUMBERS);
        let (mut best_index, mut index) = (self.best, self.next);
        while index < end
            && let Some(number) = stack.get(index).as_number()
        {
            let is_better = if self.greatest {
                luster_number::less(best, number)
            } else {
                luster_number::less(number, best)
            };
            if is_better {
                (best, best_index) = (number, index);
            }
            index += 1;
        }
        stack.burn((index - self.next) / NUMBERS_PER_FUEL);
        (self.best, self.next) = (best_index, index);
    }
}

impl<'gc> Program<'gc> for Extreme {
    fn next(
        &mut self,
        _: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        input: Value<'gc>,
    ) -> Result<Step<'gc>, Error<'gc>> {
        if std::mem::take(&mut self.asked) {
            if input.is_truthy() {
                self.best = self.next;
            }
            self.next += 1;
        }
        let first = self.next;
        self.pass_numbers(stack);
        let best = stack.get(self.best);
        if self.next == self.count {
            stack.replace(best);
            return Ok(Step::Done);
        }
        if self.next - first == NUMBERS {
            return Ok(Step::Pause);
        }
        self.asked = true;
        let value = stack.get(self.next);
        Ok(if self.greatest { Step::Less(best, value) } else { Step::Less(value, best) })
    }
}

#[cfg(test)]
mod tests {
    use super::{scale, split};

    #[test]
    fn floats_are_split_into_mantissa_and_exponent() {
        assert_eq!(split(1.0), (0.5, 1));
        assert_eq!(split(-0.75), (-0.75, 0));
        assert_eq!(split(5e-324), (0.5, -1073));
        assert_eq!(split(f64::MAX), (1.0 - f64::EPSILON / 2.0, 1024));
        assert_eq!(split(0.0), (0.0, 0));
    }

    #[test]
    fn floats_are_scaled_with_one_rounding() {
        assert_eq!(scale(0.5, 1), 1.0);
        assert_eq!(scale(1.0, -1074), 5e-324);
        assert_eq!(scale(1.0, -1075), 0.0);
        assert_eq!(scale(1.5, -1075), 5e-324);
        assert_eq!(scale(5e-324, 2096), 4.49423283715579e307);
        assert_eq!(scale(1.0 - f64::EPSILON / 2.0, 1024), f64::MAX);
        assert_eq!(scale(-1.0, i32::MAX), f64::NEG_INFINITY);
        assert_eq!(scale(1.0, i32::MIN), 0.0);
        assert_eq!(scale(2.0, -1022), 2.0 * f64::MIN_POSITIVE);
    }
}
