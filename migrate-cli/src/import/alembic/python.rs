//! What a Python file of Alembic's says of its revision, without running it: the assignments at its
//! top level, and its docstring.

/// A revision file, as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Script {
    pub(crate) docstring: String,
    /// `revision`, `down_revision`, `branch_labels`, `depends_on`: each with its line, and its texts,
    /// or what stands there instead.
    pub(crate) values: Vec<(String, usize, Result<Vec<String>, String>)>,
}

impl Script {
    /// What a name is at last.
    pub(crate) fn value(&self, name: &str) -> Option<(usize, Result<&[String], &str>)> {
        let (_, line, value) = self.values.iter().rev().find(|(known, ..)| known == name)?;
        Some((*line, value.as_deref().map_err(String::as_str)))
    }
}

const NAMES: [&str; 4] = ["revision", "down_revision", "branch_labels", "depends_on"];

/// Reads a file.
pub(crate) fn read(text: &str) -> Script {
    let mut script = Script::default();
    for (nth, line) in lines(text).iter().enumerate() {
        match line.as_slice() {
            [Token { kind: PythonTokenKind::Text(text), .. }] if nth == 0 => {
                script.docstring.clone_from(text);
            }
            [Token { kind: PythonTokenKind::Name(name), line: at, .. }, rest @ ..]
                if NAMES.contains(&name.as_str()) =>
            {
                if let Some(value) = assigned(rest) {
                    script.values.push((name.clone(), *at, texts(value)));
                }
            }
            _ => {}
        }
    }
    script
}

/// What stands behind the `=` of an assignment, perhaps with a type before it.
fn assigned(tokens: &[Token]) -> Option<&[Token]> {
    let is_assignment = tokens.first().is_some_and(|token| token.is('=') || token.is(':'));
    let at = tokens.iter().position(|token| token.is('=') && token.depth == 0)?;
    is_assignment.then(|| &tokens[at + 1..])
}

