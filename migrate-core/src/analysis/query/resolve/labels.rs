//! Determines the name that the server gives to an output column without an alias.

use std::rc::Rc;

use super::Resolver;
use crate::analysis::query::tree::{Body, Expr, ExprId, Sublink};

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
                Expr::Constant(Some("bool")) => return Some(weak.unwrap_or_else(|| "bool".into())),
                Expr::Constant(Some(function)) => return Some((*function).into()),
                Expr::Constant(None) | Expr::Default | Expr::Operator(_) => break,
                // A cast or a CASE provides a name only if its operand has none.
                Expr::Cast(inner, kind) => {
                    weak.get_or_insert_with(|| kind.clone());
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
