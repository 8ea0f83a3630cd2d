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

use clap::ColorChoice;
use serde::Serialize;

pub(crate) use self::beat::{Beat, HolderView};
pub(crate) use self::paint::{ADDED, FAINT, ID, MARK, REMOVED, WARN, message};
pub(crate) use self::progress::Progress;
pub(crate) use self::table::table;
use crate::args::Output;
use crate::failure::{Failure, FailureView};
use crate::program_name::ProgramName;

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
    /// What it is called, in advice.
    pub(crate) name: ProgramName,
    out_terminal: bool,
    error_terminal: bool,
}

impl Ui {
    pub(crate) fn new(output: &Output, name: ProgramName) -> Self {
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
            name,
            out_terminal: io::stdout().is_terminal(),
            error_terminal: io::stderr().is_terminal(),
        }
    }

    /// The same, where advice is for this folder.
    pub(crate) fn of_folder(self, folder: &Path) -> Self {
        Ui { name: self.name.of_folder(folder), ..self }
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
            words_out(&self.name.in_advice(&words.to_string()));
        }
    }

    /// Says what is good to know, and is not wrong.
    pub(crate) fn note(&self, words: impl Display) {
        if !self.quiet {
            words_out(&paint::message("note", MARK, &self.name.in_advice(&words.to_string())));
        }
    }

    /// Says what is wrong, but stops nothing.
    pub(crate) fn warn(&self, words: impl Display) {
        words_out(&paint::message("warning", WARN, &self.name.in_advice(&words.to_string())));
    }

    /// Says why it failed; to programs, too.
    pub(crate) fn fail(&self, failure: &Failure) {
        let view = failure.view(&self.name);
        if self.json {
            tell_program(&view);
        }
        error_out(&view.text);
    }

    /// The same to people alone.
    pub(crate) fn error(&self, failure: &Failure) {
        error_out(&failure.view(&self.name).text);
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
pub(crate) fn tell_program(error: &FailureView) {
    #[derive(Serialize)]
    struct Failed<'e> {
        error: &'e FailureView,
    }
    // If nothing can be printed, the words for people are all that there can be.
    let _ = print_json(&Failed { error });
}

fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(io::Error::from)?;
    print(&format!("{}\n", safe::json(&text)))
}

/// Says what is wrong, and has ended the command.
fn error_out(text: &str) {
    words_out(&paint::message("error", REMOVED, text));
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
