//! `migrate revision --autogenerate`: from the chain to the models, as new revisions that were tried.

use std::path::Path;

use jiff::Timestamp;
use migrate_core::Chain;
use migrate_core::analysis::analyse_with;
use migrate_core::chain::Hazard;
use migrate_core::schema::catalog::{Catalog, Difference};
use migrate_core::schema::diff::{Options, Rename, propose, rename_candidates, rename_statements};
use serde::Serialize;

use super::write::{day, new_ids, write};
use crate::args::RevisionArgs;
use crate::compare::{
    build_chain, build_models, differences, line, note_privileges, privileges,
    privileges_of_models, read_with,
};
use crate::context::Context;
use crate::draft::{Draft, Identity};
use crate::failure::{Exit, Failure, FailureKind};
use crate::hazards::{self, ChangeView, Gate, HazardView};
use crate::meaning::agreed;
use crate::models::Models;
use crate::scratch::{Scratch, ScratchDatabase};
use crate::tree::{folder, settings};
use crate::trial::{Trial, Tried};
use crate::ui::{Page, View};

/// What was written, and what a reviewer should look at.
#[derive(Default, Serialize)]
struct Generated {
    files: Vec<FileView>,
    changes: Vec<ChangeView>,
    /// What somebody should have agreed to before the upgrade runs.
    hazards: Vec<HazardView>,
    /// What rows lose when the upgrade runs.
    loses: Vec<String>,
    /// What may only be called otherwise now, as `--rename` takes it.
    renames: Vec<String>,
    /// What could not be written.
    todo: Vec<String>,
    /// How the models differ in privileges and owners, where these are not written.
    privileges: Vec<Difference>,
}

#[derive(Serialize)]
struct FileView {
    path: String,
    revision: String,
}

impl View for Generated {
    fn text(&self, page: &mut Page) {
        for file in &self.files {
            page.line(&file.path);
        }
    }
}

/// `migrate revision --autogenerate`
pub(super) fn autogenerate(
    context: &Context,
    directory: &Path,
    arguments: &RevisionArgs,
) -> Result<Exit, Failure> {
    let allowed = match arguments.allow_hazards.as_slice() {
        [] => context.source.config()?.allow_hazards().map(<[Hazard]>::to_vec),
        names => Some(hazards::allowed(names)?),
    };
    let models = Models::find(context, &arguments.models)?;
    let models = models.ok_or_else(|| {
        let help = "name a file or a folder with the SQL of the wanted schema: `--models schema.sql`, \
                    MIGRATE_MODELS, or `models` in migrate.toml";
        Failure::refused(FailureKind::Usage, "there are no models to compare the chain with", help)
    })?;
    let grants = context.grants(arguments.grants)?;
    let chain = chain(directory)?;
    let now = Timestamp::now();
    let identity = Identity {
        message: &arguments.message,
        created: &day(now),
        main: arguments.rev_id.as_deref(),
        ids: new_ids(now),
    };
    // Before anything is built: can there be such a revision?
    identity.first(folder(directory))?;
    let scratch = Scratch::for_models(context, &arguments.models)?;
    let (database, before) = build_chain(context, &scratch, chain.as_ref(), None)?;
    let (wanted_in, wanted) = build_models(context, &scratch, &models, chain.as_ref())?;
    let before = agreed(&mut wanted_in.connect()?, &before, &wanted);
    let mut changes = differences(&before, &wanted);
    if grants {
        changes.extend(privileges(&before, &wanted));
    }
    if changes.is_empty() {
        let privileges = privileges_of_models(&before, &wanted);
        let generated = Generated { privileges, ..Generated::default() };
        context.ui.show(&generated)?;
        note_privileges(context, generated.privileges.len());
        context.ui.say("nothing to do: the chain matches the models");
        return Ok(Exit::Fine);
    }
    for change in &changes {
        context.ui.say(line(change));
    }

    let names = Names { context, database: &database, chain: chain.as_ref(), before: &before };
    let mut renames = Vec::new();
    let mut renamed = before.clone();
    for text in &arguments.rename {
        // A later one may speak of what an earlier one has named.
        renames.push(Rename::parse_behind(text, &renamed, &renames).map_err(|error| {
            let help = "`--rename users.email=mail`, `--rename people=users`, or `--rename orders=shop.orders`";
            Failure::refused(FailureKind::Usage, format!("`--rename {text}`: {error}"), help)
        })?);
        renamed = names.changed(&renames)?;
    }
    let mut undecided = rename_candidates(&renamed, &wanted);
    let mut declined = Vec::new();
    if context.ui.can_ask() {
        let accepted = asked(context, &mut undecided, &mut declined);
        renames.extend(accepted);
        renamed = names.changed(&renames)?;
    }

    if !renames.is_empty() {
        renamed = agreed(&mut wanted_in.connect()?, &renamed, &wanted);
    }
    let proposal = propose(&renamed, &wanted, &Options { plain: arguments.plain, grants });
    let moved = before.routines.iter().filter(|(name, it)| {
        renamed.routines.get(*name).is_some_and(|now| now.definition != it.definition)
    });
    let moved: Vec<String> = moved.map(|(_, it)| it.definition.clone()).collect();
    let statements = rename_statements(&renames, &before);
    let draft = Draft::new(proposal, statements, &undecided).bringing_back(&moved).with_a_part();
    let trial = Trial {
        context,
        scratch: &scratch,
        directory,
        chain: (&database, &before),
        models: (&wanted_in, &wanted),
        grants,
    };
    let Tried { draft, privileges, chain: tried } = trial.of(draft, &identity)?;
    if draft.is_empty() {
        let changes = hazards::changes(changes, &[]);
        let nothing = Generated { changes, privileges, ..Generated::default() };
        context.ui.show(&nothing)?;
        context.ui.warn("nothing was written: no statement leads from the chain to the models");
        return Ok(Exit::Failed);
    }

    let found = hazards::of(&draft, &undecided, &tried);
    match hazards::gate(&found, allowed.as_deref(), context.ui.can_ask(), &declined) {
        Gate::Open => {}
        Gate::Refuse(open) => return Err(hazards::refused(open, allowed.as_deref())),
        Gate::Ask(open) => {
            let question = format!("hazards of the upgrade:{}\nWrite it?", hazards::lines(&open));
            if !context.ui.ask(&question) {
                return Err(hazards::refused(open, allowed.as_deref()));
            }
        }
    }

    let edits = draft.edits(folder(directory), &identity)?;
    // A first revision makes the folder. If it can't be made, the write that follows says why.
    let _ = std::fs::create_dir_all(directory);
    let mut generated = Generated {
        changes: hazards::changes(changes, &found),
        hazards: hazards::views(&found, directory, &edits),
        loses: draft.loses(),
        renames: undecided.iter().map(Rename::to_argument).collect(),
        todo: draft.todos(),
        privileges,
        files: Vec::new(),
    };
    for (revision, edit) in edits {
        let path = write(directory, &edit)?;
        generated.files.push(FileView { path, revision });
    }
    context.ui.show(&generated)?;
    advise(context, directory, &generated);
    Ok(Exit::Fine)
}

