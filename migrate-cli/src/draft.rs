//! A proposal on its way to files: which statements are left to a person, and how each is written.

mod refused;
mod rehearsal;
mod unchecked;

use migrate_core::Folder;
use migrate_core::chain::edit;
use migrate_core::chain::edit::{EditError, FileEdit, NewRevision, NewSection};
use migrate_core::schema::catalog::Difference;
use migrate_core::schema::diff::{Part, PartKind, Proposal, Rename, Section, Step};

pub(crate) use self::refused::Refusal;
pub(crate) use self::rehearsal::Attempt;
pub(crate) use self::unchecked::{CHECKED, UNCHECKED};

/// What a part outside a transaction says to the lints: some of its statements could be inside one.
const MIXED: &str = "-- migrate:allow(mixed-outside): each statement is short or blocks nobody, and a run \
                     that was stopped goes on at the right one";

/// How some things are written.
#[derive(Clone, Copy)]
struct Words {
    /// What begins a comment about what is left to do.
    todo: &'static str,
    /// What stands in a section that has no statement.
    nothing: &'static str,
}

/// What stands above differences that no statement makes.
const UNWRITTEN: &str = "write what is missing here; these differences remain:";

/// Who the new revisions are.
pub(crate) struct Identity<'a> {
    pub(crate) message: &'a str,
    pub(crate) created: &'a str,
    /// The id that was asked for.
    pub(crate) main: Option<&'a str>,
    /// Ids that are free, in order.
    pub(crate) ids: [String; 4],
}

impl Identity<'_> {
    /// A revision of this message and id, with nothing in it.
    pub(crate) fn first(&self, folder: Folder) -> Result<FileEdit, EditError> {
        let id = self.main.unwrap_or(&self.ids[0]);
        let (up, down) = (NewSection::EMPTY, NewSection::EMPTY);
        let Identity { message, created, .. } = *self;
        edit::new_revision(folder, NewRevision { id, message, created, parent: None, up, down })
    }
}

/// Revisions in the making.
pub(crate) struct Draft {
    pub(crate) parts: Vec<DraftPart>,
    /// Stands on top of the first upgrade.
    remarks: Vec<String>,
    /// What no statement is known for, and why.
    unwritten: Vec<Difference>,
}

/// A revision in the making.
pub(crate) struct DraftPart {
    kind: PartKind,
    pub(crate) up: DraftSection,
    pub(crate) down: DraftSection,
}

/// A section in the making.
pub(crate) struct DraftSection {
    transactional: bool,
    pub(crate) statements: Vec<DraftStatement>,
    /// What no statement does, and somebody has to write.
    missing: Vec<String>,
    /// What is so until the statements that are left to a person run.
    remains: Vec<String>,
}

/// A statement, and what there is to say about it.
pub(crate) struct DraftStatement {
    step: Step,
    /// Why it is left to a person.
    pub(crate) todo: Option<String>,
    /// What it needs is left to a person, so it is a part of that.
    follows: bool,
    /// Why its body is not checked, where it runs only so.
    unchecked: Option<String>,
}

impl Draft {
    /// `renames` are the statements for what is renamed first, and those for the way back.
    pub(crate) fn new(
        proposal: Proposal,
        (there, back): (Vec<String>, Vec<String>),
        undecided: &[Rename],
    ) -> Self {
        let unwritten = [&*proposal.unwritten, &*proposal.not_undone].concat();
        let mut parts: Vec<DraftPart> = proposal.parts.into_iter().map(DraftPart::new).collect();
        if !there.is_empty() {
            // All that follows speaks of the new names.
            if parts.first().is_none_or(|part| part.kind != PartKind::Main) {
                parts.insert(0, DraftPart::empty());
            }
            if let Some(first) = parts.first_mut() {
                let plain = |sql: String| DraftStatement::new(Step::new(sql));
                first.up.statements.splice(0..0, there.into_iter().map(plain));
                first.down.statements.extend(back.into_iter().map(plain));
            }
        }
        let remark = |rename: &Rename| {
            format!(
                "Perhaps a rename: {rename}. If it is, delete this, and run again with --rename {}",
                rename.to_argument()
            )
        };
        Draft { parts, remarks: undecided.iter().map(remark).collect(), unwritten }
    }

    /// Bodies name tables as they were called before the renames: those that change come back, with these
    /// definitions, when the tables are called so again.
    pub(crate) fn bringing_back(mut self, definitions: &[String]) -> Self {
        let main = self.parts.iter_mut().find(|part| part.kind == PartKind::Main);
        let Some(down) = main.map(|part| &mut part.down.statements) else { return self };
        for definition in definitions {
            let replaces = |it: &DraftStatement| {
                it.step.sql.starts_with("CREATE OR REPLACE ")
                    && it.step.sql.lines().next() == definition.lines().next()
            };
            if let Some(at) = down.iter().position(replaces) {
                let mut statement = down.remove(at);
                definition.trim_end().clone_into(&mut statement.step.sql);
                down.push(statement);
            }
        }
        self
    }

