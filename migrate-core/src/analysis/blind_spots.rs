//! Lists the statements that the analysis cannot follow (blind spots).

use super::model::Namespace;
use super::replay;
use super::statement::{Action, Statement, read};
use crate::chain::chain::Chain;
use crate::syntax::source::Span;
use crate::syntax::statements;

/// A statement that the analysis cannot follow. The affected names are unknown after it, so no
/// problems are reported for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlindSpot {
    /// The index of the revision, in the order of the chain.
    pub source: usize,
    /// The position of the statement in the file.
    pub span: Span,
    /// What the analysis cannot follow, e.g. `EXECUTE of a computed string`.
    pub why: String,
    /// Which names are unknown from there on: all `names`, or only some kinds of names.
    pub scope: String,
}

/// The places in the upgrades of a chain after which names are unknown; see docs/ANALYSIS.md.
///
/// ```
/// use migrate_core::Folder;
/// use migrate_core::analysis::{analyse, blind_spots};
///
/// let file = "-- revision: 001\n-- message: Blind\n-- irreversible: it is a test\n\
///             -- migrate:up\nSELECT made_elsewhere();\n";
/// let chain = analyse(Folder::of_texts("migrations", [("001_blind.sql", file)])).unwrap();
/// let spots = blind_spots(&chain);
/// assert_eq!(spots[0].why, "what `made_elsewhere()` does is not known");
/// ```
pub fn blind_spots(chain: &Chain<'_>) -> Vec<BlindSpot> {
    replay::blind(chain).into_iter().map(BlindSpot::from).collect()
}

impl From<replay::BlindSpot> for BlindSpot {
    fn from(spot: replay::BlindSpot) -> Self {
        BlindSpot {
            source: spot.source,
            span: spot.span,
            why: spot.why,
            scope: scope(spot.namespaces),
        }
    }
}

fn scope(namespaces: Option<&[Namespace]>) -> String {
    let Some(namespaces) = namespaces else { return "names".to_owned() };
    if namespaces.is_empty() {
        return "names without a schema".to_owned();
    }
    let mut words: Vec<&str> = namespaces.iter().map(|namespace| plural(*namespace)).collect();
    words.dedup();
    words.join(", ")
}

const fn plural(namespace: Namespace) -> &'static str {
    match namespace {
        Namespace::Schema => "schemas",
        Namespace::Relation => "relations",
        Namespace::Type => "types",
        Namespace::Column => "columns",
        Namespace::Constraint | Namespace::ConstraintInSchema => "constraints",
        Namespace::Trigger => "triggers",
        Namespace::Policy => "policies",
        Namespace::Rule => "rules",
        Namespace::Routine => "functions",
        Namespace::Extension => "extensions",
    }
}

/// Why the effect of a statement in `sql` cannot be known from its text. `None` if it can.
///
/// ```
/// use migrate_core::analysis::blind_spot;
/// use migrate_core::syntax::split_statements;
///
/// let sql = "DO $$ BEGIN EXECUTE 'DROP TABLE t'; END $$;";
/// assert_eq!(blind_spot(sql, &split_statements(sql)[0]), Some("what a DO block does is not read"));
/// ```
pub fn blind_spot(sql: &str, statement: &statements::Statement) -> Option<&'static str> {
    match read(sql, statement, 0) {
        Statement::Opaque { why, .. } => Some(why),
        Statement::Do { .. } => Some("what a DO block does is not read"),
        Statement::AlterTable(alter) => {
            let opaque = |action: &Action<'_>| matches!(action, Action::Opaque(_));
            alter.actions.iter().any(opaque).then_some("a part of it is not understood")
        }
        Statement::CreateTable(table) if !table.is_clear => Some("a part of it is not understood"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::blind_spots;
    use crate::analysis::analyse_with_blind_spots;
    use crate::chain::folder::Folder;

    /// The replay of a full check must find the same blind spots as a replay of the upgrades alone.
    #[test]
    fn a_check_finds_the_blind_spots_on_its_way() {
        let file = |id: usize, up: &str, down: &str| {
            let parent = if id > 1 { format!("-- parent: r{}\n", id - 1) } else { String::new() };
            format!(
                "-- revision: r{id}\n{parent}-- message: M{id}\n-- migrate:up\n{up};\n-- migrate:down\n{down};\n"
            )
        };
        let files = [
            ("r1_a.sql", file(1, "SELECT made_elsewhere()", "SELECT unmade_elsewhere()")),
            ("r2_b.sql", file(2, "SELECT 1", "DO $$ BEGIN EXECUTE q(); END $$")),
            ("r3_c.sql", file(3, "DO $$ BEGIN EXECUTE 'CREATE TABLE ' || q(); END $$", "SELECT 1")),
            ("r4_d.sql", file(4, "ALTER DATABASE d SET search_path = a", "SELECT 1")),
        ];
        let texts = files.iter().map(|(name, text)| (*name, text.as_str()));
        let folder = Folder::of_texts("m", texts);
        let (chain, spots) = analyse_with_blind_spots(folder, Ok(crate::chain::Config::default()))
            .expect("it is right");
        assert_eq!(spots, blind_spots(&chain));
        let shown: Vec<(usize, &str)> =
            spots.iter().map(|spot| (spot.source, spot.scope.as_str())).collect();
        let expected = [(0, "names"), (2, "names"), (3, "names without a schema")];
        assert_eq!(shown, expected);
    }
}
