//! Values of a type, as text that the type's input function reads: ordinary ones, the edges, and as many different
//! ones as are asked for.

use super::random::Random;
use super::type_name::TypeName;
use crate::schema::catalog::Catalog;

/// Which value is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    /// Any, the edges too.
    Any,
    /// One that every other number has not.
    Distinct(usize),
    /// An ordinary one, which most checks accept.
    Plain,
}

/// A type may be made of others; a recursive one is not followed for ever.
const DEEPEST: usize = 4;
/// The longest text where the type has no limit.
const LONG: usize = 300;

/// The types of a database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Types<'c> {
    pub(super) catalog: &'c Catalog,
}

impl Types<'_> {
    /// A value, or `None` if the type is not known here.
    pub(super) fn value(self, data_type: &str, pick: Pick, random: &mut Random) -> Option<String> {
        self.nested(data_type, pick, random, 0)
    }

    /// What a domain is of, down to a type that is no domain.
    pub(super) fn without_domains(self, data_type: &str) -> String {
        let mut found = data_type.to_owned();
        for _ in 0..DEEPEST {
            let name = TypeName::read(&found);
            let domain = name.qualified().and_then(|name| self.catalog.domains.get(&name));
            match domain {
                Some(domain) if name.dimensions == 0 => found.clone_from(&domain.base),
                _ => break,
            }
        }
        found
    }

    fn nested(
        self,
        data_type: &str,
        pick: Pick,
        random: &mut Random,
        depth: usize,
    ) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        let mut name = TypeName::read(data_type);
        if name.dimensions > 0 {
            name.dimensions = 0;
            let element = data_type.trim_end_matches("[]");
            return self.array(element, pick, random, depth);
        }
        if let Some(found) = builtin(&name, pick, random) {
            return Some(found);
        }
        let qualified = name.qualified()?;
        let catalog = self.catalog;
        if let Some(kind) = catalog.enums.get(&qualified) {
            return match pick {
                Pick::Distinct(nth) => kind.labels.get(nth % kind.labels.len().max(1)).cloned(),
                Pick::Any | Pick::Plain => random.one_of(&kind.labels).cloned(),
            };
        }
        if let Some(domain) = catalog.domains.get(&qualified) {
            return self.nested(&domain.base, pick, random, depth + 1);
        }
        if let Some(composite) = catalog.composites.get(&qualified) {
            let attribute = |attribute: &crate::schema::catalog::Attribute| {
                let value = self.nested(&attribute.data_type, pick, random, depth + 1);
                value.map(|value| quoted(&value)).unwrap_or_default()
            };
            let attributes: Vec<String> = composite.attributes.iter().map(attribute).collect();
            return Some(format!("({})", attributes.join(",")));
        }
        if let Some(range) = catalog.ranges.get(&qualified) {
            return match self.nested(&range.subtype, pick, random, depth + 1) {
                Some(bound) if pick != Pick::Any || !random.once_in(3) => {
                    Some(format!("[{0},{0}]", quoted(&bound)))
                }
                _ => Some("empty".to_owned()),
            };
        }
        if catalog.ranges.values().any(|range| range.multirange == qualified) {
            return Some("{}".to_owned());
        }
        of_extension(&qualified.name, &name, pick, random)
    }

    fn array(self, element: &str, pick: Pick, random: &mut Random, depth: usize) -> Option<String> {
        let length = match pick {
            Pick::Distinct(_) | Pick::Plain => 1,
            Pick::Any => random.below(4),
        };
        let mut items = Vec::new();
        for _ in 0..length {
            let item = self.nested(element, pick, random, depth + 1)?;
            items.push(quoted(&item));
        }
        if pick == Pick::Any && random.once_in(10) && !self.refuses_null(element) {
            items.push("NULL".to_owned());
        }
        Some(format!("{{{}}}", items.join(",")))
    }

    /// Whether the type itself refuses NULL.
    pub(super) fn refuses_null(self, data_type: &str) -> bool {
        let name = TypeName::read(data_type);
        let domain = name.qualified().and_then(|name| self.catalog.domains.get(&name));
        name.dimensions == 0 && domain.is_some_and(|it| it.not_null || self.refuses_null(&it.base))
    }
}

