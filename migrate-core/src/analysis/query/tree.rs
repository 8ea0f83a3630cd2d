//! The nodes of a parsed query and of its expressions.

use std::rc::Rc;

use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::TypeName;
use crate::syntax::source::Span;

pub(in crate::analysis) type ExprId = usize;
pub(in crate::analysis) type QueryId = usize;
pub(in crate::analysis) type FromId = usize;

/// All nodes of one statement.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Tree {
    pub(super) expressions: Vec<Expr>,
    /// Where to point at for each expression: its operator, its function's name, or its last token.
    pub(super) spans: Vec<Span>,
    pub(super) queries: Vec<Query>,
    pub(super) from: Vec<From>,
}

#[derive(Debug)]
pub(super) enum Expr {
    /// `a`, `t.a`, `s.t.a`.
    Column(Name),
    /// `*`, `t.*`.
    Star(Option<Name>),
    Constant(Constant),
    Default,
    /// Includes the expressions in `FILTER`, `OVER` and `WITHIN GROUP`.
    Call {
        name: Name,
        /// The arguments come first.
        parts: Vec<ExprId>,
        /// The number of arguments; `None` if unknown, as in `f(t.*)`.
        arguments: Option<usize>,
        form: CallForm,
    },
    /// A call with special syntax, `extract(year FROM a)`, with its output name.
    Special {
        label: Option<&'static str>,
        arguments: Vec<ExprId>,
    },
    Operator(Sign, Vec<ExprId>),
    Cast(ExprId, Rc<TypeName>),
    /// `(a).b`.
    Field(ExprId, Ident),
    /// `(a).*`.
    Expand(ExprId),
    Subscript(ExprId, Vec<ExprId>),
    Case {
        parts: Vec<ExprId>,
        otherwise: Option<ExprId>,
    },
    Row(Vec<ExprId>),
    Query {
        kind: Sublink,
        query: QueryId,
    },
    /// Something that is not understood.
    Unknown,
}

/// A literal, a parameter, `CURRENT_DATE` or the like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Constant {
    /// A string; `None` if it is not plain: with escapes, or in several parts.
    Text(Option<Rc<str>>),
    /// The type of a number.
    Number(&'static str),
    /// An integer, and its value.
    Integer(u32),
    Bool,
    Null,
    /// A function that is called without parentheses: its name, which the output column gets.
    Function(&'static str),
    /// A parameter, or a string of a type that is not understood.
    Other,
}

/// An operator: signs, or words such as `AND`, `IN` or `BETWEEN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    And,
    Or,
    Not,
    /// An operator by its sign, of one operand or of two.
    Of(&'static str),
    /// The same with `ANY (…)` or `ALL (…)` on its right side.
    Quantified(&'static str),
    Between,
    In,
    IsDistinct,
    /// `IS TRUE` and the like.
    IsBool,
    /// `IS NULL`, `IS JSON` and the like.
    Is,
    /// An operator that nothing is known of.
    Other,
}

/// What follows the parentheses of a call, or is in them besides arguments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CallForm {
    /// `OVER`.
    pub(super) is_window: bool,
    /// `FILTER`, `DISTINCT`, `ORDER BY` or `WITHIN GROUP`.
    pub(super) has_clauses: bool,
    /// An argument with its name, or `VARIADIC`.
    pub(super) is_named: bool,
    pub(super) filter: Option<ExprId>,
}

/// The role of a subquery in an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sublink {
    Value,
    Exists,
    Array,
    /// `IN (SELECT …)`, `= ANY (SELECT …)`.
    Rows,
}

#[derive(Debug)]
pub(super) struct Query {
    pub(super) with: Vec<Cte>,
    pub(super) recursive: bool,
    pub(super) body: Body,
    pub(super) order: Vec<ExprId>,
    /// The expressions of `LIMIT` and `OFFSET`.
    pub(super) limits: Vec<ExprId>,
}

#[derive(Debug)]
pub(super) struct Cte {
    pub(super) name: Ident,
    pub(super) columns: Vec<Ident>,
    pub(super) query: QueryId,
    /// Whether `SEARCH` or `CYCLE` adds columns.
    pub(super) adds_columns: bool,
}

#[derive(Debug)]
pub(super) enum Body {
    Select(Select),
    Values(Vec<Vec<ExprId>>),
    Table(Name),
    /// A `UNION`, `INTERSECT` or `EXCEPT` of these.
    Set(Vec<QueryId>, Span),
    /// A query in parentheses.
    Nested(QueryId),
    Insert(Box<Insert>),
    Update(Box<Update>),
    Delete(Box<Delete>),
    Merge(Box<Merge>),
}

