//! What this program and its commands are called in advice.

use std::path::Path;
use std::sync::Arc;

use migrate_core::syntax::Explanation;

use crate::args::DIRECTORY;

/// The name of the program. Advice is written for `migrate`; where a chain is embedded in a program, that has another
/// name and lacks some of the commands.
#[derive(Debug, Clone)]
pub(crate) struct ProgramName {
    name: &'static str,
    /// The commands that only `migrate` has.
    elsewhere: &'static [&'static str],
    /// The folder, where it is another than the default one, as a command has to name it.
    folder: Option<Arc<str>>,
}

impl ProgramName {
    pub(crate) fn new(name: &'static str, elsewhere: &'static [&'static str]) -> Self {
        ProgramName { name, elsewhere, folder: None }
    }

    /// The same, where advice is for this folder.
    pub(crate) fn of_folder(self, folder: &Path) -> Self {
        let shown = folder.to_string_lossy();
        let quote = if shown.contains(char::is_whitespace) { "'" } else { "" };
        let is_default = folder == Path::new(DIRECTORY);
        ProgramName {
            folder: (!is_default).then(|| format!("{quote}{shown}{quote}").into()),
            ..self
        }
    }

    /// Advice whose commands are this program's, as far as it has them.
    pub(crate) fn in_advice(&self, text: &str) -> String {
        let mut parts = text.split("`migrate ");
        let mut addressed = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let word = part.split([' ', '`']).next().unwrap_or_default();
            let program = if self.elsewhere.contains(&word) { "migrate" } else { self.name };
            addressed.push_str(&format!("`{program} "));
            let needs_folder = !["-d", "completions", "man", "TOOL"].contains(&word);
            if let Some(folder) = self.folder.as_ref().filter(|_| needs_folder) {
                addressed.push_str(&format!("-d {folder} "));
            }
            addressed.push_str(part);
        }
        addressed
    }

    /// The same for the notes and the help of an explanation. Its message and snippets may quote a file, so they stay.
    pub(crate) fn addressed<'a>(&self, explanation: Explanation<'a>) -> Explanation<'a> {
        let mut explanation = explanation;
        explanation.help = self.in_advice(&explanation.help);
        for note in &mut explanation.notes {
            *note = self.in_advice(note);
        }
        explanation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_names_the_program_that_has_the_command() {
        let check = |name: ProgramName, text: &str, expected: &str| {
            assert_eq!(name.in_advice(text), expected);
        };
        let plain = || ProgramName::new("migrate", &[]);
        check(plain(), "see `migrate status`", "see `migrate status`");
        let other = || plain().of_folder(Path::new("db/my chain"));
        check(other(), "`migrate status`", "`migrate -d 'db/my chain' status`");
        check(other(), "`migrate -d x status`", "`migrate -d x status`");
        let embedded = || ProgramName::new("shop", &["rebase"]);
        check(
            embedded(),
            "`migrate upgrade`, or `migrate rebase`",
            "`shop upgrade`, or `migrate rebase`",
        );
    }

    #[test]
    fn a_message_and_its_snippets_are_not_changed() {
        let source = migrate_core::syntax::Source::new("a.sql", "-- `migrate up`");
        let explanation = Explanation::new("`migrate up` is wrong")
            .with_snippet(&source, migrate_core::syntax::Span::new(0, 2), "")
            .with_note("see `migrate log`")
            .with_help("use `migrate up`");
        let text = ProgramName::new("shop", &[]).addressed(explanation).to_string();
        assert_eq!(
            text,
            "`migrate up` is wrong\n --> a.sql:1:1\n  |\n1 | -- `migrate up`\n  | ^^\n  = note: see `shop log`\n  = \
             help: use `shop up`"
        );
    }
}
