//! Power failures (R17): whatever may be left of what was not synced, everything that was
//! acknowledged is there, nothing is there by half, and a second failure while recovering
//! from the first changes nothing (R23).

use std::panic::catch_unwind;

use floe_engine::store::Store;

use super::disk::{Disk, Loss};
use super::script::{PROMISES, begin, run, verdict};
use super::{Dice, amount};

const STEPS: usize = 60;

/// Tries images and returns the first complaint.
fn images(count: usize, lying: bool) -> Result<(), String> {
    let disk = Disk::default();
    let store = begin(&disk);
    let (base, first) = (disk.content(), disk.history().len());
    let record = run(&disk, &store, STEPS).map_err(|(_, why)| why.to_string())?;
    drop(store);
    let history = disk.history();
    let history = &history[first..];
    let mut dice = Dice(7);
    for image in 0..count {
        let cut = dice.below(history.len() + 1);
        let loss = Loss::at(&base, history, cut, PROMISES, lying);
        let content = loss.image(&mut dice);
        let disk = Disk::of(content.clone());
        let complain = |why: String| format!("image {image}, cut before access {cut}: {why}");
        let opened = catch_unwind(|| Store::with_backend("image", disk.clone()));
        let store = opened.map_err(|_| complain("a panic".into()))?;
        let store = store.map_err(|why| complain(why.to_string()))?;
        verdict(&record, &loss.told, &store).map_err(&complain)?;
        drop(store);
        if image % 5 == 0 {
            let again = disk.history();
            let cut = dice.below(again.len() + 1);
            let second = Loss::at(&content, &again, cut, PROMISES, lying);
            let disk = Disk::of(second.image(&mut dice));
            let complain = |why: String| complain(format!("while recovering: {why}"));
            let store = Store::with_backend("image", disk);
            let store = store.map_err(|why| complain(why.to_string()))?;
            verdict(&record, &loss.told, &store).map_err(complain)?;
        }
    }
    Ok(())
}

#[test]
fn what_was_acknowledged_survives_a_power_failure() {
    images(amount("IMAGES", 300), false).unwrap();
}

#[test]
fn a_disk_that_lies_about_syncs_is_noticed() {
    let complaint = images(amount("IMAGES", 300), true);
    assert!(
        complaint.is_err(),
        "the test would not notice a lost acknowledgement"
    );
}
