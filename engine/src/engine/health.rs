//! Whether an environment can be trusted to answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// Up, or down for a reason, for a while or for good.
#[derive(Default)]
pub(super) struct Health {
    is_down: AtomicBool,
    for_good: AtomicBool,
    reason: RwLock<String>,
}

impl Health {
    /// There will be no answers any more.
    pub(super) fn down(&self, reason: &str) {
        self.down_for_now(reason);
        self.for_good.store(true, Ordering::Release);
    }

    /// There are no answers until [`Health::up`].
    pub(super) fn down_for_now(&self, reason: &str) {
        reason.clone_into(&mut self.reason.write().unwrap_or_else(PoisonError::into_inner));
        self.is_down.store(true, Ordering::Release);
    }

    /// Whether it is down and will not come up.
    pub(super) fn is_dead(&self) -> bool {
        self.for_good.load(Ordering::Acquire)
    }

    pub(super) fn up(&self) {
        self.is_down.store(false, Ordering::Release);
    }

    /// # Errors
    /// Why there are no answers.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.is_down.load(Ordering::Acquire) {
            let reason = self.reason.read().unwrap_or_else(PoisonError::into_inner);
            return Err(reason.clone());
        }
        Ok(())
    }
}
