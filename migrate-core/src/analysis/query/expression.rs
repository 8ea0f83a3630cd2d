//! Parses operators by PostgreSQL's precedences.

use super::reader::Reader;
use super::tree::{Expr, ExprId, Sign, Sublink};
use crate::syntax::lexer::TokenKind;

const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const IS: u8 = 4;
const COMPARISON: u8 = 5;
const MATCH: u8 = 6;
const OTHER: u8 = 7;
const SUM: u8 = 8;
const PRODUCT: u8 = 9;
const POWER: u8 = 10;
const AT: u8 = 11;
const COLLATE: u8 = 12;
const SIGN: u8 = 13;

/// What follows an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Infix {
    /// An operator with another operand.
    Binary,
    /// `OPERATOR(schema.+)`.
    Named,
    Is,
    IsNull,
    Between,
    In,
    Like,
    At,
    Collate,
}

impl Reader<'_> {
    pub(super) fn expression(&mut self) -> Option<ExprId> {
        self.operation(OR)
    }

    /// Parses an expression without a comparison at its top level: `position(a IN b)`, or the
    /// bounds of a partition.
    pub(super) fn operand(&mut self) -> Option<ExprId> {
        self.operation(OTHER)
    }

    /// Parses operators that bind at least as tightly as `least`.
    fn operation(&mut self, least: u8) -> Option<ExprId> {
        self.enter()?;
        let mut left = self.prefixed()?;
        while let Some((power, infix)) = self.infix().filter(|(power, _)| *power >= least) {
            left = self.infixed(left, power, infix)?;
        }
        self.leave();
        Some(left)
    }

    fn prefixed(&mut self) -> Option<ExprId> {
        let here = self.here();
        if self.take(&["not"]) {
            let operand = self.operation(NOT)?;
            return Some(self.add_at(here, Expr::Operator(Sign::Not, vec![operand])));
        }
        if let Some(token) = self.rest.token(0).filter(|token| token.kind == TokenKind::Operator) {
            let power = if self.rest.is_sign(0, "-") || self.rest.is_sign(0, "+") {
                SIGN
            } else {
                OTHER + 1
            };
            let sign = known_sign(self.rest.text(token)).map_or(Sign::Other, Sign::Of);
            self.rest.skip(1);
            let operand = self.operation(power)?;
            return Some(self.add_at(here, Expr::Operator(sign, vec![operand])));
        }
        if self.is("operator") && self.rest.is_sign(1, "(") {
            self.rest.skip(1);
            self.skip_brackets()?;
            let operand = self.operation(OTHER + 1)?;
            return Some(self.add_at(here, Expr::Operator(Sign::Other, vec![operand])));
        }
        self.primary()
    }

    /// The next token, if it can follow an operand, and its binding power.
    fn infix(&self) -> Option<(u8, Infix)> {
        let token = self.rest.token(0)?;
        match token.kind {
            TokenKind::Operator => {
                let power = match self.rest.text(token) {
                    "=>" => return None,
                    "=" | "<" | ">" | "<=" | ">=" | "<>" | "!=" => COMPARISON,
                    "+" | "-" => SUM,
                    "*" | "/" | "%" => PRODUCT,
                    "^" => POWER,
                    _ => OTHER,
                };
                Some((power, Infix::Binary))
            }
            TokenKind::Word => Some(match &*self.word(0) {
                "or" => (OR, Infix::Binary),
                "and" => (AND, Infix::Binary),
                "overlaps" => (COMPARISON, Infix::Binary),
                "is" => (IS, Infix::Is),
                "isnull" | "notnull" => (IS, Infix::IsNull),
                "between" => (MATCH, Infix::Between),
                "in" => (MATCH, Infix::In),
                "like" | "ilike" | "similar" => (MATCH, Infix::Like),
                "not" => match &*self.word(1) {
                    "between" => (MATCH, Infix::Between),
                    "in" => (MATCH, Infix::In),
                    "like" | "ilike" | "similar" => (MATCH, Infix::Like),
                    _ => return None,
                },
                "at" if self.rest.is_any(1, &["time", "local"]) => (AT, Infix::At),
                "collate" => (COLLATE, Infix::Collate),
                "operator" if self.rest.is_sign(1, "(") => (OTHER, Infix::Named),
                _ => return None,
            }),
            _ => None,
        }
    }

    /// Combines an operand with the operator that follows it.
    fn infixed(&mut self, left: ExprId, power: u8, infix: Infix) -> Option<ExprId> {
        let mut operands = vec![left];
        let here = self.here();
        let sign = match infix {
            Infix::Binary | Infix::Named => {
                let word = self.word(0);
                let text = self.rest.token(0).map_or("", |token| self.rest.text(token));
                let sign = match (&*word, infix) {
                    ("and", _) => Sign::And,
                    ("or", _) => Sign::Or,
                    (_, Infix::Named) => Sign::Other,
                    _ => known_sign(text).map_or(Sign::Other, Sign::Of),
                };
                let is_overlaps = self.is("overlaps");
                self.rest.skip(1);
                if infix == Infix::Named {
                    self.skip_brackets()?;
                }
                let (right, sign) = self.right(sign, power + 1)?;
                operands.push(right);
                if is_overlaps {
                    let label = Some("overlaps");
                    return Some(self.add(Expr::Special { label, arguments: operands }));
                }
                sign
            }
            Infix::Is => {
                self.rest.skip(1);
                let (sign, other) = self.is_what()?;
                operands.extend(other);
                sign
            }
            Infix::IsNull => {
                self.rest.skip(1);
                Sign::Is
            }
            Infix::Between => {
                self.take(&["not"]);
                self.rest.skip(1);
                let _ = self.take(&["symmetric"]) || self.take(&["asymmetric"]);
                operands.push(self.operand()?);
                self.need(&["and"])?;
                operands.push(self.operation(MATCH + 1)?);
                Sign::Between
            }
            Infix::In => {
                self.take(&["not"]);
                self.rest.skip(1);
                if self.opens_query(0) {
                    operands.push(self.sublink(Sublink::Rows)?);
                } else {
                    self.need_sign("(")?;
                    operands.extend(self.list()?);
                    self.need_sign(")")?;
                }
                Sign::In
            }
            Infix::Like => self.like(&mut operands)?,
            Infix::At => {
                self.rest.skip(1);
                if !self.take(&["local"]) {
                    self.need(&["time", "zone"])?;
                    operands.push(self.operation(AT + 1)?);
                }
                let special = Expr::Special { label: Some("timezone"), arguments: operands };
                return Some(self.add_at(here, special));
            }
            Infix::Collate => {
                self.rest.skip(1);
                self.rest.name()?;
                return Some(left);
            }
        };
        Some(self.add_at(here, Expr::Operator(sign, operands)))
    }

    /// Parses the right side of an operator.
    fn right(&mut self, sign: Sign, power: u8) -> Option<(ExprId, Sign)> {
        let Some(rows) = self.quantified()? else { return Some((self.operation(power)?, sign)) };
        let sign = match sign {
            Sign::Of(sign) => Sign::Quantified(sign),
            _ => Sign::Other,
        };
        Some((rows, sign))
    }

    /// Parses `[NOT] LIKE` and the like.
    fn like(&mut self, operands: &mut Vec<ExprId>) -> Option<Sign> {
        self.take(&["not"]);
        let sign = match &*self.word(0) {
            "like" => Sign::Of("~~"),
            "ilike" => Sign::Of("~~*"),
            _ => Sign::Of("~"),
        };
        if self.take(&["similar"]) {
            self.need(&["to"])?;
        } else {
            self.rest.skip(1);
        }
        let (right, sign) = self.right(sign, MATCH + 1)?;
        operands.push(right);
        if self.take(&["escape"]) {
            operands.push(self.operation(MATCH + 1)?);
            return Some(Sign::Other);
        }
        Some(sign)
    }

    /// Parses `ANY (…)` and the like, if they come next.
    fn quantified(&mut self) -> Option<Option<ExprId>> {
        if !(self.rest.is_any(0, &["any", "all", "some"]) && self.rest.is_sign(1, "(")) {
            return Some(None);
        }
        self.rest.skip(1);
        if self.opens_query(0) {
            return Some(Some(self.sublink(Sublink::Rows)?));
        }
        self.need_sign("(")?;
        let array = self.expression()?;
        self.need_sign(")")?;
        Some(Some(array))
    }

    /// Parses what follows `IS`. Returns the second operand of `DISTINCT FROM`.
    fn is_what(&mut self) -> Option<(Sign, Option<ExprId>)> {
        self.take(&["not"]);
        if self.take(&["distinct", "from"]) {
            return Some((Sign::IsDistinct, Some(self.operation(COMPARISON)?)));
        }
        if self.take(&["json"]) {
            self.rest.take_any(&[&["value"], &["array"], &["object"], &["scalar"]]);
            if self.rest.take_any(&[&["with", "unique"], &["without", "unique"]]) {
                self.take(&["keys"]);
            }
            return Some((Sign::Is, None));
        }
        if self.rest.take_any(&[&["true"], &["false"], &["unknown"]]) {
            return Some((Sign::IsBool, None));
        }
        self.rest.take_any(&[&["nfc"], &["nfd"], &["nfkc"], &["nfkd"]]);
        let words: [&[&str]; 3] = [&["null"], &["document"], &["normalized"]];
        self.rest.take_any(&words).then_some((Sign::Is, None))
    }
}

/// The operators whose forms are looked at: those that no well-known extension adds forms of
/// built-in types to.
fn known_sign(text: &str) -> Option<&'static str> {
    const SIGNS: [&str; 34] = [
        "=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "^", "||", "->", "->>", "#>",
        "#>>", "@>", "<@", "&&", "?", "?|", "?&", "~", "~*", "!~", "!~*", "~~", "~~*", "!~~",
        "!~~*", "@@", "&", "|",
    ];
    if text == "!=" {
        return Some("<>");
    }
    SIGNS.into_iter().find(|sign| *sign == text)
}
