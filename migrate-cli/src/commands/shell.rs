//! `migrate completions` and `migrate man`: what a shell and a manual need to know of the arguments.

use clap_complete::Shell;
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Exit, Failure, FailureKind};
use crate::ui::{Page, View};

#[derive(Serialize)]
struct Text {
    text: String,
}

impl View for Text {
    fn text(&self, page: &mut Page) {
        self.text.lines().for_each(|line| page.line(line));
    }
}

/// `migrate completions`
pub(super) fn completions(context: &Context, shell: Shell) -> Result<Exit, Failure> {
    let mut program = context.program.clone();
    let name = program.get_name().to_owned();
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut program, name, &mut bytes);
    show(context, &bytes)
}

/// `migrate man`: the page of the program, or of one command.
pub(super) fn man(context: &Context, command: Option<&str>) -> Result<Exit, Failure> {
    let mut program = context.program.clone();
    // What is for all commands, each page has.
    program.build();
    let page = match command {
        None => program,
        Some(name) => {
            let unknown = || {
                let what = format!("there is no command `{name}`");
                Failure::refused(FailureKind::Usage, what, "`--help` lists the commands")
            };
            let found = program.find_subcommand(name).ok_or_else(unknown)?;
            found.clone()
        }
    };
    let mut bytes = Vec::new();
    clap_mangen::Man::new(page).render(&mut bytes)?;
    show(context, &bytes)
}

fn show(context: &Context, bytes: &[u8]) -> Result<Exit, Failure> {
    context.ui.show(&Text { text: String::from_utf8_lossy(bytes).into_owned() })?;
    Ok(Exit::Fine)
}
