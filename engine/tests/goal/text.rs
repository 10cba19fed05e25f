//! Facts and questions as text: `p(User{"a"}, "b", 3, x, y: User) and q(x)`.

pub(crate) enum Term {
    Value(String, String),
    /// Name and type.
    Variable(String, Option<String>),
}

pub(crate) struct Call {
    pub(crate) predicate: String,
    pub(crate) args: Vec<Term>,
}

pub(crate) fn call(text: &str) -> Call {
    let (predicate, rest) = text.split_once('(').unwrap();
    let inside = rest.trim_end().strip_suffix(')').unwrap();
    let args = inside.split(',').map(str::trim).filter(|t| !t.is_empty());
    Call {
        predicate: predicate.trim().into(),
        args: args.map(term).collect(),
    }
}

pub(crate) fn calls(text: &str) -> Vec<Call> {
    text.split(" and ").map(call).collect()
}

fn term(text: &str) -> Term {
    let value = |ty: &str, id: &str| Term::Value(ty.into(), id.into());
    if let Some(string) = text.strip_prefix('"') {
        return value("String", string.strip_suffix('"').unwrap());
    }
    if text.parse::<i64>().is_ok() {
        return value("Integer", text);
    }
    if text == "true" || text == "false" {
        return value("Boolean", text);
    }
    if let Some((ty, id)) = text.split_once('{') {
        return value(ty, id.trim_matches(['"', '}']));
    }
    match text.split_once(':') {
        Some((name, ty)) => Term::Variable(name.trim().into(), Some(ty.trim().into())),
        None => Term::Variable(text.into(), None),
    }
}
