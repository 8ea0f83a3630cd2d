//! `sql!()`: checks a query against the chain, and is the query's text.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{env, fs};

use migrate_core::chain::{ProgramQuery, QueriesLock, chain_of_manifest};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, LitStr, Result, Token};

use crate::chain_directory::ChainDirectory;
use crate::input::set;
use crate::schemas;

/// The variable that names a directory for the queries of a build. `migrate queries --record` sets it.
const RECORD: &str = "MIGRATE_RECORD_QUERIES";

/// The arguments.
pub(crate) struct Sql {
    text: Text,
    /// The folder of the chain, from the crate's manifest.
    chain: Option<LitStr>,
    /// Why the query is not checked.
    unchecked: Option<LitStr>,
}

enum Text {
    Literal(LitStr),
    /// A file, from the crate's manifest.
    File(LitStr),
}

const USAGE: &str = "write `sql!(\"SELECT …\")` or `sql!(file = \"queries/users.sql\")`; `chain = \"…\"` and \
                     `unchecked = \"why\"` may precede it";

impl Parse for Sql {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (mut text, mut chain, mut unchecked) = (None, None, None);
        while !input.is_empty() {
            if input.peek(LitStr) {
                let literal: LitStr = input.parse()?;
                let span = literal.span();
                set(&mut text, Text::Literal(literal), span, "the query")?;
            } else if input.peek(Ident::peek_any) && input.peek2(Token![=]) {
                let name = Ident::parse_any(input)?;
                input.parse::<Token![=]>()?;
                let value: LitStr = input.parse()?;
                let span = value.span();
                match name.to_string().as_str() {
                    "file" => set(&mut text, Text::File(value), span, "the query")?,
                    "chain" => set(&mut chain, value, span, "`chain`")?,
                    "unchecked" if value.value().trim().is_empty() => {
                        return Err(Error::new(span, "say why the query is not checked"));
                    }
                    "unchecked" => set(&mut unchecked, value, span, "`unchecked`")?,
                    other => {
                        let message = format!("unknown option `{other}`: {USAGE}");
                        return Err(Error::new(name.span(), message));
                    }
                }
            } else {
                return Err(input.error(USAGE));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let text = text.ok_or_else(|| input.error(USAGE))?;
        Ok(Sql { text, chain, unchecked })
    }
}

/// Checks the query, and records it if a build was started for that.
pub(crate) fn expand(input: &Sql) -> Result<TokenStream> {
    let (span, output, query) = text(input)?;
    let place = ChainDirectory::of(&chain(input));
    let found = schemas::with(&place, |schema| match &input.unchecked {
        Some(_) => Vec::new(),
        None => schema.check_at(&query.shown).errors,
    });
    let errors = found.map_err(|message| Error::new(span, message))?;
    let errors = errors.into_iter().map(|found| Error::new(span, found.message));
    if let Some(error) = errors.reduce(|mut all, error| {
        all.combine(error);
        all
    }) {
        return Err(error);
    }
    if let Some(directory) = env::var_os(RECORD) {
        record(Path::new(&directory), &place, query.recorded)
            .map_err(|why| Error::new(span, format!("the query can't be recorded: {why}")))?;
    }
    let tracked = tracked(&place);
    Ok(quote!({ #tracked #output }))
}

/// A query as messages show it, and as the lock file has it.
struct Queries {
    shown: ProgramQuery,
    recorded: ProgramQuery,
}

/// Where to report errors, the expression for the text, and the query.
fn text(input: &Sql) -> Result<(Span, TokenStream, Queries)> {
    let unchecked = input.unchecked.as_ref().map(LitStr::value);
    match &input.text {
        Text::Literal(literal) => {
            // The lines and columns of a literal are not those of its text, so errors show the
            // text alone; the compiler shows the file.
            let (text, span) = (literal.value(), literal.span());
            let shown = ProgramQuery { path: "query".to_owned(), line: 1, unchecked, text };
            let source = span.unwrap();
            let recorded = ProgramQuery {
                path: source.file().replace('\\', "/"),
                line: source.line().max(1),
                ..shown.clone()
            };
            let literal = literal.token();
            Ok((span, quote!(#literal), Queries { shown, recorded }))
        }
        Text::File(name) => {
            let span = name.span();
            let ChainDirectory { directory: path, shown } = ChainDirectory::of(&name.value());
            let text = fs::read_to_string(&path)
                .map_err(|error| Error::new(span, format!("`{shown}` can't be read: {error}")))?;
            let path = path.to_string_lossy();
            let query = ProgramQuery { path: shown, line: 1, unchecked, text };
            let output = quote!(::core::include_str!(#path));
            Ok((span, output, Queries { shown: query.clone(), recorded: query }))
        }
    }
}

/// The folder of the chain: the argument's, or the one that the manifest names, or `migrations`.
fn chain(input: &Sql) -> String {
    if let Some(chain) = &input.chain {
        return chain.value();
    }
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let manifest = fs::read_to_string(manifest.join("Cargo.toml")).ok();
    let named = manifest.and_then(|text| chain_of_manifest(&text));
    named.unwrap_or_else(|| "migrations".to_owned())
}

/// Writes a query where the command that started the build finds it.
fn record(directory: &Path, place: &ChainDirectory, query: ProgramQuery) -> std::io::Result<()> {
    let mut hasher = DefaultHasher::new();
    (&place.directory, &query.path, query.line, &query.text).hash(&mut hasher);
    let chain = place.directory.to_string_lossy().into_owned();
    let lock = QueriesLock { head: chain, queries: vec![query] };
    fs::write(directory.join(format!("{:016x}", hasher.finish())), lock.write())
}

/// The items that make the compiler note the files of the chain, once for each crate: a crate may
/// have hundreds of queries, and a chain a thousand files.
fn tracked(place: &ChainDirectory) -> TokenStream {
    static TRACKED: Mutex<Option<HashSet<(String, PathBuf)>>> = Mutex::new(None);
    let variable = |name| env::var(name).unwrap_or_default();
    let of_crate = format!("{} {}", variable("CARGO_MANIFEST_DIR"), variable("CARGO_CRATE_NAME"));
    let is_new = TRACKED.lock().is_ok_and(|mut tracked| {
        tracked.get_or_insert_default().insert((of_crate, place.directory.clone()))
    });
    if !is_new {
        return TokenStream::new();
    }
    let files = schemas::files(&place.directory);
    let files = files.iter().map(|path| path.to_string_lossy().into_owned());
    quote! {
        const _: &[&[u8]] = &[#(::core::include_bytes!(#files)),*];
        const _: ::core::option::Option<&str> = ::core::option_env!(#RECORD);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(
        arguments: &str,
    ) -> std::result::Result<(String, Option<String>, Option<String>), String> {
        let sql: Sql = syn::parse_str(arguments).map_err(|error| error.to_string())?;
        let value = |literal: &LitStr| literal.value();
        let text = match &sql.text {
            Text::Literal(literal) => value(literal),
            Text::File(name) => format!("file {}", value(name)),
        };
        Ok((text, sql.chain.as_ref().map(value), sql.unchecked.as_ref().map(value)))
    }

    #[test]
    fn arguments() {
        let some = |text: &str| Some(text.to_owned());
        for (arguments, expected) in [
            ("\"SELECT 1\"", ("SELECT 1", None, None)),
            ("r#\"SELECT \"a\"\"#,", ("SELECT \"a\"", None, None)),
            ("file = \"a.sql\"", ("file a.sql", None, None)),
            ("chain = \"../m\", \"SELECT 1\"", ("SELECT 1", some("../m"), None)),
            ("unchecked = \"why\", \"SELECT 1\"", ("SELECT 1", None, some("why"))),
        ] {
            let (text, chain, unchecked) = expected;
            assert_eq!(parse(arguments), Ok((text.to_owned(), chain, unchecked)), "{arguments}");
        }
        for (arguments, expected) in [
            ("", USAGE),
            ("SELECT", USAGE),
            ("chain = \"m\"", USAGE),
            ("\"a\", \"b\"", "the query is given twice"),
            ("\"a\", file = \"b\"", "the query is given twice"),
            ("unchecked = \" \", \"a\"", "say why the query is not checked"),
            ("args = \"b\", \"a\"", "unknown option `args`"),
        ] {
            let error = parse(arguments).unwrap_err();
            assert!(error.contains(expected), "{arguments}: {error}");
        }
    }
}