    /// Has a part that can say what is left to do, also where no statement is written.
    pub(crate) fn with_a_part(mut self) -> Self {
        if self.parts.is_empty() {
            self.parts.push(DraftPart::empty());
        }
        self
    }

    /// Is there nothing to write, and nothing to say?
    pub(crate) fn is_empty(&self) -> bool {
        let empty = |it: &DraftSection| it.statements.is_empty() && it.missing.is_empty();
        self.parts.iter().all(|part| empty(&part.up) && empty(&part.down))
    }

    /// Notes what is not as it should be when the upgrades have run.
    pub(crate) fn left_above(&mut self, differences: &[Difference]) {
        let lines = self.explained(differences, |part| &part.up);
        if let Some(last) = self.parts.last_mut() {
            (last.up.missing, last.up.remains) = lines;
        }
    }

    /// And when the downgrades have run.
    pub(crate) fn left_below(&mut self, differences: &[Difference]) {
        let lines = self.explained(differences, |part| &part.down);
        if let Some(first) = self.parts.first_mut() {
            (first.down.missing, first.down.remains) = lines;
        }
    }

    /// What has to be written, and what a statement is there for that is left to a person.
    fn explained(
        &self,
        differences: &[Difference],
        section: impl Fn(&DraftPart) -> &DraftSection,
    ) -> (Vec<String>, Vec<String>) {
        let is_left = self.parts.iter().any(|part| section(part).is_left());
        let (mut missing, mut remains) = (Vec::new(), Vec::new());
        for it in differences {
            let mut reasons = self.unwritten.iter();
            let why = reasons.find(|why| why.kind == it.kind && why.name == it.name);
            match why.and_then(|why| why.before.as_ref().or(why.after.as_ref())) {
                Some(why) => missing.push(format!("{it} ({why})")),
                None if is_left => remains.push(it.to_string()),
                None => missing.push(it.to_string()),
            }
        }
        (missing, remains)
    }

    /// The files, each with the id of its revision.
    pub(crate) fn edits(
        &self,
        folder: Folder,
        identity: &Identity<'_>,
    ) -> Result<Vec<(String, FileEdit)>, EditError> {
        self.written(folder, identity, Words { todo: "-- migrate:todo", nothing: "" })
    }

    /// The same for a trial: what is left to do stands in no one's way, nor does an empty section.
    pub(crate) fn trial(
        &self,
        folder: Folder,
        identity: &Identity<'_>,
    ) -> Result<Vec<(String, FileEdit)>, EditError> {
        self.written(folder, identity, Words { todo: "-- to do:", nothing: "SELECT 1;\n" })
    }

    fn written(
        &self,
        mut folder: Folder,
        identity: &Identity<'_>,
        words: Words,
    ) -> Result<Vec<(String, FileEdit)>, EditError> {
        let mut edits: Vec<(String, FileEdit)> = Vec::new();
        for (nth, part) in self.parts.iter().enumerate() {
            let (suffix, name) = match part.kind {
                _ if self.parts.len() == 1 => ("", ""),
                PartKind::EnumValues => ("_values", " (enum values)"),
                PartKind::Main => ("", ""),
                PartKind::Online => ("_online", " (online)"),
            };
            let free = identity.ids.get(nth).map_or("", String::as_str);
            let id = identity.main.map_or_else(|| free.to_owned(), |id| format!("{id}{suffix}"));
            let message = format!("{}{name}", identity.message);
            let remarks = if nth == 0 { &*self.remarks } else { &[] };
            let (up, down) = (part.up.text(remarks, words), part.down.text(&[], words));
            let mut edit = edit::new_revision(
                folder.clone(),
                NewRevision {
                    id: &id,
                    message: &message,
                    created: identity.created,
                    parent: edits.last().map(|(id, _)| id.as_str()),
                    up: NewSection { sql: &up, transactional: part.up.transactional },
                    down: NewSection { sql: &down, transactional: part.down.transactional },
                },
            )?;
            if part.up.is_mixed() {
                let marker = "\n\n-- migrate:up";
                edit.text = edit.text.replacen(marker, &format!("\n{MIXED}{marker}"), 1);
            }
            folder = folder.with(&edit.name, &edit.text);
            edits.push((id, edit));
        }
        Ok(edits)
    }

    /// What rows lose when it is upgraded.
    pub(crate) fn loses(&self) -> Vec<String> {
        let statements = self.parts.iter().flat_map(|part| &part.up.statements);
        statements.filter_map(|statement| statement.step.loses.clone()).collect()
    }

