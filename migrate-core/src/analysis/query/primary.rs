//! Parses the operands of operators: columns, constants, calls, casts, `CASE`, rows, arrays and
//! subqueries.

use std::rc::Rc;

use super::reader::Reader;
use super::tree::{Constant, Expr, ExprId, Sublink};
use crate::analysis::keywords::is_reserved;
use crate::analysis::names::Name;
use crate::analysis::statement::type_name;
use crate::syntax::lexer::TokenKind;

impl Reader<'_> {
    /// Parses an operand with the casts, subscripts and field selections that follow it.
    pub(super) fn primary(&mut self) -> Option<ExprId> {
        let in_parentheses = self.rest.is_sign(0, "(");
        let mut operand = self.atom()?;
        let is_call = matches!(self.tree.expressions[operand], Expr::Call { .. });
        loop {
            if self.take_sign("::") {
                operand = self.cast(operand)?;
            } else if self.rest.is_sign(0, "[") {
                operand = self.subscript(operand)?;
            } else if self.rest.is_sign(0, ".") && (in_parentheses || !is_call) {
                self.rest.skip(1);
                if self.rest.is_sign(0, "*") {
                    self.rest.skip(1);
                    operand = self.add(Expr::Expand(operand));
                } else {
                    let field = self.rest.ident()?;
                    operand = self.add(Expr::Field(operand, field));
                }
            } else {
                return Some(operand);
            }
        }
    }

    /// Parses the type of a cast: after `::`, after `AS`, or before a string.
    fn cast(&mut self, operand: ExprId) -> Option<ExprId> {
        let kind = type_name(&mut self.rest)?;
        Some(self.add_at(kind.span, Expr::Cast(operand, Rc::new(kind))))
    }

    /// Parses `[1]`, `[1:2]` or `[:]`.
    fn subscript(&mut self, operand: ExprId) -> Option<ExprId> {
        let parts = self.bounds()?;
        Some(self.add(Expr::Subscript(operand, parts)))
    }

    pub(super) fn bounds(&mut self) -> Option<Vec<ExprId>> {
        let mut parts = Vec::new();
        self.need_sign("[")?;
        while !self.take_sign("]") {
            if !self.take_sign(":") {
                parts.push(self.expression()?);
            }
        }
        Some(parts)
    }

    fn atom(&mut self) -> Option<ExprId> {
        match self.kind(0)? {
            TokenKind::String => {
                let text = self.string();
                Some(self.add(Expr::Constant(Constant::Text(text))))
            }
            kind @ (TokenKind::DollarString | TokenKind::Number | TokenKind::Parameter) => {
                let text = self.rest.token(0).map_or("", |token| self.rest.text(token));
                let constant = match kind {
                    TokenKind::DollarString => Constant::Text(None),
                    TokenKind::Number => number(text),
                    _ => Constant::Other,
                };
                self.rest.skip(1);
                Some(self.add(Expr::Constant(constant)))
            }
            TokenKind::QuotedIdentifier => self.named(),
            TokenKind::Word => self.worded(),
            TokenKind::Punctuation if self.opens_query(0) => self.sublink(Sublink::Value),
            TokenKind::Punctuation if self.rest.is_sign(0, "(") => self.parenthesised(),
            _ => None,
        }
    }

    /// Parses a string and its continuations on the next lines. Returns its value if it is plain.
    fn string(&mut self) -> Option<Rc<str>> {
        let mut rest = self.rest;
        let value = rest.string().map(|(value, _)| Rc::from(value));
        self.rest.skip(1);
        let is_plain = self.kind(0) != Some(TokenKind::StringContinuation) && !self.is("uescape");
        while self.kind(0) == Some(TokenKind::StringContinuation) {
            self.rest.skip(1);
        }
        if self.is("uescape") {
            self.rest.skip(2);
        }
        value.filter(|_| is_plain)
    }

    /// Parses `(a)` or a row of several values.
    fn parenthesised(&mut self) -> Option<ExprId> {
        self.need_sign("(")?;
        let list = self.list()?;
        self.need_sign(")")?;
        Some(match list.as_slice() {
            [one] => *one,
            _ => self.add(Expr::Row(list)),
        })
    }

    /// Parses a subquery in parentheses.
    pub(super) fn sublink(&mut self, kind: Sublink) -> Option<ExprId> {
        self.need_sign("(")?;
        let query = self.query()?;
        self.need_sign(")")?;
        Some(self.add(Expr::Query { kind, query }))
    }

    fn worded(&mut self) -> Option<ExprId> {
        let opens = self.rest.is_sign(1, "(");
        match &*self.word(0) {
            "null" | "true" | "false" => {
                let constant = if self.is("null") { Constant::Null } else { Constant::Bool };
                self.rest.skip(1);
                Some(self.add(Expr::Constant(constant)))
            }
            "default" => {
                self.rest.skip(1);
                Some(self.add(Expr::Default))
            }
            "case" => self.case(),
            "exists" if opens => {
                self.rest.skip(1);
                self.sublink(Sublink::Exists)
            }
            "array" if self.opens_query(1) => {
                self.rest.skip(1);
                self.sublink(Sublink::Array)
            }
            "array" => {
                self.rest.skip(1);
                self.array()
            }
            "row" if opens => {
                self.rest.skip(2);
                let parts = if self.rest.is_sign(0, ")") { Vec::new() } else { self.outputs()? };
                self.need_sign(")")?;
                Some(self.add(Expr::Row(parts)))
            }
            "cast" | "treat" if opens => {
                self.rest.skip(2);
                let operand = self.expression()?;
                self.need(&["as"])?;
                let cast = self.cast(operand)?;
                self.need_sign(")")?;
                Some(cast)
            }
            "collation" if self.rest.is(1, "for") => {
                self.rest.skip(2);
                let argument = self.parenthesised()?;
                let label = Some("pg_collation_for");
                Some(self.add(Expr::Special { label, arguments: vec![argument] }))
            }
            word if opens && let Some(label) = Self::special_label(word) => self.special(label),
            word if let Some(label) = value_function(word) => {
                self.rest.skip(1);
                if self.rest.is_sign(0, "(") {
                    self.skip_brackets()?;
                }
                Some(self.add(Expr::Constant(Constant::Function(label))))
            }
            word if is_reserved(word) && !opens => None,
            // These reserved words can also be the name of a function.
            "left" | "right" | "overlaps" | "like" | "ilike" | "similar" | "isnull" | "notnull"
            | "is" | "authorization" | "binary" | "concurrently" | "verbose" | "current_schema" => {
                self.named()
            }
            word if is_reserved(word) => None,
            _ => self.named(),
        }
    }

    /// Parses a list of outputs: `*`, `t.*` and expressions.
    pub(super) fn outputs(&mut self) -> Option<Vec<ExprId>> {
        let mut list = vec![self.starred()?];
        while self.take_sign(",") {
            list.push(self.starred()?);
        }
        Some(list)
    }

    /// Parses `*` or an expression, such as `t.*`.
    pub(super) fn starred(&mut self) -> Option<ExprId> {
        if self.take_sign("*") { Some(self.add(Expr::Star(None))) } else { self.expression() }
    }

    /// Parses the content of the brackets of `ARRAY[…]`.
    fn array(&mut self) -> Option<ExprId> {
        let label = Some("array");
        self.enter()?;
        self.need_sign("[")?;
        let mut arguments = Vec::new();
        while !self.take_sign("]") {
            // A nested array needs no `ARRAY` before its brackets.
            let inner = self.rest.is_sign(0, "[");
            arguments.push(if inner { self.array()? } else { self.expression()? });
            self.take_sign(",");
        }
        self.leave();
        Some(self.add(Expr::Special { label, arguments }))
    }

    fn case(&mut self) -> Option<ExprId> {
        self.need(&["case"])?;
        let mut parts = Vec::new();
        if !self.is("when") {
            parts.push(self.expression()?);
        }
        while self.take(&["when"]) {
            parts.push(self.expression()?);
            self.need(&["then"])?;
            parts.push(self.expression()?);
        }
        let otherwise = if self.take(&["else"]) { Some(self.expression()?) } else { None };
        self.need(&["end"])?;
        Some(self.add(Expr::Case { parts, otherwise }))
    }

    /// Parses a column, a call, or a constant with a type in front: `date '2020-01-01'`.
    fn named(&mut self) -> Option<ExprId> {
        let start = self.rest;
        if self.is_typed_constant() {
            let kind = type_name(&mut self.rest)?;
            let value = self.string_of_type()?;
            let operand = self.add(Expr::Constant(Constant::Text(value)));
            return Some(self.add_at(kind.span, Expr::Cast(operand, Rc::new(kind))));
        }
        self.rest = start;
        let mut parts = vec![self.rest.ident()?];
        while self.rest.is_sign(0, ".") && !self.rest.is_sign(1, "*") {
            self.rest.skip(1);
            parts.push(self.rest.ident()?);
        }
        let name = Name { parts };
        if self.rest.is_sign(0, "(") {
            return self.call(name);
        }
        if self.rest.is_sign(0, ".") && self.rest.is_sign(1, "*") {
            self.rest.skip(2);
            return Some(self.add(Expr::Star(Some(name))));
        }
        Some(self.add(Expr::Column(name)))
    }

    /// Whether a type and a string come next. The keywords of types with several words cannot be
    /// functions.
    fn is_typed_constant(&self) -> bool {
        let is_string =
            |ahead| matches!(self.kind(ahead), Some(TokenKind::String | TokenKind::DollarString));
        let mut ahead = match &*self.word(0) {
            "double" if self.rest.is(1, "precision") => 2,
            "character" | "char" | "bit" | "national" | "nchar" if self.rest.is(1, "varying") => 2,
            _ => 1,
        };
        while self.rest.is_sign(ahead, ".") {
            ahead += 2;
        }
        if is_string(ahead) {
            return true;
        }
        let is_time = self.rest.is_any(0, &["time", "timestamp", "interval"]);
        if is_time && self.rest.is_sign(ahead, "(") {
            ahead = self.closing(ahead).map_or(ahead, |end| end + 1);
        }
        if is_time && self.rest.is_any(ahead, &["with", "without"]) {
            ahead += 3;
        }
        is_string(ahead) && ahead > 1
    }

    /// Parses the string after a type, and the unit after that: `interval '1' day`.
    fn string_of_type(&mut self) -> Option<Option<Rc<str>>> {
        let value = match self.kind(0)? {
            TokenKind::String => self.string(),
            TokenKind::DollarString => {
                self.rest.skip(1);
                None
            }
            _ => return None,
        };
        let units = ["year", "month", "day", "hour", "minute", "second"];
        if self.rest.is_any(0, &units) {
            self.rest.skip(1);
            if self.rest.is_sign(0, "(") {
                self.skip_brackets()?;
            }
            if self.is("to") && self.rest.is_any(1, &units) {
                self.rest.skip(2);
            }
        }
        Some(value)
    }
}

/// Functions that are called without parentheses, and the output names that the server gives them.
fn value_function(word: &str) -> Option<&'static str> {
    const WORDS: [&str; 12] = [
        "current_date",
        "current_time",
        "current_timestamp",
        "localtime",
        "localtimestamp",
        "current_role",
        "current_user",
        "session_user",
        "system_user",
        "current_catalog",
        "current_schema",
        "user",
    ];
    WORDS.into_iter().find(|known| *known == word)
}

/// The type of a number.
fn number(text: &str) -> Constant {
    let is_plain = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    match text.parse::<u64>() {
        Ok(value) => match u32::try_from(value) {
            Ok(value) if i32::try_from(value).is_ok() => Constant::Integer(value),
            _ if i64::try_from(value).is_ok() => Constant::Number("int8"),
            _ => Constant::Number("numeric"),
        },
        Err(_) if text.contains('.') && text.bytes().all(is_plain) => Constant::Number("numeric"),
        Err(_) => Constant::Other,
    }
}