#[derive(Debug, Default)]
pub(super) struct Select {
    pub(super) distinct_on: Vec<ExprId>,
    pub(super) outputs: Vec<Output>,
    pub(super) from: Vec<FromId>,
    pub(super) condition: Option<ExprId>,
    pub(super) having: Option<ExprId>,
    /// The expressions of `WINDOW`.
    pub(super) windows: Vec<ExprId>,
    pub(super) group: Vec<ExprId>,
    /// Whether there is a GROUP BY.
    pub(super) is_grouped: bool,
    /// Whether that has `ROLLUP`, `CUBE` or `GROUPING SETS`.
    pub(super) has_sets: bool,
}

#[derive(Debug)]
pub(super) struct Output {
    pub(super) expression: ExprId,
    pub(super) label: Option<Ident>,
}

#[derive(Debug)]
pub(super) struct Alias {
    pub(super) name: Ident,
    pub(super) columns: Vec<Ident>,
    /// `AS f(a int, b text)`: exactly these columns.
    pub(super) is_definition: bool,
}

#[derive(Debug)]
pub(super) enum From {
    Relation {
        name: Name,
        alias: Option<Alias>,
        sample: Vec<ExprId>,
    },
    Function {
        call: Vec<ExprId>,
        name: Option<Ident>,
        ordinality: bool,
        alias: Option<Alias>,
    },
    Query {
        query: QueryId,
        lateral: bool,
        alias: Option<Alias>,
    },
    Join(Box<Join>),
    /// `XMLTABLE`, `JSON_TABLE`.
    Unknown {
        alias: Option<Alias>,
    },
}

#[derive(Debug)]
pub(super) struct Join {
    pub(super) left: FromId,
    pub(super) right: FromId,
    pub(super) by: JoinBy,
    pub(super) alias: Option<Alias>,
}

#[derive(Debug)]
pub(super) enum JoinBy {
    Nothing,
    Natural,
    Condition(ExprId),
    /// The columns of USING, and the alias of the merged columns.
    Using(Vec<Ident>, Option<Ident>),
}

/// The target of a change of data: the table with its name or alias.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) table: Name,
    pub(super) alias: Option<Ident>,
}

/// A column that is assigned, fully or in part: `a`, `a.x`, `a[1]`.
#[derive(Debug)]
pub(super) struct TargetColumn {
    pub(super) name: Ident,
    pub(super) is_part: bool,
    pub(super) subscripts: Vec<ExprId>,
}

#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) columns: Vec<TargetColumn>,
    pub(super) value: ExprId,
}

#[derive(Debug)]
pub(super) struct Returning {
    pub(super) outputs: Vec<Output>,
    /// `WITH (OLD AS o, NEW AS n)`.
    pub(super) aliases: Vec<Ident>,
}

#[derive(Debug)]
pub(super) struct Insert {
    pub(super) target: Target,
    pub(super) columns: Vec<TargetColumn>,
    pub(super) overriding: bool,
    /// None for `DEFAULT VALUES`.
    pub(super) source: Option<QueryId>,
    /// The position of the values.
    pub(super) source_span: Span,
    pub(super) conflict: Option<Conflict>,
    pub(super) returning: Option<Returning>,
}

#[derive(Debug, Default)]
pub(super) struct Conflict {
    /// The columns, expressions and predicate that identify the index.
    pub(super) arbiter: Vec<ExprId>,
    pub(super) set: Vec<Assignment>,
    pub(super) condition: Option<ExprId>,
}

#[derive(Debug)]
pub(super) struct Update {
    pub(super) target: Target,
    pub(super) set: Vec<Assignment>,
    pub(super) from: Vec<FromId>,
    pub(super) condition: Option<ExprId>,
    pub(super) returning: Option<Returning>,
}

#[derive(Debug)]
pub(super) struct Delete {
    pub(super) target: Target,
    pub(super) using: Vec<FromId>,
    pub(super) condition: Option<ExprId>,
    pub(super) returning: Option<Returning>,
}

#[derive(Debug)]
pub(super) struct Merge {
    pub(super) target: Target,
    pub(super) source: FromId,
    pub(super) on: ExprId,
    pub(super) actions: Vec<MergeAction>,
    pub(super) returning: Option<Returning>,
}

/// `WHEN [NOT] MATCHED …`.
#[derive(Debug)]
pub(super) struct MergeAction {
    pub(super) sees_target: bool,
    pub(super) sees_source: bool,
    pub(super) condition: Option<ExprId>,
    pub(super) set: Vec<Assignment>,
    /// The columns and values of an INSERT.
    pub(super) columns: Vec<TargetColumn>,
    pub(super) values: Option<Vec<ExprId>>,
    pub(super) span: Span,
}
