//! A schema of the chain that a database has under another name, as people write it.

use std::str::FromStr;

/// `app=tenant_42`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SchemaMap {
    /// As the chain calls it.
    pub(crate) chain: String,
    /// As the database does.
    pub(crate) database: String,
}

impl FromStr for SchemaMap {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((chain, database))
                if !chain.is_empty() && !database.is_empty() && !database.contains('=') =>
            {
                Ok(SchemaMap { chain: chain.to_owned(), database: database.to_owned() })
            }
            _ => Err("name the schema of the chain, and that of the database: `app=tenant_42`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_are_a_map() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let found = text.parse::<SchemaMap>().ok();
            let found = found.as_ref().map(|it| (&*it.chain, &*it.database));
            assert_eq!(found, expected, "{text}");
        };
        check("app=tenant_42", Some(("app", "tenant_42")));
        check("public=My Tenant", Some(("public", "My Tenant")));
        for wrong in ["", "app", "app=", "=tenant", "a=b=c"] {
            check(wrong, None);
        }
    }
}
