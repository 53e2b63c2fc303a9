//! Foreign bytes for readers: files that were damaged on the way, and files that somebody made up to do harm.
//!
//! [`damaged`] takes a sound file and cuts, flips, swaps, repeats and replaces parts of it; [`made_up`] strings
//! together pieces of a format, hostile numbers and noise. [`reads`] is what must hold of every reader: it comes back
//! in bounded time, without a panic, without a large allocation, and an error names the file. Cases are few by default;
//! `PROPTEST_CASES` asks for more.
#![allow(dead_code)] // Every test program uses a part.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    fmt::{self, Display},
    ops::Deref,
    time::{Duration, Instant},
};

use proptest::{collection::vec, prelude::*, sample::Index, test_runner::TestCaseError};

/// Far beyond what a reader takes for a file of some kilobytes, also on a machine that does much else.
const LONGEST: Duration = Duration::from_secs(20);

/// The largest single allocation that a file of some kilobytes may lead to, in bytes: Burn's own reader of records
/// makes room for as many as a header asks for, up to 100 MiB.
const LARGEST: usize = 128 << 20;

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, which remembers the largest allocation that a thread asked for.
struct Watched;

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        watch(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        watch(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        watch(size);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn watch(size: usize) {
    // A thread that ends may allocate after its locals are gone.
    let _ = ALLOCATED.try_with(|largest| largest.set(largest.get().max(size)));
}

#[global_allocator]
static WATCHED: Watched = Watched;

/// So many cases, unless the environment asks for another number.
pub fn cases(few: u32) -> ProptestConfig {
    let more = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    let cases = if more { default.cases } else { few };
    // What is found becomes a test with a name; nothing is written beside the tests.
    ProptestConfig { cases, failure_persistence: None, ..default }
}

/// Runs a reader and holds it to what readers promise; `names` must be in the message of an error. Panics are caught by
/// proptest itself.
pub fn reads<T, E: Display>(
    names: &str,
    read: impl FnOnce() -> Result<T, E>,
) -> Result<Option<T>, TestCaseError> {
    let started = Instant::now();
    ALLOCATED.set(0);
    let outcome = read();
    let (took, largest) = (started.elapsed(), ALLOCATED.get());
    prop_assert!(took < LONGEST, "took {took:?}");
    prop_assert!(largest < LARGEST, "allocated {largest} bytes at once");
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            let message = error.to_string();
            prop_assert!(message.contains(names), "`{names}` is not named: {message}");
            Ok(None)
        }
    }
}

/// What is put where a number, a word or anything else stands.
const HOSTILE: [&str; 32] = [
    "1e999",
    "-1e999",
    "NaN",
    "Infinity",
    "-0",
    "-1",
    "0",
    "0.5",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775807",
    "4294967296",
    "4294967295",
    "2147483648",
    "1000000000000",
    "1e-999",
    "null",
    "true",
    "\"\"",
    "\"a\"",
    "[]",
    "{}",
    "[0,0]",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"../../etc/passwd\"",
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "é",
    "\t",
    "\r\n",
];

/// The bytes of a file, shown as text.
#[derive(Clone)]
pub struct Bytes(pub Vec<u8>);

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.0[..self.0.len().min(2_000)];
        write!(f, "{} bytes: b\"{}\"", self.0.len(), shown.escape_ascii())
    }
}

