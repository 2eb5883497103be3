//! Counting the bytes that collected objects own outside the collector's own allocations.
//!
//! Neither `Drop` nor `trace` is told which VM it works for, and several VMs may share a thread.
//! So the counter of the VM at work is installed in a thread-local, where everything is a plain
//! number. It stays there when the VM has done its work, until another one's is wanted: so a host
//! that works with one VM for long does not pay for the change.

use std::cell::Cell;
use std::rc::Rc;

/// What a VM's objects own, in bytes.
#[derive(Debug, Default)]
pub struct Account {
    home: Rc<Home>,
}

/// Where the count of a VM is while its counter is not the one that is installed.
#[derive(Debug, Default)]
struct Home {
    bytes: Cell<isize>,
    dear: Cell<usize>,
    /// How many times the account is open.
    open: Cell<u32>,
}

/// What counts for the VM at work.
struct Counter {
    /// The address of the home of what is counted.
    home: Cell<usize>,
    bytes: Cell<isize>,
    slice_limit: Cell<isize>,
    request_limit: Cell<isize>,
    /// What has been done without a look at the fuel, in bytes looked at.
    work: Cell<usize>,
    /// How many bytes were refused the last time.
    refused: Cell<usize>,
    /// Whether a full collection is wished for.
    wish: Cell<bool>,
    /// How many slices have begun.
    slices: Cell<u32>,
    /// How many entries of a table have been gone through in one go, at most.
    largest: Cell<usize>,
    /// How many things there are whose end takes long.
    dear: Cell<usize>,
}

thread_local! {
    static COUNTER: Counter = const {
        Counter {
            home: Cell::new(0),
            bytes: Cell::new(0),
            slice_limit: Cell::new(isize::MAX),
            request_limit: Cell::new(isize::MAX),
            work: Cell::new(0),
            refused: Cell::new(0),
            wish: Cell::new(false),
            slices: Cell::new(0),
            largest: Cell::new(0),
            dear: Cell::new(0),
        }
    };

    /// The home of what is counted, which is alive as long as it may be looked for.
    static INSTALLED: Cell<Option<Rc<Home>>> = const { Cell::new(None) };
}

/// Does something with what counts for the VM at work. `with` is the same, but no code of other crates, and
/// hardly any of this one, has it inlined when there is no link-time optimization.
#[inline(always)]
fn counted<T>(f: impl FnOnce(&Counter) -> T) -> T {
    match COUNTER.try_with(f) {
        Ok(result) => result,
        Err(_) => unreachable!("there is nothing in it to be dropped"),
    }
}

/// An account that is open: what is counted until this is dropped is counted there.
#[derive(Debug)]
pub struct Open<'a> {
    home: &'a Home,
    /// Rarely there, and so a word only.
    outer: Option<Box<Outer>>,
}

/// An account that was at work when another one was opened, with its limits.
#[derive(Debug)]
struct Outer {
    home: Rc<Home>,
    slice_limit: isize,
    request_limit: isize,
}

/// A slice that is being run; its limits are lifted when this is dropped.
#[derive(Debug)]
pub struct Slice(());

impl Account {
    /// Counts here until the result is dropped. It may be opened again meanwhile, and other accounts
    /// may be.
    #[inline]
    #[must_use]
    pub fn open(&self) -> Open<'_> {
        let address = Rc::as_ptr(&self.home).addr();
        let is_installed = counted(|counter| counter.home.get() == address);
        let outer = if is_installed { None } else { self.install(address) };
        self.home.open.set(self.home.open.get() + 1);
        Open { home: &self.home, outer }
    }

    /// Whether it is open.
    #[inline]
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.home.open.get() > 0
    }

    /// Installs its counter without limits. Answers what has to be installed again afterwards: the
    /// counter of a VM that is in the midst of something.
    #[cold]
    fn install(&self, address: usize) -> Option<Box<Outer>> {
        // When the thread is about to end there may be nothing to come back to.
        let home = Rc::clone(&self.home);
        let outer = INSTALLED.try_with(|installed| installed.replace(Some(home))).ok().flatten();
        counted(|counter| {
            counter.home.set(address);
            let bytes = counter.bytes.replace(self.home.bytes.get());
            let dear = counter.dear.replace(self.home.dear.get());
            let outer = outer?;
            outer.bytes.set(bytes);
            outer.dear.set(dear);
            (outer.open.get() > 0).then(|| {
                Box::new(Outer {
                    home: outer,
                    slice_limit: counter.slice_limit.replace(isize::MAX),
                    request_limit: counter.request_limit.replace(isize::MAX),
                })
            })
        })
    }
}

