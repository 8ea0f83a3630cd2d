//! The commands that show single revisions. They work on a broken chain too: that is when they are
//! needed.

use migrate_core::Direction;
use migrate_core::chain::OutlineEntry;
use serde::Serialize;

use super::plan::drops;
use crate::context::Context;
use crate::failure::{Exit, Failure, count};
use crate::tree::Tree;
use crate::ui::{ID, MARK, Page, View};

/// A revision, as its file has it.
#[derive(Debug, Serialize)]
pub(super) struct RevisionView {
    pub(super) revision: String,
    parents: Vec<String>,
    children: Vec<String>,
    message: String,
    file: String,
    head: bool,
    branch_point: bool,
    merge_point: bool,
    deployed: bool,
    /// Whether the database is there; unknown unless it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) current: Option<bool>,
}

impl RevisionView {
    pub(super) fn of(tree: &Tree, entry: &OutlineEntry) -> Self {
        RevisionView {
            revision: entry.id.clone(),
            parents: entry.parents.clone(),
            children: tree.children(&entry.id).map(|child| child.id.clone()).collect(),
            message: entry.message.clone(),
            file: entry.file.clone(),
            head: tree.is_head(&entry.id),
            branch_point: tree.is_branch_point(&entry.id),
            merge_point: entry.parents.len() > 1,
            deployed: entry.deployed,
            current: None,
        }
    }

    /// `(head)` and so on, in Alembic's order.
    pub(super) fn marks(&self) -> String {
        let marks = [
            ("head", self.head),
            ("branchpoint", self.branch_point),
            ("mergepoint", self.merge_point),
            ("current", self.current == Some(true)),
        ];
        let held = marks.iter().filter(|(_, holds)| *holds);
        held.map(|(mark, _)| format!(" {MARK}({mark}){MARK:#}")).collect()
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Whom it follows, as people read it.
    pub(super) fn parents(&self) -> String {
        if self.parents.is_empty() { "<base>".to_owned() } else { self.parents.join(", ") }
    }

    /// In one line, as Alembic has it.
    pub(super) fn line(&self) -> String {
        let Self { revision, message, .. } = self;
        format!("{} -> {ID}{revision}{ID:#}{}, {message}", self.parents(), self.marks())
    }

    /// In several lines.
    pub(super) fn details(&self, page: &mut Page) {
        page.line(format!("Rev: {ID}{}{ID:#}{}", self.revision, self.marks()));
        page.line(format!("Parent: {}", self.parents()));
        if !self.children.is_empty() {
            page.line(format!("Followed by: {}", self.children.join(", ")));
        }
        page.line(format!("Message: {}", self.message));
        page.line(format!("State: {}", if self.deployed { "pinned" } else { "not pinned" }));
        page.line(format!("File: {}", self.file));
    }
}

/// Says that a chain is broken, where the command goes on nevertheless.
pub(super) fn warn_if_broken(context: &Context, tree: &Tree) {
    if let Err(rejection) = &tree.chain {
        context.ui.warn(format!(
            "{}; revisions are listed by file name\n = help: `migrate check` shows every problem",
            count(rejection)
        ));
    }
}

#[derive(Serialize)]
struct Heads {
    heads: Vec<RevisionView>,
}

impl View for Heads {
    fn text(&self, page: &mut Page) {
        for head in &self.heads {
            if page.is_verbose {
                head.details(page);
            } else {
                page.line(format!("{ID}{}{ID:#} {MARK}(head){MARK:#}", head.revision));
            }
        }
    }
}

/// `migrate heads`
pub(super) fn heads(context: &Context) -> Result<Exit, Failure> {
    let tree = Tree::shown(&context.source)?;
    let heads = tree.heads().map(|head| RevisionView::of(&tree, head)).collect();
    context.ui.show(&Heads { heads })?;
    Ok(Exit::Fine)
}

#[derive(Serialize)]
struct Branches {
    branches: Vec<Branch>,
}

#[derive(Serialize)]
struct Branch {
    revision: String,
    message: String,
    children: Vec<Child>,
}

#[derive(Serialize)]
struct Child {
    revision: String,
    message: String,
}

impl View for Branches {
    fn text(&self, page: &mut Page) {
        for Branch { revision, message, children } in &self.branches {
            page.line(format!("{ID}{revision}{ID:#} {MARK}(branchpoint){MARK:#}, {message}"));
            for Child { revision, message } in children {
                page.line(format!("    -> {ID}{revision}{ID:#}, {message}"));
            }
        }
    }
}

/// `migrate branches`
pub(super) fn branches(context: &Context) -> Result<Exit, Failure> {
    let tree = Tree::shown(&context.source)?;
    let points = tree.entries.iter().filter(|entry| tree.is_branch_point(&entry.id));
    let child =
        |child: &OutlineEntry| Child { revision: child.id.clone(), message: child.message.clone() };
    let branches = points.map(|point| Branch {
        revision: point.id.clone(),
        message: point.message.clone(),
        children: tree.children(&point.id).map(child).collect(),
    });
    context.ui.show(&Branches { branches: branches.collect() })?;
    Ok(Exit::Fine)
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    revision: RevisionView,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The tables and columns with data that its downgrade drops.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    downgrade_drops: Vec<String>,
    text: String,
}

impl View for Shown {
    fn text(&self, page: &mut Page) {
        self.revision.details(page);
        if let Some(path) = &self.path {
            page.line(format!("Path: {path}"));
        }
        if !self.downgrade_drops.is_empty() {
            page.line(format!("Downgrade drops: {}", self.downgrade_drops.join(", ")));
        }
        page.line("");
        for line in self.text.lines() {
            page.line(line);
        }
    }
}

/// `migrate show`: the header, then the file.
pub(super) fn revision(context: &Context, id: &str) -> Result<Exit, Failure> {
    let tree = Tree::shown(&context.source)?;
    let entry = tree.find(id)?;
    let chain = tree.chain.as_ref().ok();
    let migration = chain.and_then(|chain| chain.get(&entry.id));
    context.ui.show(&Shown {
        downgrade_drops: migration.map_or_else(Vec::new, |it| drops(it, Direction::Down)),
        path: context.source.path(entry).map(|path| path.display().to_string()),
        text: tree.text(&entry.id).to_owned(),
        revision: RevisionView::of(&tree, entry),
    })?;
    Ok(Exit::Fine)
}