/// One thing that befell a file.
#[derive(Clone, Debug)]
enum Damage {
    Cut(Index),
    CutStart(Index),
    Flip(Index, u8),
    Noise(Index, Vec<u8>),
    /// A whole number, number by number, becomes something else.
    Number(Index, Index),
    /// A quoted text, text by text, becomes something else.
    Quoted(Index, Index),
    RemoveLine(Index),
    RepeatLine(Index, usize),
    SwapLines(Index, Index),
    /// Very many of an opening bracket, or of an element.
    Deep(Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<Index>;
    prop_oneof![
        2 => index().prop_map(Damage::Cut),
        1 => index().prop_map(Damage::CutStart),
        3 => (index(), 1u8..).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        2 => (index(), vec(any::<u8>(), 1..9)).prop_map(|(at, noise)| Damage::Noise(at, noise)),
        4 => (index(), index()).prop_map(|(at, other)| Damage::Number(at, other)),
        4 => (index(), index()).prop_map(|(at, other)| Damage::Quoted(at, other)),
        2 => index().prop_map(Damage::RemoveLine),
        2 => (index(), 1usize..40).prop_map(|(at, times)| Damage::RepeatLine(at, times)),
        2 => (index(), index()).prop_map(|(one, other)| Damage::SwapLines(one, other)),
        1 => (index(), 0usize..3).prop_map(|(at, which)| Damage::Deep(at, which)),
    ]
}

/// The file after one to three damages.
pub fn damaged(file: impl Into<Vec<u8>>) -> impl Strategy<Value = Bytes> {
    let file = file.into();
    let after = move |all: Vec<Damage>| all.iter().fold(file.clone(), |f, d| d.befall(f));
    vec(damage(), 1..4).prop_map(move |all| Bytes(after(all)))
}

/// A text of these pieces, hostile ones and noise, as bytes; or noise alone.
pub fn made_up(pieces: &'static [&'static str]) -> impl Strategy<Value = Bytes> {
    let piece = prop_oneof![
        6 => prop::sample::select(pieces).prop_map(|piece| piece.as_bytes().to_vec()),
        2 => prop::sample::select(&HOSTILE[..]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any::<String>().prop_map(String::into_bytes),
    ];
    let bytes = prop_oneof![
        4 => vec(piece, 0..40).prop_map(|pieces| pieces.concat()),
        1 => vec(any::<u8>(), 0..400),
        1 => any::<String>().prop_map(String::into_bytes),
    ];
    bytes.prop_map(Bytes)
}

/// A text of these pieces, hostile ones and noise.
pub fn made_up_text(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    made_up(pieces).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

impl Damage {
    fn befall(&self, mut file: Vec<u8>) -> Vec<u8> {
        if file.is_empty() {
            return file;
        }
        match self {
            Damage::Cut(at) => file.truncate(at.index(file.len())),
            Damage::CutStart(at) => drop(file.drain(..at.index(file.len()))),
            Damage::Flip(at, bits) => {
                let at = at.index(file.len());
                file[at] ^= bits;
            }
            Damage::Noise(at, noise) => insert(&mut file, at, noise),
            Damage::Number(at, other) => {
                let is_digit = |byte: &u8| byte.is_ascii_digit();
                replace(&mut file, at, other, is_digit);
            }
            Damage::Quoted(at, other) => quoted(&mut file, at, other),
            Damage::RemoveLine(at) => {
                let mut lines = lines(&file);
                lines.remove(at.index(lines.len()));
                file = lines.concat();
            }
            Damage::RepeatLine(at, times) => {
                let mut lines = lines(&file);
                let at = at.index(lines.len());
                lines[at] = lines[at].repeat(1 + times);
                file = lines.concat();
            }
            Damage::SwapLines(one, other) => {
                let mut lines = lines(&file);
                let (one, other) = (one.index(lines.len()), other.index(lines.len()));
                lines.swap(one, other);
                file = lines.concat();
            }
            Damage::Deep(at, which) => {
                let opening = ["[", "{\"a\":", "<a>"][*which];
                insert(&mut file, at, opening.repeat(20_000).as_bytes());
            }
        }
        file
    }
}

fn insert(file: &mut Vec<u8>, at: &Index, more: &[u8]) {
    let at = at.index(file.len() + 1);
    file.splice(at..at, more.iter().copied());
}

fn lines(file: &[u8]) -> Vec<Vec<u8>> {
    file.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// Replaces one of the runs of such bytes by something hostile.
fn replace(file: &mut Vec<u8>, at: &Index, other: &Index, belongs: impl Fn(&u8) -> bool) {
    let mut runs = Vec::new();
    let mut start = None;
    for (place, byte) in file.iter().chain([&b' ']).enumerate() {
        match (belongs(byte), start) {
            (true, None) => start = Some(place),
            (false, Some(first)) => {
                runs.push(first..place);
                start = None;
            }
            _ => {}
        }
    }
    if !runs.is_empty() {
        let run = runs.swap_remove(at.index(runs.len()));
        file.splice(run, other.get(&HOSTILE).bytes());
    }
}

/// Replaces one of the quoted texts, quotes included, by something hostile.
fn quoted(file: &mut Vec<u8>, at: &Index, other: &Index) {
    let quotes: Vec<usize> = (0..file.len()).filter(|&place| file[place] == b'"').collect();
    if quotes.len() > 1 {
        let first = at.index(quotes.len() / 2) * 2;
        file.splice(quotes[first]..=quotes[first + 1], other.get(&HOSTILE).bytes());
    }
}
