//! Runs this executable again as a child and says what the kernel counted for it: CPU time and peak
//! memory of that one process, with nothing of the runner in it. And what it counts for a thread.

use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::engine::Engine;

/// A child that computes for longer than this is killed by the kernel, so that an engine that hangs
/// costs one row and not the whole run. The slowest program takes about a second.
const CPU_LIMIT_SECONDS: libc::rlim_t = 120;

/// A child that maps more than this cannot allocate any more, so that an engine that never frees
/// anything does not take the machine with it. The largest program needs less than 100 MB.
const MEMORY_LIMIT_BYTES: libc::rlim_t = 4 << 30;

/// What one child cost, and what it printed.
pub(crate) struct Outcome {
    /// Everything it wrote to standard output.
    pub(crate) output: Vec<u8>,
    /// User and system time.
    pub(crate) cpu: Duration,
    /// From just before the start until it was gone.
    pub(crate) wall: Duration,
    /// The largest resident set it had.
    pub(crate) peak_bytes: u64,
}

/// Runs one Lua file in a child of its own and waits for it.
///
/// The error says how the child ended if that was not with success. What it writes to standard error
/// goes to the runner's.
pub(crate) fn measure(engine: Engine, file: &Path) -> Result<Outcome, String> {
    let executable = std::env::current_exe().map_err(|error| error.to_string())?;
    let start = Instant::now();
    let mut child = Command::new(executable)
        .arg("--child")
        .arg(engine.name())
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    limit(child.id());

    let mut output = Vec::new();
    let read = match child.stdout.take() {
        Some(mut pipe) => pipe.read_to_end(&mut output).map(drop),
        None => Ok(()),
    };
    // The child is reaped here and `Child::wait` never called: the standard library does not pass
    // the resource usage on.
    let (status, usage) = wait(child.id()).map_err(|error| error.to_string())?;
    let wall = start.elapsed();
    read.map_err(|error| error.to_string())?;

    if libc::WIFSIGNALED(status) {
        return Err(format!("{} was killed by signal {}", engine.name(), libc::WTERMSIG(status)));
    }
    match libc::WEXITSTATUS(status) {
        0 => Ok(Outcome {
            output,
            cpu: duration(usage.ru_utime) + duration(usage.ru_stime),
            wall,
            peak_bytes: peak_bytes(&usage),
        }),
        code => Err(format!("{} ended with exit code {code}", engine.name())),
    }
}

/// Sets the limits from outside, right after the start. If that fails the child just has none.
fn limit(id: u32) {
    #[cfg(target_os = "linux")]
    for (resource, most) in
        [(libc::RLIMIT_CPU, CPU_LIMIT_SECONDS), (libc::RLIMIT_AS, MEMORY_LIMIT_BYTES)]
    {
        let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
        // SAFETY: `limit` lives through the call and the old limit is not asked for; the process is
        // our own child, not reaped yet, so that the id cannot belong to another.
        unsafe {
            libc::prlimit(id.cast_signed(), resource, &raw const limit, std::ptr::null_mut());
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (id, CPU_LIMIT_SECONDS, MEMORY_LIMIT_BYTES);
}

/// Waits for a child and returns its status and the resources it used.
fn wait(id: u32) -> io::Result<(libc::c_int, libc::rusage)> {
    let mut status = 0;
    // SAFETY: `rusage` is a plain C structure of integers, for which all zeros is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: both pointers are to live locals of the type that the call writes.
        let result = unsafe { libc::wait4(id.cast_signed(), &raw mut status, 0, &raw mut usage) };
        if result >= 0 {
            return Ok((status, usage));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// The CPU time of this thread: unlike the time of day, not that of others who use the processor too.
pub(crate) fn thread_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live local of the type that the call writes. If it fails, which it
    // does not for this clock, the time is zero.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_nanos(nanos)
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let micros = u64::try_from(time.tv_usec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(micros)
}

/// `ru_maxrss` counts kilobytes, on Apple's systems bytes.
fn peak_bytes(usage: &libc::rusage) -> u64 {
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    u64::try_from(usage.ru_maxrss).unwrap_or(0) * unit
}
