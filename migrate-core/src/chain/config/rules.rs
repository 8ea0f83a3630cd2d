//! The tables of `migrate.toml` with a project's own rules: `[[rule]]` and `[naming]`.

use toml_span::Value;
use toml_span::value::Table;

use super::{Reader, in_order, place, string, strings};
use crate::chain::lint::Level;
use crate::chain::problem::Problem;
use crate::chain::rules::{NAMED, Pattern, Rule, STATEMENTS};
use crate::syntax::suggest::did_you_mean;
use crate::syntax::table_locks::LockMode;

/// The settings of a rule.
const OF_RULE: [&str; 8] =
    ["help", "level", "lock", "message", "schema", "statement", "table", "type"];

const A_PATTERN: &str = "a pattern in quotes or a list of patterns, in which `*` stands for any text and `?` for a character";
const A_NAME: &str = "a pattern in quotes or a list of patterns, in which `*` stands for any text, `?` for a character, \
                      `{snake}` for lower_case_words, `{table}` for the table and `{columns}` for its columns";
const RULE: &str =
    "a list of tables: `[[rule]]`, and below it such as `type = \"money\"` and `message = \"…\"`";

impl Reader<'_> {
    /// `[[rule]]`
    pub(super) fn rules(&mut self, rules: &Value<'_>) {
        if rules.as_table().is_some() {
            let why = "a rule begins with `[[rule]]`, in double brackets".to_owned();
            let at = self.within_line(place(rules.span));
            return self.note(Problem::ConfigSyntax { why }, at);
        }
        let Some(list) = rules.as_array() else { return self.bad("rule", rules, RULE) };
        for rule in list {
            match rule.as_table() {
                Some(table) => self.rule(table, rule),
                None => self.bad("rule", rule, RULE),
            }
        }
    }

    fn rule(&mut self, table: &Table<'_>, whole: &Value<'_>) {
        let (mut rule, problems) = (Rule::default(), self.problems.len());
        for (key, value) in in_order(Some(table)) {
            let name = key.name.as_ref();
            let result = match name {
                "statement" => match statements(value) {
                    Ok(kinds) => {
                        rule.statements = kinds;
                        Ok(())
                    }
                    Err(Some(unknown)) => {
                        let suggestion = did_you_mean(&unknown, STATEMENTS);
                        let kind = Problem::UnknownStatement { kind: unknown, suggestion };
                        self.note(kind, place(value.span));
                        continue;
                    }
                    Err(None) => {
                        Err("a kind of statement such as `\"drop table\"`, or a list of them")
                    }
                },
                "table" => patterns(value, &[]).map(|found| rule.tables = found).ok_or(A_PATTERN),
                "schema" => patterns(value, &[]).map(|found| rule.schemas = found).ok_or(A_PATTERN),
                "type" => patterns(value, &[]).map(|found| rule.types = found).ok_or(A_PATTERN),
                "lock" => {
                    let mode = value.as_str().and_then(mode);
                    mode.map(|mode| rule.lock = Some(mode))
                        .ok_or("a lock mode such as `\"access exclusive\"`")
                }
                "message" => {
                    string(value).map(|text| rule.message = text).ok_or("a text in quotes")
                }
                "help" => string(value).map(|text| rule.help = text).ok_or("a text in quotes"),
                "level" => {
                    let level = Level::ALL.into_iter().find(|it| value.as_str() == Some(it.name()));
                    level
                        .map(|level| rule.level = Some(level))
                        .ok_or("`\"allow\"`, `\"warn\"` or `\"deny\"`")
                }
                _ => {
                    let suggestion = did_you_mean(name, OF_RULE);
                    let key_shown = format!("rule.{name}");
                    self.note(
                        Problem::UnknownSetting { key: key_shown, suggestion },
                        place(key.span),
                    );
                    continue;
                }
            };
            if let Err(want) = result {
                self.bad(name, value, want);
            }
        }
        if self.problems.len() > problems {
            return;
        }
        let lacks = match (rule.message.is_empty(), rule.has_condition()) {
            (true, _) => "message",
            (_, false) => "condition",
            _ => return self.config.rules.push(rule),
        };
        let first = in_order(Some(table)).first().map_or(whole.span, |(key, _)| key.span);
        self.note(Problem::IncompleteRule { lacks }, place(first));
    }

    /// `[naming]`
    pub(super) fn naming(&mut self, naming: &Value<'_>) {
        if naming.as_table().is_none() {
            let want = "a table: `[naming]`, and below it such as `tables = \"{snake}\"`";
            return self.bad("naming", naming, want);
        }
        for (key, value) in in_order(naming.as_table()) {
            let Some((named, _)) = NAMED.into_iter().find(|(_, known)| *known == key.name.as_ref())
            else {
                let suggestion = did_you_mean(&key.name, NAMED.map(|(_, known)| known));
                let shown = format!("naming.{}", key.name);
                self.note(Problem::UnknownSetting { key: shown, suggestion }, place(key.span));
                continue;
            };
            match patterns(value, named.placeholders()) {
                Some(found) => drop(self.config.naming.insert(named, found)),
                None => self.bad(&key.name, value, A_NAME),
            }
        }
    }
}

