//! The tables of `migrate.toml` that are about databases: `[env.NAME]` and `[chain.FOLDER]`.

use std::collections::HashMap;

use toml_span::Value;

use super::{CONFIG_FILE, Reader, in_order, place};
use crate::chain::diagnostic::Diagnostic;
use crate::chain::problem::Problem;
use crate::chain::run_settings::{Environment, NAMES, names_a_variable};
use crate::syntax::source::Span;
use crate::syntax::suggest::did_you_mean;

impl Reader<'_> {
    /// `[env.NAME]` or `[chain.FOLDER]`.
    pub(super) fn environments(&mut self, kind: &str, tables: &Value<'_>) {
        let want = match kind {
            "env" => "tables: `[env.staging]`, and the settings of that database below it",
            _ => "tables: `[chain.billing]` for the folder `billing`, and its settings below it",
        };
        if tables.as_table().is_none() {
            return self.bad(kind, tables, want);
        }
        for (name, table) in in_order(tables.as_table()) {
            if table.as_table().is_none() {
                self.bad(kind, table, want);
                continue;
            }
            let mut found = Environment::default();
            let mut seen: HashMap<String, Span> = HashMap::new();
            for (key, value) in in_order(table.as_table()) {
                let (setting, at) = (key.name.replace('-', "_"), place(key.span));
                if let Some(first) = seen.insert(setting.clone(), at) {
                    self.set_twice(&key.name, at, first);
                } else if !NAMES.contains(&setting.as_str()) {
                    let suggestion = did_you_mean(&setting, NAMES);
                    let key = format!("{kind}.{}.{}", name.name, key.name);
                    self.note(Problem::UnknownSetting { key, suggestion }, at);
                } else if let Err(want) = found.set(&setting, value) {
                    self.bad_environment(&key.name, &setting, value, want);
                }
            }
            let all = match kind {
                "env" => &mut self.config.environments,
                _ => &mut self.config.chains,
            };
            all.push((name.name.to_string(), found));
        }
    }

    /// A bad value. In place of a variable's name somebody may have written a password, which is not shown.
    pub(super) fn bad_environment(
        &mut self,
        key: &str,
        setting: &str,
        value: &Value<'_>,
        want: &'static str,
    ) {
        if !names_a_variable(setting) {
            return self.bad(key, value, want);
        }
        let before = self.text.get(..value.span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let problem = Problem::BadSetting { key: key.to_owned(), value: "…".to_owned(), want };
        self.problems.push(Diagnostic::new(problem).note(format!("line {line} of {CONFIG_FILE}")));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use crate::chain::config::Config;
    use crate::syntax::source::Source;

    #[test]
    fn databases_and_environments() {
        let read = |text| Config::read(Source::new("migrate.toml", text)).unwrap();
        let config = read(
            "schema = \"a\"\nlock-timeout = \"5s\"\n[env.x]\nschema = \"b\"\ndatabase_url_env = \"X_URL\"\n\
             [chain.other]\ntable_prefix = \"o_\"\n",
        );
        let base = config.environment(None).unwrap();
        assert_eq!(base.run.schema.as_deref(), Some("a"));
        assert_eq!(base.run.lock_timeout, Some(std::time::Duration::from_secs(5)));
        assert_eq!((base.run.table_prefix, base.database_url_env), (None, None));
        let x = config.environment(Some("x")).unwrap();
        assert_eq!(
            (x.run.schema.as_deref(), x.database_url_env.as_deref()),
            (Some("b"), Some("X_URL"))
        );
        assert_eq!(x.run.lock_timeout, Some(std::time::Duration::from_secs(5)));
        assert_eq!(config.environment(Some("y")), None);
        assert_eq!(config.environments().collect::<Vec<_>>(), ["x"]);
        assert_eq!(config.chains().collect::<Vec<_>>(), ["other"]);
        let other = config.of_chain("other").environment(Some("x")).unwrap();
        assert_eq!(
            (other.run.schema.as_deref(), other.run.table_prefix.as_deref()),
            (Some("b"), Some("o_"))
        );
        check("schema = 1", Err(&["1:10 `1` is not a value for `schema`"]));
        check("lock_timeout = \"5\"", Err(&["1:16 `\"5\"` is not a value for `lock_timeout`"]));
        check("env = 1", Err(&["1:7 `1` is not a value for `env`"]));
        check("[env]\nx = 1", Err(&["2:5 `1` is not a value for `env`"]));
        check("[env.x]\nscheme = \"a\"", Err(&["2:1 unknown setting `env.x.scheme`"]));
        check("[chain.x]\nmin_server = 15", Err(&["2:1 unknown setting `chain.x.min_server`"]));
        check("[envs.x]", Err(&["1:2 unknown setting `[envs]`"]));
        // A password in the place of a variable's name is not shown.
        let found = Config::read(Source::new("m", "\ndev_url_env = \"postgres://a:secret@h/d\""))
            .unwrap_err();
        let text = found.to_string();
        assert!(text.contains("line 2 of migrate.toml") && !text.contains("secret"), "{text}");
    }
}
