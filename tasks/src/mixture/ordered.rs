//! Work done ahead by several threads and handed over in order.
//!
//! Worker w of n makes items w, w + n, w + 2n, … into a bounded channel of its own, and the consumer reads the channels
//! in turn. So the order never depends on who is faster, and no more than `ahead` items a worker are ever waiting.

use std::{
    ops::Range,
    sync::{
        Arc,
        mpsc::{Receiver, sync_channel},
    },
    thread::JoinHandle,
};

/// Iterator over items made ahead by threads, in order.
pub struct OrderedPrefetch<T> {
    channels: Vec<Receiver<T>>,
    workers: Vec<JoinHandle<()>>,
    next: u64,
    range: Range<u64>,
}

/// Makes `make(i)` for every `i` of `range` on `threads` threads (at least one), up to `ahead` items each in advance.
///
/// A panic in `make` ends the iterator with that panic.
pub fn ordered_prefetch<T, F>(
    range: Range<u64>,
    threads: usize,
    ahead: usize,
    make: F,
) -> OrderedPrefetch<T>
where
    T: Send + 'static,
    F: Fn(u64) -> T + Send + Sync + 'static,
{
    let make = Arc::new(make);
    let threads = threads.max(1) as u64;
    let (mut channels, mut workers) = (Vec::new(), Vec::new());
    for worker in 0..threads {
        let (sender, receiver) = sync_channel(ahead.max(1));
        let (make, range) = (make.clone(), range.clone());
        workers.push(std::thread::spawn(move || {
            for index in (range.start + worker..range.end).step_by(threads as usize) {
                // An error means that the consumer has gone.
                if sender.send(make(index)).is_err() {
                    return;
                }
            }
        }));
        channels.push(receiver);
    }
    OrderedPrefetch { channels, workers, next: range.start, range }
}

impl<T> OrderedPrefetch<T> {
    /// Items handed over and items in all.
    pub fn progress(&self) -> (u64, u64) {
        (self.next - self.range.start, self.range.end - self.range.start)
    }
}

impl<T> Iterator for OrderedPrefetch<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.next >= self.range.end {
            return None;
        }
        let worker = ((self.next - self.range.start) % self.channels.len() as u64) as usize;
        match self.channels[worker].recv() {
            Ok(item) => {
                self.next += 1;
                Some(item)
            }
            Err(_) => match self.workers.swap_remove(worker).join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => unreachable!("a worker ends only after its last item"),
            },
        }
    }
}

impl<T> Drop for OrderedPrefetch<T> {
    fn drop(&mut self) {
        self.channels.clear();
        for worker in self.workers.drain(..) {
            // A worker's panic was raised when its item was asked for; nobody asked for this one's.
            let _ = worker.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_depend_on_the_number_of_threads() {
        let slow_evens = |i: u64| {
            if i.is_multiple_of(2) {
                std::thread::sleep(std::time::Duration::from_micros(300));
            }
            i * i
        };
        let want: Vec<u64> = (3..60).map(|i| i * i).collect();
        for threads in [1, 2, 3, 8] {
            assert_eq!(ordered_prefetch(3..60, threads, 2, slow_evens).collect::<Vec<_>>(), want);
        }
    }

    #[test]
    fn dropping_it_early_does_not_hang() {
        let mut items = ordered_prefetch(0..1_000_000, 4, 2, |i| i);
        assert_eq!(items.next(), Some(0));
    }

    #[test]
    #[should_panic(expected = "item 7")]
    fn a_panic_in_a_worker_reaches_the_consumer() {
        ordered_prefetch(0..20, 3, 2, |i| assert!(i != 7, "item 7")).for_each(drop);
    }
}
