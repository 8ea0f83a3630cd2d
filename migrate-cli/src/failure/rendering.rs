//! What is shown of a failure: its text for people, and the same in parts for programs.

use migrate_core::__private::counted;
use migrate_core::chain::Diagnostic;
use migrate_core::syntax::Explanation;
use migrate_core::{ConnectError, Error, Problem, Rejection};
use serde::Serialize;

use super::{Exit, Failure, FailureKind, ModelProblem, Purpose};
use crate::hazards::{Found, lines};
use crate::import::Wrong;
use crate::program_name::ProgramName;

/// A failure, for programs; its text is for people.
#[derive(Debug, Serialize)]
pub(crate) struct FailureView {
    kind: FailureKind,
    exit: u8,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<ProblemView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<StatementView>,
    pub(crate) text: String,
}

/// The parts of a failure, each rendered once.
struct Parts<'f> {
    /// Each problem as text.
    texts: Vec<String>,
    /// The same for programs.
    problems: Vec<ProblemView>,
    /// What it comes to.
    conclusion: Explanation<'f>,
}

impl<'f> From<Explanation<'f>> for Parts<'f> {
    fn from(conclusion: Explanation<'f>) -> Self {
        Parts { texts: Vec::new(), problems: Vec::new(), conclusion }
    }
}

/// As `migrate` says it.
#[cfg(test)]
impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.view(&ProgramName::new("migrate", &[])).text)
    }
}

impl Failure {
    /// How it is shown by a program of this name.
    pub(crate) fn view(&self, program: &ProgramName) -> FailureView {
        let Parts { texts, problems, conclusion } = self.parts(program);
        let conclusion = program.addressed(conclusion);
        // The first one gets its `error: ` from whoever prints it.
        let mut text = texts.join("\n\nerror: ");
        if !texts.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(&conclusion.to_string());
        FailureView {
            kind: self.kind(),
            exit: self.exit() as u8,
            // What follows its first line are details.
            message: conclusion.message.lines().next().unwrap_or_default().to_owned(),
            help: Some(conclusion.help).filter(|help| !help.is_empty()),
            problems,
            statement: self.statement(),
            text,
        }
    }

    fn parts(&self, program: &ProgramName) -> Parts<'_> {
        let said = |message: String, help: &str| Explanation::new(message).with_help(help);
        let explanation = match self {
            Failure::Rejected(rejection) => {
                let lacks_folder = rejection
                    .diagnostics
                    .iter()
                    .any(|found| matches!(found.problem, Problem::NoDirectory { .. }));
                let help = match lacks_folder {
                    true => "on the command line, name another folder with `-d FOLDER`",
                    false => "",
                };
                return of_rejection(rejection, said(count(rejection), help), program);
            }
            Failure::Unsound { rejection, purpose } => {
                let (verb, done, anyway) = match purpose {
                    Purpose::Apply => ("apply", "applied", "applies them anyway"),
                    Purpose::Pin => ("pin", "pinned", "pins them anyway"),
                };
                let problems = problem_count(rejection);
                let message = format!("nothing was {done}: {problems} in the revisions to {verb}");
                let help = format!(
                    "fix the files, and look again with `migrate check`; `--unchecked` {anyway}"
                );
                return of_rejection(rejection, said(message, &help), program);
            }
            Failure::Import(wrong) => return of_wrong(wrong, "written", self.kind(), program),
            Failure::Adopt(wrong) => return of_wrong(wrong, "adopted", self.kind(), program),
            Failure::Models { problems, more } => return of_models(problems, *more, program),
            Failure::Hazards { found, needed } => {
                let hazards = match found.len() {
                    1 => "1 hazard is".to_owned(),
                    many => format!("{} are", counted(many, "hazard")),
                };
                let message = format!("nothing was written: {hazards} not allowed{}", lines(found));
                let help = format!("if that is what you want: `--allow-hazards {needed}`");
                let problems = found.iter().map(hazard).collect();
                return Parts { problems, ..said(message, &help).into() };
            }
            Failure::Edit(error) => said(error.to_string(), &error.help()),
            Failure::Plan(error) => said(error.to_string(), &error.help()),
            Failure::UnknownRevision(id) => said(
                format!("there is no revision `{id}`"),
                "`migrate history` lists the revisions",
            ),
            Failure::Exists(path) => said(
                format!("`{}` already exists and was not changed", path.display()),
                "choose another id with `--rev-id`",
            ),
            Failure::Unwritable { path, source } => said(
                format!("`{}` can't be written: {source}", path.display()),
                "check the folder's permissions",
            ),
            Failure::Unreadable { path, reason } => said(
                format!("`{}` can't be read: {reason}", path.display()),
                "fix it, or name another file: `--env-file=FILE`",
            ),
            Failure::Connect(error) => no_connection(error),
            Failure::Nowhere(help) => {
                let explanation = ConnectError::Nowhere.explain();
                match help {
                    Some(help) => explanation.with_help(help),
                    None => explanation,
                }
            }
            Failure::Run(error) => error.explain(),
            Failure::Advised(error, help) => error.explain().with_help(help),
            Failure::DevServer(error) => {
                behind("the server for scratch databases", error.explain())
            }
            Failure::OnScratch(error) => on_scratch(error),
            Failure::Refused { what, help, .. } => said(what.clone(), help),
            Failure::Declined => {
                said("nothing was done".to_owned(), "`--yes` answers the question in scripts")
            }
            Failure::Output(error) => said(format!("nothing can be printed: {error}"), ""),
        };
        explanation.into()
    }

    fn statement(&self) -> Option<StatementView> {
        match self {
            Failure::Run(error) | Failure::Advised(error, _) => statement(error),
            _ => None,
        }
    }
}