/// A part of an array, a composite value or a range.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// One of these edges, or the one of a number.
fn edge(edges: &[&str], random: &mut Random) -> Option<String> {
    random.one_of(edges).map(|&edge| edge.to_owned())
}

fn builtin(name: &TypeName, pick: Pick, random: &mut Random) -> Option<String> {
    let number = |edges: &[&str], random: &mut Random| match pick {
        Pick::Distinct(nth) => Some((nth + 1).to_string()),
        Pick::Any if random.once_in(2) => edge(edges, random),
        Pick::Any | Pick::Plain => Some((random.below(99) + 1).to_string()),
    };
    let listed =
        |edges: &[&str], distinct: &dyn Fn(usize) -> String, random: &mut Random| match pick {
            Pick::Distinct(nth) => Some(distinct(nth)),
            Pick::Any => edge(edges, random),
            Pick::Plain => Some(distinct(random.below(20))),
        };
    match name.base.as_str() {
        // The largest is larger than the next smaller type holds, and leaves room for a factor of 100.
        "smallint" => number(&["0", "1", "-1", "300"], random),
        "integer" => number(&["0", "1", "-1", "40000", "1000000"], random),
        "bigint" => number(&["0", "1", "-1", "1000000", "3000000000"], random),
        "oid" | "xid" | "cid" => number(&["0", "1", "3000000000"], random),
        "real" => number(&["0", "0.25", "-1.5", "1000000"], random),
        "double precision" => number(&["0", "0.1", "-1.5", "0.333333", "3000000000.5"], random),
        "money" => number(&["0", "0.01", "-1.50", "100000.99"], random),
        "numeric" => Some(numeric(name, pick, random)),
        "boolean" => match pick {
            Pick::Distinct(nth) => Some(["false", "true"][nth % 2].to_owned()),
            Pick::Any | Pick::Plain => edge(&["false", "true"], random),
        },
        "text" => Some(text(None, pick, random)),
        "character varying" | "character" | "bpchar" => Some(text(name.length(), pick, random)),
        "name" => Some(ascii(text(Some(20), pick, random))),
        "\"char\"" => {
            listed(&["a", "b", "z"], &|nth| char::from(b'a' + (nth % 26) as u8).to_string(), random)
        }
        "uuid" => Some(uuid(pick, random)),
        "date" => listed(
            &["1900-01-01", "1970-01-01", "2000-02-29", "2024-12-31", "2038-01-20", "9999-12-31"],
            &day,
            random,
        ),
        "timestamp without time zone" => listed(&TIMESTAMPS, &moment, random),
        "timestamp with time zone" => {
            listed(&TIMESTAMPS, &moment, random).map(|moment| moment + "+00")
        }
        "time without time zone" => listed(&TIMES, &time, random),
        "time with time zone" => listed(&TIMES, &time, random).map(|time| time + "+00"),
        base if base.starts_with("interval") => listed(
            &["0", "1 day", "-1 month", "100 years", "1 day 02:03:04.5"],
            &|nth| format!("{nth} minutes"),
            random,
        ),
        "json" | "jsonb" => listed(
            &["{}", "[]", r#"{"a": 1, "b": [true, null, "ž"]}"#, r#"[1, "two", {"c": 3.5}]"#],
            &|nth| format!(r#"{{"n": {nth}}}"#),
            random,
        ),
        "bytea" => {
            listed(&["\\x", "\\x00ff", "\\xdeadbeef"], &|nth| format!("\\x{nth:08x}"), random)
        }
        "inet" => listed(&["127.0.0.1", "10.1.0.0/16", "::1", "2001:db8::1"], &address, random),
        "cidr" => listed(&["10.0.0.0/8", "192.168.1.0/24", "2001:db8::/32"], &address, random),
        "macaddr" => listed(
            &["08:00:2b:01:02:03"],
            &|nth| format!("08:00:2b:00:{:02x}:{:02x}", nth / 256 % 256, nth % 256),
            random,
        ),
        "macaddr8" => listed(
            &["08:00:2b:01:02:03:04:05"],
            &|nth| format!("08:00:2b:00:00:00:{:02x}:{:02x}", nth / 256 % 256, nth % 256),
            random,
        ),
        "bit" => Some(bits(name.length().unwrap_or(1), pick, random)),
        "bit varying" => Some(bits(name.length().unwrap_or(8), pick, random)),
        "point" => listed(&["(0,0)", "(-1.5,2)"], &|nth| format!("({nth},0)"), random),
        "line" => listed(&["{1,2,3}"], &|nth| format!("{{1,2,{nth}}}"), random),
        "lseg" => listed(&["[(0,0),(1,1)]"], &|nth| format!("[(0,0),(1,{nth})]"), random),
        "box" => listed(&["(1,1),(0,0)"], &|nth| format!("({0},{0}),(0,0)", nth + 1), random),
        "path" => {
            listed(&["[(0,0),(1,1)]", "((0,0),(1,1))"], &|nth| format!("[(0,0),(1,{nth})]"), random)
        }
        "polygon" => {
            listed(&["((0,0),(1,1),(1,0))"], &|nth| format!("((0,0),(1,1),({nth},0))"), random)
        }
        "circle" => listed(&["<(0,0),1>"], &|nth| format!("<(0,0),{nth}>"), random),
        "tsvector" => listed(&["", "a:1 fat:2"], &|nth| format!("w{nth}:1"), random),
        "tsquery" => listed(&["", "a & fat"], &|nth| format!("w{nth}"), random),
        "xml" => listed(&["<a/>", "<a b=\"1\">ž</a>"], &|nth| format!("<a>{nth}</a>"), random),
        "pg_lsn" => listed(&["0/0", "16/B374D848"], &|nth| format!("0/{nth:X}"), random),
        "regclass" => Some("pg_catalog.pg_class".to_owned()),
        "regtype" => Some("integer".to_owned()),
        "int4range" | "int8range" | "numrange" => listed(
            &["empty", "[1,5)", "[3,8)", "(,10)", "[3,)"],
            &|nth| format!("[{},{})", nth * 10, nth * 10 + 10),
            random,
        ),
        "daterange" => listed(
            &["empty", "[2024-01-01,2024-02-01)", "[2024-01-15,)"],
            &|nth| format!("[{0},{0}]", day(nth)),
            random,
        ),
        "tsrange" | "tstzrange" => listed(
            &["empty", "[2024-01-01 00:00:00,2024-02-01 00:00:00)", "[2024-01-15 12:00:00,)"],
            &|nth| format!("[{},{}.5)", moment(nth), moment(nth)),
            random,
        ),
        "int4multirange" | "int8multirange" | "nummultirange" => {
            listed(&["{}", "{[1,5),[7,8)}"], &|nth| format!("{{[{nth},{nth}]}}"), random)
        }
        "datemultirange" => listed(
            &["{}", "{[2024-01-01,2024-02-01)}"],
            &|nth| format!("{{[{0},{0}]}}", day(nth)),
            random,
        ),
        "tsmultirange" | "tstzmultirange" => listed(
            &["{}", "{[2024-01-01 00:00:00,2024-02-01 00:00:00)}"],
            &|nth| format!("{{[{0},{0}]}}", moment(nth)),
            random,
        ),
        _ => None,
    }
}

const TIMESTAMPS: [&str; 7] = [
    "1900-01-01 00:00:00",
    "1970-01-01 00:00:00",
    "2000-02-29 23:59:59.999999",
    "2024-03-31 12:30:00",
    "2024-12-31 23:59:59",
    "2038-01-19 03:14:08",
    "9999-12-31 23:59:59.999999",
];
const TIMES: [&str; 4] = ["00:00:00", "12:30:00", "23:59:59", "23:59:59.999999"];

/// A day for a number, each another one.
fn day(nth: usize) -> String {
    format!("{:04}-{:02}-{:02}", 2020 + nth / 336 % 5000, nth / 28 % 12 + 1, nth % 28 + 1)
}

fn time(nth: usize) -> String {
    format!("{:02}:{:02}:{:02}", nth / 3600 % 24, nth / 60 % 60, nth % 60)
}

fn moment(nth: usize) -> String {
    format!("{} {}", day(nth / 86_400), time(nth))
}

fn address(nth: usize) -> String {
    format!("10.{}.{}.{}", nth / 65_536 % 256, nth / 256 % 256, nth % 256)
}

fn bits(length: usize, pick: Pick, random: &mut Random) -> String {
    let number = match pick {
        Pick::Distinct(nth) => nth as u64,
        Pick::Any | Pick::Plain => random.next(),
    };
    (0..length).rev().map(|at| if at < 64 && number >> at & 1 == 1 { '1' } else { '0' }).collect()
}

fn uuid(pick: Pick, random: &mut Random) -> String {
    let high = match pick {
        Pick::Distinct(nth) => nth as u64 + 1,
        Pick::Any if random.once_in(4) => return "00000000-0000-0000-0000-000000000000".to_owned(),
        // Few, so that some are there twice.
        Pick::Any | Pick::Plain => random.below(40) as u64 + 1_000_000,
    };
    let low = high.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{:08x}-0000-4000-8{:03x}-{:012x}", high as u32, low & 0xfff, low >> 16)
}

/// A number that fits into `numeric(precision,scale)`.
fn numeric(name: &TypeName, pick: Pick, random: &mut Random) -> String {
    let (digits, scale) = match name.modifiers.as_slice() {
        [] => (12, 6),
        [precision] => (*precision, 0),
        [precision, scale, ..] => (precision - scale, *scale),
    };
    let [digits, scale] = [digits.clamp(0, 12), scale.clamp(0, 8)].map(|it| it as u32);
    let limit = 10_usize.pow(digits);
    let show = |sign: &str, whole: usize, part: &str| {
        let part = part.get(..scale as usize).unwrap_or_default();
        let point = if part.is_empty() { "" } else { "." };
        format!("{sign}{}{point}{part}", whole.min(limit - 1))
    };
    match pick {
        // Where there is no whole part, the fraction tells them apart.
        Pick::Distinct(nth) if digits == 0 => {
            format!("0.{:0width$}", nth + 1, width = scale as usize)
        }
        Pick::Distinct(nth) => (nth + 1).to_string(),
        Pick::Plain => show("", random.below(99) + 1, ""),
        Pick::Any => match random.below(6) {
            0 => "0".to_owned(),
            1 => show("-", 1, "50000000"),
            2 => show("", limit - 1, "99999999"),
            3 => show("", 0, "33333333"),
            _ => show("", random.below(1000), "25000000"),
        },
    }
}

const TEXTS: [&str; 12] = [
    "",
    " ",
    "a",
    "A",
    "12",
    "Žluťoučký kůň 🦀",
    "O'Brien \"q\" \\ %_",
    "two\nlines\tand a tab",
    "  padded  ",
    "null",
    "Ordinary",
    "ordinary",
];

/// Text of at most so many characters.
fn text(limit: Option<usize>, pick: Pick, random: &mut Random) -> String {
    let most = limit.unwrap_or(LONG).min(LONG);
    let long = |beginning: &str| -> String {
        beginning.chars().chain(std::iter::repeat('x')).take(most).collect()
    };
    let found = match pick {
        Pick::Plain => ["alpha", "beta", "gamma", "delta"][random.below(4)].to_owned(),
        Pick::Any if random.once_in(8) => return long(""),
        Pick::Any => random.one_of(&TEXTS).map_or_else(String::new, |&text| text.to_owned()),
        // What tells them apart comes first, because the end may be cut off.
        Pick::Distinct(nth) if most >= 12 => match nth % 5 {
            0 => format!("{nth}-ž🦀"),
            1 => long(&format!("{nth}-")),
            2 => format!("{nth} O'Brien"),
            _ => format!("v{nth}"),
        },
        Pick::Distinct(nth) => base36(nth),
    };
    found.chars().take(most).collect()
}

fn ascii(text: String) -> String {
    text.chars().filter(char::is_ascii).collect()
}

fn base36(mut number: usize) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[number % 36]);
        number /= 36;
        if number == 0 {
            break;
        }
    }
    digits.iter().rev().map(|&digit| char::from(digit)).collect()
}

