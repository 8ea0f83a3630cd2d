//! What may stand between the parentheses of `embed_migrations!(…)`.

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, LitStr, Result, Token};

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
}

const USAGE: &str = "write `embed_migrations!()` or `embed_migrations!(\"db/migrations\")`; \
                     `module = \"…\"` and `crate = \"…\"` may follow";

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut directory: Option<LitStr> = None;
        let mut module: Option<LitStr> = None;
        let mut core: Option<LitStr> = None;
        while !input.is_empty() {
            if input.peek(LitStr) {
                let literal: LitStr = input.parse()?;
                set(&mut directory, literal, "the folder")?;
            } else if input.peek(Ident::peek_any) && input.peek2(Token![=]) {
                let name = Ident::parse_any(input)?;
                input.parse::<Token![=]>()?;
                match name.to_string().as_str() {
                    "module" => set(&mut module, input.parse()?, "`module`")?,
                    "crate" => set(&mut core, input.parse()?, "`crate`")?,
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
        })
    }
}

fn set(slot: &mut Option<LitStr>, value: LitStr, what: &str) -> Result<()> {
    match slot {
        Some(_) => Err(Error::new(value.span(), format!("{what} is given twice"))),
        None => {
            *slot = Some(value);
            Ok(())
        }
    }
}
