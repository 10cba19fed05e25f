//! Two clocks: the one on the wall, and the one that stops while others use the processor.

use std::time::{Duration, Instant};

/// A span of time on both clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// As a user waits.
    pub wall: Duration,
    /// As the processor works for this thread; the fair figure on a machine with other work.
    pub cpu: Duration,
}

/// When something began, on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: Instant,
    cpu: Duration,
}

impl Clock {
    /// Now. The processor clock is that of all threads the process has.
    #[must_use]
    pub fn start() -> Clock {
        Clock {
            wall: Instant::now(),
            cpu: on_processor(),
        }
    }

    /// What has passed. Threads must not have ended meanwhile: their time is forgotten.
    #[must_use]
    pub fn elapsed(&self) -> Span {
        Span {
            wall: self.wall.elapsed(),
            cpu: on_processor().saturating_sub(self.cpu),
        }
    }
}

/// How long the threads of this process have had a processor; zero where the kernel does not
/// say.
fn on_processor() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task");
    let tasks = tasks.into_iter().flatten().flatten();
    let nanos = tasks.map(|task| {
        let stat = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let first = stat.split(' ').next().and_then(|word| word.parse().ok());
        first.unwrap_or(0)
    });
    Duration::from_nanos(nanos.sum())
}
