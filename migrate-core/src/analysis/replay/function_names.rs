//! Reports calls of functions that do not exist, or are not allowed in their context.

use std::collections::HashSet;
use std::rc::Rc;

use super::calls::{is_harmless, known_functions};
use super::columns::is_type_name;
use super::state::ReplayState;
use crate::analysis::model::{Detail, Id, Lookup, Namespace, ObjectKind, Path};
use crate::analysis::names::Name;
use crate::analysis::query::Call;
use crate::chain::problem::Problem;

/// PostgreSQL's functions of which no overload is IMMUTABLE in any version from 14 to 18; generated
/// by `.ci/facts`.
const NOT_IMMUTABLE: &str = include_str!("not_immutable.txt");

/// Extensions whose functions are all known.
const KNOWN_EXTENSIONS: [&str; 17] = [
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "earthdistance",
    "fuzzystrmatch",
    "hstore",
    "intarray",
    "ltree",
    "pg_stat_statements",
    "pg_trgm",
    "pgcrypto",
    "plpgsql",
    "tablefunc",
    "unaccent",
    "uuid-ossp",
    "xml2",
];

/// Other extensions that add no operator, function or cast to PostgreSQL's own types that could be
/// taken for one of PostgreSQL's.
const WITH_OTHER_NAMES: [&str; 24] = [
    "amcheck",
    "autoinc",
    "bloom",
    "dblink",
    "file_fdw",
    "insert_username",
    "isn",
    "lo",
    "moddatetime",
    "pg_buffercache",
    "pg_cron",
    "pg_prewarm",
    "pg_uuidv7",
    "pgaudit",
    "pgrowlocks",
    "pgstattuple",
    "postgis",
    "postgis_topology",
    "postgres_fdw",
    "seg",
    "tcn",
    "timescaledb",
    "tsm_system_rows",
    "vector",
];

impl ReplayState {
    /// Reports the calls that a server would refuse. In an index and in a generated column, all
    /// functions must be immutable.
    pub(super) fn check_calls(&mut self, calls: &[Call], immutable: bool) {
        let mut seen = HashSet::new();
        for call in calls {
            if !seen.insert((call.name.last(), call.arguments)) {
                continue;
            }
            let [name] = call.name.parts.as_slice() else { continue };
            let own = self.model.routines(&name.text);
            if !own.is_empty() {
                self.fits_some(call, &own);
            } else if is_harmless(&name.text) {
                if immutable && self.is_path_usual() && is_never_immutable(&name.text) {
                    let function = name.to_string();
                    self.report(Problem::NotImmutable { function }, name.span, "");
                }
            } else if let Some(suggestion) = self.slip(&call.name) {
                let what = format!("function `{name}()`");
                self.report(
                    Problem::Missing { what, suggestion: Some(suggestion) },
                    name.span,
                    "not there",
                );
            }
        }
    }

    /// Whether an extension is not known that may have functions.
    fn has_unknown_extension(&self) -> bool {
        self.has_extension_besides(&[])
    }

    /// The same for operators, functions and casts of PostgreSQL's own types.
    pub(super) fn may_be_extended(&self) -> bool {
        self.has_extension_besides(&WITH_OTHER_NAMES)
    }

    fn has_extension_besides(&self, more: &[&str]) -> bool {
        self.model.objects().any(|(_, object)| {
            let name = &*object.name;
            object.class == ObjectKind::Extension
                && !KNOWN_EXTENSIONS.contains(&name)
                && !more.contains(&name)
        })
    }

    pub(super) fn is_path_usual(&self) -> bool {
        matches!(self.model.path, Path::Default)
    }

    /// The function that was meant by a name that certainly is a typo. Another extension may have a
    /// function whose name resembles a built-in one, so only a missing letter or two swapped
    /// letters count.
    fn slip(&mut self, name: &Name) -> Option<String> {
        let word = name.last();
        let is_open = self.model.is_open(Namespace::Routine) || !self.is_path_usual();
        let is_extended = self.has_unknown_extension();
        // The name of a type can be used like a function.
        let is_type = is_type_name(word)
            || !matches!(self.model.resolve(Namespace::Type, name), Lookup::No(None))
            || !matches!(self.model.resolve(Namespace::Relation, name), Lookup::No(None));
        if is_open || is_extended || is_type {
            return None;
        }
        let own = self.names_of(|class| class == ObjectKind::Routine);
        let bare = |name: &Rc<str>| name.split('(').next().unwrap_or(name).to_owned();
        let own = own.iter().map(bare);
        let all = known_functions().map(str::to_owned).chain(own);
        let mut near: Vec<String> = all.filter(|known| is_slip(word, known)).collect();
        near.sort_unstable();
        near.into_iter().next()
    }

    /// Reports a call with more arguments than any function of this name takes.
    fn fits_some(&mut self, call: &Call, own: &[Id]) {
        let Some(count) = call.arguments else { return };
        let name = call.name.last();
        let is_closed = !self.model.is_open(Namespace::Routine)
            && self.is_path_usual()
            && !is_harmless(name)
            && own.iter().all(|id| self.model.is_sure(*id));
        let takes_fewer = |id: &Id| match self.model.get(*id).map(|object| &object.detail) {
            // The last argument may be variadic, i.e. an array.
            Some(Detail::Routine { arguments, .. }) => {
                arguments.len() < count
                    && !matches!(
                        arguments.last(),
                        Some(crate::analysis::model::ArgumentType::Own(_, true))
                    )
                    && !matches!(
                        arguments.last(),
                        Some(crate::analysis::model::ArgumentType::Other(kind))
                            if kind.ends_with("[]") || kind.starts_with("any") || &**kind == "\"any\""
                    )
            }
            _ => false,
        };
        if is_closed && own.iter().all(takes_fewer) {
            let arguments = crate::syntax::source::counted(count, "argument");
            let what = format!("function `{name}` with {arguments}");
            let place = own.first().and_then(|id| Some(self.model.get(*id)?.place));
            self.report(Problem::Missing { what, suggestion: None }, call.name.span(), "not there");
            if let Some(place) = place {
                self.add_related(place, "this one takes fewer");
            }
        }
    }
}

fn is_never_immutable(name: &str) -> bool {
    NOT_IMMUTABLE.split_whitespace().any(|known| known == name)
}

/// Whether a word is another word with one letter missing or two neighbouring letters swapped.
fn is_slip(word: &str, suggestion: &str) -> bool {
    let (word, suggestion) = (word.as_bytes(), suggestion.as_bytes());
    let same = word.iter().zip(suggestion).take_while(|(a, b)| a == b).count();
    if word.len() >= 4 && word.len() + 1 == suggestion.len() {
        return word[same..] == suggestion[same + 1..];
    }
    word.len() >= 3
        && word.len() == suggestion.len()
        && same + 1 < word.len()
        && word[same] == suggestion[same + 1]
        && word[same + 1] == suggestion[same]
        && word[same + 2..] == suggestion[same + 2..]
}
