//! Resolves the names in a query by the server's rules. A name is reported as missing only if all
//! relations that it could refer to are known.

mod changes;
mod columns;
mod from;
mod labels;
mod queries;
mod scope;

use std::collections::HashMap;
use std::rc::Rc;

pub(in crate::analysis) use self::columns::Columns;
use self::scope::Level;
pub(in crate::analysis) use self::scope::{Item, Parameters, Source};
use super::tree::{Expr, ExprId, FromId, QueryId, Tree};
use crate::analysis::model::{Id, Model};
use crate::analysis::names::{Ident, Name};
use crate::syntax::source::Span;

/// The limit for comparing relations with names in one statement. After that, everything is
/// unknown.
const MOST_LOOKS: usize = 200_000;

/// An error that the server would report for a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) enum Finding {
    Relation(Name),
    /// A column that no relation in scope has, and the only table that it could belong to.
    Column {
        name: Ident,
        qualifier: Option<Ident>,
        table: Option<Id>,
        candidates: Vec<Rc<str>>,
    },
    /// `y.a` where no `y` is in scope.
    From {
        name: Ident,
        candidates: Vec<Rc<str>>,
    },
    Ambiguous(Ident),
    /// A missing column of the table that is changed.
    TargetColumn {
        table: Id,
        name: Ident,
    },
    Repeated(Ident),
    ValueCount {
        columns: usize,
        values: usize,
        span: Span,
    },
    Generated(Ident),
}

/// A call and its number of arguments, if known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) struct Call {
    pub(in crate::analysis) name: Name,
    pub(in crate::analysis) arguments: Option<usize>,
}

pub(in crate::analysis) struct Resolver<'c> {
    model: &'c mut Model,
    tree: &'c Tree,
    found: Vec<Finding>,
    calls: Vec<Call>,
    /// The scopes, outermost first.
    levels: Vec<Level>,
    /// The CTEs in scope, innermost last.
    ctes: Vec<(Rc<str>, Rc<Columns>)>,
    pending: Option<Pending>,
    parameters: Option<Parameters>,
    /// The sources of the FROM items.
    sources: HashMap<FromId, Source>,
    looks_left: usize,
}

/// A recursive query whose columns are those of its non-recursive term.
#[derive(Debug, Clone, Copy)]
struct Pending {
    query: QueryId,
    /// Its index among the CTEs.
    cte: usize,
    adds_columns: bool,
}

impl<'c> Resolver<'c> {
    /// `around` contains the names that an expression of a table can refer to.
    pub(in crate::analysis) fn new(
        model: &'c mut Model,
        tree: &'c Tree,
        around: Vec<Item>,
        parameters: Option<Parameters>,
    ) -> Self {
        let levels = if around.is_empty() { Vec::new() } else { vec![Level::of(around)] };
        Resolver {
            model,
            tree,
            found: Vec::new(),
            calls: Vec::new(),
            levels,
            ctes: Vec::new(),
            pending: None,
            parameters,
            sources: HashMap::new(),
            looks_left: MOST_LOOKS,
        }
    }

    /// Adds a name that the query itself defines: `v` in `CREATE RECURSIVE VIEW v`.
    pub(in crate::analysis) fn with_cte(&mut self, name: &Rc<str>, columns: Columns) {
        self.ctes.push((name.clone(), Rc::new(columns)));
    }

    /// Returns the errors and the calls that were found.
    pub(in crate::analysis) fn finish(self) -> (Vec<Finding>, Vec<Call>) {
        (if self.looks_left == 0 { Vec::new() } else { self.found }, self.calls)
    }

    /// Resolves all names in an expression that can refer to everything in scope.
    pub(in crate::analysis) fn expression(&mut self, root: ExprId) {
        let mut left = vec![root];
        while let Some(id) = left.pop() {
            let children: &[ExprId] = match &self.tree.expressions[id] {
                Expr::Column(name) => {
                    self.column(name);
                    &[]
                }
                Expr::Star(Some(name)) => {
                    self.starred(name);
                    &[]
                }
                Expr::Star(None) | Expr::Constant(_) | Expr::Default | Expr::Unknown => &[],
                Expr::Call { name, parts, arguments } => {
                    let (name, arguments) = (name.clone(), *arguments);
                    self.calls.push(Call { name, arguments });
                    parts
                }
                Expr::Special { arguments, .. } => arguments,
                Expr::Operator(parts) | Expr::Row(parts) => parts,
                Expr::Cast(inner, _) | Expr::Field(inner, _) | Expr::Expand(inner) => {
                    std::slice::from_ref(inner)
                }
                Expr::Subscript(inner, parts) => {
                    left.push(*inner);
                    parts
                }
                Expr::Case { parts, otherwise } => {
                    left.extend(otherwise);
                    parts
                }
                Expr::Query { query, .. } => {
                    self.query(*query);
                    &[]
                }
            };
            // From left to right, in the order of the text.
            left.extend(children.iter().rev());
        }
    }

    fn expressions(&mut self, all: &[ExprId]) {
        for one in all {
            self.expression(*one);
        }
    }
}
