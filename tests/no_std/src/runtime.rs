//! What the standard library otherwise brings: memory, and an end for panics.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

#[global_allocator]
static ARENA: Arena = Arena { bytes: UnsafeCell::new([0; ARENA_LEN]), used: AtomicUsize::new(0) };

/// Hands out memory from the front to the back and never takes it back.
#[repr(align(64))]
struct Arena {
    bytes: UnsafeCell<[u8; ARENA_LEN]>,
    used: AtomicUsize,
}

// SAFETY: no byte is handed out twice: `used` only grows, and each caller owns what lies between
// its old and new value.
unsafe impl Sync for Arena {}

// SAFETY: what is handed out lies within `bytes`, is aligned as asked, is not handed out again, and
// lives for ever.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > 64 {
            return ptr::null_mut();
        }
        let padded = layout.pad_to_align().size().next_multiple_of(64);
        let start = self.used.fetch_add(padded, Ordering::Relaxed);
        match start.checked_add(padded) {
            // SAFETY: the offset is within the array, as its end is.
            Some(end) if end <= ARENA_LEN => unsafe { self.bytes.get().cast::<u8>().add(start) },
            _ => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: `abort` may be called at any time.
    unsafe { abort() }
}

// `core` and `alloc` come built to unwind, and mention the personality routine. Nothing calls it.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

// SAFETY: as in the C standard. The library is named because nothing else asks for it where there
// is no `std`.
#[link(name = "c")]
unsafe extern "C" {
    fn abort() -> !;
}

/// An RSA-2048 key and its operations take less than a tenth.
const ARENA_LEN: usize = 16 << 20;