/// The kinds of statements; the first unknown one, if there is one.
fn statements(value: &Value<'_>) -> Result<Vec<&'static str>, Option<String>> {
    let names = strings(value).filter(|names| !names.is_empty()).ok_or(None)?;
    let known = |name: String| {
        let found = STATEMENTS.into_iter().find(|known| known.eq_ignore_ascii_case(&name));
        found.ok_or(Some(name))
    };
    names.into_iter().map(known).collect()
}

fn patterns(value: &Value<'_>, placeholders: &[&str]) -> Option<Vec<Pattern>> {
    let texts = strings(value).filter(|texts| !texts.is_empty())?;
    texts.iter().map(|text| Pattern::read(text, placeholders)).collect()
}

fn mode(text: &str) -> Option<LockMode> {
    LockMode::ALL.into_iter().find(|mode| mode.name().eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use crate::chain::config::Config;
    use crate::chain::lint::Level;
    use crate::syntax::source::Source;

    #[test]
    fn what_rules_say() {
        let text = "[[rule]]\nstatement = [\"drop table\", \"TRUNCATE\"]\ntable = \"audit_*\"\nmessage = \"kept\"\n\
                    level = \"deny\"\n[[rule]]\nlock = \"access exclusive\"\nmessage = \"b\"\nhelp = \"c\"\n\
                    [naming]\nindexes = [\"{table}_{columns}_idx\", \"x*\"]\n";
        let config = Config::read(Source::new("migrate.toml", text)).unwrap();
        let [first, second] = config.rules() else { panic!("{config:?}") };
        assert_eq!(first.statements, ["drop table", "truncate"]);
        assert_eq!((first.message.as_str(), first.level), ("kept", Some(Level::Deny)));
        assert!(second.lock.is_some() && second.level.is_none());
        assert!(config.denies_any());
        assert_eq!(config.naming().len(), 1);
    }

    #[test]
    fn what_is_wrong_with_rules() {
        let rule =
            |text: &str| -> &'static str { format!("[[rule]]\n{text}\nmessage = \"m\"").leak() };
        check(rule("tabel = \"a\""), Err(&["2:1 unknown setting `rule.tabel`"]));
        check(
            rule("statement = \"drop tabel\""),
            Err(&["2:14 unknown kind of statement `drop tabel`"]),
        );
        check(rule("statement = 7"), Err(&["2:13 `7` is not a value for `statement`"]));
        check(rule("lock = \"strong\""), Err(&["2:8 `\"strong\"` is not a value for `lock`"]));
        check(rule("table = \"{table}\""), Err(&["2:9 `\"{table}\"` is not a value for `table`"]));
        check(rule("table = []"), Err(&["2:9 `[]` is not a value for `table`"]));
        check(rule("level = \"error\""), Err(&["2:9 `\"error\"` is not a value for `level`"]));
        check(rule("level = \"deny\""), Err(&["2:1 this rule has no condition"]));
        check("[[rule]]\ntype = \"money\"", Err(&["2:1 this rule has no message"]));
        check(
            "[rule]\ntype = \"money\"",
            Err(&[
                "1:1 migrate.toml can't be read: a rule begins with `[[rule]]`, in double brackets",
            ]),
        );
        check("rule = 1", Err(&["1:8 `1` is not a value for `rule`"]));
        check("[[rules]]\ntype = \"money\"", Err(&["1:3 unknown setting `[[rules]]`"]));
        check("[naming]\nindices = \"a\"", Err(&["2:1 unknown setting `naming.indices`"]));
        check(
            "[naming]\ntables = \"{snak}\"",
            Err(&["2:10 `\"{snak}\"` is not a value for `tables`"]),
        );
        check(
            "[naming]\ntables = \"{columns}\"",
            Err(&["2:10 `\"{columns}\"` is not a value for `tables`"]),
        );
        check("naming = \"a\"", Err(&["1:10 `\"a\"` is not a value for `naming`"]));
    }
}
