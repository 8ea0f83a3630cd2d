//! The types of values, as far as they are known, and PostgreSQL's rules for them: which casts
//! apply, and which form of an operator or a function a server chooses.

use super::facts::{self, Context, Signature};
use super::model::{DependencyKind, Detail, Id, Lookup, Model, Namespace, ObjectKind};
use super::names::Name;
use super::statement::TypeName;

/// The type of a value, as far as it is known. Types have the names of the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ValueType {
    Unknown,
    /// A string without a type, or NULL: it takes the type that its context wants.
    Literal,
    Base(&'static str),
    /// An array of a built-in type.
    Array(&'static str),
    /// An enum of the chain.
    Enum(Id),
}

use ValueType::{Array, Base, Enum, Literal, Unknown};

/// What a server makes of an operator or a function with arguments of certain types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    /// No form takes these.
    None,
    /// This is chosen: the types that its arguments are converted to, and its result.
    One(Vec<ValueType>, ValueType),
    /// It is not known which; of this type is the result in any case.
    Some(ValueType),
}

pub(super) const BOOL: ValueType = Base("bool");
pub(super) const TEXT: ValueType = Base("text");
pub(super) const INT: ValueType = Base("int4");

impl ValueType {
    /// The type of this name in the catalog; `_text` is an array.
    pub(super) fn named(name: &str) -> ValueType {
        match name.strip_prefix('_') {
            Some(element) => facts::base_type(element).map_or(Unknown, Array),
            None => facts::base_type(name).map_or(Unknown, Base),
        }
    }

    pub(super) fn is_known(self) -> bool {
        !matches!(self, Unknown | Literal)
    }

    fn category(self) -> Option<char> {
        match self {
            Base(name) => facts::category(name).map(|(category, _)| category),
            Array(_) => Some('A'),
            Enum(_) => Some('E'),
            Unknown | Literal => None,
        }
    }

    fn is_preferred(self) -> bool {
        matches!(self, Base(name) if facts::category(name).is_some_and(|(_, is)| is))
    }

    /// The type as a message shows it.
    pub(super) fn shown(self, model: &Model) -> String {
        match self {
            Base(name) => sql_name(name).to_owned(),
            Array(name) => format!("{}[]", sql_name(name)),
            Enum(id) => model.shown(id),
            Literal => "unknown".to_owned(),
            Unknown => "?".to_owned(),
        }
    }

    /// The type as the model stores it for a column; `None` if its modifiers matter, or it is none
    /// of PostgreSQL's.
    pub(super) fn stored(self) -> Option<String> {
        match self {
            Base(name) => Some(sql_name(name).to_owned()),
            Array(name) => Some(format!("{}[]", sql_name(name))),
            Enum(_) | Unknown | Literal => None,
        }
    }

    /// Whether columns of this type can have modifiers, such as a length.
    pub(super) fn has_modifiers(self) -> bool {
        match self {
            Base(name) | Array(name) => matches!(
                name,
                "bit"
                    | "bpchar"
                    | "interval"
                    | "numeric"
                    | "time"
                    | "timestamp"
                    | "timestamptz"
                    | "timetz"
                    | "varbit"
                    | "varchar"
            ),
            Enum(_) | Unknown | Literal => true,
        }
    }

    /// The type of a column, if that is certain.
    pub(super) fn of_column(model: &Model, column: Id) -> ValueType {
        let Some(object) = model.get(column) else { return Unknown };
        let Detail::Column { kind: Some(shown), .. } = &object.detail else { return Unknown };
        let class = |id: Id| model.get(id).map(|object| object.class);
        let own =
            object.dependencies.iter().find(|need| class(need.on).is_some_and(ObjectKind::is_type));
        match own {
            _ if !model.is_sure(column) || object.is_old => Unknown,
            Some(need) => {
                let is_enum = need.how == DependencyKind::Normal
                    && class(need.on) == Some(ObjectKind::Enum)
                    && !shown.ends_with("[]");
                if is_enum { Enum(need.on) } else { Unknown }
            }
            None => ValueType::of_shown(shown),
        }
    }

    /// A built-in type as the server displays it.
    pub(super) fn of_shown(shown: &str) -> ValueType {
        let (base, is_array) = match shown.strip_suffix("[]") {
            Some(base) => (base, true),
            None => (shown, false),
        };
        let base = match (base.split_once('('), base.split_once(')')) {
            (Some((first, _)), Some((_, last))) => format!("{first}{last}"),
            _ => base.to_owned(),
        };
        match facts::base_type(catalog_name(&base)) {
            // An array without a mark, such as `oidvector`.
            Some(name) if Base(name).category() == Some('A') => Unknown,
            Some(name) if is_array => Array(name),
            Some(name) => Base(name),
            None => Unknown,
        }
    }

