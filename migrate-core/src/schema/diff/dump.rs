//! Writes a catalog as the SQL that builds it in an empty database, grouped by table for readers.

use std::collections::{BTreeMap, BTreeSet};

use super::relations::is_view;
use super::{Draft, Phase, Step, mentions};
use crate::schema::catalog::{Catalog, Difference, Name, Schema};

/// A schema as SQL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dump {
    /// In the order in which they run.
    pub sections: Vec<DumpSection>,
    /// What no statement is known for, and why.
    pub unwritten: Vec<Difference>,
}

/// A part of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpSection {
    /// `Types`, `Tables`.
    pub title: &'static str,
    /// In order; none is empty.
    pub blocks: Vec<Block>,
}

/// What stands together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The table or the view, if it is about one.
    pub about: Option<Name>,
    /// The statements, without their semicolons.
    pub statements: Vec<String>,
}

/// Where something stands in a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Chapter {
    Schemas,
    Extensions,
    Collations,
    Types,
    Sequences,
    Functions,
    Operators,
    Tables,
    ForeignKeys,
    FunctionsOfTables,
    Views,
    FunctionsOfViews,
    Rules,
    Rest,
    EventTriggers,
}

impl Chapter {
    fn title(self) -> &'static str {
        match self {
            Chapter::Schemas => "Schemas",
            Chapter::Extensions => "Extensions",
            Chapter::Collations => "Languages and collations",
            Chapter::Types => "Types",
            Chapter::Sequences => "Sequences",
            Chapter::Functions => "Functions that tables need",
            Chapter::Operators => "Operators, casts, servers and the like",
            Chapter::Tables => "Tables",
            Chapter::ForeignKeys => "Foreign keys",
            Chapter::FunctionsOfTables => "Functions",
            Chapter::Views => "Views",
            Chapter::FunctionsOfViews => "Functions that need views",
            Chapter::Rules => "Triggers, rules, policies, statistics and publications",
            Chapter::Rest => "Everything else",
            Chapter::EventTriggers => "Event triggers",
        }
    }

    /// The chapter of a statement, by when it runs.
    fn of(phase: Phase, of_table: bool, of_view: bool) -> Self {
        match phase {
            _ if of_table && phase < Phase::ForeignKeys => Chapter::Tables,
            Phase::Schemas => Chapter::Schemas,
            Phase::Extensions => Chapter::Extensions,
            Phase::Collations => Chapter::Collations,
            Phase::Types => Chapter::Types,
            Phase::Sequences => Chapter::Sequences,
            Phase::Operators | Phase::Members => Chapter::Operators,
            _ if phase < Phase::Tables => Chapter::Functions,
            _ if phase < Phase::ForeignKeys => Chapter::Tables,
            Phase::ForeignKeys => Chapter::ForeignKeys,
            Phase::RoutinesOfTables => Chapter::FunctionsOfTables,
            Phase::Views if of_view => Chapter::Views,
            Phase::Views => Chapter::FunctionsOfTables,
            Phase::RoutinesOfViews => Chapter::FunctionsOfViews,
            Phase::Parts | Phase::Comments => Chapter::Rules,
            Phase::Watchers => Chapter::EventTriggers,
            _ => Chapter::Rest,
        }
    }
}

/// Where a statement stands: the chapter, the relation, when it runs, what it follows, and its number.
type Place = (Chapter, usize, Phase, usize, usize);

/// A catalog as SQL. Privileges and owners are no part of it.
///
/// ```
/// use migrate_core::schema::catalog::{Catalog, Enum, Name};
/// use migrate_core::schema::diff::dump;
///
/// let mut catalog = Catalog::default();
/// let labels = vec!["sad".to_owned(), "ok".to_owned()];
/// catalog.enums.insert(Name::new("public", "mood"), Enum { labels, comment: None });
/// # catalog.schemas.insert("public".to_owned(), migrate_core::schema::catalog::Schema { comment: Some("standard public schema".to_owned()) });
///
/// let sql = dump(&catalog).to_string();
/// assert!(sql.ends_with("-- Types\n\nCREATE TYPE mood AS ENUM ('sad', 'ok');\n"));
/// ```
#[must_use]
pub fn dump(catalog: &Catalog) -> Dump {
    let (nothing, catalog) = (empty(), catalog.clone().without_privileges());
    let mut draft = Draft::new(&nothing, &catalog, false, BTreeSet::new());
    draft.write();
    let relations = relations(&draft);
    // In the order in which they are made, and not in that of their sequences.
    let makes = |phase: &Phase| matches!(phase, Phase::Tables | Phase::Views);
    let made = draft.about.iter().filter(|(steps, _)| {
        draft.steps.get(steps.clone()).is_some_and(|all| all.iter().any(|(phase, _)| makes(phase)))
    });
    let order: BTreeMap<&Name, usize> = made.map(|(_, name)| name).zip(0..).collect();
    let mut placed: Vec<(Place, Option<&Name>, &Step)> = Vec::new();
    // What a comment or a switch follows: the statement before it that makes something.
    let mut last: Option<(Place, Option<&Name>)> = None;
    for (nth, (phase, step)) in draft.steps.iter().enumerate() {
        let about = relations.get(&nth).copied();
        let group = about.and_then(|name| order.get(name)).map_or(0, |at| at + 1);
        let relation = about.and_then(|name| catalog.relations.get(name));
        let (of_table, of_view) =
            (relation.is_some_and(|it| !is_view(it)), relation.is_some_and(is_view));
        let same = last.filter(|(_, of)| *of == about).map(|(place, _)| place);
        let place = match (phase, same) {
            (Phase::Comments, _) if of_whole(&step.sql) && relation.is_some() => {
                let chapter = if of_view { Chapter::Views } else { Chapter::Tables };
                let phase = if of_view { Phase::Views } else { Phase::Tables };
                // That of the table stands before those of its columns.
                let rank = usize::from(step.sql.starts_with("COMMENT ON COLUMN "));
                (chapter, group, phase, usize::MAX - 1 + rank, nth)
            }
            (Phase::Comments, Some((chapter, group, phase, after, _))) => {
                (chapter, group, phase, after.min(usize::MAX - 2), nth)
            }
            _ => {
                let place = (Chapter::of(*phase, of_table, of_view), group, *phase, nth, nth);
                last = Some((place, about));
                place
            }
        };
        placed.push((place, about, step));
    }
    placed.sort_by_key(|(place, ..)| *place);
    let mut dump = Dump { sections: Vec::new(), unwritten: draft.unwritten.clone() };
    dump.unwritten.retain(|it| it.kind != "order of the columns of");
    for ((chapter, ..), about, step) in placed {
        let sql = step.clone().unprinted().sql;
        dump.add(chapter.title(), about, sql.trim_end().trim_end_matches(';').to_owned());
    }
    dump
}

