//! A copy of all memory that is freed, and the search for secrets in it. The tests of freed memory
//! share this file.
#![allow(dead_code, unreachable_pub, reason = "included by several test files, none of which uses all of it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

pub type Secret = (&'static str, Vec<u8>);

/// Names of the secrets of which 16 consecutive bytes, in any form, are in `freed`.
pub fn found(freed: &[u8], secrets: &[Vec<Secret>]) -> BTreeSet<&'static str> {
    let mut wanted = HashMap::<Vec<u8>, &'static str>::new();
    let mut starts = vec![false; 1 << 16];
    for (name, secret) in secrets.iter().flatten() {
        for form in forms(secret) {
            for window in form.windows(16).filter(|window| window.iter().any(|byte| *byte != window[0])) {
                wanted.insert(window.to_vec(), name);
                starts[start(window)] = true;
            }
        }
    }
    let windows = freed.windows(16).filter(|window| starts[start(window)]);
    windows.filter_map(|window| wanted.get(window).copied()).collect()
}

fn start(window: &[u8]) -> usize {
    usize::from(u16::from_le_bytes([window[0], window[1]]))
}

/// Big-endian bytes as they are, as a little-endian number, and as 64-bit words in either order in
/// a little-endian machine.
pub fn forms(secret: &[u8]) -> [Vec<u8>; 3] {
    let reversed: Vec<u8> = secret.iter().rev().copied().collect();
    let words = secret.rchunks(8).rev().flat_map(|word| word.iter().rev()).copied().collect();
    [secret.to_vec(), reversed, words]
}

pub fn mgf1(seed: &[u8], len: usize) -> Vec<u8> {
    let blocks =
        (0_u32..).flat_map(|counter| Sha256::new().chain_update(seed).chain_update(counter.to_be_bytes()).finalize());
    blocks.take(len).collect()
}

pub fn plaintext() -> Vec<Secret> {
    vec![("plaintext", PLAINTEXT.clone())]
}

/// Two chunks and a part of one, without repetition.
pub static PLAINTEXT: LazyLock<Vec<u8>> = LazyLock::new(|| mgf1(b"plaintext", 40_000));

/// A copy of all blocks that this thread frees while `action` runs.
pub fn freed_by(action: impl FnOnce()) -> Vec<u8> {
    struct Watch;

    impl Drop for Watch {
        fn drop(&mut self) {
            WATCHING.set(false);
        }
    }

    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    LazyLock::force(&PLAINTEXT);
    *freed() = Vec::with_capacity(ROOM);
    let watch = Watch;
    WATCHING.set(true);
    action();
    drop(watch);
    let freed = std::mem::take(&mut *freed());
    assert!((1..ROOM / 2).contains(&freed.len()), "{} bytes were freed", freed.len());
    freed
}

fn freed() -> MutexGuard<'static, Vec<u8>> {
    static FREED: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    FREED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Generating a key frees some 2 MB. The copies must not grow: that would free memory.
const ROOM: usize = 1 << 26;

thread_local! {
    static WATCHING: Cell<bool> = const { Cell::new(false) };
}

struct Watching;

#[global_allocator]
static ALLOCATOR: Watching = Watching;

// SAFETY: all blocks come from and go to the system's allocator. What stands between cannot unwind.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that a block holds nothing that its last owner left, and can be read as a
        // whole. SAFETY: the caller keeps the contract of `alloc`, which is that of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if WATCHING.get() {
            // SAFETY: the block is `layout.size()` bytes long, and nobody else has it any more.
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            let mut freed = freed();
            let len = bytes.len().min(freed.capacity() - freed.len());
            freed.extend_from_slice(&bytes[..len]);
        }
        // SAFETY: the block came from the system's allocator with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}