/// The chain of a folder, unless it has no revision yet.
fn chain(directory: &Path) -> Result<Option<Chain<'static>>, Failure> {
    let is_start = |code: &str| code == "empty-chain" || code == "no-directory";
    match analyse_with(folder(directory), settings(directory)) {
        Ok(chain) => Ok(Some(chain)),
        Err(why) if why.diagnostics.iter().all(|found| is_start(found.problem.code())) => Ok(None),
        Err(why) => Err(why.into()),
    }
}

/// Asks a person what is a rename; what is none stays no question.
fn asked(
    context: &Context,
    undecided: &mut Vec<Rename>,
    declined: &mut Vec<Rename>,
) -> Vec<Rename> {
    let mut renames: Vec<Rename> = Vec::new();
    for rename in undecided.drain(..) {
        let of = |it: &Rename| (it.kind, it.schema.clone(), it.table.clone());
        let is_taken = renames
            .iter()
            .any(|it| of(it) == of(&rename) && (it.from == rename.from || it.to == rename.to));
        let question = format!(
            "{rename}: is that a rename? Otherwise the old one is dropped, with what is in it"
        );
        if is_taken {
            continue;
        }
        if context.ui.ask(&question) {
            renames.push(rename);
        } else {
            declined.push(rename);
        }
    }
    renames
}

/// The chain's database, in which things get other names to see what becomes of the rest.
struct Names<'a> {
    context: &'a Context,
    database: &'a ScratchDatabase,
    chain: Option<&'a Chain<'static>>,
    before: &'a Catalog,
}

impl Names<'_> {
    /// The catalog with these renames: made by the server, which knows all that speaks of a name.
    fn changed(&self, renames: &[Rename]) -> Result<Catalog, Failure> {
        if renames.is_empty() {
            return Ok(self.before.clone());
        }
        let refused = |what: String, error: &postgres::Error| {
            let said = error.as_db_error().map(|said| said.message().to_owned());
            let said = said.unwrap_or_else(|| error.to_string());
            Failure::refused(
                FailureKind::Usage,
                format!("{what}: {said}"),
                "fix the argument of `--rename`",
            )
        };
        let mut client = self.database.connect()?;
        let mut run = |what: String, sql: &str| {
            client.batch_execute(sql).map_err(|error| refused(what, &error))
        };
        run("renaming".to_owned(), "BEGIN")?;
        for sql in rename_statements(renames, self.before).0 {
            run(sql.clone(), &sql)?;
        }
        let runner = self.chain.map(|chain| self.context.runner(chain));
        let renamed = read_with(true, &mut client, runner.as_ref())?;
        client.batch_execute("ROLLBACK").map_err(|error| refused("renaming".to_owned(), &error))?;
        Ok(renamed)
    }
}

/// What a reviewer should look at.
fn advise(context: &Context, directory: &Path, generated: &Generated) {
    let ui = &context.ui;
    if !generated.loses.is_empty() {
        ui.warn(format!("the upgrade loses {}", generated.loses.join(", ")));
    }
    for rename in &generated.renames {
        ui.warn(format!(
            "{rename} may be a rename, and is written as a drop and a new one\n \
             = help: if it is: delete the files, and run it again with `--rename {rename}`"
        ));
    }
    note_privileges(context, generated.privileges.len());
    for todo in &generated.todo {
        ui.warn(format!("left to you, and marked in the file: {todo}"));
    }
    match analyse_with(folder(directory), settings(directory)) {
        Err(why) if !why.diagnostics.iter().all(|found| found.problem.code() == "todo") => {
            ui.warn(format!("the files are written, but a build refuses them:\n{why}"));
        }
        _ => ui.say("read it before you run it: `migrate upgrade --dry-run` shows the locks, too"),
    }
}