    /// The type of a cast.
    pub(super) fn written(model: &mut Model, written: &TypeName) -> ValueType {
        let name = &written.name;
        if written.of_column || written.set_of {
            return Unknown;
        }
        let is_catalog = match name.parts.as_slice() {
            [_] => true,
            [schema, _] => &*schema.text == "pg_catalog",
            _ => false,
        };
        if is_catalog {
            // A quoted name with a blank is no type of PostgreSQL's, but it is nobody's.
            let last = Name { parts: name.parts.last().cloned().into_iter().collect() };
            let known = ValueType::of_shown(last.last());
            if known != Unknown {
                return match known {
                    Base(base) if written.is_array => Array(base),
                    other => other,
                };
            }
        }
        match model.resolve(Namespace::Type, name) {
            Lookup::Yes(id)
                if model.is_sure(id)
                    && !written.is_array
                    && model.get(id).is_some_and(|object| object.class == ObjectKind::Enum) =>
            {
                Enum(id)
            }
            _ => Unknown,
        }
    }

    /// Whether a value can be converted; true where that is not known.
    pub(super) fn converts(self, to: ValueType, context: Context) -> bool {
        if self == to || matches!(self, Unknown | Literal) || matches!(to, Unknown | Literal) {
            return true;
        }
        let is_text = |kind: ValueType| kind.category() == Some('S');
        match (self, to) {
            (Base(from), Base(into)) if facts::has_cast(from, into, context) => true,
            (Array(from), Array(into)) => Base(from).converts(Base(into), context),
            // By the text of the value.
            (_, Base(_)) if is_text(to) && context >= Context::Assignment => true,
            _ => context == Context::Explicit && is_text(self),
        }
    }

    /// The same for an argument of an operator or a function, which may be of any type.
    fn fits(self, wanted: &str) -> bool {
        match wanted {
            "any" | "anyelement" | "anycompatible" => true,
            "anynonarray" | "anycompatiblenonarray" => !matches!(self, Array(_)),
            "anyarray" | "anycompatiblearray" => !self.is_known() || self.category() == Some('A'),
            "anyenum" => matches!(self, Enum(_) | Unknown | Literal),
            "anyrange" | "anycompatiblerange" => self.is_range("range"),
            "anymultirange" | "anycompatiblemultirange" => self.is_range("multirange"),
            _ => match ValueType::named(wanted) {
                // A type that nothing is known of: a row, an array of anything.
                Unknown => !self.is_known() || !is_plain_pseudo(wanted),
                to => self.converts(to, Context::Implicit),
            },
        }
    }

    fn is_range(self, ending: &str) -> bool {
        match self {
            Base(name) => {
                let is_multi = name.ends_with("multirange");
                name.ends_with("range") && is_multi == (ending == "multirange")
            }
            Unknown | Literal => true,
            Array(_) | Enum(_) => false,
        }
    }
}

/// Whether no value of a known type is of this pseudo-type.
fn is_plain_pseudo(name: &str) -> bool {
    matches!(name, "record" | "_record")
}

/// The common type of the branches of a `CASE`, the rows of a `UNION` and the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Common {
    Is(ValueType),
    /// These two have none.
    No(ValueType, ValueType),
}

/// By PostgreSQL's rules for `UNION`, `CASE` and the like.
pub(super) fn common(kinds: &[ValueType]) -> Common {
    if kinds.contains(&Unknown) {
        return Common::Is(Unknown);
    }
    let mut known = kinds.iter().copied().filter(|kind| kind.is_known());
    let Some(mut chosen) = known.next() else { return Common::Is(Literal) };
    for next in known {
        if next == chosen {
            continue;
        }
        if next.category() != chosen.category() {
            return Common::No(chosen, next);
        }
        if !chosen.is_preferred()
            && chosen.converts(next, Context::Implicit)
            && !next.converts(chosen, Context::Implicit)
        {
            chosen = next;
        }
    }
    match kinds.iter().find(|kind| !kind.converts(chosen, Context::Implicit)) {
        Some(other) => Common::No(chosen, *other),
        None => Common::Is(chosen),
    }
}

