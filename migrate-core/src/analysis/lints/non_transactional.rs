//! Lints for non-transactional sections, and for statements that make a table unavailable while
//! they run.

use super::{Context, Raw, whole};
use crate::analysis::names::Name;
use crate::analysis::statement::{Action, AlterTable, ObjectType, Statement};
use crate::chain::lint::Lint;
use crate::chain::transaction_rules::needs_no_transaction;
use crate::syntax::source::Span;
use crate::syntax::statements;

/// Statements that rewrite a table or its indexes.
pub(super) fn check(context: &Context<'_>, report: &mut dyn FnMut(Raw)) {
    if let Statement::AlterTable(alter) = context.view {
        altered(context, alter).into_iter().for_each(report);
        return;
    }
    let mut words =
        crate::syntax::cursor::Cursor::new(context.sql, &context.statement.tokens, context.offset);
    let all = words;
    let (what, instead) = if words.take(&["cluster"]) {
        words.take(&["verbose"]);
        words.parentheses();
        ("CLUSTER", "an extension such as pg_repack does it while others work")
    } else if words.take(&["vacuum"]) {
        let options = words.parentheses();
        let full = words.take(&["full"]);
        if !full
            && !options.is_some_and(|options| {
                options.tokens().iter().any(|token| token.is_word(context.sql, "full"))
            })
        {
            return;
        }
        words.take_any(&[&["freeze"], &["verbose"], &["analyze"]]);
        (
            "VACUUM FULL",
            "a plain `VACUUM` lets others work; an extension such as pg_repack gives the room back, too",
        )
    } else if words.take(&["reindex"]) {
        words.parentheses();
        let index = words.take(&["index"]);
        // The statement does not say whose index it is; normally the table is in use.
        if !index && !words.take(&["table"])
            || all.tokens().iter().any(|token| token.is_word(context.sql, "concurrently"))
        {
            return;
        }
        ("REINDEX", "write `REINDEX … CONCURRENTLY`, in a revision with `transaction:false`")
    } else {
        return;
    };
    let Some(mut name) = words.name() else { return };
    if words.take(&["on"]) {
        let Some(table) = words.name() else { return };
        name = table;
    }
    if context.in_use(&name) {
        report(found(context, &name, what, instead, all.span()));
    }
}

fn found(context: &Context<'_>, name: &Name, what: &str, instead: &str, span: Span) -> Raw {
    let who = if what == "REINDEX" { "write to the table of" } else { "use" };
    let who =
        if context.tables.get(name).is_some() && what == "REINDEX" { "write to" } else { who };
    let message = format!("nobody can {who} `{name}` while `{what}` rewrites it");
    context.raw(Lint::RewritesTable, span, message, "", instead.to_owned())
}

fn altered(context: &Context<'_>, alter: &AlterTable<'_>) -> Option<Raw> {
    if alter.kind != ObjectType::Table && alter.kind != ObjectType::MaterializedView
        || !context.in_use(&alter.name)
    {
        return None;
    }
    let is_set = |action: &Action<'_>| matches!(action, Action::Harmless);
    if !alter.actions.iter().any(is_set) {
        return None;
    }
    let cursor =
        crate::syntax::cursor::Cursor::new(context.sql, &context.statement.tokens, context.offset);
    let kinds: [(&[&str], &str); 4] = [
        (&["set", "logged"], "SET LOGGED"),
        (&["set", "unlogged"], "SET UNLOGGED"),
        (&["set", "tablespace"], "SET TABLESPACE"),
        (&["set", "access", "method"], "SET ACCESS METHOD"),
    ];
    let (_, what) = kinds.iter().find(|(words, _)| cursor.has(words))?;
    let instead = "do it when nobody needs the table, or fill a new table and change their names";
    Some(found(context, &alter.name, what, instead, context.whole))
}

/// A non-transactional section with statements that could run in a transaction.
pub(super) fn mixed(
    sql: &str,
    offset: usize,
    statements: &[statements::Statement],
    views: &[Statement<'_>],
) -> Option<Raw> {
    let dependencies =
        |one: &statements::Statement| needs_no_transaction(sql, &one.tokens).is_some();
    let first = statements.iter().find(|one| dependencies(one))?;
    let built = |name: &str| {
        views.iter().any(|view| {
            matches!(view, Statement::CreateIndex(index) if index.name.as_ref().is_some_and(|own| &*own.text == name))
        })
    };
    // Statements that depend on an index built outside a transaction, and statements that need
    // their own transaction.
    let belongs = |action: &Action<'_>| match action {
        Action::UseConstraint(_) => true,
        Action::AddConstraint(constraint) => {
            use crate::analysis::statement::ConstraintKind::{PrimaryKey, Unique};
            matches!(
                &constraint.kind,
                PrimaryKey { using_index: Some(index), .. } | Unique { using_index: Some(index), .. }
                    if built(&index.text)
            )
        }
        _ => false,
    };
    let changes = |view: &Statement<'_>| match view {
        Statement::AlterTable(alter) => !alter.actions.iter().all(belongs),
        Statement::CreateTable(_)
        | Statement::CreateTableAs { .. }
        | Statement::CreateView(_)
        | Statement::CreateType { .. }
        | Statement::CreateDomain { .. }
        | Statement::CreateRoutine(_)
        | Statement::CreateTrigger(_)
        | Statement::CreateOnTable { .. }
        | Statement::CreateSequence { .. }
        | Statement::Drop(_)
        | Statement::DropOnTable { .. }
        | Statement::DropRoutines { .. } => true,
        Statement::CreateIndex(index) => !index.concurrently,
        _ => false,
    };
    let (other, _) =
        statements.iter().zip(views).find(|(one, view)| !dependencies(one) && changes(view))?;
    let place = whole(other, offset);
    let raw = Raw {
        lint: Lint::MixedOutside,
        message: "this could be in a transaction, and is not".to_owned(),
        help: "give it a revision of its own: where one statement fails here, those before it stay done".to_owned(),
        span: place,
        label: String::new(),
        statement: place,
        also: None,
        level: None,
    };
    Some(raw.and(whole(first, offset), "the section is outside a transaction for this"))
}
