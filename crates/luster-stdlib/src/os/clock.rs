//! What time it is: the system's time, or what the host says it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use luster_value::{Context, UserData, Value};

/// The key in the registry of the host's clock.
const KEY: &str = "_CLOCK";

/// A clock of the host.
struct Clock {
    now: Box<dyn Fn() -> SystemTime>,
    start: SystemTime,
}

/// Gives a VM a clock of the host: `os.time` and `os.date` tell its time, `os.clock` what has passed
/// since it was set.
pub fn set_clock(ctx: Context<'_>, now: impl Fn() -> SystemTime + 'static) {
    let clock = Clock { start: now(), now: Box::new(now) };
    let userdata = UserData::new(ctx, clock, None);
    ctx.registry().set_field(ctx, KEY, Value::UserData(userdata));
}

fn of_host<'gc>(ctx: Context<'gc>) -> Option<&'gc Clock> {
    match ctx.registry().get_field(ctx, KEY) {
        Value::UserData(userdata) => userdata.downcast(),
        _ => None,
    }
}

/// The seconds since 1970.
pub(super) fn now(ctx: Context<'_>) -> i64 {
    let now = of_host(ctx).map_or_else(SystemTime::now, |clock| (clock.now)());
    match now.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs() as i64,
        Err(before) => -(before.duration().as_secs() as i64),
    }
}

/// The processor time that the process has used, or what has passed on the host's clock.
pub(super) fn seconds_used(ctx: Context<'_>) -> f64 {
    match of_host(ctx) {
        Some(clock) => {
            (clock.now)().duration_since(clock.start).unwrap_or(Duration::ZERO).as_secs_f64()
        }
        None => processor_seconds(),
    }
}

/// The processor time of the process, in whole microseconds as C's `clock` counts it.
#[cfg(unix)]
fn processor_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    (time.tv_sec as f64 * 1e6 + (time.tv_nsec / 1000) as f64) / 1e6
}

/// The time since the first call: what C's `clock` counts where there is no processor time.
#[cfg(not(unix))]
fn processor_seconds() -> f64 {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed().as_secs_f64()
}
