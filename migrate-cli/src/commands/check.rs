//! `migrate check` and `migrate verify`: is all as it should be?

use migrate_core::Chain;
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Exit, Failure};
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
}

impl View for Checked {
    fn text(&self, page: &mut Page) {
        let Self { revisions, deployed, head, digest, .. } = self;
        let noun = if *revisions == 1 { "revision" } else { "revisions" };
        let digest = digest.get(..19).unwrap_or(digest);
        page.line(format!(
            "{revisions} {noun}, {deployed} deployed; head is {ID}{head}{ID:#} ({digest}…)"
        ));
        if let Some(database) = &self.database {
            page.line(format!("{database} is at head"));
        }
    }
}

fn checked(chain: &Chain<'_>) -> Checked {
    Checked {
        revisions: chain.len(),
        deployed: chain.migrations().iter().filter(|migration| migration.deployed).count(),
        head: chain.head().id.to_string(),
        digest: chain.head().digests.chain.to_string(),
        database: None,
    }
}

/// `migrate check`
pub(super) fn check(context: &Context, at_head: bool) -> Result<Exit, Failure> {
    let chain = context.source.built()?;
    let mut checked = checked(&chain);
    if at_head {
        let mut database = context.open()?;
        context.runner(&chain).verify(&mut database.client)?;
        checked.database = Some(database.place);
    }
    context.ui.show(&checked)?;
    Ok(Exit::Fine)
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
        let noun = if *verified == 1 { "digest" } else { "digests" };
        page.line(format!("{database} is at {ID}{head}{ID:#} (head): {verified} {noun} verified"));
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
