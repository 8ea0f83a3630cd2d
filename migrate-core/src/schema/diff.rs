//! From one catalog to another: the statements that lead there, in an order that runs.
//!
//! What can't be written is not passed over, but listed in [`Script::unwritten`]. The names that a
//! definition uses are found in its text, so the order may be wrong where a function hides what it
//! needs: a caller that relies on the statements runs them in a scratch database first and compares
//! the catalogs.

mod backfill;
mod casts;
mod column_types;
mod columns;
mod constraints;
mod definitions;
mod dump;
mod enum_labels;
mod grants;
mod inheritance;
mod keys;
mod lossless_renames;
mod mentions;
mod not_null;
mod online_phase;
mod order;
mod others;
mod partitions;
mod parts;
mod printed_expressions;
mod privileges;
mod proposal;
mod publications;
mod recreated;
mod relations;
mod renames;
mod renaming;
mod roles;
mod routines;
mod types;
mod user_types;
mod view_order;

use std::collections::BTreeSet;
use std::ops::Range;

use self::recreated::Recreated;
use crate::schema::catalog::{Catalog, Change, Difference, Name, ObjectName};

pub use definitions::{
    Definition, differing_definitions, same_definitions, with_definitions, with_keys_beside,
};
pub use dump::{Block, Dump, DumpSection, dump};
pub(super) use mentions::has_word;
pub use privileges::{only_in, with_privileges_of};
pub use proposal::{Options, Part, PartKind, Proposal, Section, propose};
pub use renames::{Rename, RenameKind, rename_candidates, rename_statements};
pub use renaming::RenameError;
pub use roles::{comparable, usual_owner, without_not_null_names, without_privilege};

/// The statements from one catalog to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// In the order in which they run.
    pub steps: Vec<Step>,
    /// What the statements leave as it is, because nobody has taught this module about it.
    pub unwritten: Vec<Difference>,
}

/// What a difference in nothing but the order of columns is called.
const ORDER_OF_COLUMNS: &str = "order of the columns of";

impl Script {
    /// Is everything written but for the order of columns, which no statement changes?
    #[must_use]
    pub fn is_whole_but_for_order(&self) -> bool {
        self.unwritten.iter().all(|it| it.kind == ORDER_OF_COLUMNS)
    }
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The statement, without the semicolon.
    pub sql: String,
    /// What is lost when it runs, if rows are: `the column users.locale`.
    pub loses: Option<String>,
    /// What a reviewer should think of before it runs: `fails if the table has rows: …`.
    pub caution: Option<String>,
    /// Whose rows are all read while nobody can write to them, where no lint says so.
    pub scans: Option<String>,
    /// Why a person should say what it is to do: it runs where there are no rows, and hardly anywhere else.
    pub doubt: Option<String>,
}

impl Step {
    /// A statement that there is nothing to say about.
    pub fn new(sql: impl Into<String>) -> Self {
        Step { sql: sql.into(), loses: None, caution: None, scans: None, doubt: None }
    }

    /// Written so that the server prints it as it did.
    fn unprinted(self) -> Self {
        Step { sql: printed_expressions::unprinted(&self.sql), ..self }
    }
}

/// When a statement runs. What needs others goes first when it is dropped and last when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Event triggers would see all the rest.
    DropWatchers,
    Renames,
    DropParts,
    DropViews,
    DropForeignKeys,
    DropConstraints,
    DropIndexes,
    /// What needs a routine that is recreated.
    LetGo,
    /// Constraints of a parent that a table has left.
    DropLeft,
    DropRoutinesOfTables,
    /// Tables that make way.
    DropTablesFirst,
    DropAnew,
    RenameTypes,
    Schemas,
    Extensions,
    /// What types and functions are made of: languages, too.
    Collations,
    Types,
    Sequences,
    Routines,
    /// What of a type needs routines.
    TypeParts,
    /// Operators, casts, servers: what needs routines, and what tables need.
    Operators,
    /// What joins an operator family later.
    Members,
    Tables,
    DropColumns,
    Columns,
    Generated,
    Settings,
    Constraints,
    Indexes,
    Attach,
    /// Indexes that served until others did; a foreign key would take the older one.
    DropServed,
    ForeignKeys,
    RoutinesOfTables,
    Views,
    RoutinesOfViews,
    Parts,
    Comments,
    /// What follows from a trigger of another table.
    Copies,
    Privileges,
    DropTables,
    DropOperators,
    DropRoutines,
    DropTypes,
    DropEnums,
    DropRest,
    DropSchemas,
    /// Event triggers watch all the rest.
    Watchers,
}

/// A script that is being written.
struct Draft<'c> {
    from: &'c Catalog,
    to: &'c Catalog,
    steps: Vec<(Phase, Step)>,
    unwritten: Vec<Difference>,
    recreated: Recreated,
    /// What statements create.
    made: BTreeSet<ObjectName>,
    /// What privileges are not known of.
    untold: BTreeSet<ObjectName>,
    /// Which of the steps are about a table or a view, or about a sequence of a column of it.
    about: Vec<(Range<usize>, Name)>,
    /// Are statements written that leave tables free for others, and need to be outside a
    /// transaction for that?
    online: bool,
}

