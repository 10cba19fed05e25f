//! Every single access to the disk fails once, in every way (R18), and a disk that is
//! full (R19).

use std::panic::{AssertUnwindSafe, catch_unwind};

use floe_engine::store::Store;

use super::disk::{Disk, Failure, How, Loss};
use super::script::{ENVIRONMENTS, PROMISES, begin, run, verdict};
use super::{Dice, amount};

/// One run with one failure; returns whether the run got as far as that.
fn one(base: &[u8], at: u64, how: How, steps: usize) -> Result<bool, String> {
    let disk = Disk::of(base.to_vec());
    disk.fail(Failure { at, how });
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let store = Store::with_backend("disk", disk.clone());
        match store {
            Err(_) => None,
            Ok(store) => Some(run(&disk, &store, steps).unwrap_or_else(|(record, _)| record)),
        }
    }));
    let complain = |why: String| format!("access {at}, {how:?}: {why}");
    let ran = ran.map_err(|_| complain("a panic".into()))?;
    let hit = disk.failed() > 0;
    // What a process finds that starts again: first on the disk as it was left.
    let again = Store::with_backend("disk", Disk::of(disk.content()));
    let again = again.map_err(|why| complain(format!("it does not open again: {why}")))?;
    if let Some(record) = ran
        && record.states.len() == ENVIRONMENTS
    {
        verdict(&record, &record.told, &again).map_err(&complain)?;
        // Then with what was not synced left to chance.
        let history = disk.history();
        let loss = Loss::at(base, &history, history.len(), PROMISES, false);
        let image = Disk::of(loss.image(&mut Dice(at)));
        let again = Store::with_backend("disk", image);
        let again = again.map_err(|why| complain(format!("after a power failure: {why}")))?;
        verdict(&record, &loss.told, &again).map_err(complain)?;
    }
    Ok(hit)
}

fn every(how: How, steps: usize) -> Result<u64, String> {
    let disk = Disk::default();
    drop(begin(&disk));
    let base = disk.content();
    let mut at = 1;
    while one(&base, at, how, steps)? {
        at += 1;
    }
    Ok(at - 1)
}

#[test]
fn no_failing_access_loses_what_was_acknowledged() {
    let steps = amount("OPERATIONS", 30);
    for how in [How::Once, How::Ever, How::Half] {
        let tried = every(how, steps).unwrap();
        assert!(tried > 100, "only {tried} accesses");
    }
}

#[test]
fn an_access_that_fails_in_silence_is_noticed() {
    let complaint = every(How::Silent, 30);
    assert!(complaint.is_err(), "the test would not notice a lost write");
}

#[test]
fn a_full_disk_refuses_and_recovers() {
    let disk = Disk::default();
    drop(begin(&disk));
    let room = disk.content().len() as u64;
    disk.room(Some(room));
    let store = Store::with_backend("disk", disk.clone()).unwrap();
    let Err((record, why)) = run(&disk, &store, 4000) else {
        panic!("the disk is never full");
    };
    assert_eq!(store.health().unwrap_err(), why.to_string().into());
    assert!(why.to_string().contains("no change is accepted"), "{why}");
    assert!(store.set("name", Some(b"value")).is_err());
    drop(store);
    // As long as there is no room it may not even open; afterwards nothing is lost.
    disk.room(None);
    let store = Store::with_backend("disk", disk.clone()).unwrap();
    verdict(&record, &record.told, &store).unwrap();
    run(&disk, &store, 20).map_err(|(_, why)| why).unwrap();
}

#[test]
fn a_disk_that_is_full_in_silence_is_noticed() {
    let new = || {
        let disk = Disk::default();
        drop(begin(&disk));
        let room = disk.content().len() as u64;
        (disk, room)
    };
    let (disk, room) = new();
    disk.room(Some(room));
    let store = Store::with_backend("disk", disk.clone()).unwrap();
    let Err((full, _)) = run(&disk, &store, 4000) else {
        panic!("the disk is never full");
    };
    // The same once more, and further, until what was lost is missed.
    let steps = full.states[0].len();
    let noticed = [20, 200, 2000].into_iter().any(|further| {
        let (disk, room) = new();
        disk.room_in_silence(room);
        let lost = catch_unwind(AssertUnwindSafe(|| {
            let store = Store::with_backend("disk", disk.clone()).map_err(|why| why.to_string())?;
            let record = run(&disk, &store, steps + further).unwrap_or_else(|(record, _)| record);
            drop(store);
            let again = Store::with_backend("disk", Disk::of(disk.content()));
            let again = again.map_err(|why| why.to_string())?;
            verdict(&record, &record.told, &again)
        }));
        lost.map_or(true, |verdict| verdict.is_err())
    });
    assert!(noticed, "the test would not notice a lost write");
}
