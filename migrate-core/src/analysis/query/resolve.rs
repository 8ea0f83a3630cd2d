//! Resolves the names in a query by the server's rules. A name is reported as missing only if all
//! relations that it could refer to are known.

mod changes;
mod columns;
mod from;
mod labels;
mod queries;
mod rules;
mod scope;
mod types;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

pub(in crate::analysis) use self::columns::Columns;
use self::scope::Level;
pub(in crate::analysis) use self::scope::{Item, Parameters, Source};
use super::tree::{Body, Constant, Expr, ExprId, FromId, QueryId, Sublink, Tree};
use crate::analysis::model::{Id, Model};
use crate::analysis::names::{Ident, Name};
use crate::analysis::typing::{BOOL, Choice, INT, TEXT, ValueType};
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
    /// Types that do not fit, and what to do.
    Mismatch {
        message: String,
        instead: String,
        span: Span,
    },
    /// A rule of the language that is broken, and what to do.
    Invalid {
        message: String,
        instead: String,
        span: Span,
    },
    /// A string that is read as a value of an enum.
    EnumValue {
        of: Id,
        value: Rc<str>,
        span: Span,
    },
}

/// Whether only PostgreSQL's own operators, functions and casts can apply to its own types.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::analysis) struct Trust {
    pub(in crate::analysis) operators: bool,
    pub(in crate::analysis) functions: bool,
    pub(in crate::analysis) casts: bool,
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
    trust: Trust,
    /// Whether the statement runs now, and not only when somebody calls it.
    runs: bool,
    /// The types of the expressions that have been resolved.
    kinds: Vec<ValueType>,
    /// The forms of operators that have been chosen.
    choices: HashMap<(&'static str, Option<ValueType>, ValueType), Choice>,
    /// The clauses around the expression that is being resolved that take no aggregates.
    clause: Option<&'static str>,
    /// The relations and columns of the model that the query uses.
    uses: RefCell<Vec<Use>>,
    /// The relations of which it is not known whether they exist, or what they are.
    unknown: Vec<Name>,
}

