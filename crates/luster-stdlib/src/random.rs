//! `math.random` and `math.randomseed`: xoshiro256**, seeded as the reference seeds it, so that a
//! seed gives the same numbers.
//!
//! D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", 2018.

use std::cell::Cell;
use std::rc::Rc;

use luster_value::{Callback, CallbackReturn, Captured, Context, Error, Stack, Table, Value};

/// The state of a generator.
#[derive(Clone)]
struct Generator(Rc<Cell<[u64; 4]>>);

impl Generator {
    /// A generator with a seed of two words.
    fn new(first: u64, second: u64) -> Self {
        let generator = Generator(Rc::new(Cell::new([0; 4])));
        generator.seed(first, second);
        generator
    }

    fn seed(&self, first: u64, second: u64) {
        // The second word keeps the state from being all zeros.
        self.0.set([first, 0xFF, second, 0]);
        for _ in 0..16 {
            self.next();
        }
    }

    /// The next 64 bits.
    #[inline]
    fn next(&self) -> u64 {
        let [a, b, c, d] = self.0.get();
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        self.0.set([a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)]);
        result
    }

    /// A number from 0 to `limit`, all as likely, made of `bits` and more if need be: of the bits
    /// that the limit has, as often as they are beyond it.
    fn project(&self, mut bits: u64, limit: u64) -> u64 {
        let mask = u64::MAX.checked_shr(limit.leading_zeros()).unwrap_or(0);
        loop {
            bits &= mask;
            if bits <= limit {
                return bits;
            }
            bits = self.next();
        }
    }
}

/// A float from 0 up to but not including 1: the upper 53 of the bits.
#[inline]
fn unit_float(bits: u64) -> f64 {
    (bits >> 11) as f64 * (0.5 / (1u64 << 52) as f64)
}

/// Puts the functions into the library's table, with a generator of their own.
pub(crate) fn register<'gc>(ctx: Context<'gc>, table: Table<'gc>) {
    // The VM's seed is random unless the host wants every run to be the same.
    let generator = Generator::new(ctx.random_word(), ctx.random_word());
    let random = Callback::captured(ctx, "random", Random(generator.clone()));
    let randomseed = Callback::captured(ctx, "randomseed", RandomSeed(generator));
    table.set_field(ctx, "random", Value::Callback(random));
    table.set_field(ctx, "randomseed", Value::Callback(randomseed));
}

/// `math.random([first [, last]])`
#[derive(gc_arena::Collect)]
#[collect(require_static)]
struct Random(Generator);

impl<'gc> Captured<'gc> for Random {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        let bits = self.0.next();
        let (low, high) = match stack.len() {
            0 => {
                stack.replace(Value::float(unit_float(bits)));
                return Ok(CallbackReturn::Return);
            }
            1 => match stack.integer(ctx, 0)? {
                0 => {
                    stack.replace(Value::Integer(bits as i64));
                    return Ok(CallbackReturn::Return);
                }
                high => (1, high),
            },
            2 => (stack.integer(ctx, 0)?, stack.integer(ctx, 1)?),
            _ => return Err(Error::message("wrong number of arguments")),
        };
        if low > high {
            return Err(Error::argument(1, "interval is empty"));
        }
        let offset = self.0.project(bits, (high as u64).wrapping_sub(low as u64));
        stack.replace(Value::Integer((low as u64).wrapping_add(offset) as i64));
        Ok(CallbackReturn::Return)
    }
}

/// `math.randomseed([first [, second]])`
#[derive(gc_arena::Collect)]
#[collect(require_static)]
struct RandomSeed(Generator);

impl<'gc> Captured<'gc> for RandomSeed {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        let (first, second) = if stack.is_empty() {
            (ctx.random_word() as i64, self.0.next() as i64)
        } else {
            let first = stack.integer(ctx, 0)?;
            (first, stack.optional_integer(ctx, 1, 0)?)
        };
        self.0.seed(first as u64, second as u64);
        stack.replace2(Value::Integer(first), Value::Integer(second));
        Ok(CallbackReturn::Return)
    }
}

#[cfg(test)]
mod tests {
    use super::{Generator, unit_float};

    #[test]
    fn a_seed_gives_the_numbers_of_the_reference() {
        let generator = Generator::new(1007, 0);
        // From the official test suite, `math.lua`.
        assert_eq!(generator.next(), 0x7a7040a5_a323c9d6);
        let generator = Generator::new(42, 0);
        let numbers: Vec<u64> = (0..1000).map(|_| generator.next()).collect();
        assert!(numbers.iter().all(|bits| (0.0..1.0).contains(&unit_float(*bits))));
    }

    #[test]
    fn projection_reaches_both_ends() {
        let generator = Generator::new(1, 2);
        assert_eq!(generator.project(u64::MAX, 0), 0);
        assert_eq!(generator.project(u64::MAX, u64::MAX), u64::MAX);
        assert_eq!(generator.project(7, 7), 7);
        assert!((0..100).all(|_| generator.project(generator.next(), 5) <= 5));
    }
}
