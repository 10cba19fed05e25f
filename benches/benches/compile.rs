//! How long a policy takes from text to program, and how that grows.
//!
//! Run with `cargo bench -p floe-benches --bench compile`. The policies look like those of
//! a large application: resource types in chains of ten, each with four permissions, three
//! roles inherited along the chain, an owner, an attribute, and one rule with a negation.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use floe_frontend::source::Sources;
use floe_frontend::{Limits, compile};

/// Rules written for one resource type.
const RULES_PER_TYPE: usize = 10;

/// A policy of about so many rules, shorthand rules included.
fn policy(rules: usize) -> String {
    let mut text = String::from(
        "actor User {}\nactor Group {}\n\
         resource Org { roles = [\"admin\", \"writer\", \"reader\"]; \"writer\" if \"admin\"; }\n\
         has_role(u: User, role: String, r: Resource) if\n\
           g matches Group and in_group(u, g) and has_role(g, role, r);\n",
    );
    for i in 0..rules / RULES_PER_TYPE {
        let parent = if i % 10 == 0 {
            "Org".to_string()
        } else {
            format!("R{}", i - 1)
        };
        let _ = write!(
            text,
            "resource R{i} {{\n\
               roles = [\"admin\", \"writer\", \"reader\"];\n\
               permissions = [\"read\", \"write\", \"delete\", \"share\"];\n\
               relations = {{ parent: {parent}, owner: User }};\n\
               role if role on \"parent\";\n\
               \"admin\" if \"owner\"; \"writer\" if \"admin\"; \"reader\" if \"writer\";\n\
               \"read\" if \"reader\"; \"write\" if \"writer\"; \"delete\" if \"admin\";\n\
               \"read\" if is_public(resource); \"share\" if \"admin\";\n\
             }}\n\
             has_permission(u: User, \"share\", r: R{i}) if has_role(u, \"writer\", r) and not locked(r);\n"
        );
    }
    text
}

fn text_to_program(c: &mut Criterion) {
    let mut group = c.benchmark_group("text_to_program");
    group.sample_size(20);
    for rules in [1_000, 2_000, 4_000, 10_000] {
        let mut sources = Sources::new();
        sources.add("policy.polar", policy(rules));
        let limits = Limits::default();
        let program = compile(&sources, &limits).program;
        let core = program.expect("the policy has no errors").core.rules.len();
        assert!(core >= rules, "{core} rules");
        group.throughput(Throughput::Elements(rules as u64));
        group.bench_function(BenchmarkId::from_parameter(rules), |b| {
            b.iter(|| compile(black_box(&sources), &limits).program.is_some());
        });
    }
    group.finish();
}

criterion_group!(benches, text_to_program);
criterion_main!(benches);