/// A relation that a query uses, or one of its columns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::analysis) struct Use {
    pub(in crate::analysis) relation: Id,
    pub(in crate::analysis) column: Option<Rc<str>>,
    /// Whether the query writes it.
    pub(in crate::analysis) writes: bool,
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
            trust: Trust::default(),
            runs: false,
            kinds: vec![ValueType::Unknown; tree.expressions.len()],
            choices: HashMap::new(),
            clause: None,
            uses: RefCell::default(),
            unknown: Vec::new(),
        }
    }

    /// Also checks types, as far as these are trusted.
    pub(in crate::analysis) fn trusting(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Also checks what is refused only when the statement runs.
    pub(in crate::analysis) fn running(mut self, runs: bool) -> Self {
        self.runs = runs;
        self
    }

    /// Adds a name that the query itself defines: `v` in `CREATE RECURSIVE VIEW v`.
    pub(in crate::analysis) fn with_cte(&mut self, name: &Rc<str>, columns: Columns) {
        self.ctes.push((name.clone(), Rc::new(columns)));
    }

    /// Resolves a condition of a table, a policy or a trigger.
    pub(in crate::analysis) fn is_true(&mut self, root: ExprId, clause: &'static str) {
        self.condition(root, clause);
    }

    /// Returns what the query uses, each relation and column once.
    pub(in crate::analysis) fn uses(&self) -> Vec<Use> {
        let mut seen = HashSet::new();
        let all = self.uses.borrow();
        let mut uses = all.clone();
        // The table that is changed has been looked up like one that is read.
        let is_target = |one: &Use| {
            one.column.is_none()
                && !one.writes
                && all.contains(&Use { writes: true, ..one.clone() })
        };
        uses.retain(|one| !is_target(one) && seen.insert(one.clone()));
        uses
    }

    /// Returns the relations that are not known.
    pub(in crate::analysis) fn unknown_relations(&self) -> Vec<Name> {
        self.unknown.clone()
    }

    fn note_use(&self, relation: Id, column: Option<&Rc<str>>, writes: bool) {
        self.uses.borrow_mut().push(Use { relation, column: column.cloned(), writes });
    }

    /// Returns the errors and the calls that were found.
    pub(in crate::analysis) fn finish(self) -> (Vec<Finding>, Vec<Call>) {
        (if self.looks_left == 0 { Vec::new() } else { self.found }, self.calls)
    }

    /// Resolves all names in an expression that can refer to everything in scope, and determines
    /// its type.
    pub(in crate::analysis) fn expression(&mut self, root: ExprId) {
        let (mut left, mut seen) = (vec![root], Vec::new());
        while let Some(id) = left.pop() {
            seen.push(id);
            let children: &[ExprId] = match &self.tree.expressions[id] {
                Expr::Column(name) => {
                    self.kinds[id] = self.column(name);
                    &[]
                }
                Expr::Star(Some(name)) => {
                    self.starred(name);
                    &[]
                }
                Expr::Star(None) | Expr::Constant(_) | Expr::Default | Expr::Unknown => &[],
                Expr::Call { name, parts, arguments, .. } => {
                    let (name, arguments) = (name.clone(), *arguments);
                    self.calls.push(Call { name, arguments });
                    parts
                }
                Expr::Special { arguments, .. } => arguments,
                Expr::Operator(_, parts) | Expr::Row(parts) => parts,
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
                Expr::Query { query, kind } => {
                    self.kinds[id] = self.subquery(*query, *kind, id);
                    &[]
                }
            };
            // From left to right, in the order of the text.
            left.extend(children.iter().rev());
        }
        // What is inside first.
        for id in seen.into_iter().rev() {
            let kind = self.typed(id);
            self.kinds[id] = kind;
        }
    }

    /// The type of a subquery in an expression.
    fn subquery(&mut self, query: QueryId, kind: Sublink, id: ExprId) -> ValueType {
        let clause = self.clause.take();
        let columns = self.query(query).settled();
        self.clause = clause;
        let is_select = matches!(self.tree.queries[query].body, Body::Select(_) | Body::Values(_));
        let width = columns.names.len();
        if matches!(kind, Sublink::Value | Sublink::Array)
            && columns.is_whole
            && is_select
            && width != 1
        {
            let message = format!("a subquery in an expression has {width} columns, not 1");
            self.invalid(message, "select one column", self.tree.spans[id]);
        }
        let first =
            if width == 1 && columns.is_whole { columns.kind(0) } else { ValueType::Unknown };
        match (kind, first) {
            (Sublink::Exists, _) => BOOL,
            (Sublink::Array, ValueType::Base(name)) => ValueType::Array(name),
            (Sublink::Array, _) => ValueType::Unknown,
            (Sublink::Value | Sublink::Rows, kind) => kind,
        }
    }

    /// The type of an expression that has been resolved.
    pub(in crate::analysis) fn kind(&self, id: ExprId) -> ValueType {
        self.kinds.get(id).copied().unwrap_or(ValueType::Unknown)
    }

    /// The type of a literal, a parameter and the like.
    fn kind_of_constant(constant: &Constant) -> ValueType {
        match constant {
            Constant::Text(_) | Constant::Null => ValueType::Literal,
            Constant::Number(name) => ValueType::Base(name),
            Constant::Integer(_) => INT,
            Constant::Bool => BOOL,
            Constant::Function(name) => match *name {
                "current_date" => ValueType::Base("date"),
                "current_time" => ValueType::Base("timetz"),
                "current_timestamp" => ValueType::Base("timestamptz"),
                "localtime" => ValueType::Base("time"),
                "localtimestamp" => ValueType::Base("timestamp"),
                "system_user" => TEXT,
                _ => ValueType::Base("name"),
            },
            Constant::Other => ValueType::Unknown,
        }
    }

    fn expressions(&mut self, all: &[ExprId]) {
        for one in all {
            self.expression(*one);
        }
    }

    fn invalid(&mut self, message: String, instead: &str, span: Span) {
        self.found.push(Finding::Invalid { message, instead: instead.to_owned(), span });
    }
}
