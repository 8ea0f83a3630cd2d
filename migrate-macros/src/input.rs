//! What may stand between the parentheses of `embed_migrations!(…)`.

use migrate_core::chain::{Config, Level, Lint};
use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::{Error, LitInt, LitStr, Result, Token, parenthesized};

/// The arguments, with what stands for the missing ones.
pub(crate) struct Input {
    /// The folder, from the crate's manifest.
    pub(crate) directory: String,
    /// Where the chain's problems are reported: at the folder's name, or at the whole call.
    pub(crate) span: Span,
    /// The name of the module.
    pub(crate) module: Ident,
    /// The path to migrate-core.
    pub(crate) core: TokenStream,
    /// The lints that are named here, each with its level.
    levels: Vec<(Lint, Level)>,
    min_server: Option<u32>,
}

impl Input {
    /// What a file sets, and this call beside it or instead.
    pub(crate) fn over(&self, config: Config) -> Config {
        let config = self.min_server.into_iter().fold(config, Config::with_min_server);
        self.levels.iter().fold(config, |config, (lint, level)| config.with_level(*lint, *level))
    }
}

const USAGE: &str = "write `embed_migrations!()` or `embed_migrations!(\"db/migrations\")`; \
                     `module = \"…\"`, `crate = \"…\"`, `min_server = …`, `deny(…)`, `warn(…)` and \
                     `allow(…)` may follow";

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut directory: Option<LitStr> = None;
        let mut module: Option<LitStr> = None;
        let mut core: Option<LitStr> = None;
        let mut min_server: Option<LitInt> = None;
        let mut levels: Vec<(Lint, Level)> = Vec::new();
        while !input.is_empty() {
            if input.peek(LitStr) {
                let literal: LitStr = input.parse()?;
                let span = literal.span();
                set(&mut directory, literal, span, "the folder")?;
            } else if input.peek(Ident::peek_any) && input.peek2(Token![=]) {
                let name = Ident::parse_any(input)?;
                input.parse::<Token![=]>()?;
                match name.to_string().as_str() {
                    "module" => set(&mut module, input.parse()?, name.span(), "`module`")?,
                    "crate" => set(&mut core, input.parse()?, name.span(), "`crate`")?,
                    "min_server" if min_server.is_some() => {
                        return Err(Error::new(name.span(), "`min_server` is given twice"));
                    }
                    "min_server" => min_server = Some(input.parse()?),
                    other => {
                        let message = format!("unknown option `{other}`: {USAGE}");
                        return Err(Error::new(name.span(), message));
                    }
                }
            } else if input.peek(Ident::peek_any) && input.peek2(Paren) {
                lints(input, &mut levels)?;
            } else {
                return Err(input.error(USAGE));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Input {
            span: directory.as_ref().map_or_else(Span::call_site, LitStr::span),
            directory: directory.map_or_else(|| "migrations".to_owned(), |literal| literal.value()),
            module: match module {
                Some(name) => name.parse_with(Ident::parse).map_err(|_| {
                    Error::new(name.span(), format!("`{}` can't name a module", name.value()))
                })?,
                None => Ident::new("migrations", Span::call_site()),
            },
            core: match core {
                Some(path) => path.parse()?,
                None => quote::quote!(::migrate_core),
            },
            levels,
            min_server: min_server.as_ref().map(version).transpose()?,
        })
    }
}

/// `deny(drop_column, drop_table)`: the lints' codes, as identifiers.
fn lints(input: ParseStream<'_>, levels: &mut Vec<(Lint, Level)>) -> Result<()> {
    let name = Ident::parse_any(input)?;
    let level = Level::ALL.into_iter().find(|level| name == level.name());
    let level = level
        .ok_or_else(|| Error::new(name.span(), format!("unknown option `{name}`: {USAGE}")))?;
    let inner;
    parenthesized!(inner in input);
    for code in Punctuated::<Ident, Token![,]>::parse_terminated(&inner)? {
        let text = code.to_string();
        let lint = Lint::of_code(&text.replace('_', "-")).ok_or_else(|| {
            let suggestion = Lint::suggestion(&text).map(|code| code.replace('-', "_"));
            let advice = match suggestion {
                Some(suggestion) => format!("did you mean `{suggestion}`?"),
                None => "`migrate lint --list` lists them".to_owned(),
            };
            Error::new(code.span(), format!("there is no lint `{text}`; {advice}"))
        })?;
        if levels.iter().any(|(known, _)| *known == lint) {
            return Err(Error::new(code.span(), format!("`{text}` is given twice")));
        }
        levels.push((lint, level));
    }
    Ok(())
}

/// A major version of PostgreSQL.
fn version(literal: &LitInt) -> Result<u32> {
    match literal.base10_parse() {
        Ok(version) if Config::KNOWN_SERVERS.contains(&version) => Ok(version),
        _ => Err(Error::new(
            literal.span(),
            "write a major version of PostgreSQL from 14 to 19, such as `min_server = 15`",
        )),
    }
}

/// Fills a slot, which must be empty.
pub(crate) fn set<T>(slot: &mut Option<T>, value: T, span: Span, what: &str) -> Result<()> {
    match slot {
        Some(_) => Err(Error::new(span, format!("{what} is given twice"))),
        None => {
            *slot = Some(value);
            Ok(())
        }
    }
}
