//! Is the database what the chain builds at the revisions that are taken over?

use jiff::Timestamp;
use migrate_core::chain::edit::FileEdit;
use migrate_core::schema::catalog::{Catalog, Difference};
use migrate_core::schema::diff::{Options, propose, same_names};
use migrate_core::{Chain, Folder, Target};
use postgres::Client;

use super::super::write::{day, new_ids};
use crate::adopt::{Table, both, make_idempotent, together};
use crate::args::{Adopt, Gap};
use crate::compare::{differences, privileges, upgrade};
use crate::context::Context;
use crate::draft::{Draft, Identity};
use crate::failure::{Failure, FailureKind};
use crate::live::Seen;
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
    /// What it changes in privileges and owners, where these do not count.
    pub(super) privileges: Vec<Difference>,
    grants: bool,
}

/// Builds the chain up to these revisions, and compares. The tool's table is no part of the schema.
pub(super) fn compare(
    context: &Context,
    arguments: &Adopt,
    chain: &Chain<'static>,
    at: &[&str],
    client: &mut Client,
    table: &Table,
) -> Result<Comparison, Failure> {
    let grants = context.grants(arguments.grants)?;
    let runner = context.runner(chain);
    let books = |name: &migrate_core::schema::catalog::Name| {
        name.name == table.name && Some(&name.schema) == table.schema.as_ref()
    };
    // Who owns the tool's table has run its migrations.
    let owned = (table.schema.as_deref().unwrap_or_default(), table.name.as_str());
    let mut live = Seen::read(client, owned)?.without_books(Some(&runner));
    live.catalog = live.catalog.without(books);
    let mut scratch = Scratch::open(context, arguments.dev_url.as_deref())?;
    scratch.run_as(&live.role);
    let database = scratch.database()?;
    let mut copy = database.connect()?;
    for id in at {
        upgrade(&scratch, &mut copy, &runner, Target::revision(*id))?;
    }
    let built = Seen::read(&mut copy, ("", ""))?.without_books(Some(&runner));
    built.warn_of_versions(&live, context);
    let (built, mut live) = built.beside(live);
    // A schema that was made for the table.
    if let Some(schema) = &table.schema
        && !built.schemas.contains_key(schema)
        && !live.has_in(schema)
    {
        live = live.without_schemas(|it| it == schema);
    }
    let live = agreed(&mut copy, &live, &built);
    let (named, renames) = same_names(&live, &built);
    let mut differences = differences(&built, &named);
    let mut privileges = privileges(&built, &named);
    if grants {
        differences.append(&mut privileges);
    }
    Ok(Comparison { named, built, renames, differences, privileges, grants })
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
            Failure::refused(
                FailureKind::Adopt,
                what,
                "nothing was changed; fix that, and run it again",
            )
        })
    }

    /// The revision after which the database is what the chain builds, as files, and what no statement can make so.
    /// In the chain it is everybody's, so it changes nothing where there is no gap. It keeps what only one of them
    /// has, or it drops what only the database has.
    pub(super) fn closing(
        &self,
        chain: &Chain<'_>,
        gap: Gap,
    ) -> Result<(Vec<FileEdit>, Vec<Difference>), Failure> {
        let files = chain.migrations().iter().map(|it| (it.file_name(), it.source.text()));
        let folder = Folder::of_texts("migrations", files);
        let now = Timestamp::now();
        let identity = Identity {
            message: match gap {
                Gap::Keep => "Bring a database and the chain together",
                Gap::Drop => "What a database lacked of what the chain builds",
            },
            created: &day(now),
            main: None,
            ids: new_ids(now),
        };
        // What is done online takes names that are free, and where there is no gap they are taken.
        let options = Options { plain: true, grants: self.grants };
        let proposal = match gap {
            Gap::Drop => propose(&self.named, &self.built, &options),
            Gap::Keep => {
                let both = both(&self.built, &self.named);
                let of_database = propose(&self.named, &both, &options);
                together(of_database, propose(&self.built, &both, &options))
            }
        };
        let left = proposal.unwritten.clone();
        let edits = Draft::new(make_idempotent(proposal, gap), (Vec::new(), Vec::new()), &[])
            .edits(folder, &identity)?;
        Ok((edits.into_iter().map(|(_, edit)| edit).collect(), left))
    }
}
