//! How things look: the one place that prints. Data goes to standard output, words to standard
//! error.

mod beat;
mod narrow;
mod paint;
mod progress;
mod safe;
mod table;

use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use clap::ColorChoice;
use serde::Serialize;

pub(crate) use self::beat::{Beat, HolderView};
pub(crate) use self::paint::{ADDED, FAINT, ID, MARK, REMOVED, WARN, message};
pub(crate) use self::progress::Progress;
pub(crate) use self::table::table;
use crate::args::{DIRECTORY, Output};
use crate::failure::{Failure, FailureView};

/// What a command has to show: as text, or, since it is plain data, as JSON.
pub(crate) trait View: Serialize {
    /// Writes it as lines of text. Styles are taken out again where nobody would see them.
    fn text(&self, page: &mut Page);
}

/// Lines of text in the making.
pub(crate) struct Page {
    text: String,
    /// Whether a person reads it: with aligned columns, and with times.
    pub(crate) is_terminal: bool,
    pub(crate) is_verbose: bool,
}

impl Page {
    pub(crate) fn line(&mut self, line: impl Display) {
        self.text.push_str(&line.to_string());
        self.text.push('\n');
    }
}

/// How this run talks.
#[derive(Debug, Clone)]
pub(crate) struct Ui {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
    /// The program's name, in advice: it is not `migrate` where a chain is embedded.
    program: &'static str,
    /// The commands that only `migrate` has.
    elsewhere: &'static [&'static str],
    /// The folder, where it is another than the default one, as advice has to name it.
    folder: Option<Arc<str>>,
    out_terminal: bool,
    error_terminal: bool,
}

impl Ui {
    pub(crate) fn new(
        output: &Output,
        program: &'static str,
        elsewhere: &'static [&'static str],
    ) -> Self {
        let color = match output.color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        color.write_global();
        Ui {
            json: output.json,
            quiet: output.quiet,
            verbose: output.verbose,
            program,
            elsewhere,
            folder: None,
            out_terminal: io::stdout().is_terminal(),
            error_terminal: io::stderr().is_terminal(),
        }
    }

    /// The same, where advice is for this folder.
    pub(crate) fn of_folder(self, folder: &Path) -> Self {
        let shown = folder.to_string_lossy();
        let quote = if shown.contains(char::is_whitespace) { "'" } else { "" };
        let is_default = folder == Path::new(DIRECTORY);
        Ui { folder: (!is_default).then(|| format!("{quote}{shown}{quote}").into()), ..self }
    }

    /// Shows data.
    pub(crate) fn show(&self, view: &impl View) -> Result<(), Failure> {
        if self.json {
            return self.json(view);
        }
        let mut page =
            Page { text: String::new(), is_terminal: self.out_terminal, is_verbose: self.verbose };
        view.text(&mut page);
        print(&page.text)
    }

    /// Shows text as it is, byte for byte, also what looks like a colour; or, as JSON, the value.
    pub(crate) fn verbatim(&self, text: &str, value: &impl Serialize) -> Result<(), Failure> {
        if self.json { self.json(value) } else { print_to(io::stdout().lock(), text) }
    }

    /// Shows data as one line of JSON.
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        print_json(value)
    }

    /// Says something that is no data.
    pub(crate) fn say(&self, words: impl Display) {
        if !self.quiet {
            words_out(&self.addressed(&words.to_string()));
        }
    }

    /// Says what is good to know, and is not wrong.
    pub(crate) fn note(&self, words: impl Display) {
        if !self.quiet {
            words_out(&paint::message("note", MARK, &self.addressed(&words.to_string())));
        }
    }

    /// Says what is wrong, but stops nothing.
    pub(crate) fn warn(&self, words: impl Display) {
        words_out(&paint::message("warning", WARN, &self.addressed(&words.to_string())));
    }

    /// Says why it failed; to programs, too.
    pub(crate) fn fail(&self, failure: &Failure) {
        if self.json {
            tell_program(failure.view(|text| self.addressed(text)));
        }
        self.error(failure);
    }

    /// The same to people alone.
    pub(crate) fn error(&self, failure: &Failure) {
        let text = self.addressed(&failure.to_string());
        words_out(&paint::message("error", REMOVED, &text));
    }

    /// Advice that names this program, for the commands that it has.
    pub(crate) fn addressed(&self, text: &str) -> String {
        let mut parts = text.split("`migrate ");
        let mut addressed = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let word = part.split([' ', '`']).next().unwrap_or_default();
            let program = if self.elsewhere.contains(&word) { "migrate" } else { self.program };
            addressed.push_str(&format!("`{program} "));
            let needs_folder = !["-d", "completions", "man", "TOOL"].contains(&word);
            if let Some(folder) = self.folder.as_ref().filter(|_| needs_folder) {
                addressed.push_str(&format!("-d {folder} "));
            }
            addressed.push_str(part);
        }
        addressed
    }

    /// Whether there is a person to ask.
    pub(crate) fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && self.error_terminal && !self.json
    }

    /// Asks, and takes anything but a yes for a no.
    pub(crate) fn ask(&self, question: &str) -> bool {
        let mut error = anstream::stderr();
        let question = safe::shown(question);
        let _ = write!(error, "{question} [y/N] ").and_then(|()| error.flush());
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
    }

    /// What tells how a run goes.
    pub(crate) fn progress(&self) -> Progress {
        Progress::new(self, self.error_terminal && !self.json && !self.quiet)
    }
}

/// Tells a program why it failed.
pub(crate) fn tell_program(error: FailureView) {
    #[derive(Serialize)]
    struct Failed {
        error: FailureView,
    }
    // If nothing can be printed, the words for people are all that there can be.
    let _ = print_json(&Failed { error });
}

fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(io::Error::from)?;
    print(&format!("{}\n", safe::json(&text)))
}

/// Says words. Who does not listen any more stops nothing: a run may be under way.
fn words_out(words: &str) {
    let _ = writeln!(anstream::stderr(), "{}", safe::shown(words));
}

/// Prints text, without its colours where nobody would see them.
fn print(text: &str) -> Result<(), Failure> {
    print_to(anstream::stdout().lock(), &safe::shown(text))
}

/// Prints text. A reader that has seen enough is no error.
fn print_to(mut out: impl Write, text: &str) -> Result<(), Failure> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}
