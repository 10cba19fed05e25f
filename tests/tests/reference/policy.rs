//! Core rules written by hand: policies of these tests owe nothing to the compiler.
//!
//! ```text
//! actor User; resource Doc; resource Photo extends Doc;
//! allow(u: User, "read", d: Doc) if public(d) and not banned(u, _) and n < 5;
//! ```
//!
//! A variable's type is the meet of what its mentions say, and any type if none does.

use floe_frontend::ir::core::{
    Atom, CompareOp, Core, Literal, Origin, Predicate, PredicateId, Rule, Term, Variable,
    VariableId,
};
use floe_frontend::ir::part::Strata;
use floe_frontend::ir::{self, Metadata, Program, Type, TypeId, TypeKind, TypeTable};
use floe_tests::question::Argument;
use floe_tests::text::Reader;

/// Reads such a policy.
pub(crate) fn policy(text: &str) -> Program {
    let items = text
        .split(';')
        .map(str::trim)
        .filter(|item| !item.is_empty());
    let (blocks, rules): (Vec<&str>, Vec<&str>) =
        items.partition(|item| item.starts_with("actor ") || item.starts_with("resource "));
    let mut builder = Builder {
        types: types(&blocks),
        core: Core::default(),
    };
    for text in rules {
        let rule = builder.rule(text);
        builder.core.rules.push(rule);
    }
    Program {
        files: Vec::new(),
        types: builder.types,
        core: builder.core,
        strata: Strata::default(),
        signatures: Vec::new(),
        context_signatures: Vec::new(),
        metadata: Metadata::default(),
        tests: Vec::new(),
    }
}

fn types(blocks: &[&str]) -> TypeTable {
    let mut types: Vec<Type> = Vec::new();
    for block in blocks {
        let words: Vec<&str> = block.split_whitespace().collect();
        let extends = words.get(3).map(|name| {
            let position = types.iter().position(|t| *t.name == **name);
            TypeId(position.unwrap() as u32 + 4)
        });
        types.push(Type {
            name: words[1].into(),
            kind: match words[0] {
                "actor" => TypeKind::Actor,
                _ => TypeKind::Resource,
            },
            extends: extends.into_iter().collect(),
        });
    }
    TypeTable::new(types)
}

struct Builder {
    types: TypeTable,
    core: Core,
}

impl Builder {
    fn rule(&mut self, text: &str) -> Rule {
        let (head, body) = match text.split_once(" if ") {
            Some((head, body)) => (head, body.split(" and ").collect()),
            None => (text, Vec::new()),
        };
        let mut variables = Vec::new();
        let head = self.atom(&mut Reader::new(head), &mut variables);
        let body = body
            .iter()
            .map(|text| self.literal(text, &mut variables))
            .collect();
        Rule {
            origin: Origin::Written,
            span: None,
            variables,
            head,
            body,
        }
    }

    fn literal(&mut self, text: &str, variables: &mut Vec<Variable>) -> Literal {
        let mut reader = Reader::new(text);
        if reader.take("not") {
            return Literal::Negative(self.atom(&mut reader, variables));
        }
        let operators = [
            (" != ", CompareOp::Ne),
            (" <= ", CompareOp::Le),
            (" >= ", CompareOp::Ge),
            (" < ", CompareOp::Lt),
            (" > ", CompareOp::Gt),
            (" = ", CompareOp::Eq),
        ];
        for (sign, operator) in operators {
            if let Some((left, right)) = text.split_once(sign) {
                let mut side = |text: &str| match text.trim() {
                    "now" => Term::Now,
                    text => self.term(Reader::new(text).argument().unwrap(), variables),
                };
                return Literal::Compare(operator, side(left), side(right));
            }
        }
        Literal::Positive(self.atom(&mut reader, variables))
    }

    fn atom(&mut self, reader: &mut Reader, variables: &mut Vec<Variable>) -> Atom {
        let call = reader.call().unwrap();
        assert_eq!(reader.rest(), "");
        let arity = call.args.len();
        let predicate = self.core.find(&call.predicate, arity).unwrap_or_else(|| {
            self.core.predicates.push(Predicate {
                name: call.predicate.clone(),
                arity,
            });
            PredicateId(self.core.predicates.len() as u32 - 1)
        });
        let args = call.args.into_iter().map(|arg| self.term(arg, variables));
        Atom {
            predicate,
            args: args.collect(),
        }
    }

    fn term(&self, argument: Argument, variables: &mut Vec<Variable>) -> Term {
        match argument {
            Argument::Value(value) => Term::Value(match &*value.ty {
                "String" => ir::Value::String(value.id),
                "Integer" => ir::Value::Integer(value.id.parse().unwrap()),
                "Boolean" => ir::Value::Boolean(&*value.id == "true"),
                ty => ir::Value::Object(self.types.lookup(ty).unwrap(), value.id),
            }),
            Argument::Variable(mentioned) => {
                let admitted = match &mentioned.ty {
                    Some(ty) => self.types.admits(ty).unwrap(),
                    None => self.types.any().clone(),
                };
                // The reader numbers `_` from 1 in each atom; here they differ in the rule.
                let name = match mentioned.name.starts_with("_") {
                    true => format!("_{}", variables.len()).into(),
                    false => mentioned.name,
                };
                let known = variables.iter().position(|v| v.name == name);
                let index = known.unwrap_or_else(|| {
                    variables.push(Variable {
                        name,
                        types: self.types.any().clone(),
                    });
                    variables.len() - 1
                });
                variables[index].types = variables[index].types.and(&admitted);
                Term::Variable(VariableId(index as u32))
            }
        }
    }
}
