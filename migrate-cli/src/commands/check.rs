//! `migrate check` and `migrate verify`: is all as it should be?

use migrate_core::catalog::{Catalog, Difference};
use migrate_core::{__counted as counted, BlindSpot, Chain, Status, status};
use serde::Serialize;

use super::lint::{FindingView, codes, findings};
use crate::args::ModelArgs;
use crate::blind::{self, BlindView};
use crate::compare::{Drift, build_chain, build_models, differences, lines, read_with};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::meaning::agreed;
use crate::models::Models;
use crate::schema_file::{self, SchemaFileView};
use crate::scratch::Scratch;
use crate::ui::{ID, Page, View};

#[derive(Serialize)]
struct Checked {
    revisions: usize,
    deployed: usize,
    head: String,
    digest: String,
    /// Where the database stands, if it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    /// What the models have and the chain does not build, and the other way round, if there are models.
    #[serde(skip_serializing_if = "Option::is_none")]
    models: Option<Vec<Difference>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<Drift>,
    /// The committed schema, beside what the chain builds, if migrate.toml names a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_file: Option<SchemaFileView>,
    /// What lints warn of in what is not deployed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<FindingView>,
    /// Where names are not checked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blind: Vec<BlindView>,
}

impl View for Checked {
    fn text(&self, page: &mut Page) {
        let Self { revisions, deployed, head, digest, .. } = self;
        let revisions = counted(*revisions, "revision");
        let digest = digest.get(..19).unwrap_or(digest);
        page.line(format!("{revisions}, {deployed} pinned; head is {ID}{head}{ID:#} ({digest}…)"));
        if let Some(database) = &self.database {
            page.line(format!("{database} is at head"));
        }
        match self.models.as_deref() {
            None => {}
            Some([]) => page.line("the chain builds what the models want"),
            Some(differences) => {
                page.line("what the models change in what the chain builds:");
                lines(differences, page);
            }
        }
        if let Some(file) = &self.schema_file {
            file.text(page);
        }
        if let Some(Drift { database, revision, differences }) = &self.drift {
            let at = revision.as_deref().unwrap_or("base");
            if differences.is_empty() {
                page.line(format!("{database} is what the chain builds at {ID}{at}{ID:#}"));
            } else {
                page.line(format!(
                    "what {database} changes in what the chain builds at {ID}{at}{ID:#}:"
                ));
                lines(differences, page);
            }
        }
    }
}

impl Checked {
    fn of(chain: &Chain<'_>, spots: Vec<BlindSpot>) -> Self {
        Checked {
            revisions: chain.len(),
            deployed: chain.migrations().iter().filter(|migration| migration.deployed).count(),
            head: chain.head().id.to_string(),
            digest: chain.head().digests.chain.to_string(),
            database: None,
            models: None,
            drift: None,
            schema_file: None,
            warnings: Vec::new(),
            blind: blind::views(chain, spots, |_| true),
        }
    }
}

/// `migrate check`
pub(super) fn check(
    context: &Context,
    at_head: bool,
    (drift, grants): (bool, bool),
    arguments: &ModelArgs,
) -> Result<Exit, Failure> {
    let (chain, spots) = context.source.built_and_blind()?;
    let mut checked = Checked::of(&chain, spots);
    checked.warnings = findings(&chain, &context.source.config()?, |_, deployed| !deployed);
    if at_head {
        let mut database = context.open()?;
        context.runner(&chain).verify(&mut database.client)?;
        checked.database = Some(database.place);
    }
    let models = Models::find(context, arguments)?;
    // A database that is named here, and not in the environment, is named for a reason.
    let drift = drift || (context.connection.database_url.is_some() && !at_head);
    let schema_file = schema_file::find(context)?;
    if models.is_some() || drift || schema_file.is_some() {
        let scratch = Scratch::open(context, arguments.dev_url.as_deref())?;
        if let Some(file) = schema_file {
            let (_, built) = build_chain(context, &scratch, Some(&chain), None)?;
            checked.schema_file = Some(file.compare(context, &scratch, &chain, &built)?);
        }
        if let Some(models) = models {
            let (_, built) = build_chain(context, &scratch, Some(&chain), None)?;
            let (database, wanted) = build_models(context, &scratch, &models, Some(&chain))?;
            let built = agreed(&mut database.connect()?, &built, &wanted);
            checked.models = Some(differences(&built, &wanted));
        }
        if drift {
            checked.drift = Some(drifted(context, &scratch, &chain, grants)?);
        }
    }
    context.ui.show(&checked)?;
    Ok(verdict(context, &checked))
}