impl Outer {
    /// Installs its counter again in the place of another one.
    #[cold]
    fn restore(self, inner: &Home) {
        counted(|counter| {
            counter.home.set(Rc::as_ptr(&self.home).addr());
            inner.bytes.set(counter.bytes.replace(self.home.bytes.get()));
            inner.dear.set(counter.dear.replace(self.home.dear.get()));
            counter.slice_limit.set(self.slice_limit);
            counter.request_limit.set(self.request_limit);
        });
        let _ = INSTALLED.try_with(|installed| installed.set(Some(self.home)));
    }
}

impl Drop for Open<'_> {
    #[inline]
    fn drop(&mut self) {
        self.home.open.set(self.home.open.get() - 1);
        if let Some(outer) = self.outer.take() {
            outer.restore(self.home);
        }
    }
}

impl Drop for Slice {
    #[inline]
    fn drop(&mut self) {
        counted(|counter| {
            counter.slice_limit.set(isize::MAX);
            counter.request_limit.set(isize::MAX);
        });
    }
}

/// Lets the slice that begins allocate so many bytes before it should end for a collection, and no
/// more than `room` bytes in one go.
#[inline]
#[must_use]
pub fn begin_slice(allowance: usize, room: usize) -> Slice {
    counted(|counter| {
        let bytes = counter.bytes.get();
        counter.slices.set(counter.slices.get().wrapping_add(1));
        counter.slice_limit.set(bytes.saturating_add_unsigned(allowance));
        counter.request_limit.set(bytes.saturating_add_unsigned(room));
    });
    Slice(())
}

/// Whether so many bytes can be allocated without passing the memory limit. Whoever is about to
/// allocate much at once has to ask, and to raise "not enough memory" when it cannot.
#[inline]
#[must_use]
pub fn has_room_for(bytes: usize) -> bool {
    counted(|counter| {
        let has_room =
            counter.bytes.get().saturating_add_unsigned(bytes) <= counter.request_limit.get();
        if !has_room {
            counter.refused.set(bytes);
        }
        has_room
    })
}

/// How many bytes can be allocated without passing the memory limit.
pub(crate) fn room() -> usize {
    counted(|counter| match counter.request_limit.get() {
        isize::MAX => usize::MAX,
        limit => usize::try_from(limit.saturating_sub(counter.bytes.get())).unwrap_or(0),
    })
}

/// Wishes for a full collection after this slice, which ends soon, if that may make room for what has
/// just been refused. Tells whether it does; whoever was refused something should begin anew then, once.
pub fn wish_collection() -> bool {
    counted(|counter| {
        let limit = counter.request_limit.get();
        // What is more than all there may be is never granted.
        if limit == isize::MAX
            || usize::try_from(limit).is_ok_and(|all| counter.refused.get() > all)
        {
            return false;
        }
        counter.wish.set(true);
        counter.slice_limit.set(isize::MIN);
        true
    })
}

/// Takes the wish for a full collection, if there is one.
#[inline]
pub fn take_wish() -> bool {
    counted(|counter| counter.wish.take())
}

/// A number that each slice has its own of, until they wrap around.
pub fn slice_number() -> u32 {
    counted(|counter| counter.slices.get())
}

/// Does something small that cannot be told that there is no room for it.
pub fn beyond_limit<T>(f: impl FnOnce() -> T) -> T {
    let limit = counted(|counter| counter.request_limit.replace(isize::MAX));
    let result = f();
    counted(|counter| counter.request_limit.set(limit));
    result
}

/// Whether the slice has allocated what it may.
#[inline]
pub fn should_end_slice() -> bool {
    counted(|counter| counter.bytes.get() > counter.slice_limit.get())
}

/// Notes that so many bytes have been looked at where the fuel is not at hand, if they are many: where
/// long strings are compared, hashed or read as numbers. The slice ends soon then, and the script pays.
#[inline]
pub fn looked_at(bytes: usize) {
    /// What is shorter costs no more than the instruction that looks at it.
    const LONG: usize = 1024;
    if bytes >= LONG {
        work(bytes);
    }
}

/// Notes that so many bytes' work has been to look at something far away in memory, with the same effect.
#[inline]
pub(crate) fn looked_far(bytes: usize) {
    work(bytes);
}

/// Notes that the collector has looked at so many bytes, many or few.
#[inline]
pub(crate) fn traced(bytes: usize) {
    counted(|counter| counter.work.set(counter.work.get().saturating_add(bytes)));
}

/// Notes that a table of so many entries was gone through in one go, as cannot be helped when it is traced
/// or rehashed; or that so many weak tables were, or objects with finalizers, in the atomic step.
#[inline]
pub(crate) fn went_through(entries: usize) {
    /// What is less is no matter.
    const MANY: usize = 1 << 12;
    if entries >= MANY {
        counted(|counter| counter.largest.set(counter.largest.get().max(entries)));
    }
}

/// Takes how many entries of a table (or weak tables, or objects with finalizers) have been gone through in one
/// go on this thread, at most and if they were many: what a step that took long may have been about.
pub fn take_largest_table() -> usize {
    counted(|counter| counter.largest.take())
}

