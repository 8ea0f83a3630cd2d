//! The page of each lint, which `--explain` prints, and the list of all.

use migrate_core::chain::{Config, Level, Lint};
use serde::Serialize;

use super::levels;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::ui::{FAINT, ID, Page, View, table};

/// The page of a lint, in Markdown.
pub(super) fn page(lint: Lint) -> &'static str {
    macro_rules! pages {
        ($($lint:ident $code:literal)*) => {
            match lint {
                $(Lint::$lint => include_str!(concat!("../../../lints/", $code, ".md")),)*
                _ => "",
            }
        };
    }
    pages! {
        AddColumnNotNull "add-column-not-null"
        AddColumnRewrites "add-column-rewrites"
        AddValueIfNotExists "add-value-if-not-exists"
        BlocksTable "blocks-table"
        ConstraintScans "constraint-scans"
        DefinerSearchPath "definer-search-path"
        DeleteAllRows "delete-all-rows"
        DropCascade "drop-cascade"
        DropColumn "drop-column"
        DropConstraint "drop-constraint"
        DropDefault "drop-default"
        DropFunction "drop-function"
        DropIndexBlocks "drop-index-blocks"
        DropNotNull "drop-not-null"
        DropTable "drop-table"
        DropsHistory "drops-history"
        DuplicateIndex "duplicate-index"
        EmptyUpgrade "empty-upgrade"
        ForeignKeyWithoutIndex "foreign-key-without-index"
        IndexBlocksWrites "index-blocks-writes"
        Json "json"
        LocksTwoTables "locks-two-tables"
        MixedOutside "mixed-outside"
        NameTooLong "name-too-long"
        Naming "naming"
        NoPrimaryKey "no-primary-key"
        NotNullScans "not-null-scans"
        PolicyWithoutRls "policy-without-rls"
        RenameBreaks "rename-breaks"
        RewritesTable "rewrites-table"
        RlsWithoutPolicy "rls-without-policy"
        Rule "rule"
        Serial "serial"
        TimestampWithoutZone "timestamp-without-zone"
        TypeRewrites "type-rewrites"
        UniqueBuildsIndex "unique-builds-index"
        UnnamedIndex "unnamed-index"
        UpdateAllRows "update-all-rows"
        ValidatesUnderLock "validates-under-lock"
        WorkBehindLock "work-behind-lock"
    }
}

#[derive(Serialize)]
struct Explained {
    code: &'static str,
    text: &'static str,
}

impl View for Explained {
    fn text(&self, page: &mut Page) {
        self.text.lines().for_each(|line| page.line(line));
    }
}

/// `migrate lint --explain`
pub(super) fn explain(context: &Context, lint: Lint) -> Result<Exit, Failure> {
    context.ui.show(&Explained { code: lint.code(), text: page(lint) })?;
    Ok(Exit::Fine)
}

#[derive(Serialize)]
struct Listed {
    lints: Vec<LintView>,
}

#[derive(Serialize)]
struct LintView {
    code: &'static str,
    level: &'static str,
    default: &'static str,
    about: &'static str,
}

impl View for Listed {
    fn text(&self, page: &mut Page) {
        let row = |lint: &LintView| {
            let LintView { code, level, default, about } = lint;
            let level = match level == default {
                true => (*level).to_owned(),
                false => format!("{level} {FAINT}(else {default}){FAINT:#}"),
            };
            vec![format!("{ID}{code}{ID:#}"), level, (*about).to_owned()]
        };
        let rows: Vec<_> = self.lints.iter().map(row).collect();
        table(&rows).iter().for_each(|line| page.line(line));
    }
}

/// `migrate lint --list`
pub(super) fn list(context: &Context, config: &Config) -> Result<Exit, Failure> {
    let view = |(lint, level): (Lint, Level)| LintView {
        code: lint.code(),
        level: level.name(),
        default: lint.default_level().name(),
        about: lint.about(),
    };
    context.ui.show(&Listed { lints: levels(config).map(view).collect() })?;
    Ok(Exit::Fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each page says what the lint is called, and what it costs to be wrong.
    #[test]
    fn every_lint_has_a_page() {
        let index = include_str!("../../../../docs/LINTS.md");
        for lint in Lint::ALL {
            let text = page(lint);
            assert!(text.starts_with(&format!("# {lint}\n")), "{lint}: {text}");
            for part in ["\n## Why\n", "\n## The safe way\n", "```sql"] {
                assert!(text.contains(part), "{lint} has no {part:?}");
            }
            let row = format!(
                "| [{lint}](../migrate-cli/lints/{lint}.md) | {} | {} |",
                lint.default_level().name(),
                lint.about()
            );
            assert!(index.contains(&row), "docs/LINTS.md lacks {row}");
        }
    }
}
