//! How a database was made, so that another one can be made like it; pure.

use migrate_core::__private::{literal, quote};

/// What a new database takes over from an old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    owner: String,
    /// The clauses that a plain `CREATE DATABASE` would not give: encoding and locale.
    locale: Option<Locale>,
    /// Whether there is more, which is not taken over: settings and privileges.
    pub(super) has_more: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Locale {
    encoding: String,
    collate: String,
    ctype: String,
    /// `c`, `i` or `b`; PostgreSQL 14 has only the first, and no word for it.
    provider: Option<String>,
    locale: Option<String>,
}

/// The query for [`Template::of`]. Columns that an older server lacks are null in its JSON.
pub(super) fn query(database: &str) -> String {
    let of = |name: &str| {
        format!(
            "pg_catalog.to_jsonb({name}) ->> 'datlocprovider', \
             coalesce(pg_catalog.to_jsonb({name}) ->> 'datlocale', pg_catalog.to_jsonb({name}) ->> 'daticulocale')"
        )
    };
    let (one, other) = (of("d"), of("t"));
    format!(
        "SELECT pg_catalog.pg_get_userbyid(d.datdba), pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, \
         d.datctype, {one}, \
         (d.encoding, d.datcollate, d.datctype, {one}) IS NOT DISTINCT FROM (t.encoding, t.datcollate, t.datctype, {other}), \
         d.datacl IS NOT NULL OR EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s WHERE s.setdatabase = d.oid) \
         FROM pg_catalog.pg_database d, pg_catalog.pg_database t \
         WHERE d.datname = {} AND t.datname = 'template1'",
        literal(database)
    )
}

impl Template {
    /// From a row of the query.
    pub(super) fn of(row: Vec<Option<String>>) -> Self {
        let mut row = row.into_iter();
        let mut next = || row.next().flatten();
        let owner = next().unwrap_or_default();
        let (encoding, collate, ctype) = (next(), next(), next());
        let (provider, locale, is_usual, more) = (next(), next(), next(), next());
        let is_true = |value: Option<String>| value.as_deref() == Some("t");
        let all = encoding.zip(collate).zip(ctype).filter(|_| !is_true(is_usual));
        let locale = all.map(|((encoding, collate), ctype)| Locale {
            encoding,
            collate,
            ctype,
            provider,
            locale,
        });
        Template { owner, locale, has_more: is_true(more) }
    }

    /// What follows the name in `CREATE DATABASE`.
    pub(super) fn clauses(&self) -> String {
        let mut sql = format!(" OWNER {}", quote(&self.owner));
        let Some(Locale { encoding, collate, ctype, provider, locale }) = &self.locale else {
            return sql;
        };
        // Only this template allows another locale than its own.
        sql.push_str(&format!(
            " TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}",
            literal(encoding),
            literal(collate),
            literal(ctype)
        ));
        let locale = literal(locale.as_deref().unwrap_or_default());
        match provider.as_deref() {
            Some("i") => sql.push_str(&format!(" LOCALE_PROVIDER icu ICU_LOCALE {locale}")),
            Some("b") => sql.push_str(&format!(" LOCALE_PROVIDER builtin BUILTIN_LOCALE {locale}")),
            Some("c") => sql.push_str(" LOCALE_PROVIDER libc"),
            _ => {}
        }
        sql
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_made_like_another() {
        let check = |row: [Option<&str>; 8], expected: &str, has_more: bool| {
            let found = Template::of(row.into_iter().map(|it| it.map(str::to_owned)).collect());
            assert_eq!((&*found.clauses(), found.has_more), (expected, has_more));
        };
        let s = Some;
        let usual = [s("app"), s("UTF8"), s("C"), s("C"), s("c"), None, s("t"), s("f")];
        check(usual, " OWNER \"app\"", false);
        let own = " OWNER \"my app\" TEMPLATE template0 ENCODING E'LATIN1' LC_COLLATE E'C' LC_CTYPE E'de'";
        let latin = |provider, locale| {
            [s("my app"), s("LATIN1"), s("C"), s("de"), provider, locale, s("f"), s("t")]
        };
        check(latin(None, None), own, true);
        check(latin(s("c"), None), &format!("{own} LOCALE_PROVIDER libc"), true);
        check(latin(s("i"), s("de")), &format!("{own} LOCALE_PROVIDER icu ICU_LOCALE E'de'"), true);
        check(
            latin(s("b"), s("C.UTF-8")),
            &format!("{own} LOCALE_PROVIDER builtin BUILTIN_LOCALE E'C.UTF-8'"),
            true,
        );
    }
}