#[cold]
fn work(bytes: usize) {
    /// After so much the slice ends, whatever it may allocate.
    const MOST: usize = 3 << 19;
    counted(|counter| {
        let work = counter.work.get().saturating_add(bytes);
        counter.work.set(work);
        let limit = counter.slice_limit.get();
        if limit != isize::MAX {
            let rest = limit.saturating_sub_unsigned(bytes);
            counter.slice_limit.set(if work > MOST { isize::MIN } else { rest });
        }
    });
}

/// Takes what [`looked_at`] has noted.
#[inline]
pub fn take_work() -> usize {
    counted(|counter| counter.work.take())
}

/// Something whose end takes long, as that of a file does: where there are many of them, they are not freed
/// many at a time.
#[derive(Debug)]
pub struct Dear(());

gc_arena::static_collect!(Dear);

impl Dear {
    /// One more of them.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it counts")]
    pub fn new() -> Self {
        counted(|counter| counter.dear.set(counter.dear.get() + 1));
        Dear(())
    }
}

impl Drop for Dear {
    fn drop(&mut self) {
        counted(|counter| counter.dear.set(counter.dear.get().saturating_sub(1)));
    }
}

/// How many things there are whose end takes long.
#[inline]
pub fn dear() -> usize {
    counted(|counter| counter.dear.get())
}

/// Memory that something holds beside what is counted where it is allocated.
#[derive(Debug, Default)]
pub struct Held(usize);

gc_arena::static_collect!(Held);

impl Held {
    /// So many bytes that are held from now on.
    pub fn of(bytes: usize) -> Self {
        let mut held = Held::default();
        held.set(bytes);
        held
    }

    /// Sets how many bytes are held.
    #[inline]
    pub fn set(&mut self, bytes: usize) {
        if bytes != self.0 {
            sub(self.0);
            add(bytes);
            self.0 = bytes;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        /// What it costs to free what is held, as bytes that the collector looks at: most of it is in
        /// several pieces.
        const FREED: usize = 32 << 10;
        if self.0 > 0 {
            sub(self.0);
            traced(FREED);
        }
    }
}

/// Counts `bytes` as allocated by the VM at work.
#[inline]
pub fn add(bytes: usize) {
    counted(|counter| counter.bytes.set(counter.bytes.get().wrapping_add(bytes as isize)));
}

/// Counts `bytes` as freed by the VM at work.
#[inline]
pub fn sub(bytes: usize) {
    counted(|counter| counter.bytes.set(counter.bytes.get().wrapping_sub(bytes as isize)));
}

/// The bytes counted for the VM at work.
#[inline]
pub fn bytes() -> usize {
    counted(|counter| counter.bytes.get()).max(0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_told_apart() {
        let (first, second) = (Account::default(), Account::default());
        let counted = |account: &Account| {
            let _open = account.open();
            bytes()
        };
        {
            let _open = first.open();
            add(100);
        }
        // The first one is left installed, and gives way.
        {
            let _open = second.open();
            assert_eq!(bytes(), 0);
            add(7);
        }
        assert_eq!((counted(&first), counted(&second)), (100, 7));
        assert_eq!((counted(&second), counted(&first)), (7, 100));
    }

    #[test]
    fn an_account_opened_inside_of_another_one_counts_alone() {
        let (first, second) = (Account::default(), Account::default());
        let _first = first.open();
        add(10);
        let slice = begin_slice(5, 50);
        {
            let _second = second.open();
            assert!(has_room_for(1000));
            add(1000);
            {
                // Opened again from inside, it goes on from what was counted before.
                let _again = first.open();
                assert_eq!(bytes(), 10);
                add(1);
            }
            assert_eq!(bytes(), 1000);
        }
        assert_eq!(bytes(), 11);
        assert!(has_room_for(49) && !has_room_for(50));
        assert!(!should_end_slice());
        add(5);
        assert!(should_end_slice());
        drop(slice);
        assert!(!should_end_slice() && has_room_for(usize::MAX / 4));
    }

    #[test]
    fn a_collection_is_wished_for_only_when_it_may_help() {
        let account = Account::default();
        let _open = account.open();
        add(10);
        assert!(!wish_collection() && !take_wish());
        let _slice = begin_slice(1000, 1000);
        assert!(!has_room_for(2000) && !wish_collection() && !should_end_slice());
        add(500);
        assert!(!has_room_for(900) && wish_collection() && should_end_slice());
        assert!(take_wish() && !take_wish());
    }

    #[test]
    fn limits_end_with_a_slice_that_panics() {
        let account = Account::default();
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _open = account.open();
            let _slice = begin_slice(0, 0);
            panic!("the host's function fails");
        }));
        assert!(!account.is_open());
        let _open = account.open();
        assert!(has_room_for(1));
    }
}
