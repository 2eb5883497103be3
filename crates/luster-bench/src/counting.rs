//! The system's allocator, which counts what a thread has when it is asked to.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator; both engines get their memory from it.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[inline]
fn count(freed: usize, allocated: usize) {
    if IS_ON.get() {
        BYTES.set(BYTES.get() + allocated as isize - freed as isize);
    }
}

// SAFETY: everything is passed on to the system's allocator as it is; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    /// # Safety
    /// As the trait's.
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(0, layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    /// # Safety
    /// As the trait's.
    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(0, layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    /// # Safety
    /// As the trait's.
    #[inline]
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(layout.size(), 0);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }

    /// # Safety
    /// As the trait's.
    #[inline]
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(layout.size(), size);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(place, layout, size) }
    }
}

/// Makes something, and tells how many more bytes this thread has for it.
pub(crate) fn bytes_of<T>(make: impl FnOnce() -> T) -> (T, usize) {
    BYTES.set(0);
    IS_ON.set(true);
    let made = make();
    IS_ON.set(false);
    (made, usize::try_from(BYTES.get()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_counted() {
        let (kept, bytes) = bytes_of(|| {
            drop(vec![0_u8; 5000]);
            let mut kept = Vec::<u8>::with_capacity(10);
            kept.reserve_exact(1000);
            kept
        });
        assert_eq!(bytes, kept.capacity());
    }
}
