//! The bounds of a numeric `for` loop over integers, computed once before it starts.
//!
//! A loop whose start or step is a float counts in floats and needs nothing from here. The checks
//! that raise errors (a step of zero, a limit that is no number) are the machine's.

use crate::{
    Number,
    convert::{float_to_integer_ceil, float_to_integer_floor},
};

/// The last value that the control variable may take, or `None` when the loop does not run.
///
/// A float limit is rounded towards the start, and clipped to the integers if beyond them, as the
/// reference's `forlimit` does: so a NaN stops an ascending loop, and is no bound to a descending
/// one. `step` is not zero.
///
/// ```
/// use luster_number::{Number, for_limit};
///
/// assert_eq!(for_limit(1, Number::Float(3.9), 1), Some(3));
/// assert_eq!(for_limit(1, Number::Float(f64::INFINITY), 1), Some(i64::MAX));
/// assert_eq!(for_limit(1, Number::Integer(0), 1), None);
/// ```
#[inline]
pub fn for_limit(init: i64, limit: Number, step: i64) -> Option<i64> {
    let limit = match limit {
        Number::Integer(limit) => limit,
        Number::Float(limit) => clip_float_limit(limit, step)?,
    };
    let runs = if step > 0 { init <= limit } else { init >= limit };
    runs.then_some(limit)
}

/// The integer that bounds a loop as the float does, or `None` when no integer start can run it.
fn clip_float_limit(limit: f64, step: i64) -> Option<i64> {
    let rounded =
        if step < 0 { float_to_integer_ceil(limit) } else { float_to_integer_floor(limit) };
    rounded.or_else(|| {
        if limit > 0.0 { (step > 0).then_some(i64::MAX) } else { (step <= 0).then_some(i64::MIN) }
    })
}

/// How often the loop goes on after its first round: the control variable takes one value more.
///
/// For a loop that runs, with a `limit` from [`for_limit`] and a `step` other than zero (zero
/// counts as a single round). Counting rounds instead of comparing values is what keeps a loop to
/// the largest integer from running over.
///
/// ```
/// use luster_number::for_count;
///
/// assert_eq!(for_count(1, 10, 1), 9);
/// assert_eq!(for_count(10, 1, -4), 2);
/// assert_eq!(for_count(i64::MIN, i64::MAX, 1), u64::MAX);
/// ```
#[inline]
pub fn for_count(init: i64, limit: i64, step: i64) -> u64 {
    let distance = if step > 0 {
        (limit as u64).wrapping_sub(init as u64)
    } else {
        (init as u64).wrapping_sub(limit as u64)
    };
    // A step of one is by far the most common, and a division costs more than the test.
    if step == 1 { distance } else { distance.checked_div(step.unsigned_abs()).unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_clipped() {
        let float = Number::Float;
        let table = [
            (1, Number::Integer(3), 1, Some(3)),
            (3, Number::Integer(3), 1, Some(3)),
            (4, Number::Integer(3), 1, None),
            (3, Number::Integer(4), -1, None),
            (1, float(2.9), 1, Some(2)),
            (1, float(-2.9), -1, Some(-2)),
            (3, float(2.9), 1, None),
            (1, float(1e300), 1, Some(i64::MAX)),
            (1, float(1e300), -1, None),
            (1, float(-1e300), -1, Some(i64::MIN)),
            (1, float(-1e300), 1, None),
            (i64::MAX, float(f64::INFINITY), 1, Some(i64::MAX)),
            (i64::MIN, float(f64::NEG_INFINITY), -1, Some(i64::MIN)),
            (1, float(f64::NAN), 1, None),
            (1, float(f64::NAN), -1, Some(i64::MIN)),
            (0, float(-2f64.powi(63)), -1, Some(i64::MIN)),
        ];
        for (init, limit, step, expected) in table {
            assert_eq!(for_limit(init, limit, step), expected, "{init}, {limit}, {step}");
        }
    }

    #[test]
    fn counts_never_overflow() {
        let table = [
            (1, 1, 1, 0),
            (1, 10, 3, 3),
            (10, 1, -3, 3),
            (i64::MIN, i64::MAX, i64::MAX, 2),
            (i64::MAX, i64::MIN, i64::MIN, 1),
            (i64::MAX, i64::MIN, -1, u64::MAX),
            (i64::MAX - 1, i64::MAX, 2, 0),
            (1, 1, 0, 0),
        ];
        for (init, limit, step, expected) in table {
            assert_eq!(for_count(init, limit, step), expected, "{init}, {limit}, {step}");
        }
    }
}