/// A database as a server makes it.
fn empty() -> Catalog {
    let mut empty = Catalog::default();
    let public = Schema { comment: Some("standard public schema".to_owned()) };
    empty.schemas.insert("public".to_owned(), public);
    empty
}

/// The relation that a step is about, by its number. A sequence that other tables count with, too, is
/// not about one of them.
fn relations<'d>(draft: &'d Draft<'_>) -> BTreeMap<usize, &'d Name> {
    let sequences = draft.to.sequences.iter().filter_map(|(name, it)| {
        let (table, _) = it.owned_by.as_ref()?;
        let shared = draft.to.relations.iter().any(|(other, relation)| {
            let mut defaults = relation.columns.iter().filter_map(|it| it.default.as_ref());
            other != table && defaults.any(|it| mentions::mentions(it, name))
        });
        shared.then(|| mentions::name(name))
    });
    let shared: BTreeSet<String> = sequences.collect();
    let creates = |sql: &str| {
        let name = sql
            .strip_prefix("CREATE SEQUENCE ")
            .or_else(|| sql.strip_prefix("CREATE UNLOGGED SEQUENCE "));
        let name = name.or_else(|| sql.strip_prefix("COMMENT ON SEQUENCE "));
        name.is_some_and(|rest| {
            shared
                .iter()
                .any(|it| rest.strip_prefix(&**it).is_some_and(|rest| rest.starts_with(' ')))
        })
    };
    let all = draft.about.iter().flat_map(|(steps, name)| steps.clone().map(move |at| (at, name)));
    all.filter(|(at, _)| !draft.steps.get(*at).is_some_and(|(_, step)| creates(&step.sql)))
        .collect()
}

/// Is it a comment on a table or a view as a whole, or on one of its columns?
fn of_whole(sql: &str) -> bool {
    let kinds = ["TABLE ", "FOREIGN TABLE ", "VIEW ", "MATERIALIZED VIEW ", "COLUMN "];
    sql.strip_prefix("COMMENT ON ").is_some_and(|rest| kinds.iter().any(|it| rest.starts_with(it)))
}

impl Dump {
    fn add(&mut self, title: &'static str, about: Option<&Name>, sql: String) {
        if self.sections.last().is_none_or(|section| section.title != title) {
            self.sections.push(DumpSection { title, blocks: Vec::new() });
        }
        let Some(section) = self.sections.last_mut() else { return };
        match section.blocks.last_mut().filter(|block| block.about.as_ref() == about) {
            Some(block) => block.statements.push(sql),
            None => section.blocks.push(Block { about: about.cloned(), statements: vec![sql] }),
        }
    }
}

/// What stands above all.
const HEAD: &str = "-- Written by `migrate schema dump`: change the migrations, not this file.\n";

/// The file: each statement with its semicolon.
impl std::fmt::Display for Dump {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(HEAD)?;
        for it in &self.unwritten {
            let why = it.after.as_ref().or(it.before.as_ref());
            let why = why.map_or_else(String::new, |why| format!(" ({why})"));
            let line = format!("{} {}{why}", it.kind, it.name);
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            writeln!(f, "-- Missing here: {line}")?;
        }
        let has_routines = self.sections.iter().any(|it| it.title.starts_with("Functions"));
        if has_routines {
            // Two functions may call each other.
            f.write_str("\nSET check_function_bodies = off;\n")?;
        }
        for DumpSection { title, blocks } in &self.sections {
            write!(f, "\n-- {title}\n")?;
            for (nth, Block { about, statements }) in blocks.iter().enumerate() {
                let named = about.as_ref().filter(|_| *title == Chapter::Tables.title());
                if let Some(name) = named.filter(|_| nth > 0 || !statements.is_empty()) {
                    write!(f, "\n-- {}\n", name.to_string().replace(['\n', '\r'], " "))?;
                }
                let mut before: Option<&String> = None;
                for sql in statements {
                    // What is short stands line below line.
                    let tight = before.is_some_and(|it| !it.contains('\n')) && !sql.contains('\n');
                    if !(tight || before.is_none() && named.is_some()) {
                        f.write_str("\n")?;
                    }
                    writeln!(f, "{sql};")?;
                    before = Some(sql);
                }
            }
        }
        Ok(())
    }
}