/// What the database has that the chain does not build, where the database is.
fn drifted(
    context: &Context,
    scratch: &Scratch,
    chain: &Chain<'static>,
    grants: bool,
) -> Result<Drift, Failure> {
    let mut database = context.open()?;
    let runner = context.runner(chain);
    let history = runner.history(&mut database.client)?;
    if let Status::Diverged(why) = status(chain, &history) {
        return Err(migrate_core::PlanError::Diverged(why).into());
    }
    let known = chain.migrations().iter().rev();
    let at = known.map(|it| it.id.as_str()).find(|id| history.get(id).is_some());
    // Who owns it in scratch is the role there.
    let read_with = |client: &mut postgres::Client| -> Result<Catalog, Failure> {
        let mut catalog = read_with(grants, client, Some(&runner))?;
        catalog.owners.clear();
        Ok(catalog)
    };
    let live = read_with(&mut database.client)?;
    let (copy, _) = build_chain(context, scratch, at.map(|_| chain), at)?;
    let mut copy = copy.connect()?;
    let built = read_with(&mut copy)?;
    warn_of_versions(context, &mut database.client, &mut copy)?;
    let live = agreed(&mut copy, &live, &built);
    Ok(Drift {
        database: database.place,
        revision: at.map(str::to_owned),
        differences: built.differences(&live),
    })
}

/// Two versions may print the same definition in two ways.
pub(super) fn warn_of_versions(
    context: &Context,
    live: &mut postgres::Client,
    scratch: &mut postgres::Client,
) -> Result<(), Failure> {
    let version = |client: &mut postgres::Client| -> Result<String, Failure> {
        let row = client
            .simple_query("SHOW server_version")
            .map_err(|error| Failure::refused("run", error.to_string(), "start again"))?;
        let found = row.iter().find_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        let number = found.unwrap_or_default().split([' ', '.']).next().unwrap_or_default();
        Ok(number.to_owned())
    };
    let (live, scratch) = (version(live)?, version(scratch)?);
    if live != scratch {
        context.ui.warn(format!(
            "the database is PostgreSQL {live}, and was compared on {scratch}: some definitions may be printed \
             otherwise\n = help: name a server of its version: `--dev-url postgres://…`"
        ));
    }
    Ok(())
}

/// The words, and the exit code.
fn verdict(context: &Context, checked: &Checked) -> Exit {
    if !checked.warnings.is_empty() {
        context.ui.warn(format!(
            "lints found problems in revisions that are not pinned: {}\n = help: `migrate lint` shows where, and what to do",
            codes(&checked.warnings)
        ));
    }
    blind::tell(&context.ui, &checked.blind, "check");
    let mut exit = Exit::Fine;
    if checked.models.as_ref().is_some_and(|differences| !differences.is_empty()) {
        context.ui.warn(
            "the chain does not build what the models want\n \
             = help: `migrate revision --autogenerate -m \"…\"` writes the revision that is missing",
        );
        exit = Exit::Failed;
    }
    if let Some(why) = checked.schema_file.as_ref().and_then(SchemaFileView::advice) {
        context.ui.warn(why);
        exit = Exit::Failed;
    }
    if checked.drift.as_ref().is_some_and(|drift| !drift.differences.is_empty()) {
        context.ui.warn(
            "the database has drifted from the chain\n \
             = help: undo what was changed by hand, or bring it into the models and the chain",
        );
        exit = Exit::Failed;
    }
    exit
}

#[derive(Serialize)]
struct Verified {
    database: String,
    verified: usize,
    head: String,
    digest: String,
    ahead: Vec<String>,
}

impl View for Verified {
    fn text(&self, page: &mut Page) {
        let Self { database, verified, head, .. } = self;
        let verified = counted(*verified, "digest");
        page.line(format!("{database} is at {ID}{head}{ID:#} (head): {verified} verified"));
        if !self.ahead.is_empty() {
            page.line(format!("ahead of this chain: {}", self.ahead.join(", ")));
        }
    }
}

/// `migrate verify`
pub(super) fn verify(context: &Context) -> Result<Exit, Failure> {
    let chain = context.source.chain()?;
    let mut database = context.open()?;
    let at_head = context.runner(&chain).verify(&mut database.client)?;
    context.ui.show(&Verified {
        database: database.place,
        verified: chain.len(),
        head: chain.head().id.to_string(),
        digest: chain.head().digests.chain.to_string(),
        ahead: at_head.report().ahead.clone(),
    })?;
    Ok(Exit::Fine)
}
