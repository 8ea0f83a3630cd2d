//! What the chain builds, what the models build, and what is in a live database: as catalogs.

use std::collections::HashSet;

use migrate_core::__private::counted;
use migrate_core::schema::catalog::{Catalog, Change, Difference, Name, ReadError};
use migrate_core::schema::diff::{comparable, only_in, usual_owner};
use migrate_core::{Chain, Error, Runner, Target};
use postgres::Client;
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Failure, FailureKind};
use crate::foreign_histories::foreign_histories;
use crate::models::Models;
use crate::scratch::{Scratch, ScratchDatabase};
use crate::ui::{ADDED, Page, REMOVED, WARN};

/// The schemas that they make for nothing but these.
const SCHEMAS_OF_OTHERS: [&str; 3] = ["drizzle", "supabase_migrations", "atlas_schema_revisions"];

/// What a database consists of, but for the books of migration tools.
pub(crate) fn read(client: &mut Client, runner: Option<&Runner<'_>>) -> Result<Catalog, Failure> {
    Ok(without_books(Catalog::read(client).map_err(|error| unreadable(&error))?, runner))
}

/// The same, with who may do what if that is wanted.
pub(crate) fn read_with(
    grants: bool,
    client: &mut Client,
    runner: Option<&Runner<'_>>,
) -> Result<Catalog, Failure> {
    if !grants {
        return read(client, runner);
    }
    let catalog = Catalog::read_with_grants(client).map_err(|error| unreadable(&error))?;
    Ok(without_books(catalog, runner))
}

pub(crate) fn without_books(catalog: Catalog, runner: Option<&Runner<'_>>) -> Catalog {
    let others = foreign_histories(&catalog);
    let mut catalog = catalog.without(|name| {
        runner.is_some_and(|runner| runner.owns_relation(&name.schema, &name.name))
            || others.contains(name)
    });
    for schema in SCHEMAS_OF_OTHERS {
        if !catalog.relations.keys().any(|name| name.schema == schema) {
            catalog.schemas.remove(schema);
        }
    }
    catalog
}

pub(crate) fn unreadable(error: &ReadError) -> Failure {
    let help = "this is a version of PostgreSQL that is not known here, or the connection was lost";
    Failure::refused(FailureKind::Catalog, error.to_string(), help)
}

/// Brings a scratch database to a revision of a chain. Roles that are missing are made, if the server is ours.
pub(crate) fn upgrade(
    scratch: &Scratch,
    client: &mut Client,
    runner: &Runner<'_>,
    target: Target,
) -> Result<(), Failure> {
    loop {
        match runner.upgrade_to(client, target.clone()) {
            Ok(_) => return Ok(()),
            Err(Error::Statement(why))
                if scratch.makes_role(
                    why.failure.code.as_deref().unwrap_or_default(),
                    &why.failure.message,
                ) => {}
            Err(error) => return Err(Failure::OnScratch(Box::new(error))),
        }
    }
}

/// A scratch database with a chain in it, up to a revision or the head.
pub(crate) fn build_chain(
    context: &Context,
    scratch: &Scratch,
    chain: Option<&Chain<'static>>,
    through: Option<&str>,
) -> Result<(ScratchDatabase, Catalog), Failure> {
    let database = scratch.database()?;
    let mut client = database.connect()?;
    let Some(chain) = chain else {
        let catalog = read_with(true, &mut client, None)?;
        return Ok((database, catalog));
    };
    let runner = context.runner(chain);
    let target = through.map_or(Target::Head, Target::revision);
    upgrade(scratch, &mut client, &runner, target)?;
    let catalog = read_with(true, &mut client, Some(&runner))?;
    Ok((database, catalog))
}

/// A scratch database with the models in it. A dump of a live database has the history's tables in it.
pub(crate) fn build_models(
    context: &Context,
    scratch: &Scratch,
    models: &Models,
    chain: Option<&Chain<'static>>,
) -> Result<(ScratchDatabase, Catalog), Failure> {
    let database = scratch.database()?;
    let empty = read_with(true, &mut database.connect()?, None)?;
    models.build(&mut database.connect()?, scratch)?;
    // In a session of its own: the models may have changed the settings of theirs.
    let runner = chain.map(|chain| context.runner(chain));
    let built = read_with(true, &mut database.connect()?, runner.as_ref())?;
    if built == empty && chain.is_some() {
        let what = "the models build nothing: the next revision would drop everything";
        return Err(Failure::refused(
            FailureKind::Models,
            what,
            "is it the right file? `--models schema.sql`",
        ));
    }
    Ok((database, built))
}