/// The form of an operator that is chosen; the left operand of a prefix operator is `None`.
pub(super) fn operator(name: &str, left: Option<ValueType>, right: ValueType) -> Choice {
    let forms = facts::operator(name);
    let is_prefix = |form: &Signature| form.arguments.first() == Some(&"-");
    let forms: Vec<Signature> =
        forms.into_iter().filter(|form| is_prefix(form) == left.is_none()).collect();
    let forms: Vec<(Vec<&'static str>, &'static str)> = forms
        .into_iter()
        .map(|form| (form.arguments[usize::from(left.is_none())..].to_vec(), form.result))
        .collect();
    let given: Vec<ValueType> = left.into_iter().chain([right]).collect();
    // A string beside a known type first is taken for a value of that type.
    let exact: Vec<ValueType> = match given.as_slice() {
        [Literal, other] | [other, Literal] if other.is_known() => vec![*other, *other],
        other => other.to_vec(),
    };
    if exact.iter().all(|kind| kind.is_known())
        && let Some((arguments, result)) =
            forms.iter().find(|(arguments, _)| is_exact(arguments, &exact))
    {
        return Choice::One(exact, result_kind(result, arguments, &given));
    }
    match choose(forms, &given) {
        Choice::One(mut wanted, result) => {
            // An operator for any type: the string is a value of the other one's.
            if let ([Literal, other] | [other, Literal], Some(at)) =
                (given.as_slice(), given.iter().position(|kind| *kind == Literal))
                && wanted.get(at) == Some(&Unknown)
                && matches!(other, Enum(_))
            {
                wanted[at] = *other;
            }
            Choice::One(wanted, result)
        }
        other => other,
    }
}

/// The form of a function that is chosen. `None` if nothing is known of a function of this name.
pub(super) fn function(name: &str, given: &[ValueType]) -> Option<Choice> {
    let forms = facts::function(name);
    if forms.is_empty() {
        return None;
    }
    let count = given.len();
    let mut fitting = Vec::new();
    for form in forms {
        let all = form.arguments.len();
        if form.variadic && count + 1 >= all {
            let mut arguments = form.arguments;
            let last = arguments.pop().unwrap_or("any");
            arguments.extend(std::iter::repeat_n(last, count + 1 - all));
            // Without an argument that is repeated, the form is chosen only if it needs none.
            if count + 1 > all || last == "any" {
                fitting.push((arguments, form.result));
            }
        } else if !form.variadic && count <= all && count + form.optional >= all {
            fitting.push((form.arguments[..count].to_vec(), form.result));
        }
    }
    if given.iter().all(|kind| kind.is_known())
        && let Some((arguments, result)) =
            fitting.iter().find(|(arguments, _)| is_exact(arguments, given))
    {
        return Some(Choice::One(given.to_vec(), result_kind(result, arguments, given)));
    }
    Some(choose(fitting, given))
}

fn is_exact(arguments: &[&str], given: &[ValueType]) -> bool {
    arguments.len() == given.len()
        && arguments.iter().zip(given).all(|(name, kind)| ValueType::named(name) == *kind)
}

/// Chooses among forms with the right number of arguments, by the rules for overloaded functions.
fn choose(mut forms: Vec<(Vec<&'static str>, &'static str)>, given: &[ValueType]) -> Choice {
    forms.retain(|(arguments, _)| {
        arguments.iter().zip(given).all(|(name, kind)| kind.fits(name))
            && is_consistent(arguments, given)
    });
    if forms.is_empty() {
        return Choice::None;
    }
    if given.contains(&Unknown) {
        return same_result(&forms, given);
    }
    // The most exact ones.
    let exact = |arguments: &[&'static str]| {
        let all = arguments.iter().zip(given);
        all.filter(|(name, kind)| kind.is_known() && ValueType::named(name) == **kind).count()
    };
    keep_best(&mut forms, exact);
    let preferred = |arguments: &[&'static str]| {
        let all = arguments.iter().zip(given).filter(|(_, kind)| kind.is_known());
        all.filter(|(name, kind)| {
            let wanted = ValueType::named(name);
            wanted == **kind || wanted.is_preferred() && wanted.category() == kind.category()
        })
        .count()
    };
    if forms.len() > 1 {
        keep_best(&mut forms, preferred);
    }
    if forms.len() > 1 && given.contains(&Literal) {
        by_category(&mut forms, given);
    }
    match forms.as_slice() {
        [(arguments, result)] => {
            let wanted = arguments.iter().map(|name| ValueType::named(name)).collect();
            Choice::One(wanted, result_kind(result, arguments, given))
        }
        _ => same_result(&forms, given),
    }
}