/// `None`, a string, or a tuple or list of strings. `Err` has what it is instead.
fn texts(value: &[Token]) -> Result<Vec<String>, String> {
    let mut texts: Vec<String> = Vec::new();
    let mut continues = false;
    let is_none =
        |token: &Token| matches!(&token.kind, PythonTokenKind::Name(name) if name == "None");
    if let [only] = value
        && is_none(only)
    {
        return Ok(texts);
    }
    for token in value {
        match &token.kind {
            PythonTokenKind::Text(text) => {
                match texts.last_mut() {
                    Some(last) if continues => last.push_str(text),
                    _ => texts.push(text.clone()),
                }
                continues = true;
            }
            PythonTokenKind::Sign('(' | ')' | '[' | ']' | '{' | '}') => {}
            PythonTokenKind::Sign(',') => continues = false,
            _ => return Err(value.iter().map(Token::shown).collect()),
        }
    }
    match value {
        [] => Err(String::new()),
        _ => Ok(texts),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PythonTokenKind {
    Name(String),
    Text(String),
    /// Whatever it is, its meaning is known to Python alone: a formatted string, say.
    Other(String),
    Sign(char),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    kind: PythonTokenKind,
    line: usize,
    /// How many brackets are open before it.
    depth: usize,
}

impl Token {
    fn is(&self, sign: char) -> bool {
        self.kind == PythonTokenKind::Sign(sign)
    }

    fn shown(&self) -> String {
        match &self.kind {
            PythonTokenKind::Name(text) | PythonTokenKind::Other(text) => text.clone(),
            PythonTokenKind::Text(text) => format!("{text:?}"),
            PythonTokenKind::Sign(sign) => sign.to_string(),
        }
    }
}

/// The logical lines that begin at the left edge, as tokens.
fn lines(text: &str) -> Vec<Vec<Token>> {
    let mut reader = Reader { text, at: 0, line: 1 };
    let (mut lines, mut current) = (Vec::new(), Vec::new());
    let (mut depth, mut at_edge) = (0_usize, true);
    while let Some(c) = reader.peek() {
        let line = reader.line;
        if c == '\n' {
            reader.skip(1);
            if depth == 0 {
                lines.extend(Some(std::mem::take(&mut current)).filter(|line| !line.is_empty()));
                at_edge = !matches!(reader.peek(), Some(' ' | '\t'));
            }
            continue;
        }
        let kind = match c {
            '\\' => {
                // A line that goes on in the next one.
                reader.skip(1);
                reader.skip_while(|c| c == '\r');
                reader.skip(1);
                continue;
            }
            '#' => {
                reader.skip_while(|c| c != '\n');
                continue;
            }
            c if c.is_whitespace() => {
                reader.skip(1);
                continue;
            }
            '"' | '\'' => PythonTokenKind::Text(reader.string(false)),
            c if c.is_alphanumeric() || c == '_' => reader.word(),
            c => {
                reader.skip(1);
                PythonTokenKind::Sign(c)
            }
        };
        let before = depth;
        match kind {
            PythonTokenKind::Sign('(' | '[' | '{') => depth += 1,
            PythonTokenKind::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if at_edge {
            current.push(Token { kind, line, depth: before });
        }
    }
    lines.extend(Some(current).filter(|line| !line.is_empty()));
    lines
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            let Some(c) = self.peek() else { return };
            self.line += usize::from(c == '\n');
            self.at += c.len_utf8();
        }
    }

    fn skip_while(&mut self, go_on: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&go_on) {
            self.skip(1);
        }
    }

    /// A name, a number, or a string with letters before its quotes.
    fn word(&mut self) -> PythonTokenKind {
        let start = self.at;
        self.skip_while(|c| c.is_alphanumeric() || c == '_');
        let word = self.text.get(start..self.at).unwrap_or_default().to_owned();
        let is_quoted = matches!(self.peek(), Some('"' | '\''));
        match word.to_ascii_lowercase().as_str() {
            "r" if is_quoted => PythonTokenKind::Text(self.string(true)),
            "u" if is_quoted => PythonTokenKind::Text(self.string(false)),
            "f" | "b" | "rb" | "br" | "rf" | "fr" if is_quoted => {
                let text = self.string(true);
                PythonTokenKind::Other(format!("{word}{text:?}"))
            }
            _ => PythonTokenKind::Name(word),
        }
    }

    /// A string, from its first quote on.
    fn string(&mut self, raw: bool) -> String {
        let Some(quote) = self.peek() else { return String::new() };
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let is_triple = self.rest().starts_with(&triple);
        self.skip(if is_triple { 3 } else { 1 });
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if is_triple && self.rest().starts_with(&triple) {
                self.skip(3);
                break;
            }
            // A string that nobody closes ends with its line.
            if !is_triple && (c == quote || c == '\n') {
                self.skip(usize::from(c == quote));
                break;
            }
            self.skip(1);
            if c != '\\' {
                text.push(c);
                continue;
            }
            let Some(next) = self.peek() else { break };
            self.skip(1);
            match next {
                _ if raw => text.extend(['\\', next]),
                '\n' => {}
                'n' => text.push('\n'),
                't' => text.push('\t'),
                next if next == '\\' || next == '"' || next == '\'' => text.push(next),
                next => text.extend(['\\', next]),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Value<'v> = (&'v str, usize, Result<&'v [&'v str], &'v str>);

    /// Reads a file, and shows what was found.
    fn check(text: &str, expected: &[Value<'_>]) {
        let script = read(text);
        let found: Vec<_> = script
            .values
            .iter()
            .map(|(name, line, value)| {
                let value: Result<Vec<&str>, &str> = match value {
                    Ok(texts) => Ok(texts.iter().map(String::as_str).collect()),
                    Err(what) => Err(what.as_str()),
                };
                (name.as_str(), *line, value)
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, line, value)| (*name, *line, value.map(<[&str]>::to_vec)))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn assignments_at_the_top_level() {
        check(
            "revision = '001'\ndown_revision=None",
            &[("revision", 1, Ok(&["001"])), ("down_revision", 2, Ok(&[]))],
        );
        check(
            "# revision = 'no'\nrevision: str = \"a\" # yes\ndown_revision: Union[str, Sequence[str], None] = ('b', \"c\",)\n",
            &[("revision", 2, Ok(&["a"])), ("down_revision", 3, Ok(&["b", "c"]))],
        );
        check(
            "depends_on = [\n  'a',\n  'b' 'c',\n]\nrevision = 'x'",
            &[("depends_on", 1, Ok(&["a", "bc"])), ("revision", 5, Ok(&["x"]))],
        );
        check("down_revision = 'a', 'b'", &[("down_revision", 1, Ok(&["a", "b"]))]);
        check("revision = \\\n  'a'", &[("revision", 1, Ok(&["a"]))]);
        check("def upgrade():\n    revision = 'no'\n  \nif revision:\n\trevision = 'no'\n", &[]);
        check("revisions = 'no'\nprint(revision)\nrevision.x = 'no'\nrevision()", &[]);
        check("X = '''\nrevision = 'no'\n'''\nrevision = u'yes'", &[("revision", 4, Ok(&["yes"]))]);
        check("f(\nrevision='no',\n)", &[]);
        check(
            "branch_labels = ('a',)\r\nrevision = r'b'\r\n",
            &[("branch_labels", 1, Ok(&["a"])), ("revision", 2, Ok(&["b"]))],
        );
    }

    #[test]
    fn what_only_python_knows() {
        check("revision = f'{x}'", &[("revision", 1, Err("f\"{x}\""))]);
        check("revision = make('a')", &[("revision", 1, Err("make(\"a\")"))]);
        check("revision = ", &[("revision", 1, Err(""))]);
        check("revision = 'a' if x else 'b'", &[("revision", 1, Err("\"a\"ifxelse\"b\""))]);
    }

    #[test]
    fn the_docstring() {
        let check =
            |text: &str, expected: &str| assert_eq!(read(text).docstring, expected, "{text}");
        check(
            "\"\"\"It's \\\"a\\\"\n\nRevises: b\n\"\"\"\nrevision = 'c'",
            "It's \"a\"\n\nRevises: b\n",
        );
        check("# a comment\n'''m'''\n", "m");
        check("import os\n\"\"\"no\"\"\"\n", "");
        check("\"\"\"never closed", "never closed");
        check("", "");
    }

    /// A file may be cut or broken anywhere: it is read to its end, and nothing panics.
    #[test]
    fn files_that_are_broken() {
        let whole = "\"\"\"It's\n\"\"\"\nrevision: str = 'a' \\\n  'é'\ndown_revision = (r\"b\", u'c')\n# end\n";
        for (at, _) in whole.char_indices() {
            let (before, after) = whole.split_at(at);
            read(before);
            read(after);
            for broken in ["\"", "'", "'''", "(", ")", "\\", "#", "\n", "\r", "é", "f\""] {
                read(&format!("{before}{broken}{after}"));
            }
        }
        assert_eq!(read(whole).value("revision"), Some((3, Ok(&["aé".to_owned()][..]))));
    }
}