/// Each problem of a chain, and how many there are.
fn of_rejection<'f>(
    rejection: &'f Rejection,
    conclusion: Explanation<'f>,
    program: &ProgramName,
) -> Parts<'f> {
    let text = |explanation| program.addressed(explanation).to_string();
    Parts {
        texts: rejection.explain().map(text).collect(),
        problems: problems(rejection, program),
        conclusion,
    }
}

/// Why a folder of another tool's was not taken over.
fn of_wrong<'f>(
    wrong: &'f [Wrong],
    done: &str,
    kind: FailureKind,
    program: &ProgramName,
) -> Parts<'f> {
    let problem = |wrong: &Wrong| {
        let (file, line) = wrong.place.clone().unzip();
        ProblemView {
            code: ProblemCode::Failure(kind),
            message: wrong.what.clone(),
            help: program.in_advice(&wrong.help),
            file,
            line: line.flatten(),
            column: None,
        }
    };
    let problems = counted(wrong.len(), "problem");
    Parts {
        texts: wrong.iter().map(|wrong| wrong.text(program)).collect(),
        problems: wrong.iter().map(problem).collect(),
        conclusion: Explanation::new(format!("nothing was {done}: {problems}")),
    }
}

/// Why the models can't be built. The last one says what it comes to.
fn of_models<'f>(problems: &'f [ModelProblem], more: usize, program: &ProgramName) -> Parts<'f> {
    let view = |problem: &ModelProblem| {
        let at = problem.source.position(problem.span.start);
        ProblemView {
            code: ProblemCode::Failure(FailureKind::Models),
            message: problem.message.clone(),
            help: program.in_advice(problem.help),
            file: Some(problem.source.path().to_owned()),
            line: Some(at.line),
            column: Some(at.column),
        }
    };
    if let ([only], 0) = (problems, more) {
        return Parts { problems: vec![view(only)], ..only.explain().into() };
    }
    let conclusion = match more {
        0 => format!("the models have {}", counted(problems.len(), "problem")),
        more => format!(
            "{} did not run, and may need what is missing here",
            counted(more, "more statement")
        ),
    };
    Parts {
        texts: problems
            .iter()
            .map(|problem| program.addressed(problem.explain()).to_string())
            .collect(),
        problems: problems.iter().map(view).collect(),
        conclusion: Explanation::new(conclusion),
    }
}

/// Why there is no connection, with a command where core's help is a statement.
fn no_connection(error: &ConnectError) -> Explanation<'static> {
    let explanation = error.explain();
    match error {
        ConnectError::UnknownDatabase { .. } => explanation.with_help(
            "check its name, or create it: `migrate db create` (without one in the connection string, the database is \
             called like the role)",
        ),
        _ => explanation,
    }
}

/// What a scratch server said. That it lacks an extension is no fault of the chain.
fn on_scratch(error: &Error) -> Explanation<'_> {
    let explanation = behind("in a scratch database, not in yours", error.explain());
    let lacks = match error {
        Error::Statement(error) => missing_extension(&error.failure.message),
        _ => None,
    };
    match lacks {
        Some(extension) => explanation.with_help(format!(
            "the server for scratch databases does not have the extension `{extension}`: install it there, or name a \
             server that has it: `--dev-url postgres://…` or MIGRATE_DEV_URL (`adopt --no-compare` needs none)"
        )),
        None => explanation,
    }
}

