//! What may stand between the parentheses of `embed_migrations!(…)`.

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, LitStr, Result, Token};

/// The arguments, with what stands for the missing ones.
pub(crate) struct Input {
    /// The folder, from the crate's manifest.
    pub(crate) directory: String,
    /// The name of the module.
    pub(crate) module: Ident,
    /// The path to migrate-core.
    pub(crate) core: TokenStream,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut directory: Option<LitStr> = None;
        let mut module: Option<LitStr> = None;
        let mut core: Option<LitStr> = None;
        while !input.is_empty() {
            if input.peek(LitStr) {
                let literal: LitStr = input.parse()?;
                set(&mut directory, literal, "the folder")?;
            } else {
                let name = Ident::parse_any(input)?;
                input.parse::<Token![=]>()?;
                let value: LitStr = input.parse()?;
                match name.to_string().as_str() {
                    "module" => set(&mut module, value, "`module`")?,
                    "crate" => set(&mut core, value, "`crate`")?,
                    other => {
                        let message = format!(
                            "unknown option `{other}`: write `embed_migrations!()`, a folder \
                             (`\"path/from/Cargo.toml\"`), `module = \"…\"` or `crate = \"…\"`"
                        );
                        return Err(Error::new(name.span(), message));
                    }
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Input {
            directory: directory.map_or_else(|| "migrations".to_owned(), |literal| literal.value()),
            module: match module {
                Some(name) => name.parse_with(Ident::parse)?,
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
