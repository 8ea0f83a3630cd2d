//! Determines the name that the server gives to an output column without an alias.

use std::rc::Rc;

use super::Resolver;
use crate::analysis::query::tree::{Body, Constant, Expr, ExprId, Sublink};
use crate::analysis::typing::catalog_name;

impl Resolver<'_> {
    /// The name; `None` if unknown.
    pub(super) fn label(&self, expression: ExprId) -> Option<Rc<str>> {
        let (mut at, mut weak): (ExprId, Option<Rc<str>>) = (expression, None);
        loop {
            at = match &self.tree.expressions[at] {
                Expr::Column(name) => return Some(name.last().into()),
                Expr::Call { name, .. } => return Some(name.last().into()),
                Expr::Field(_, field) => return Some(field.text.clone()),
                Expr::Special { label, .. } => return label.map(Rc::from),
                Expr::Row(_) => return Some("row".into()),
                Expr::Star(_) | Expr::Expand(_) | Expr::Unknown => return None,
                // The server reads `true` as `'t'::bool`.
                Expr::Constant(Constant::Bool) => {
                    return Some(weak.unwrap_or_else(|| "bool".into()));
                }
                Expr::Constant(Constant::Function(name)) => return Some((*name).into()),
                Expr::Constant(_) | Expr::Default | Expr::Operator(..) => break,
                // A cast or a CASE provides a name only if its operand has none.
                Expr::Cast(inner, kind) => {
                    weak.get_or_insert_with(|| catalog_name(kind.name.last()).into());
                    *inner
                }
                Expr::Case { otherwise, .. } => {
                    weak.get_or_insert_with(|| "case".into());
                    match otherwise {
                        Some(otherwise) => *otherwise,
                        None => break,
                    }
                }
                Expr::Subscript(inner, _) => *inner,
                Expr::Query { kind: Sublink::Exists, .. } => return Some("exists".into()),
                Expr::Query { kind: Sublink::Array, .. } => return Some("array".into()),
                Expr::Query { query, .. } => match &self.tree.queries[*query].body {
                    Body::Select(select) => {
                        let output = select.outputs.first()?;
                        if let Some(label) = &output.label {
                            return Some(label.text.clone());
                        }
                        weak = None;
                        output.expression
                    }
                    _ => return None,
                },
            }
        }
        Some(weak.unwrap_or_else(|| "?column?".into()))
    }
}