/// The differences that a revision could make, for people. The order of columns is none: PostgreSQL
/// adds them at the end, and moves none, while people write them where they belong. What comes and
/// goes with a column or a constraint is not told beside it; privileges are not told here.
pub(crate) fn differences(from: &Catalog, to: &Catalog) -> Vec<Difference> {
    let mut found = from.differences(to);
    found.retain(|found| found.kind != "order of the columns of" && !is_privilege(found));
    let parts: HashSet<(&str, String)> = [from, to].into_iter().flat_map(brought_along).collect();
    let is_own = |found: &Difference| {
        found.change == Change::Alter || !parts.contains(&(&*found.kind, found.name.clone()))
    };
    if found.iter().any(is_own) {
        found.retain(is_own);
    }
    found
}

/// The differences in who may do what, and who owns what. What goes takes its own with it.
pub(crate) fn privileges(from: &Catalog, to: &Catalog) -> Vec<Difference> {
    let gone = only_in(from, to);
    let (mut grants, mut owners) = (from.grants.clone(), from.owners.clone());
    grants.retain(|on, _| !gone.contains(&on.object()));
    owners.retain(|on, _| !gone.contains(on));
    let (grants_after, owners_after) = (to.grants.clone(), to.owners.clone());
    let after = Catalog { grants: grants_after, owners: owners_after, ..Catalog::default() };
    Catalog { grants, owners, ..Catalog::default() }.differences(&after)
}

/// How models differ in privileges and owners from what a chain builds. Where they were dumped from a
/// database, they name the role that is to run the chain as the owner of everything.
pub(crate) fn privileges_of_models(built: &Catalog, models: &Catalog) -> Vec<Difference> {
    match usual_owner(models) {
        None => privileges(built, models),
        Some(owner) => {
            let (built, models) = comparable((built, "CURRENT_ROLE"), (models, owner));
            privileges(&built, &models)
        }
    }
}

/// Tells that privileges differ, which nobody wanted to have compared.
pub(crate) fn note_privileges(context: &Context, count: usize) {
    if count > 0 {
        let were = if count == 1 { "was" } else { "were" };
        context.ui.note(format!(
            "{} in privileges, default privileges or owners {were} left out: to include them, add `--grants`, \
             or set `grants = true` in migrate.toml",
            counted(count, "difference")
        ));
    }
}

pub(crate) fn is_privilege(found: &Difference) -> bool {
    found.kind == "grant" || found.kind == "owner of"
}

/// The sequences of columns, and the indexes of constraints.
fn brought_along(catalog: &Catalog) -> impl Iterator<Item = (&'static str, String)> + '_ {
    let sequences = catalog.sequences.iter().filter(|(_, it)| it.owned_by.is_some());
    let sequences = sequences.map(|(name, _)| ("sequence", name.to_string()));
    let indexes = catalog.relations.iter().flat_map(|(table, relation)| {
        let indexes = relation.indexes.iter().filter(|(_, it)| it.constraint.is_some());
        indexes.map(|(name, _)| ("index", Name::new(&*table.schema, name).to_string()))
    });
    sequences.chain(indexes)
}

/// Differences as lines, for people.
pub(crate) fn lines(differences: &[Difference], page: &mut Page) {
    for found in differences {
        page.line(line(found));
    }
}

pub(crate) fn line(found: &Difference) -> String {
    let style = match found.change {
        Change::Add => ADDED,
        Change::Remove => REMOVED,
        Change::Alter => WARN,
    };
    let text = found.to_string();
    let (mark, rest) = text.split_at_checked(1).unwrap_or(("", &text));
    format!("{style}{mark}{style:#}{rest}")
}

/// What a live database has that the chain does not build, and the other way round.
#[derive(Serialize)]
pub(crate) struct Drift {
    pub(crate) database: String,
    /// Where it is, if anything is applied.
    pub(crate) revision: Option<String>,
    pub(crate) differences: Vec<Difference>,
    /// Those in privileges and owners, where they do not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) privileges: Vec<Difference>,
}
