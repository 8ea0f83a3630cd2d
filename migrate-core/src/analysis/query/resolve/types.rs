//! Determines the types of expressions by the server's rules, and reports those that do not fit.

use super::{Finding, Resolver};
use crate::analysis::facts::{self, Context};
use crate::analysis::literals;
use crate::analysis::model::{ArgumentType, Detail, Given, Id, Namespace, ObjectKind};
use crate::analysis::names::Name;
use crate::analysis::query::tree::{CallForm, Constant, Expr, ExprId, Sign, Sublink};
use crate::analysis::typing::{
    BOOL, Choice, Common, INT, TEXT, ValueType, common, function, operator,
};
use crate::syntax::source::Span;

impl Resolver<'_> {
    /// The type of an expression whose parts have theirs.
    pub(super) fn typed(&mut self, id: ExprId) -> ValueType {
        let tree = self.tree;
        match &tree.expressions[id] {
            // They are known since their names were resolved.
            Expr::Column(_) | Expr::Query { .. } => self.kind(id),
            Expr::Constant(constant) => Self::kind_of_constant(constant),
            Expr::Call { name, parts, arguments, form } => {
                self.call(name, parts, *arguments, *form, id)
            }
            Expr::Special { label, arguments } => self.special(*label, arguments, id),
            Expr::Operator(sign, parts) => self.operation(*sign, parts, id),
            Expr::Cast(inner, to) => {
                let to = ValueType::written(self.model, to);
                self.cast(*inner, to, tree.spans[id])
            }
            Expr::Case { parts, otherwise } => self.case(parts, *otherwise, id),
            Expr::Star(_)
            | Expr::Default
            | Expr::Field(..)
            | Expr::Expand(_)
            | Expr::Subscript(..)
            | Expr::Row(_)
            | Expr::Unknown => ValueType::Unknown,
        }
    }

    fn mismatch(&mut self, message: String, instead: &str, span: Span) {
        self.found.push(Finding::Mismatch { message, instead: instead.to_owned(), span });
    }

    fn shown(&self, kind: ValueType) -> String {
        kind.shown(self.model)
    }

    /// Resolves an expression that must be true or false.
    pub(super) fn condition(&mut self, id: ExprId, clause: &'static str) {
        let before = (clause != "HAVING").then_some(clause);
        let outer = std::mem::replace(&mut self.clause, before);
        self.expression(id);
        self.clause = outer;
        self.must_be_bool(id, &format!("the condition of {clause}"));
    }

    fn must_be_bool(&mut self, id: ExprId, what: &str) {
        let kind = self.kind(id);
        if kind.is_known() && kind != BOOL && self.trust.casts {
            let message = format!("{what} is of type `{}`, not `boolean`", self.shown(kind));
            let instead = match kind {
                ValueType::Base("int2" | "int4" | "int8" | "numeric" | "float4" | "float8") => {
                    "compare it with a value, for example `<> 0`"
                }
                _ => "compare it with a value, or test it with `IS NOT NULL`",
            };
            self.mismatch(message, instead, self.tree.spans[id]);
        }
        self.literal(id, BOOL);
    }

    /// Checks that a string without a type is a value of the type that its context wants.
    pub(super) fn literal(&mut self, id: ExprId, wanted: ValueType) {
        let Expr::Constant(Constant::Text(Some(text))) = &self.tree.expressions[id] else { return };
        let span = self.tree.spans[id];
        let refused = match wanted {
            ValueType::Base(_) => {
                wanted.stored().is_some_and(|name| literals::is_refused(&name, text))
            }
            ValueType::Array(_) => literals::is_no_array(text),
            ValueType::Enum(of) => {
                let value = text.clone();
                return self.found.push(Finding::EnumValue { of, value, span });
            }
            ValueType::Unknown | ValueType::Literal => false,
        };
        if refused {
            let message =
                format!("`'{text}'` is not a valid value of type `{}`", self.shown(wanted));
            self.mismatch(message, "write a value of that type", span);
        }
    }

    fn literals(&mut self, ids: &[ExprId], wanted: &[ValueType]) {
        for (id, kind) in ids.iter().zip(wanted) {
            self.literal(*id, *kind);
        }
    }

    fn cast(&mut self, inner: ExprId, to: ValueType, span: Span) -> ValueType {
        let from = self.kind(inner);
        if self.trust.casts && !from.converts(to, Context::Explicit) {
            let (from, to) = (self.shown(from), self.shown(to));
            let message = format!("type `{from}` can't be cast to `{to}`");
            self.mismatch(
                message,
                "cast it to `text` first, or compute the value in another way",
                span,
            );
        }
        self.literal(inner, to);
        to
    }

    /// Checks that a value can be assigned to a column.
    pub(super) fn assigned(
        &mut self,
        column: &str,
        to: ValueType,
        value: Option<ExprId>,
        from: ValueType,
        span: Span,
    ) {
        if self.trust.casts && !from.converts(to, Context::Assignment) {
            let (from, shown) = (self.shown(from), self.shown(to));
            let message =
                format!("column `{column}` is of type `{shown}`, and the value of type `{from}`");
            self.mismatch(message, &format!("cast the value: `…::{shown}`"), span);
        }
        if let Some(value) = value {
            self.literal(value, to);
        }
    }

    /// Reports two types that have no type in common.
    pub(super) fn unlike(&mut self, what: &str, one: ValueType, other: ValueType, span: Span) {
        if self.trust.casts {
            let (one, other) = (self.shown(one), self.shown(other));
            let message = format!("{what} are of types `{one}` and `{other}`");
            self.mismatch(message, "cast one to the type of the other", span);
        }
    }

    /// The common type of several values.
    fn shared(&mut self, what: &str, ids: &[ExprId], span: Span) -> ValueType {
        let kinds: Vec<ValueType> = ids.iter().map(|id| self.kind(*id)).collect();
        match common(&kinds) {
            Common::Is(ValueType::Literal) => TEXT,
            Common::Is(kind) => {
                for id in ids {
                    self.literal(*id, kind);
                }
                kind
            }
            Common::No(one, other) => {
                self.unlike(what, one, other, span);
                ValueType::Unknown
            }
        }
    }

    fn case(&mut self, parts: &[ExprId], otherwise: Option<ExprId>, id: ExprId) -> ValueType {
        let (operand, branches) = match parts {
            [operand, rest @ ..] if parts.len() % 2 == 1 => (Some(*operand), rest),
            _ => (None, parts),
        };
        let mut results = Vec::new();
        for branch in branches.chunks_exact(2) {
            match operand {
                Some(operand) => {
                    self.operator("=", Some(operand), branch[0], self.tree.spans[branch[0]]);
                }
                None => self.must_be_bool(branch[0], "the condition of WHEN"),
            }
            results.push(branch[1]);
        }
        results.extend(otherwise);
        let span = results.last().map_or(self.tree.spans[id], |last| self.tree.spans[*last]);
        self.shared("the results of a `CASE`", &results, span)
    }

    fn operation(&mut self, sign: Sign, parts: &[ExprId], id: ExprId) -> ValueType {
        let span = self.tree.spans[id];
        match (sign, parts) {
            (Sign::And | Sign::Or | Sign::Not, _) => {
                let word = match sign {
                    Sign::And => "an operand of `AND`",
                    Sign::Or => "an operand of `OR`",
                    _ => "the operand of `NOT`",
                };
                for part in parts {
                    self.must_be_bool(*part, word);
                }
                BOOL
            }
            (Sign::Of(sign), [right]) => self.operator(sign, None, *right, span),
            (Sign::Of(sign), [left, right]) => self.operator(sign, Some(*left), *right, span),
            (Sign::Quantified(sign), [left, right]) => {
                self.quantified(sign, *left, *right, span);
                BOOL
            }
            (Sign::Between, [value, low, high]) => {
                self.operator(">=", Some(*value), *low, span);
                self.operator("<=", Some(*value), *high, span);
                BOOL
            }
            (Sign::In, [value, others @ ..]) => {
                for other in others {
                    self.operator("=", Some(*value), *other, span);
                }
                BOOL
            }
            (Sign::IsDistinct, [left, right]) => {
                self.operator("=", Some(*left), *right, span);
                BOOL
            }
            (Sign::IsBool, [operand]) => {
                self.must_be_bool(*operand, "the operand of `IS`");
                BOOL
            }
            (Sign::Is, _) => BOOL,
            _ => ValueType::Unknown,
        }
    }

    /// Checks an operator, and returns the type of its result.
    fn operator(
        &mut self,
        sign: &'static str,
        left: Option<ExprId>,
        right: ExprId,
        span: Span,
    ) -> ValueType {
        let kinds = (left.map(|left| self.kind(left)), self.kind(right));
        match self.choice(sign, kinds.0, kinds.1) {
            Choice::One(wanted, result) => {
                let ids: Vec<ExprId> = left.into_iter().chain([right]).collect();
                self.literals(&ids, &wanted);
                result
            }
            Choice::Some(result) => result,
            Choice::None => {
                self.no_operator(sign, kinds.0, kinds.1, span);
                ValueType::Unknown
            }
        }
    }

    /// The form of an operator that a server chooses. A list may compare the same types thousands of
    /// times.
    fn choice(&mut self, sign: &'static str, left: Option<ValueType>, right: ValueType) -> Choice {
        let chosen = self.choices.entry((sign, left, right));
        chosen.or_insert_with(|| operator(sign, left, right)).clone()
    }

    fn quantified(&mut self, sign: &'static str, left: ExprId, right: ExprId, span: Span) {
        let element = match (&self.tree.expressions[right], self.kind(right)) {
            (Expr::Query { kind: Sublink::Rows, .. }, kind) => kind,
            (_, ValueType::Array(base)) => ValueType::Base(base),
            (_, ValueType::Unknown | ValueType::Literal) => return,
            (_, ValueType::Base(name)) if name.ends_with("vector") => return,
            (_, other) => {
                if self.trust.operators {
                    let message = format!(
                        "the right side of `ANY` or `ALL` is of type `{}`",
                        self.shown(other)
                    );
                    self.mismatch(message, "write an array or a subquery there", span);
                }
                return;
            }
        };
        let left = self.kind(left);
        if self.choice(sign, Some(left), element) == Choice::None {
            self.no_operator(sign, Some(left), element, span);
        }
    }

    fn no_operator(&mut self, sign: &str, left: Option<ValueType>, right: ValueType, span: Span) {
        let all = [left.unwrap_or(right), right];
        // Extensions that come with PostgreSQL have operators of these for types of PostgreSQL's.
        let of_arrays = all.iter().any(|kind| matches!(kind, ValueType::Array("int4")))
            && ["+", "-", "&", "|", "@@"].contains(&sign);
        let is_unsure = all.contains(&ValueType::Unknown) || sign == "%" || of_arrays;
        if is_unsure || !self.trust.operators {
            return;
        }
        let shown = match left {
            Some(left) => format!("{} {sign} {}", self.shown(left), self.shown(right)),
            None => format!("{sign} {}", self.shown(right)),
        };
        let message = format!("there is no operator `{shown}`");
        let instead = match all {
            [ValueType::Base("json"), ValueType::Base("json") | ValueType::Literal] => {
                "compare values of `jsonb` instead: `…::jsonb`"
            }
            _ => "cast an operand, so that the types fit",
        };
        self.mismatch(message, instead, span);
    }

    fn call(
        &mut self,
        name: &Name,
        parts: &[ExprId],
        arguments: Option<usize>,
        form: CallForm,
        id: ExprId,
    ) -> ValueType {
        if let Some(filter) = form.filter {
            self.must_be_bool(filter, "the condition of FILTER");
        }
        let last = name.last();
        let is_of_server = match name.parts.as_slice() {
            [_] => true,
            [schema, _] => &*schema.text == "pg_catalog",
            _ => false,
        };
        if !is_of_server {
            return ValueType::Unknown;
        }
        if self.model.may_have_routine(last) || self.model.is_open(Namespace::Routine) {
            return self.result_of(&self.model.routines(last), last);
        }
        self.placed(last, parts, form, id);
        let Some(count) = arguments.filter(|_| !form.is_named) else {
            return if last == "count" { ValueType::Base("int8") } else { ValueType::Unknown };
        };
        let given: Vec<ValueType> = parts[..count].iter().map(|part| self.kind(*part)).collect();
        match function(last, &given) {
            None => ValueType::Unknown,
            Some(Choice::One(wanted, result)) => {
                self.literals(&parts[..count], &wanted);
                result
            }
            Some(Choice::Some(result)) => result,
            Some(Choice::None) => {
                self.no_function(last, &given, self.tree.spans[id]);
                ValueType::Unknown
            }
        }
    }

    /// The result of the chain's only function of a name.
    fn result_of(&self, own: &[Id], name: &str) -> ValueType {
        let ([one], true) = (own, facts::function(name).is_empty()) else {
            return ValueType::Unknown;
        };
        let Some(object) = self.model.get(*one).filter(|_| self.model.is_sure(*one)) else {
            return ValueType::Unknown;
        };
        let Detail::Routine { shape: Some(shape), .. } = &object.detail else {
            return ValueType::Unknown;
        };
        match &shape.given {
            Some(Given::One(ArgumentType::Other(shown))) => ValueType::of_shown(shown),
            Some(Given::One(ArgumentType::Own(id, false)))
                if self.model.is_sure(*id)
                    && self.model.get(*id).is_some_and(|kind| kind.class == ObjectKind::Enum) =>
            {
                ValueType::Enum(*id)
            }
            _ => ValueType::Unknown,
        }
    }

    fn no_function(&mut self, name: &str, given: &[ValueType], span: Span) {
        // The name of a type can be used like a function.
        let is_cast = given.len() == 1 && ValueType::of_shown(name) != ValueType::Unknown;
        if given.contains(&ValueType::Unknown) || is_cast || !self.trust.functions {
            return;
        }
        let arguments: Vec<String> = given.iter().map(|kind| self.shown(*kind)).collect();
        let message = format!("there is no function `{name}({})`", arguments.join(", "));
        self.mismatch(message, "pass arguments of the types that it takes, or cast them", span);
    }

    fn special(&mut self, label: Option<&str>, arguments: &[ExprId], id: ExprId) -> ValueType {
        let span = self.tree.spans[id];
        match label {
            Some(label @ ("coalesce" | "greatest" | "least")) => {
                self.shared(&format!("the arguments of `{label}`"), arguments, span)
            }
            Some("array") => {
                let is_nested =
                    arguments.iter().any(|part| matches!(self.kind(*part), ValueType::Array(_)));
                if arguments.is_empty() || is_nested {
                    return arguments.first().map_or(ValueType::Unknown, |part| self.kind(*part));
                }
                match self.shared("the elements of an array", arguments, span) {
                    ValueType::Base(name) => ValueType::Array(name),
                    _ => ValueType::Unknown,
                }
            }
            Some("nullif") => {
                if let [one, other] = arguments {
                    self.operator("=", Some(*one), *other, span);
                    return match self.kind(*one) {
                        ValueType::Literal => ValueType::Unknown,
                        kind => kind,
                    };
                }
                ValueType::Unknown
            }
            Some("timezone") => {
                let [value, zone] = arguments else { return ValueType::Unknown };
                let given = [self.kind(*zone), self.kind(*value)];
                match function("timezone", &given) {
                    Some(Choice::One(_, result) | Choice::Some(result)) => result,
                    Some(Choice::None) => {
                        self.no_function("timezone", &given, span);
                        ValueType::Unknown
                    }
                    None => ValueType::Unknown,
                }
            }
            Some("extract") => ValueType::Base("numeric"),
            Some("position" | "grouping") => INT,
            Some("overlaps") => BOOL,
            Some("normalize" | "pg_collation_for" | "merge_action") => TEXT,
            _ => ValueType::Unknown,
        }
    }
}
