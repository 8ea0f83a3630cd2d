//! `migrate check` and `migrate verify`: is all as it should be?

use migrate_core::__private::counted;
use migrate_core::analysis::BlindSpot;
use migrate_core::plan::status;
use migrate_core::schema::catalog::Difference;
use migrate_core::{Chain, Runner, Status, Target};
use postgres::Client;
use serde::Serialize;

use super::lint::{FindingView, codes, findings, refused, report};
use crate::args::{LintFormat, ModelArgs, SchemaMap};
use crate::blind::{self, BlindView};
use crate::compare::{
    Drift, build_chain, build_models, differences, is_privilege, lines, note_privileges,
    privileges, privileges_of_models, upgrade,
};
use crate::context::Context;
use crate::failure::{Exit, Failure, FailureKind, count};
use crate::live::Seen;
use crate::meaning::agreed;
use crate::models::Models;
use crate::schema_file::{self, SchemaFileView};
use crate::scratch::Scratch;
use crate::tenants;
use crate::tree::{Source, settings};
use crate::ui::{ID, Page, View};

const MODELS_HELP: &str =
    "`migrate revision --autogenerate -m \"…\"` writes the revision that is missing";
const DRIFT_HELP: &str = "undo what was changed by hand, or bring it into the models and the chain";

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
    /// How models and chain differ in privileges and owners, where that does not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    privileges: Vec<Difference>,
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
            Some([]) => page.line("the chain matches the models"),
            Some(differences) => {
                page.line("differences (models vs chain):");
                lines(differences, page);
            }
        }
        if let Some(file) = &self.schema_file {
            file.text(page);
        }
        if let Some(Drift { database, revision, differences, .. }) = &self.drift {
            let at = revision.as_deref().unwrap_or("base");
            if differences.is_empty() {
                page.line(format!("{database} is what the chain builds at {ID}{at}{ID:#}"));
            } else {
                page.line(format!("drift: {database} differs from the chain at {ID}{at}{ID:#}:"));
                lines(differences, page);
            }
        }
    }
}

impl Checked {
    /// All that is not as it should be: the lints' warnings, and what has no place in a file.
    fn findings(&self) -> Vec<FindingView> {
        let mut found = self.warnings.clone();
        let mut add = |code, message: String, help: &str| {
            found.push(FindingView::without_place(code, message, help));
        };
        for it in self.models.iter().flatten() {
            add("models", format!("the chain and the models differ: {it}"), MODELS_HELP);
        }
        for it in self.drift.iter().flat_map(|drift| &drift.differences) {
            add("drift", format!("the database has drifted from the chain: {it}"), DRIFT_HELP);
        }
        if let Some(why) = self.schema_file.as_ref().and_then(SchemaFileView::advice) {
            add("schema-file", why.message, &why.help);
        }
        found
    }

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
            privileges: Vec::new(),
            warnings: Vec::new(),
            blind: blind::views(chain, spots, |_| true),
        }
    }
}

/// How to compare a database with the chain.
pub(super) struct DriftArgs<'a> {
    pub(super) drift: bool,
    pub(super) grants: bool,
    pub(super) schema_map: &'a [SchemaMap],
}

/// `migrate check`
pub(super) fn check(
    context: &Context,
    at_head: bool,
    format: LintFormat,
    how: DriftArgs<'_>,
    arguments: &ModelArgs,
) -> Result<Exit, Failure> {
    let (chain, spots) = match (context.source.built_and_blind(), format) {
        (
            Err(Failure::Rejected(rejection)),
            LintFormat::Github | LintFormat::Sarif | LintFormat::Junit,
        ) => {
            report(
                context,
                format,
                &refused(&rejection),
                &context.source.config().unwrap_or_default(),
            )?;
            context.ui.say(count(&rejection));
            return Ok(Exit::Failed);
        }
        (built, _) => built?,
    };
    let grants = context.grants(how.grants)?;
    let mut checked = Checked::of(&chain, spots);
    checked.warnings = findings(&chain, &context.source.config()?, |_, deployed| !deployed);
    if at_head {
        let mut database = context.open()?;
        context.runner(&chain).verify(&mut database.client)?;
        checked.database = Some(database.place);
    }
    let models = Models::find(context, arguments)?;
    // A database that is named here, and not in the environment, is named for a reason.
    let drift = how.drift
        || !how.schema_map.is_empty()
        || (context.connection.database_url.is_some() && !at_head);
    let schema_file = schema_file::find(context)?;
    if models.is_some() || drift || schema_file.is_some() {
        let mut scratch = Scratch::for_models(context, arguments)?;
        if let Some(file) = schema_file {
            let (_, built) = build_chain(context, &scratch, Some(&chain), None)?;
            checked.schema_file = Some(file.compare(context, &scratch, &chain, &built)?);
        }
        if let Some(models) = models {
            let (_, built) = build_chain(context, &scratch, Some(&chain), None)?;
            let (database, wanted) = build_models(context, &scratch, &models, Some(&chain))?;
            let built = agreed(&mut database.connect()?, &built, &wanted);
            let mut found = differences(&built, &wanted);
            match grants {
                true => found.extend(privileges(&built, &wanted)),
                false => checked.privileges = privileges_of_models(&built, &wanted),
            }
            checked.models = Some(found);
        }
        if drift {
            let mut found = drifted(context, &mut scratch, &chain, how.schema_map)?;
            if grants {
                found.differences.append(&mut found.privileges);
            }
            checked.drift = Some(found);
        }
    }
    let of_drift = checked.drift.as_ref().map_or(0, |drift| drift.privileges.len());
    note_privileges(context, checked.privileges.len() + of_drift);
    match format {
        LintFormat::Text => context.ui.show(&checked)?,
        format => report(context, format, &checked.findings(), &context.source.config()?)?,
    }
    Ok(verdict(context, &checked))
}

