//! Whether an environment can be trusted to answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// Up, or down for a reason.
#[derive(Default)]
pub(super) struct Health {
    is_down: AtomicBool,
    reason: RwLock<String>,
}

impl Health {
    pub(super) fn down(&self, reason: &str) {
        reason.clone_into(&mut self.reason.write().unwrap_or_else(PoisonError::into_inner));
        self.is_down.store(true, Ordering::Release);
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
