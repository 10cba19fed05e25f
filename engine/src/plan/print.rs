//! The plan as text: every part with its side of the cut and the reason, every flow with
//! its steps. Columns of the present row are `0`, `1`, ...

use std::fmt::Write as _;

use floe_frontend::ir::Program;
use floe_frontend::ir::part::PartId;

use super::{Arrangement, Filter, Flow, Operand, Plan, Recursion, Side, Step, Why};

impl Plan {
    /// Prints the plan of this program.
    #[must_use]
    pub fn print(&self, program: &Program) -> String {
        let mut out = String::new();
        for (p, side) in self.sides.iter().enumerate() {
            let parts = &program.strata.parts;
            let shape = match parts.get(p) {
                Some(part) => program.shape(part),
                None => self.purposes[p - parts.len()].clone(),
            };
            let text = match side {
                Side::Maintained => "maintained".to_string(),
                Side::Demand(Why::Asked) => "on demand: asked for".to_string(),
                Side::Demand(Why::Unsettled) => {
                    "on demand: its conditions multiply through recursion".to_string()
                }
                Side::Demand(Why::ContextOnly) => {
                    "on demand: only context facts can fill it".to_string()
                }
                Side::Demand(Why::Product) => {
                    "on demand: nothing links its sides, it would be a cross product".to_string()
                }
                Side::Demand(Why::Wide) => "on demand: its rows are too wide".to_string(),
                Side::Demand(Why::Reads(q)) => format!("on demand: reads p{}", q.0),
            };
            let _ = writeln!(out, "p{p} {shape}: {text}");
        }
        for shared in self
            .arrangements()
            .iter()
            .filter(|a| self.shares && a.uses > 1)
        {
            let Arrangement {
                part, key, uses, ..
            } = shared;
            let on_rows = if shared.filters.is_empty() {
                ""
            } else {
                ", some rows"
            };
            let _ = writeln!(
                out,
                "arrangement of p{} by {key:?}{on_rows}: {uses} joins",
                part.0
            );
        }
        let names = |parts: &[PartId]| -> Vec<String> {
            parts.iter().map(|p| format!("p{}", p.0)).collect()
        };
        for (parts, how) in &self.recursions {
            let how = match how {
                Recursion::Separated => "separated".to_string(),
                Recursion::AsWritten(why) => format!("as written: {}", why.as_str()),
            };
            let _ = writeln!(out, "recursion of {}: {how}", names(parts).join(" "));
        }
        for closure in &self.closures {
            let _ = writeln!(
                out,
                "closure p{} for {}: at most {} pairs and {} for each row of {}",
                closure.pairs.0,
                names(&closure.serves).join(" "),
                self.budget.floor,
                self.budget.per_row,
                names(&closure.rests_on).join(" ")
            );
        }
        for component in &self.components {
            let parts: Vec<String> = component
                .parts
                .iter()
                .map(|p| format!("p{}", p.0))
                .collect();
            let recursive = if component.recursive {
                " recursive"
            } else {
                ""
            };
            if component.flows.is_empty() {
                continue;
            }
            let _ = writeln!(out, "component {}{recursive}", parts.join(" "));
            for flow in &self.flows[component.flows.clone()] {
                print_flow(flow, program, &mut out);
            }
        }
        out
    }
}

fn print_flow(flow: &Flow, program: &Program, out: &mut String) {
    let types = &program.types;
    let operand = |o: &Operand| match o {
        Operand::Column(c) => c.to_string(),
        Operand::Value(v) => v.show(types).to_string(),
    };
    let filter = |f: &Filter| match f {
        Filter::Same(a, b) => format!("{a} = {b}"),
        Filter::Compare(op, a, b) => format!("{} {} {}", operand(a), op.as_str(), operand(b)),
        Filter::HasType(o, set) => format!("{} is {}", operand(o), types.show(set)),
    };
    let filters = |list: &[Filter]| {
        let mut text = String::new();
        for (i, f) in list.iter().enumerate() {
            text.push_str(if i == 0 { " where " } else { ", " });
            text.push_str(&filter(f));
        }
        text
    };
    let source = flow
        .source
        .map_or("()".to_string(), |p| format!("p{}", p.0));
    let _ = writeln!(
        out,
        "  rule {}: {source}{} {:?}",
        flow.core.0,
        filters(&flow.filters),
        flow.carried
    );
    for step in &flow.steps {
        print_step(step, "    ", &filters, out);
    }
    let output: Vec<String> = flow.output.iter().map(operand).collect();
    let _ = writeln!(out, "    -> p{}({})", flow.head.0, output.join(", "));
}

fn print_step(step: &Step, indent: &str, filters: &dyn Fn(&[Filter]) -> String, out: &mut String) {
    match step {
        Step::Join {
            part,
            right,
            left_key,
            right_key,
            joined,
            output,
        } => {
            let _ = writeln!(
                out,
                "{indent}join p{}{} on {left_key:?} = {right_key:?}{} {output:?}",
                part.0,
                filters(right),
                filters(joined)
            );
        }
        Step::Without {
            part,
            right,
            left_key,
            right_key,
            joined,
            unless,
        } => {
            let _ = writeln!(
                out,
                "{indent}without p{}{} on {left_key:?} = {right_key:?}{}",
                part.0,
                filters(right),
                filters(joined)
            );
            for inner in unless {
                print_step(inner, &format!("{indent}  unless "), filters, out);
            }
        }
    }
}