/// What the database has that the chain does not build, where the database is.
fn drifted(
    context: &Context,
    scratch: &mut Scratch,
    chain: &Chain<'static>,
    maps: &[SchemaMap],
) -> Result<Drift, Failure> {
    let mut database = context.open()?;
    let runner = context.runner(chain);
    let history = runner.history(&mut database.client)?;
    match status(chain, &history) {
        Status::Diverged(why) => return Err(migrate_core::PlanError::Diverged(why).into()),
        Status::Partial(half_done) => context.ui.warn(format!(
            "{half_done}: what it has done so far counts as drift\n = help: {}",
            half_done.help()
        )),
        _ => {}
    }
    let known = chain.migrations().iter().rev();
    let at = known.map(|it| it.id.as_str()).find(|id| history.get(id).is_some());
    let table = context.history_table();
    let table = (&*table.0, &*table.1);
    let live = Seen::read(&mut database.client, table)?.without_books(Some(&runner));

    scratch.run_as(&live.role);
    let made = scratch.database()?;
    let mut copy = made.connect()?;
    let books = if maps.is_empty() { &context.connection.schema } else { tenants::BOOKS };
    let runner = context.runner(chain).schema(books);
    let others = if maps.is_empty() { sharing(context)? } else { Vec::new() };
    // What the other chains of the database have created is no drift, so they are built, too.
    let own = others.iter().position(Option::is_none).unwrap_or_default();
    for other in others[..own].iter().flatten() {
        build_other(scratch, other, &mut database.client, &mut copy)?;
    }
    if let Some(at) = at {
        upgrade(scratch, &mut copy, &runner, Target::revision(at))?;
    }
    for other in others[own..].iter().flatten() {
        build_other(scratch, other, &mut database.client, &mut copy)?;
    }
    let read = |copy: &mut Client| -> Result<Seen, Failure> {
        Ok(Seen::read(copy, ("", ""))?.without_books(Some(&runner)))
    };
    let mut built = read(&mut copy)?;
    if !maps.is_empty() {
        tenants::rename(&mut copy, maps, (&built.catalog, &live.catalog))?;
        built = read(&mut copy)?;
    }
    built.warn_of_versions(&live, context);
    let (mut built, mut live) = built.beside(live);
    if !maps.is_empty() {
        (built, live) = tenants::alike(maps, (built, live));
    }
    let live = agreed(&mut copy, &live, &built);
    let mut differences = built.differences(&live);
    differences.retain(|it| !is_privilege(it));
    let privileges = privileges(&built, &live);
    let revision = at.map(str::to_owned);
    Ok(Drift { database: database.place, revision, differences, privileges })
}

/// Builds another chain of the database, up to where that chain is there.
fn build_other(
    scratch: &Scratch,
    chain: &Chain<'static>,
    live: &mut Client,
    copy: &mut Client,
) -> Result<(), Failure> {
    let runner = Runner::new(chain);
    let history = runner.history(live)?;
    let mut ids = chain.migrations().iter().rev().map(|it| it.id.as_str());
    match ids.find(|id| history.get(id).is_some()) {
        Some(at) => upgrade(scratch, copy, &runner, Target::revision(at)),
        None => Ok(()),
    }
}

/// The chains that `migrate.toml` names, `[chain.FOLDER]`, in its order: they share a database. In the place of this one
/// is nothing.
fn sharing(context: &Context) -> Result<Vec<Option<Chain<'static>>>, Failure> {
    let Source::Folder(directory) = &context.source else { return Ok(Vec::new()) };
    let own = directory.canonicalize().unwrap_or_else(|_| directory.clone());
    let chain = |folder: &str| {
        if own.file_name().is_some_and(|name| name == folder) {
            return Ok(None);
        }
        let (name, folder) = (folder, directory.with_file_name(folder));
        if !folder.is_dir() {
            let what = format!(
                "migrate.toml has `[chain.{name}]`, and there is no folder `{}`",
                folder.display()
            );
            return Err(Failure::refused(
                FailureKind::File,
                what,
                "correct the name, or remove the table",
            ));
        }
        let run = context.connection.settings_of(&settings(&folder)?);
        Ok(Some(Source::Folder(folder).chain()?.with_settings(run)))
    };
    context.source.config()?.chains().map(chain).collect()
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
        context.ui.warn(format!("the chain and the models differ\n = help: {MODELS_HELP}"));
        exit = Exit::Failed;
    }
    if let Some(why) = checked.schema_file.as_ref().and_then(SchemaFileView::advice) {
        context.ui.warn(why);
        exit = Exit::Failed;
    }
    if checked.drift.as_ref().is_some_and(|drift| !drift.differences.is_empty()) {
        context.ui.warn(format!("the database has drifted from the chain\n = help: {DRIFT_HELP}"));
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
