//! Facts about built-in types that are the same on PostgreSQL 14 to 18: casts, keys, operator
//! classes. A test verifies each of them on servers.

/// The types for which everything below is known.
pub(super) const TYPES: [&str; 37] = [
    "bigint",
    "bit",
    "bit varying",
    "boolean",
    "box",
    "bytea",
    "character",
    "character varying",
    "cidr",
    "circle",
    "date",
    "double precision",
    "inet",
    "integer",
    "interval",
    "json",
    "jsonb",
    "line",
    "lseg",
    "macaddr",
    "money",
    "name",
    "numeric",
    "oid",
    "path",
    "point",
    "polygon",
    "real",
    "smallint",
    "text",
    "time with time zone",
    "time without time zone",
    "timestamp with time zone",
    "timestamp without time zone",
    "tsvector",
    "uuid",
    "xml",
];

/// A type as the server displays it, without modifiers; `None` if it is not in the list.
pub(super) fn plain(shown: &str) -> Option<&'static str> {
    let name = match (shown.split_once('('), shown.split_once(')')) {
        (Some((first, _)), Some((_, last))) => format!("{first}{last}"),
        _ => shown.to_owned(),
    };
    TYPES.into_iter().find(|known| *known == name)
}

pub(super) fn is_text(kind: &str) -> bool {
    matches!(kind, "text" | "character varying" | "character" | "name")
}

/// The assignment casts of each type. All types can be assigned to text.
const ASSIGNED: [(&str, &str); 21] = [
    ("bigint", "double precision|integer|money|numeric|oid|real|smallint"),
    ("bit", "bit varying"),
    ("bit varying", "bit"),
    ("box", "polygon"),
    ("cidr", "inet"),
    ("date", "timestamp with time zone|timestamp without time zone"),
    ("double precision", "bigint|integer|numeric|real|smallint"),
    ("inet", "cidr"),
    ("integer", "bigint|double precision|money|numeric|oid|real|smallint"),
    ("interval", "time without time zone"),
    ("json", "jsonb"),
    ("jsonb", "json"),
    ("money", "numeric"),
    ("numeric", "bigint|double precision|integer|money|real|smallint"),
    ("oid", "bigint|integer"),
    ("path", "polygon"),
    ("point", "box"),
    ("polygon", "path"),
    ("real", "bigint|double precision|integer|numeric|smallint"),
    ("smallint", "bigint|double precision|integer|numeric|oid|real"),
    ("time with time zone", "time without time zone"),
];

const TIMES: [(&str, &str); 3] = [
    ("time without time zone", "interval|time with time zone"),
    (
        "timestamp with time zone",
        "date|time with time zone|time without time zone|timestamp without time zone",
    ),
    ("timestamp without time zone", "date|time without time zone|timestamp with time zone"),
];

/// Whether a value of one type can be assigned to another without an explicit cast.
pub(super) fn is_assigned(from: &str, to: &str) -> bool {
    from == to || is_text(to) || has(ASSIGNED.iter().chain(&TIMES), from, to)
}

/// The types that may reference a key of another type.
const REFERRED: [(&str, &str); 20] = [
    ("bigint", "integer|smallint"),
    ("bit", "bit varying"),
    ("bit varying", "bit"),
    ("character", "character varying|text"),
    ("character varying", "character|name|text"),
    ("cidr", "inet"),
    ("date", "timestamp with time zone|timestamp without time zone"),
    ("double precision", "bigint|integer|numeric|real|smallint"),
    ("inet", "cidr"),
    ("integer", "bigint|smallint"),
    ("interval", "time without time zone"),
    ("name", "character|character varying|text"),
    ("numeric", "bigint|integer|smallint"),
    ("oid", "bigint|integer|smallint"),
    ("real", "bigint|double precision|integer|numeric|smallint"),
    ("smallint", "bigint|integer"),
    ("text", "character|character varying|name"),
    ("time with time zone", "time without time zone"),
    ("timestamp with time zone", "date|timestamp without time zone"),
    ("timestamp without time zone", "date|timestamp with time zone"),
];

/// Whether a foreign key column of one type can reference a key of another.
pub(super) fn may_refer(own: &str, key: &str) -> bool {
    own == key || has(REFERRED.iter(), key, own)
}

fn has<'t>(table: impl Iterator<Item = &'t (&'t str, &'t str)>, one: &str, other: &str) -> bool {
    let mut found = table.filter(|(name, _)| *name == one);
    found.any(|(_, others)| others.split('|').any(|known| known == other))
}

/// The built-in access methods.
pub(super) const METHODS: [&str; 6] = ["brin", "btree", "gin", "gist", "hash", "spgist"];

/// The types without a default operator class, neither built in nor in an extension shipped with
/// PostgreSQL.
const WITHOUT_CLASS: [(&str, &str); 6] = [
    ("brin", "boolean|circle|json|jsonb|line|lseg|money|path|point|polygon|tsvector|xml"),
    ("btree", "box|circle|json|line|lseg|path|point|polygon|xml"),
    // `btree_gin` has one for text, which rarely is what is wanted.
    ("gin", "box|character|character varying|circle|json|line|lseg|path|point|polygon|text|xml"),
    ("gist", "json|jsonb|line|lseg|path|xml"),
    ("hash", "bit|bit varying|box|circle|json|line|lseg|money|path|point|polygon|tsvector|xml"),
    (
        "spgist",
        "bigint|bit|bit varying|boolean|bytea|character|circle|date|double precision|integer|\
         interval|json|jsonb|line|lseg|macaddr|money|name|numeric|oid|path|real|smallint|\
         time with time zone|time without time zone|timestamp with time zone|\
         timestamp without time zone|tsvector|uuid|xml",
    ),
];

/// Whether an index with this method can cover a type without an explicit operator class.
pub(super) fn has_class(method: &str, kind: &str) -> bool {
    !has(WITHOUT_CLASS.iter(), method, kind)
}
