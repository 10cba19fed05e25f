//! The server's end.

use std::io::BufReader;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, io, thread};

use tracing::warn;

use super::{Order, Said, line};

/// Whoever says nothing for so long is no command of ours.
const PATIENCE: Duration = Duration::from_secs(5);

/// Carries orders out; may take long, and runs on a thread of its own.
pub(crate) type Duty = Arc<dyn Fn(Order, Far<'_>) -> Said + Send + Sync>;

/// Hears how far something is that takes long; false if nobody wants to know any more.
pub(crate) type Far<'f> = &'f mut dyn FnMut(String) -> bool;

/// The socket of a data directory that this process has open. Orders wait until there is
/// somebody to carry them out.
pub(crate) struct Control {
    place: PathBuf,
    on_duty: Arc<OnDuty>,
}

#[derive(Default)]
struct OnDuty {
    duty: Mutex<Option<Duty>>,
    came: Condvar,
}

impl Control {
    /// Listens in the directory, in place of a process that has ended.
    ///
    /// # Errors
    /// The system makes no socket there.
    pub(crate) fn listen(dir: &Path) -> io::Result<Control> {
        let place = dir.join("control");
        match fs::remove_file(&place) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            _ => {}
        }
        let address = line::address(dir)?;
        let listener = UnixListener::bind(address.path())?;
        fs::set_permissions(&place, fs::Permissions::from_mode(0o600))?;
        let on_duty = Arc::<OnDuty>::default();
        let of_thread = on_duty.clone();
        let thread = thread::Builder::new().name("floe-control".to_owned());
        thread.spawn(move || {
            for stream in listener.incoming() {
                let of_order = of_thread.clone();
                let taken = stream.and_then(|stream| {
                    let thread = thread::Builder::new().name("floe-order".to_owned());
                    thread.spawn(move || of_order.hear(stream))
                });
                if let Err(why) = taken {
                    warn!(%why, "an order could not be heard");
                    thread::sleep(Duration::from_millis(50));
                }
            }
        })?;
        Ok(Control { place, on_duty })
    }

    /// From now on orders are carried out by this, or wait.
    pub(crate) fn duty(&self, duty: Option<Duty>) {
        let mut there = (self.on_duty.duty)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *there = duty;
        self.on_duty.came.notify_all();
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        _ = fs::remove_file(&self.place);
    }
}

impl OnDuty {
    fn hear(&self, mut stream: UnixStream) {
        let heard = stream
            .set_read_timeout(Some(PATIENCE))
            .and_then(|()| line::read(&mut BufReader::new(&stream)));
        let mut far = |how| line::write(&mut stream, &Said::Progress(how)).is_ok();
        let said = match heard {
            Ok(order) => self.whoever()(order, &mut far),
            Err(why) => Said::Failed(format!("the server does not understand the order: {why}")),
        };
        // Whoever has gone does not want to know.
        _ = line::write(&mut stream, &said);
    }

    fn whoever(&self) -> Duty {
        let mut there = self.duty.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match &*there {
                Some(duty) => return duty.clone(),
                None => {
                    let waited = self.came.wait(there);
                    there = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}
