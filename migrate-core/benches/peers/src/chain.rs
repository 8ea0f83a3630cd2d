//! One chain in the form of each tool: the same SQL, in files as the tool wants them.

use std::fs;
use std::io;
use std::path::Path;

#[path = "../../analysis/generated.rs"]
mod generated;

/// A migration, as plain SQL.
pub(crate) struct Step {
    pub(crate) up: String,
    pub(crate) down: String,
    pub(crate) transactional: bool,
}

/// The steps that the other benchmarks use, too.
pub(crate) fn generated(count: usize) -> Vec<Step> {
    let step = |(_, text): (String, String)| {
        let (_, sections) = text.split_once("-- migrate:up\n").unwrap_or_default();
        let (up, down) = sections.split_once("-- migrate:down\n").unwrap_or_default();
        Step { up: up.trim().to_owned(), down: down.trim().to_owned(), transactional: true }
    };
    generated::files(count).into_iter().map(step).collect()
}

/// A few steps, the last of which builds an index outside a transaction.
pub(crate) fn with_an_index(count: usize) -> Vec<Step> {
    let mut steps = generated(count);
    steps.push(Step {
        up: "CREATE INDEX CONCURRENTLY ix_beside ON items_00000 (state);".to_owned(),
        down: "DROP INDEX CONCURRENTLY ix_beside;".to_owned(),
        transactional: false,
    });
    steps
}

/// Ours: one file with a header.
pub(crate) fn migrate(steps: &[Step]) -> Vec<(String, String)> {
    let file = |(at, step): (usize, &Step)| {
        let parent =
            at.checked_sub(1).map_or_else(String::new, |at| format!("-- parent: {at:05}\n"));
        let mode = if step.transactional { "" } else { " transaction:false" };
        let text = format!(
            "-- revision: {at:05}\n{parent}-- message: Step {at}\n\n-- migrate:up{mode}\n{}\n\n-- migrate:down{mode}\n{}\n",
            step.up, step.down
        );
        (format!("{at:05}_step_{at}.sql"), text)
    };
    steps.iter().enumerate().map(file).collect()
}

/// refinery: `V1__step.sql`.
pub(crate) fn refinery(steps: &[Step]) -> Vec<(String, String)> {
    let file =
        |(at, step): (usize, &Step)| (format!("V{}__step_{at}.sql", at + 1), step.up.clone());
    steps.iter().enumerate().map(file).collect()
}

/// sqlx: `1_step.sql`.
pub(crate) fn sqlx(steps: &[Step]) -> Vec<(String, String)> {
    let file = |(at, step): (usize, &Step)| {
        let mode = if step.transactional { "" } else { "-- no-transaction\n" };
        (format!("{}_step_{at}.sql", at + 1), format!("{mode}{}", step.up))
    };
    steps.iter().enumerate().map(file).collect()
}

/// diesel: a folder with `up.sql` and `down.sql`.
pub(crate) fn diesel(steps: &[Step]) -> Vec<(String, String)> {
    let files = |(at, step): (usize, &Step)| {
        let folder = format!("{:05}_step_{at}", at + 1);
        let mut files = vec![
            (format!("{folder}/up.sql"), step.up.clone()),
            (format!("{folder}/down.sql"), step.down.clone()),
        ];
        if !step.transactional {
            files.push((
                format!("{folder}/metadata.toml"),
                "run_in_transaction = false\n".to_owned(),
            ));
        }
        files
    };
    steps.iter().enumerate().flat_map(files).collect()
}

/// Alembic: a script in Python each, and what every project has.
pub(crate) fn alembic(steps: &[Step]) -> Vec<(String, String)> {
    let file = |(at, step): (usize, &Step)| {
        let parent = at.checked_sub(1).map_or("None".to_owned(), |at| format!("'{at:05}'"));
        let run = |sql: &str| match step.transactional {
            true => format!("    op.execute(\"\"\"{sql}\"\"\")\n"),
            false => format!(
                "    with op.get_context().autocommit_block():\n        op.execute(\"\"\"{sql}\"\"\")\n"
            ),
        };
        let text = format!(
            "from alembic import op\n\nrevision = '{at:05}'\ndown_revision = {parent}\n\n\n\
             def upgrade():\n{}\n\ndef downgrade():\n{}",
            run(&step.up),
            run(&step.down)
        );
        (format!("versions/r{at:05}.py"), text)
    };
    let ini = "[alembic]\nscript_location = %(here)s\n".to_owned();
    let environment =
        "import os\nfrom alembic import context\nfrom sqlalchemy import create_engine, pool\n\n\
         engine = create_engine(os.environ['PEERS_URL'], poolclass=pool.NullPool)\n\
         with engine.connect() as connection:\n\
         \x20   context.configure(connection=connection, transaction_per_migration=True)\n\
         \x20   with context.begin_transaction():\n        context.run_migrations()\n"
            .to_owned();
    let mut files: Vec<_> = steps.iter().enumerate().map(file).collect();
    files.extend([("alembic.ini".to_owned(), ini), ("env.py".to_owned(), environment)]);
    files
}

/// psql: one script, each step a transaction.
pub(crate) fn script(steps: &[Step]) -> String {
    let step = |step: &Step| match step.transactional {
        true => format!("BEGIN;\n{}\nCOMMIT;\n", step.up),
        false => format!("{}\n", step.up),
    };
    steps.iter().map(step).collect()
}

/// Writes files into a folder that is made for them.
pub(crate) fn write(folder: &Path, files: &[(String, String)]) -> io::Result<()> {
    for (name, text) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}
