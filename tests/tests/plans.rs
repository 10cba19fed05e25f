//! The plans of the policies in `tests/cases`: what is promised of their shape.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use floe_engine::plan::{Maintain, Passes, Plan, Recursion};
use floe_frontend::ir::Program;
use floe_frontend::source::Sources;
use floe_frontend::{Limits, compile};

fn policies(folder: &str) -> Vec<(PathBuf, Arc<Program>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("cases")
        .join(folder);
    let files = std::fs::read_dir(root).expect("the folder of cases can be read");
    let mut paths: Vec<PathBuf> = files.map(|f| f.expect("a file").path()).collect();
    paths.sort();
    let program = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("a case can be read");
        let policy = text.split("```polar\n").nth(1)?.split("```").next()?;
        let mut sources = Sources::new();
        sources.add("policy.polar", policy);
        Some(Arc::new(compile(&sources, &Limits::default()).program?))
    };
    let known = paths.into_iter();
    known
        .filter_map(|p| Some((p.clone(), program(&p)?)))
        .collect()
}

/// Roles that are inherited along the same relation share one closure of it, whatever they
/// imply and whoever has them through a group. (A role that implies another where a condition
/// holds is another matter: the second closure begins where the first one ends.)
#[test]
fn no_closure_is_repeated_for_every_role() {
    let mut shared = 0;
    for folder in ["real", "spec"] {
        for (path, program) in policies(folder) {
            let plan = Plan::new(&program, Maintain::All, Passes::default());
            let edges: BTreeSet<_> = plan.closures.iter().map(|c| c.rests_on[0]).collect();
            assert_eq!(
                edges.len(),
                plan.closures.len(),
                "{}: several closures of the same edges\n{}",
                path.display(),
                plan.print(&program)
            );
            shared += usize::from(plan.closures.iter().any(|c| c.serves.len() > 2));
        }
    }
    assert!(
        shared >= 5,
        "in {shared} policies alone several relations share a closure"
    );
}

#[test]
fn the_drive_is_separated_from_end_to_end() {
    let all = policies("real");
    let drive = all.iter().find(|(path, _)| path.ends_with("file_drive.md"));
    let (_, program) = drive.expect("the case is there");
    let plan = Plan::new(program, Maintain::All, Passes::default());
    let text = plan.print(program);
    assert!(plan.recursions.len() >= 10, "{text}");
    for (parts, how) in &plan.recursions {
        assert_eq!(*how, Recursion::Separated, "{parts:?}\n{text}");
    }
    // Folders in folders, groups in groups.
    assert_eq!(plan.closures.len(), 2, "{text}");
    // What goes round a loop is a closure, and nothing else.
    let loops = plan.components.iter().filter(|c| c.recursive);
    assert_eq!(loops.count(), 2, "{text}");
}
