//! Is the database what the chain builds at the revisions that are taken over?

use jiff::{Timestamp, ToSpan};
use migrate_core::catalog::{Catalog, Difference};
use migrate_core::diff::{Options, propose, same_names};
use migrate_core::{Chain, FileEdit, Folder, Target};
use postgres::Client;

use super::super::check::warn_of_versions;
use super::super::write::{day, new_id};
use crate::adopt::{Table, everybodys};
use crate::compare::{differences, read};
use crate::context::Context;
use crate::draft::{Draft, Identity};
use crate::failure::Failure;
use crate::meaning::agreed;
use crate::scratch::Scratch;

/// A database beside the chain.
pub(super) struct Comparison {
    /// The database, with the chain's names.
    named: Catalog,
    built: Catalog,
    /// What gives it these names.
    pub(super) renames: Vec<String>,
    /// What it changes in what the chain builds, beside names.
    pub(super) differences: Vec<Difference>,
}

/// Builds the chain up to these revisions, and compares. The tool's table is no part of the schema.
pub(super) fn compare(
    context: &Context,
    dev_url: Option<&str>,
    chain: &Chain<'static>,
    at: &[&str],
    client: &mut Client,
    table: &Table,
) -> Result<Comparison, Failure> {
    let runner = context.runner(chain);
    let books = |name: &migrate_core::catalog::Name| {
        name.name == table.name && Some(&name.schema) == table.schema.as_ref()
    };
    let mut live = read(client, Some(&runner))?.without(books);
    let scratch = Scratch::open(context, dev_url)?;
    let database = scratch.database()?;
    let mut copy = database.connect()?;
    for id in at {
        let built = runner.upgrade_to(&mut copy, Target::revision(*id));
        built.map_err(|error| Failure::OnScratch(Box::new(error)))?;
    }
    warn_of_versions(context, client, &mut copy)?;
    let built = read(&mut copy, Some(&runner))?;
    // A schema that was made for the table.
    if let Some(schema) = table.schema.as_ref().filter(|it| !built.schemas.contains_key(*it)) {
        let mut names = live.relations.keys().chain(live.sequences.keys()).chain(live.enums.keys());
        if !names.any(|name| name.schema == *schema) {
            live.schemas.remove(schema);
        }
    }
    let live = agreed(&mut copy, &live, &built);
    let (named, renames) = same_names(&live, &built);
    let differences = differences(&built, &named);
    Ok(Comparison { named, built, renames, differences })
}

impl Comparison {
    /// Gives things the chain's names, all or none.
    pub(super) fn rename(&self, client: &mut Client) -> Result<(), Failure> {
        if self.renames.is_empty() {
            return Ok(());
        }
        let statements = self.renames.join(";\n");
        // Names of the schema `public` are not qualified; and nobody is to wait behind us for long.
        let script = format!(
            "BEGIN;\nSET LOCAL search_path TO public;\nSET LOCAL lock_timeout TO '5s';\n{statements};\nCOMMIT"
        );
        client.batch_execute(&script).map_err(|error| {
            let why =
                error.as_db_error().map_or_else(|| error.to_string(), |it| it.message().to_owned());
            // What it says of the failure is of no more interest.
            let _ = client.batch_execute("ROLLBACK");
            let what = format!("the names can't be changed: {why}");
            Failure::refused("adopt", what, "nothing was changed; fix that, and run it again")
        })
    }

    /// The revision that makes the database what the chain builds, as files, and what no statement can make so.
    /// In the chain it is everybody's, so it changes nothing where there is no gap.
    pub(super) fn closing(
        &self,
        chain: &Chain<'_>,
    ) -> Result<(Vec<FileEdit>, Vec<Difference>), Failure> {
        let files = chain.migrations().iter().map(|it| (it.file_name(), it.source.text()));
        let folder = Folder::of_texts("migrations", files);
        let now = Timestamp::now();
        let identity = Identity {
            message: "What a database lacked of what the chain builds",
            created: &day(now),
            main: None,
            ids: [0, 1, 2, 3].map(|later| new_id(now.checked_add(later.seconds()).unwrap_or(now))),
        };
        // What is done online takes names that are free, and where there is no gap they are taken.
        let proposal = propose(&self.named, &self.built, &Options { plain: true });
        let left = proposal.unwritten.clone();
        let edits = Draft::new(everybodys(proposal), &[], &[]).edits(folder, &identity)?;
        Ok((edits.into_iter().map(|(_, edit)| edit).collect(), left))
    }
}