fn keep_best(
    forms: &mut Vec<(Vec<&'static str>, &'static str)>,
    score: impl Fn(&[&'static str]) -> usize,
) {
    let best = forms.iter().map(|(arguments, _)| score(arguments)).max().unwrap_or(0);
    forms.retain(|(arguments, _)| score(arguments) == best);
}

/// Decides by the categories that strings without a type are accepted as.
fn by_category(forms: &mut Vec<(Vec<&'static str>, &'static str)>, given: &[ValueType]) {
    let before = forms.clone();
    for (at, _) in given.iter().enumerate().filter(|(_, kind)| **kind == Literal) {
        let wanted: Vec<ValueType> =
            forms.iter().map(|(arguments, _)| ValueType::named(arguments[at])).collect();
        let category = match wanted.first().and_then(|kind| kind.category()) {
            _ if wanted.iter().any(|kind| kind.category() == Some('S')) => 'S',
            Some(first) if wanted.iter().all(|kind| kind.category() == Some(first)) => first,
            _ => return,
        };
        let has_preferred =
            wanted.iter().any(|kind| kind.category() == Some(category) && kind.is_preferred());
        forms.retain(|(arguments, _)| {
            let wanted = ValueType::named(arguments[at]);
            wanted.category() == Some(category) && (!has_preferred || wanted.is_preferred())
        });
    }
    if forms.is_empty() {
        *forms = before;
    }
}

/// What is known of the result, whichever form is chosen.
fn same_result(forms: &[(Vec<&'static str>, &'static str)], given: &[ValueType]) -> Choice {
    let mut results = forms.iter().map(|(arguments, result)| result_kind(result, arguments, given));
    let first = results.next().unwrap_or(Unknown);
    Choice::Some(if results.all(|result| result == first) { first } else { Unknown })
}

/// Whether the arguments of any type agree with each other.
fn is_consistent(arguments: &[&str], given: &[ValueType]) -> bool {
    let mut element: Option<ValueType> = None;
    let mut compatible = Vec::new();
    for (name, kind) in arguments.iter().zip(given) {
        let own = match (*name, *kind) {
            (_, Unknown | Literal) => continue,
            ("anyelement" | "anynonarray" | "anyenum", kind) => kind,
            ("anyarray", Array(base)) => Base(base),
            ("anycompatiblearray", Array(base)) => {
                compatible.push(Base(base));
                continue;
            }
            ("anycompatible" | "anycompatiblenonarray", kind) => {
                compatible.push(kind);
                continue;
            }
            _ => continue,
        };
        if *element.get_or_insert(own) != own {
            return false;
        }
    }
    matches!(common(&compatible), Common::Is(_))
}

/// The type of a result, which may depend on the types of the arguments.
fn result_kind(result: &'static str, arguments: &[&str], given: &[ValueType]) -> ValueType {
    if !result.starts_with("any") {
        return ValueType::named(result);
    }
    let is_array = result.ends_with("array") && !result.ends_with("nonarray");
    let is_one = matches!(
        result,
        "anyelement"
            | "anynonarray"
            | "anyenum"
            | "anyarray"
            | "anycompatible"
            | "anycompatiblearray"
            | "anycompatiblenonarray"
    );
    let mut element: Option<ValueType> = None;
    for (name, kind) in arguments.iter().zip(given) {
        let own = match (*name, *kind) {
            ("anyarray" | "anycompatiblearray", Array(base)) => Base(base),
            (
                "anyelement"
                | "anynonarray"
                | "anyenum"
                | "anycompatible"
                | "anycompatiblenonarray",
                kind,
            ) => kind,
            (name, _) if name.starts_with("any") => Unknown,
            _ => continue,
        };
        if *element.get_or_insert(own) != own {
            return Unknown;
        }
    }
    match element.filter(|_| is_one) {
        Some(Base(base)) if is_array => Array(base),
        Some(kind) if !is_array && kind.is_known() => kind,
        _ => Unknown,
    }
}

/// The catalog's name of a type for which SQL has another one.
pub(super) fn catalog_name(shown: &str) -> &str {
    NAMES.iter().find(|(sql, _)| *sql == shown).map_or(shown, |(_, catalog)| catalog)
}

fn sql_name(catalog: &'static str) -> &'static str {
    NAMES.iter().find(|(_, known)| *known == catalog).map_or(catalog, |(sql, _)| sql)
}

const NAMES: [(&str, &str); 13] = [
    ("integer", "int4"),
    ("bigint", "int8"),
    ("smallint", "int2"),
    ("double precision", "float8"),
    ("real", "float4"),
    ("boolean", "bool"),
    ("character varying", "varchar"),
    ("character", "bpchar"),
    ("timestamp without time zone", "timestamp"),
    ("timestamp with time zone", "timestamptz"),
    ("time without time zone", "time"),
    ("time with time zone", "timetz"),
    ("bit varying", "varbit"),
];

#[cfg(test)]
mod tests;
