//! Maps the names of types in other databases to PostgreSQL's names.

/// PostgreSQL's name for a type of another database; `None` if PostgreSQL has a type of this name.
pub(super) fn postgres_word(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    TYPES.iter().find(|(foreign, _)| *foreign == name).map(|(_, word)| *word)
}

/// Sorted by the foreign name, in lower case and without modifiers.
const TYPES: [(&str, &str); 42] = [
    ("bfile", "text"),
    ("binary", "bytea"),
    ("binary_double", "double precision"),
    ("binary_float", "real"),
    ("blob", "bytea"),
    ("clob", "text"),
    ("datetime", "timestamp"),
    ("datetime2", "timestamp"),
    ("datetimeoffset", "timestamptz"),
    ("double", "double precision"),
    ("enum", "CREATE TYPE … AS ENUM"),
    ("fixed", "numeric"),
    ("guid", "uuid"),
    ("hyperint", "bigint"),
    ("image", "bytea"),
    ("int1", "smallint"),
    ("int16", "smallint"),
    ("int3", "integer"),
    ("int32", "integer"),
    ("int64", "bigint"),
    ("long", "bigint"),
    ("longblob", "bytea"),
    ("longtext", "text"),
    ("mediumblob", "bytea"),
    ("mediumint", "integer"),
    ("mediumtext", "text"),
    ("nclob", "text"),
    ("ntext", "text"),
    ("number", "numeric"),
    ("nvarchar", "varchar"),
    ("nvarchar2", "varchar"),
    ("rowversion", "bytea"),
    ("smalldatetime", "timestamp"),
    ("smallmoney", "money"),
    ("string", "text"),
    ("tinyblob", "bytea"),
    ("tinyint", "smallint"),
    ("tinytext", "text"),
    ("uniqueidentifier", "uuid"),
    ("varbinary", "bytea"),
    ("varchar2", "varchar"),
    ("year", "smallint"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_databases_call_it() {
        assert_eq!(postgres_word("DATETIME"), Some("timestamp"));
        assert_eq!(postgres_word("TinyInt"), Some("smallint"));
        assert_eq!(postgres_word("text"), None);
        assert_eq!(postgres_word("citext"), None);
    }

    #[test]
    fn each_stands_once_and_in_order() {
        assert!(TYPES.is_sorted_by(|(one, _), (next, _)| one < next));
    }
}