/// The same with where it happened in front.
fn behind<'f>(place: &str, explanation: Explanation<'f>) -> Explanation<'f> {
    let mut explanation = explanation;
    explanation.message = format!("{place}: {}", explanation.message);
    explanation
}

impl FailureView {
    /// What makes no command of the arguments.
    pub(crate) fn usage(error: &clap::Error) -> Self {
        let text = error.to_string();
        let (message, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let tip = rest.lines().find_map(|line| line.trim().strip_prefix("tip: "));
        FailureView {
            kind: FailureKind::Usage,
            exit: Exit::Usage as u8,
            message: message.strip_prefix("error: ").unwrap_or(message).to_owned(),
            help: Some(tip.unwrap_or("`--help` lists the commands and their options").to_owned()),
            problems: Vec::new(),
            statement: None,
            text: text.trim_end().to_owned(),
        }
    }
}

/// What is wrong with a chain, for programs.
#[derive(Debug, Serialize)]
pub(crate) struct ProblemView {
    code: ProblemCode,
    message: String,
    help: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

/// A problem's code; that of the failure, where it has none.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
enum ProblemCode {
    Problem(&'static str),
    Failure(FailureKind),
}

/// Which statement the server refused, for programs.
#[derive(Debug, Serialize)]
pub(crate) struct StatementView {
    revision: String,
    direction: String,
    number: Option<usize>,
    of: usize,
    file: String,
    line: usize,
    column: usize,
    sqlstate: Option<String>,
    message: String,
    done: Vec<String>,
}

fn statement(error: &Error) -> Option<StatementView> {
    let Error::Statement(error) = error else { return None };
    let position = error.source.position(error.span.start);
    Some(StatementView {
        revision: error.revision.clone(),
        direction: error.direction.to_string(),
        number: error.statement,
        of: error.total,
        file: error.source.path().to_owned(),
        line: position.line,
        column: position.column,
        sqlstate: error.failure.code.clone(),
        message: error.failure.message.clone(),
        done: error.done.iter().map(|done| done.revision.clone()).collect(),
    })
}

pub(crate) fn problems(rejection: &Rejection, program: &ProgramName) -> Vec<ProblemView> {
    let view = |found: &Diagnostic| {
        let explanation = found.explain(&rejection.sources);
        let (file, position) = explanation.place().unzip();
        let Explanation { message, help, .. } = explanation;
        ProblemView {
            code: ProblemCode::Problem(found.problem.code()),
            message,
            help: program.in_advice(&help),
            file: file.map(str::to_owned),
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
        }
    };
    rejection.diagnostics.iter().map(view).collect()
}

fn hazard(found: &Found) -> ProblemView {
    let code = ProblemCode::Problem(found.hazard.code());
    let (message, help) = (found.what.clone(), found.hazard.about().to_owned());
    ProblemView { code, message, help, file: None, line: None, column: None }
}

/// The extension whose files a server does not have, from its message.
pub(crate) fn missing_extension(message: &str) -> Option<&str> {
    let named = message.strip_prefix("extension \"");
    let named = named.and_then(|rest| rest.strip_suffix("\" is not available"));
    // Up to PostgreSQL 14.
    let file = || {
        let path = message.strip_prefix("could not open extension control file \"")?;
        let (path, _) = path.split_once('"')?;
        path.rsplit(['/', '\\']).next()?.strip_suffix(".control")
    };
    named.or_else(file)
}

pub(crate) fn count(rejection: &Rejection) -> String {
    if is_foreign(rejection) {
        return "the folder is not a chain".to_owned();
    }
    format!("the chain has {}", problem_count(rejection))
}

/// Whether the folder is another tool's, which is all that there is to say about it.
pub(crate) fn is_foreign(rejection: &Rejection) -> bool {
    rejection.diagnostics.iter().any(|found| matches!(found.problem, Problem::ForeignFolder { .. }))
}

pub(crate) fn problem_count(rejection: &Rejection) -> String {
    counted(rejection.diagnostics.len(), "problem")
}

#[cfg(test)]
mod tests {
    use super::missing_extension;

    /// Each is what a server says.
    #[test]
    fn an_extension_that_a_server_lacks() {
        let check = |message: &str, expected: Option<&str>| {
            assert_eq!(missing_extension(message), expected, "{message}");
        };
        check("extension \"nope\" is not available", Some("nope"));
        check(
            "could not open extension control file \"/usr/share/postgresql/14/extension/nope.control\": No such file or directory",
            Some("nope"),
        );
        check("extension \"nope\" already exists", None);
        check("could not open extension control file \"", None);
    }
}
