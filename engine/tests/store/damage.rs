//! Files that are not as they were written (R20, R22): every flipped bit and every cut is
//! noticed or makes no difference.

use floe_engine::store::Store;
use floe_engine::value::Limits;

use super::disk::Disk;
use super::script::{Digest, begin, names, run};
use super::{Dice, amount};

/// What a store holds, or why it does not say.
fn read(content: Vec<u8>) -> Result<Vec<(u64, Digest)>, String> {
    let store = Store::with_backend("the file", Disk::of(content)).map_err(|e| e.to_string())?;
    let mut all = Vec::new();
    for name in store.environments().map_err(|e| e.to_string())? {
        let loaded = store.load(&name, &Limits::default());
        let (_, loaded) = loaded.map_err(|e| e.to_string())?;
        all.push((loaded.epoch, Digest::of(&loaded)));
    }
    Ok(all)
}

fn written() -> (Vec<u8>, Vec<(u64, Digest)>) {
    let disk = Disk::default();
    let store = begin(&disk);
    assert!(run(&disk, &store, 40).is_ok());
    drop(store);
    let content = disk.content();
    let right = read(content.clone()).unwrap();
    assert!(right.len() >= names().len());
    (content, right)
}

/// How many of the damaged files were refused; a silent difference is an error.
fn refused(
    damaged: impl Iterator<Item = (String, Vec<u8>)>,
    right: &[(u64, Digest)],
) -> Result<usize, String> {
    let mut refused = 0;
    for (what, content) in damaged {
        match read(content) {
            Err(why) => {
                assert!(why.contains("the file"), "{what}: no file is named: {why}");
                refused += 1;
            }
            Ok(found) if found == right => {}
            Ok(_) => return Err(format!("{what} made a difference that nobody noticed")),
        }
    }
    Ok(refused)
}

fn flips(
    content: &[u8],
    bits: impl Iterator<Item = usize>,
) -> impl Iterator<Item = (String, Vec<u8>)> {
    bits.map(|bit| {
        let mut damaged = content.to_vec();
        damaged[bit / 8] ^= 1 << (bit % 8);
        (format!("bit {bit}"), damaged)
    })
}

#[test]
fn flipped_bits_are_noticed_or_make_no_difference() {
    let (content, right) = written();
    let mut dice = Dice(11);
    // Where there is anything at all, the header of the file first.
    let used: Vec<usize> = (0..content.len()).filter(|at| content[*at] != 0).collect();
    let count = amount("FLIPS", 1500);
    let header = 320 * 8;
    let random: Vec<usize> = (0..count)
        .map(|i| match i % 8 {
            0 => dice.below(content.len()) * 8 + dice.below(8),
            1 => dice.below(header),
            _ => used[dice.below(used.len())] * 8 + dice.below(8),
        })
        .collect();
    let noticed = refused(flips(&content, random.into_iter()), &right).unwrap();
    assert!(
        noticed > count / 10,
        "only {noticed} of {count} were noticed"
    );
}

#[test]
fn cut_files_are_noticed() {
    let (content, right) = written();
    let mut dice = Dice(12);
    let cuts = (0..100).map(|i| match i {
        0..64 => i * 8,
        _ => dice.below(content.len()),
    });
    let cuts = cuts.filter(|cut| *cut > 0);
    let damaged = cuts.map(|cut| (format!("cut at {cut}"), content[..cut].to_vec()));
    let noticed = refused(damaged, &right).unwrap();
    assert!(noticed > 60, "only {noticed} were noticed");
}