/// Types of extensions that are common.
fn of_extension(name: &str, full: &TypeName, pick: Pick, random: &mut Random) -> Option<String> {
    match name {
        "citext" => Some(text(None, pick, random)),
        "hstore" => Some(match pick {
            Pick::Distinct(nth) => format!("n=>{nth}"),
            Pick::Any | Pick::Plain => {
                edge(&["", "a=>1", "a=>NULL, b=>\"x y\""], random).unwrap_or_default()
            }
        }),
        "ltree" => Some(match pick {
            Pick::Distinct(nth) => format!("top.n{nth}"),
            Pick::Any | Pick::Plain => edge(&["top", "top.a.b"], random).unwrap_or_default(),
        }),
        "vector" | "halfvec" => {
            let size = full.length().unwrap_or(3);
            let first = match pick {
                Pick::Distinct(nth) => nth + 1,
                Pick::Any | Pick::Plain => random.below(9),
            };
            let all: Vec<String> =
                (0..size).map(|at| if at == 0 { first } else { at % 3 }.to_string()).collect();
            Some(format!("[{}]", all.join(",")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::schema::catalog::{Attribute, Composite, Domain, Enum, Name};

    fn catalog() -> Catalog {
        let mut catalog = Catalog::default();
        let labels = ["sad", "ok"].map(str::to_owned).to_vec();
        catalog.enums.insert(Name::new("public", "mood"), Enum { labels, comment: None });
        let domain = Domain {
            base: "character varying(3)".to_owned(),
            not_null: true,
            not_null_name: None,
            default: None,
            collation: None,
            constraints: Default::default(),
            constraint_comments: Default::default(),
            comment: None,
        };
        catalog.domains.insert(Name::new("public", "code"), domain);
        let attribute = |name: &str, data_type: &str| Attribute {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
            collation: None,
            comment: None,
        };
        let attributes = vec![attribute("a", "integer"), attribute("b", "public.code")];
        catalog
            .composites
            .insert(Name::new("public", "pair"), Composite { attributes, comment: None });
        catalog
    }

    fn values(data_type: &str, pick: impl Fn(usize) -> Pick, count: usize) -> Vec<String> {
        let catalog = catalog();
        let types = Types { catalog: &catalog };
        (0..count)
            .filter_map(|nth| {
                types.value(data_type, pick(nth), &mut Random::of(1, &[data_type], &[nth]))
            })
            .collect()
    }

    #[test]
    fn distinct_values_are() {
        for data_type in [
            "smallint",
            "bigint",
            "numeric",
            "numeric(4,2)",
            "numeric(2,2)",
            "text",
            "character varying(2)",
            "character varying(40)",
            "uuid",
            "date",
            "timestamp with time zone",
            "time without time zone",
            "interval",
            "jsonb",
            "bytea",
            "inet",
            "int4range",
            "tsrange",
            "public.code",
            "public.pair",
            "integer[]",
            "public.vector(3)",
        ] {
            let found = values(data_type, Pick::Distinct, 50);
            let unique: BTreeSet<&String> = found.iter().collect();
            assert_eq!(unique.len(), 50, "{data_type}: {found:?}");
        }
    }

    #[test]
    fn texts_keep_to_their_limit() {
        for pick in [|_| Pick::Any, Pick::Distinct, |_| Pick::Plain] {
            for limit in [1, 3, 20, 255] {
                let found = values(&format!("character varying({limit})"), pick, 60);
                let is_longest = found.iter().any(|text| text.chars().count() == limit);
                assert!(found.iter().all(|text| text.chars().count() <= limit), "{limit}");
                assert!(is_longest || pick(0) != Pick::Any, "{limit}: {found:?}");
            }
        }
    }

    #[test]
    fn types_of_users_are_followed() {
        let found = |data_type: &str| values(data_type, |_| Pick::Plain, 1).pop();
        assert!(["sad", "ok"].map(str::to_owned).contains(&found("public.mood").unwrap()));
        assert!(found("public.pair").unwrap().starts_with("(\""));
        assert!(found("public.mood[]").unwrap().starts_with("{\""));
        assert_eq!(found("public.geometry"), None);
        assert_eq!(found("public.unknown[]"), None);
        let catalog = catalog();
        let types = Types { catalog: &catalog };
        assert!(types.refuses_null("public.code") && !types.refuses_null("public.code[]"));
        assert_eq!(types.without_domains("public.code"), "character varying(3)");
    }

    #[test]
    fn numbers_fit_their_precision() {
        for (data_type, most) in
            [("numeric(3,2)", 9.99), ("numeric(2,2)", 0.99), ("numeric(5)", 99999.0)]
        {
            let found = values(data_type, |_| Pick::Any, 60);
            let numbers: Vec<f64> = found.iter().map(|text| text.parse().unwrap()).collect();
            assert!(numbers.iter().all(|number| number.abs() <= most), "{data_type}: {numbers:?}");
            assert!(numbers.contains(&most), "{data_type}: {numbers:?}");
        }
    }
}
