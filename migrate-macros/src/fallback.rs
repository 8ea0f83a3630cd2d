//! What the macro makes of a broken chain: its errors, and a stand-in with the same names, so that
//! the code that uses them gives no errors of its own.

use migrate_core::Rejection;
use migrate_core::chain::variant;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::input::Input;

/// One compile error for each problem, and the stand-in.
pub(crate) fn module(input: &Input, names: &[String], rejection: &Rejection) -> TokenStream {
    let Input { module, core, span, .. } = input;
    let errors = rejection
        .messages()
        .map(|message| quote_spanned!(*span=> ::core::compile_error!(#message);));
    let mut variants: Vec<String> =
        names.iter().map(|name| variant(name, id_of(name, rejection))).collect();
    variants.sort();
    variants.dedup();
    if variants.is_empty() {
        variants.push("__Broken".to_owned());
    }
    let variants: Vec<Ident> =
        variants.iter().map(|name| Ident::new(name, Span::call_site())).collect();
    let (count, any) = (variants.len(), variants.first());
    // Each item has a comment, since a crate may forbid to leave it out.
    quote! {
        #(#errors)*

        /// Stands in for a chain that is broken.
        pub mod #module {
            /// A revision.
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            pub enum Revision {
                #(#[doc = " A revision."] #variants,)*
            }

            impl Revision {
                /// All revisions.
                pub const ALL: [Revision; #count] = [#(Revision::#variants),*];

                /// Some revision.
                pub const BASE: Revision = Revision::#any;

                /// Some revision.
                pub const HEAD: Revision = Revision::#any;

                /// No id.
                pub const fn id(self) -> &'static str {
                    ""
                }

                /// No parents.
                pub const fn parents(self) -> &'static [Revision] {
                    &[]
                }
            }

            impl ::core::fmt::Display for Revision {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.pad(self.id())
                }
            }

            /// No chain.
            pub static CHAIN: #core::Chain<'static> = #core::Chain::broken();

            /// No digest.
            pub const HEAD_DIGEST: #core::chain::Digest = #core::chain::Digest::from_bytes([0; 32]);

            #core::__with_client! {
                impl ::core::str::FromStr for Revision {
                    type Err = #core::runner::UnknownRevision;

                    fn from_str(_: &str) -> ::core::result::Result<Self, Self::Err> {
                        ::core::result::Result::Ok(Revision::HEAD)
                    }
                }

                impl #core::Embedded for Revision {
                    fn chain() -> &'static #core::Chain<'static> {
                        &CHAIN
                    }

                    fn id(self) -> &'static str {
                        Revision::id(self)
                    }
                }

                /// A proof that nothing gives.
                pub type AtHead = #core::AtHead<Revision>;

                /// A runner of no chain.
                pub fn runner() -> #core::Runner<'static, Revision> {
                    #core::Runner::embedded()
                }
            }
        }
    }
}

/// The id in a file's header, which its name may begin with; found without the checks, which may
/// have stopped before it.
fn id_of<'r>(name: &str, rejection: &'r Rejection) -> Option<&'r str> {
    let source =
        rejection.sources.iter().find(|source| source.path().rsplit('/').next() == Some(name))?;
    let id = |line: &'r str| {
        line.trim_start_matches('-')
            .trim_start()
            .strip_prefix("revision")?
            .trim_start()
            .strip_prefix(':')
    };
    source.text().lines().find_map(id).map(str::trim)
}
