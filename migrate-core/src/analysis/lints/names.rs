//! Lints for names and values that the server does not treat as written: a name that it truncates,
//! a value of an enum that a downgrade cannot remove.

use std::collections::HashSet;

use super::{Context, Raw};
use crate::analysis::names::{LONGEST, cut};
use crate::analysis::statement::{Statement, TypeChange};
use crate::chain::lint::Lint;
use crate::syntax::ident;

pub(super) fn check(context: &Context<'_>, report: &mut dyn FnMut(Raw)) {
    too_long(context, report);
    added_value(context).into_iter().for_each(report);
}

fn too_long(context: &Context<'_>, report: &mut dyn FnMut(Raw)) {
    let tokens = &context.statement.tokens;
    let mut known = HashSet::new();
    for (at, token) in tokens.iter().enumerate() {
        let span = token.span;
        if span.end - span.start <= LONGEST {
            continue;
        }
        let Some((name, _)) = ident::read_whole(context.sql, &tokens[at..]) else { continue };
        let (written, kept) = (name.len(), cut(&name));
        if written == kept.len() || !known.insert(name.clone()) {
            continue;
        }
        let message =
            format!("this name has {written} bytes: the server truncates it to {LONGEST}");
        let label = format!("becomes `{kept}`");
        let help =
            "choose a shorter name: two long names that begin alike would become the same name";
        let span = span.within(context.offset);
        report(context.raw(Lint::NameTooLong, span, message, &label, help.to_owned()));
    }
}

/// `ADD VALUE` in a revision with a downgrade, which cannot remove the value again.
fn added_value(context: &Context<'_>) -> Option<Raw> {
    let Statement::AlterType(alter) = context.view else { return None };
    let TypeChange::AddValue { label: (label, span), if_not_exists: false, .. } = &alter.change
    else {
        return None;
    };
    // The downgrade may build the type again.
    let undo = context.down?.to_lowercase();
    if undo.contains(&alter.name.last().to_lowercase()) || undo.contains("execute") {
        return None;
    }
    let message = format!("after a downgrade, this fails: `{}` has the value already", alter.name);
    let help = "write `ADD VALUE IF NOT EXISTS`: a value of an enum can't be removed, so it stays after the downgrade";
    let label = format!("the downgrade leaves the value `{label}`");
    Some(context.raw(Lint::AddValueIfNotExists, *span, message, &label, help.to_owned()))
}