/// The statements that make the database of one catalog that of another.
///
/// ```
/// use migrate_core::schema::catalog::{Catalog, Enum, Name};
/// use migrate_core::schema::diff::script;
///
/// let mut wanted = Catalog::default();
/// let labels = vec!["sad".to_owned(), "ok".to_owned()];
/// wanted.enums.insert(Name::new("public", "mood"), Enum { labels, comment: None });
///
/// let script = script(&Catalog::default(), &wanted);
/// assert_eq!(script.steps[0].sql, "CREATE TYPE mood AS ENUM ('sad', 'ok')");
/// ```
#[must_use]
pub fn script(from: &Catalog, to: &Catalog) -> Script {
    write(from, to, false, &BTreeSet::new())
}

/// What differs in names alone: the first catalog with the names that the second has for constraints,
/// indexes and the sequences of columns, and the statements that lead to it, without semicolons.
///
/// ```
/// use migrate_core::schema::catalog::Catalog;
/// use migrate_core::schema::diff::same_names;
///
/// let (named, statements) = same_names(&Catalog::default(), &Catalog::default());
/// assert!(named == Catalog::default() && statements.is_empty());
/// ```
#[must_use]
pub fn same_names(from: &Catalog, to: &Catalog) -> (Catalog, Vec<String>) {
    lossless_renames::settled(from, to)
}

/// The statements, for one transaction or online. Of some things the privileges are not known.
fn write(from: &Catalog, to: &Catalog, online: bool, untold: &BTreeSet<ObjectName>) -> Script {
    let script = attempt(from, to, online, BTreeSet::new(), untold);
    let used = enum_labels::used(from, to, &script.steps);
    if used.is_empty() {
        return script;
    }
    // A label can't be used in the transaction that adds it; a type made there can.
    attempt(from, to, online, used, untold)
}

fn attempt(
    from: &Catalog,
    to: &Catalog,
    online: bool,
    recreated: BTreeSet<Name>,
    untold: &BTreeSet<ObjectName>,
) -> Script {
    let (settled, renames) = lossless_renames::settled(from, to);
    let settled = definitions::behind_extensions(settled, to);
    let mut draft = Draft::new(&settled, to, online, recreated);
    draft.untold.clone_from(untold);
    for sql in renames {
        draft.step(Phase::Renames, sql);
    }
    draft.write();
    draft.steps.sort_by_key(|(phase, _)| *phase);
    Script {
        steps: draft.steps.into_iter().map(|(_, step)| step).collect(),
        unwritten: draft.unwritten,
    }
}

impl<'c> Draft<'c> {
    /// Nothing written yet; these types are to be recreated.
    fn new(from: &'c Catalog, to: &'c Catalog, online: bool, types: BTreeSet<Name>) -> Self {
        let recreated = Recreated::new(from, to, types);
        let (made, untold) = (BTreeSet::new(), BTreeSet::new());
        let (steps, unwritten, about) = (Vec::new(), Vec::new(), Vec::new());
        Draft { from, to, steps, unwritten, recreated, made, untold, about, online }
    }

    /// Writes all statements, in the order of the things that they are about.
    fn write(&mut self) {
        self.types();
        self.user_types();
        self.routines();
        self.relations();
        self.statistics();
        self.others();
        self.privileges();
    }

    /// Notes that the steps from this one on are about a table or a view.
    fn about(&mut self, first: usize, relation: &Name) {
        self.about.push((first..self.steps.len(), relation.clone()));
    }

    fn step(&mut self, phase: Phase, sql: impl Into<String>) {
        self.steps.push((phase, Step::new(sql)));
    }

    fn losing(&mut self, phase: Phase, sql: impl Into<String>, loses: impl Into<String>) {
        let loses = Some(loses.into());
        self.steps.push((phase, Step { loses, ..Step::new(sql) }));
    }

    fn careful(&mut self, phase: Phase, sql: impl Into<String>, caution: Option<String>) {
        self.steps.push((phase, Step { caution, ..Step::new(sql) }));
    }

    /// A comment where there was another one.
    fn comment(&mut self, on: &str, before: Option<&String>, after: Option<&String>) {
        if before != after {
            let text = after.map_or_else(|| "NULL".to_owned(), |text| mentions::literal(text));
            self.step(Phase::Comments, format!("COMMENT ON {on} IS {text}"));
        }
    }

    /// The extensions with which something goes.
    fn dependence(&mut self, of: &str, before: &[String], after: &[String]) {
        // One that stays would go with the extension.
        for extension in before.iter().filter(|it| !after.contains(it)) {
            let extension = mentions::ident(extension);
            self.step(Phase::LetGo, format!("ALTER {of} NO DEPENDS ON EXTENSION {extension}"));
        }
        for extension in after.iter().filter(|it| !before.contains(it)) {
            let extension = mentions::ident(extension);
            self.step(Phase::Comments, format!("ALTER {of} DEPENDS ON EXTENSION {extension}"));
        }
    }

    fn cannot(&mut self, change: Change, kind: &str, name: impl ToString, why: &str) {
        self.unwritten.push(Difference {
            change,
            kind: kind.to_owned(),
            name: name.to_string(),
            before: Some(why.to_owned()).filter(|_| change != Change::Add),
            after: Some(why.to_owned()).filter(|_| change == Change::Add),
        });
    }
}