    /// The statements of the upgrade that run as they are written.
    pub(crate) fn upgrade(&self) -> impl Iterator<Item = &Step> {
        let statements = self.parts.iter().flat_map(|part| &part.up.statements);
        statements.filter(|statement| statement.todo.is_none()).map(|statement| &statement.step)
    }

    /// What is left to a person.
    pub(crate) fn todos(&self) -> Vec<String> {
        let sections = self.parts.iter().flat_map(|part| [&part.up, &part.down]);
        sections
            .flat_map(|section| {
                let own = section.statements.iter().filter(|it| !it.follows);
                let statements = own.filter_map(|it| it.todo.clone());
                statements.chain(section.missing.iter().cloned())
            })
            .collect()
    }
}

impl DraftPart {
    fn new(part: Part) -> Self {
        DraftPart {
            kind: part.kind,
            up: DraftSection::new(part.up),
            down: DraftSection::new(part.down),
        }
    }

    fn empty() -> Self {
        let section = || DraftSection::new(Section { transaction: true, steps: Vec::new() });
        DraftPart { kind: PartKind::Main, up: section(), down: section() }
    }
}

impl DraftSection {
    fn new(section: Section) -> Self {
        let statements = section.steps.into_iter().map(DraftStatement::new).collect();
        let (missing, remains) = (Vec::new(), Vec::new());
        DraftSection { transactional: section.transaction, statements, missing, remains }
    }

    /// Whether some of its statements can't be in a transaction, and others could.
    fn is_mixed(&self) -> bool {
        let alone = |it: &&DraftStatement| it.step.sql.contains(" CONCURRENTLY ");
        let count = self.statements.iter().filter(alone).count();
        !self.transactional && count > 0 && count < self.statements.len()
    }

    /// Whether there is nothing to run.
    fn is_empty(&self) -> bool {
        self.statements.iter().all(|statement| statement.todo.is_some())
    }

    /// Whether a statement is left to a person.
    fn is_left(&self) -> bool {
        self.statements.iter().any(|statement| statement.todo.is_some())
    }

    /// Whether anything is left to a person.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.is_left() || !self.missing.is_empty()
    }

    pub(crate) fn is_transactional(&self) -> bool {
        self.transactional
    }

    fn text(&self, remarks: &[String], words: Words) -> String {
        let Words { todo, nothing } = words;
        let mut text = String::new();
        let comment = |text: &mut String, words: &str, what: &str| {
            let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
            text.push_str(&format!("{words} {what}\n"));
        };
        for remark in remarks {
            comment(&mut text, "--", remark);
        }
        if !self.missing.is_empty() {
            comment(&mut text, todo, UNWRITTEN);
            self.missing.iter().for_each(|what| comment(&mut text, "--  ", what));
            text.push('\n');
        }
        if !self.remains.is_empty() {
            comment(
                &mut text,
                "--",
                "Until what is marked as todo is done, these differences remain:",
            );
            self.remains.iter().for_each(|what| comment(&mut text, "--  ", what));
            text.push('\n');
        }
        for (at, statement) in self.statements.iter().enumerate() {
            let DraftStatement { step, todo: left, follows, unchecked } = statement;
            let Step { sql, loses, caution, .. } = step;
            let sql = sql.trim_end().trim_end_matches(';');
            let is_long = left.is_some()
                || loses.is_some()
                || caution.is_some()
                || unchecked.is_some()
                || sql.contains('\n');
            if is_long && !text.is_empty() && !text.ends_with("\n\n") {
                text.push('\n');
            }
            if self.opens(at) {
                text.push_str(&format!("{UNCHECKED};\n\n"));
            }
            if let Some(why) = unchecked {
                comment(&mut text, "-- The body is not checked here:", why);
            }
            if let Some(what) = loses {
                comment(&mut text, "-- Loses", what);
            }
            if let Some(what) = caution {
                comment(&mut text, "-- Mind:", what);
            }
            match left {
                None => text.push_str(&format!("{sql};\n")),
                Some(why) => {
                    let words = if *follows { "-- Part of what is marked above:" } else { todo };
                    comment(&mut text, words, why);
                    for line in format!("{sql};").lines() {
                        text.push_str(&format!("-- {line}\n"));
                    }
                }
            }
            if is_long {
                text.push('\n');
            }
            if self.closes(at) {
                text.push_str(&format!("{CHECKED};\n\n"));
            }
        }
        if self.is_empty() {
            text.push_str(nothing);
        }
        text
    }
}

impl DraftStatement {
    fn new(step: Step) -> Self {
        let todo = step.doubt.clone();
        DraftStatement { step, todo, follows: false, unchecked: None }
    }
}

#[cfg(test)]
mod tests;
