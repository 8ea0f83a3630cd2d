//! Lint for statements that drop the runner's own history tables. A revision with such a statement
//! cannot be recorded, and fails.

use super::{Context, Raw, whole};
use crate::analysis::names::Name;
use crate::analysis::statement::{Action, ObjectType, Statement, read};
use crate::chain::lint::Lint;
use crate::syntax::cursor::Cursor;
use crate::syntax::source::Span;
use crate::syntax::statements::{self, split_statements};

/// The default names of the tables and the sequence.
const OURS: [&str; 5] =
    ["migrate_history", "migrate_layout", "migrate_log", "migrate_progress", "migrate_statement"];

pub(super) fn check(context: &Context<'_>, report: &mut dyn FnMut(Raw)) {
    found(context.view, context.words(), context.whole).into_iter().for_each(report);
}

/// The same check for a downgrade, which no other lint looks at: a first revision is sometimes
/// undone by `DROP SCHEMA public CASCADE`.
pub(super) fn of_downgrade(sql: &str, offset: usize) -> Vec<Raw> {
    let found = |statement: &statements::Statement| {
        let words = Cursor::new(sql, &statement.tokens, offset);
        found(&read(sql, statement, offset), words, whole(statement, offset))
    };
    split_statements(sql).iter().filter_map(found).collect()
}

fn found(view: &Statement<'_>, mut words: Cursor<'_>, statement: Span) -> Option<Raw> {
    let own = |name: &Name| {
        (
            name.span(),
            format!("`{name}` is one of the tables in which migrate records what is applied"),
        )
    };
    let (span, message) = match view {
        Statement::Drop(drop) if drop.kind == ObjectType::Schema => {
            let public = drop.names.iter().find(|name| name.last() == "public")?;
            (
                public.span(),
                "`public` holds the tables of migrate, which are dropped with it".to_owned(),
            )
        }
        Statement::Drop(drop) if matches!(drop.kind, ObjectType::Table | ObjectType::Sequence) => {
            own(drop.names.iter().find(|name| is_ours(name))?)
        }
        Statement::AlterTable(alter) if is_ours(&alter.name) => {
            let moves =
                |action: &Action<'_>| matches!(action, Action::RenameTo(_) | Action::SetSchema(_));
            alter.actions.iter().any(moves).then(|| own(&alter.name))?
        }
        _ => {
            words.take(&["drop", "owned", "by"]).then_some(())?;
            let role = words.ident()?;
            (role.span, format!("this drops the tables of migrate, if `{role}` owns them"))
        }
    };
    let help = "drop by name what you mean; or keep the tables of migrate in a schema of their own (the option \
                `schema`), and say so: `-- migrate:allow(drops-history): why`";
    Some(Raw {
        lint: Lint::DropsHistory,
        message,
        help: help.to_owned(),
        span,
        label: "nothing can be recorded after this, so it fails".to_owned(),
        statement,
        also: None,
        level: None,
    })
}

fn is_ours(name: &Name) -> bool {
    name.schema().is_none_or(|schema| &*schema.text == "public") && OURS.contains(&name.last())
}
