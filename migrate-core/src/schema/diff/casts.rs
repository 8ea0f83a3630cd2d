//! How the values of a column become those of another type, and what they lose by it.

/// A type without its modifier: `timestamp(3) without time zone` and `timestamp without time zone` are one.
pub(super) fn base(kind: &str) -> String {
    let array = if kind.ends_with("[]") { "[]" } else { "" };
    let kind = kind.trim_end_matches("[]");
    let plain = match (kind.find('('), kind.rfind(')')) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &kind[..from], &kind[to + 1..]),
        _ => kind.to_owned(),
    };
    let plain = if plain.starts_with("interval") { "interval" } else { &plain };
    format!("{plain}{array}")
}

const INTEGERS: [&str; 3] = ["smallint", "integer", "bigint"];
const FRACTIONS: [&str; 3] = ["numeric", "real", "double precision"];
const WITH_ZONE: &str = "timestamp with time zone";
const WITHOUT_ZONE: &str = "timestamp without time zone";
const TIME: &str = "time without time zone";

fn is_number(kind: &str) -> bool {
    INTEGERS.contains(&kind) || FRACTIONS.contains(&kind)
}

/// The expression for `USING` where PostgreSQL has a cast that it does not take by itself, or where the
/// session's time zone would decide.
pub(super) fn using(column: &str, from: &str, to: &str) -> Option<String> {
    let plain = || Some(format!("{column}::{to}"));
    match (&*base(from), &*base(to)) {
        ("boolean", "integer") | ("integer", "boolean") => plain(),
        ("boolean", number) if is_number(number) => Some(format!("{column}::integer::{to}")),
        (number, "boolean") if is_number(number) => Some(format!("{column} <> 0")),
        (WITHOUT_ZONE, WITH_ZONE) | (WITH_ZONE, WITHOUT_ZONE) => {
            Some(format!("{column} AT TIME ZONE 'UTC'"))
        }
        ("date", WITH_ZONE) => Some(format!("{column}::timestamp AT TIME ZONE 'UTC'")),
        (WITH_ZONE, "date" | TIME) => Some(format!("({column} AT TIME ZONE 'UTC')::{to}")),
        (WITHOUT_ZONE | "time with time zone" | "interval", TIME) | (TIME, "interval") => plain(),
        (TIME, "time with time zone") => Some(format!("({column}::text || '+00')::{to}")),
        ("macaddr", "macaddr8") | ("macaddr8", "macaddr") => plain(),
        ("money", "numeric") | ("numeric" | "integer" | "bigint", "money") => plain(),
        ("bit", "integer" | "bigint") | ("integer" | "bigint", "bit") => plain(),
        ("jsonb", "boolean") => plain(),
        ("jsonb", number) if is_number(number) => plain(),
        _ => None,
    }
}

/// Does the cast read or write times as they are in a zone? Then the statement names the zone.
pub(super) fn names_zone(from: &str, to: &str) -> bool {
    let named = |text: String| text.contains("AT TIME ZONE") || text.contains("'+00'");
    using("", from, to).is_some_and(named)
}

/// What the values of `column` lose, without a failure.
pub(super) fn loses(column: &str, from: &str, to: &str) -> Option<String> {
    let (was, is) = (&*base(from), &*base(to));
    let beyond = |digits: u32| format!("the digits of {column} beyond {digits} after the point");
    match (was, is) {
        (fraction, integer) if FRACTIONS.contains(&fraction) && INTEGERS.contains(&integer) => {
            Some(format!("the digits of {column} after the point"))
        }
        (number, "numeric") if FRACTIONS.contains(&number) => {
            let (before, after) = (scale(from), scale(to)?);
            before.is_none_or(|before| before > after).then(|| beyond(after))
        }
        ("bigint" | "numeric", "real" | "double precision")
        | ("integer" | "double precision", "real") => {
            Some(format!("the digits of {column} beyond the precision of {to}"))
        }
        (number, "boolean") if is_number(number) => {
            Some(format!("the numbers in {column}: whether they are 0 is what remains"))
        }
        (WITH_ZONE | WITHOUT_ZONE, "date") => Some(format!("the time of day in {column}")),
        (WITH_ZONE | WITHOUT_ZONE, TIME) => Some(format!("the date in {column}")),
        ("interval", TIME) => Some(format!("the days in {column}")),
        ("time with time zone", TIME) => Some(format!("the time zone in {column}")),
        ("json", "jsonb") => {
            Some(format!("the order of keys, duplicate keys and whitespace in {column}"))
        }
        ("inet", "cidr") => Some(format!("the host part in {column}")),
        _ => {
            let has_seconds = is == "interval" || is.starts_with("time");
            let after = fraction(to);
            let fewer = has_seconds && was == is && fraction(from) > after;
            fewer.then(|| format!("the fractions of a second in {column} beyond {after} digits"))
        }
    }
}

/// Can the cast fail for a value? Where it only loses something, it does not.
pub(super) fn can_fail(from: &str, to: &str) -> bool {
    let (was, is) = (&*base(from), &*base(to));
    let times = [WITH_ZONE, WITHOUT_ZONE, "date", TIME, "interval", "time with time zone"];
    let same_time = times.contains(&was) && times.contains(&is);
    let is_truth = |one: &str, other: &str| one == "boolean" && is_number(other);
    !(same_time || is_truth(was, is) || is_truth(is, was))
}

/// What stands in the brackets of a type.
fn modifiers(kind: &str) -> Vec<u32> {
    let inside = kind.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let numbers = inside.map(|(inside, _)| inside.split(','));
    numbers.into_iter().flatten().filter_map(|it| it.trim().parse().ok()).collect()
}

/// The digits after the point of a numeric; none means as many as there are.
fn scale(kind: &str) -> Option<u32> {
    let found = modifiers(kind);
    found.first().map(|_| found.get(1).copied().unwrap_or(0))
}

/// The digits of a second.
fn fraction(kind: &str) -> u32 {
    modifiers(kind).first().copied().unwrap_or(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_are_no_part_of_a_type() {
        let check = |kind: &str, expected: &str| assert_eq!(base(kind), expected);
        check("timestamp(3) without time zone", WITHOUT_ZONE);
        check("timestamp(3) with time zone[]", "timestamp with time zone[]");
        check("numeric(12,4)", "numeric");
        check("interval day to second(2)", "interval");
        check("bit varying(5)", "bit varying");
        check("public.geometry(Point,4326)", "public.geometry");
        check("text[]", "text[]");
    }

    #[test]
    fn what_is_lost_is_said() {
        let check = |from: &str, to: &str, expected: Option<&str>| {
            assert_eq!(loses("t.a", from, to).as_deref(), expected, "{from} {to}");
        };
        check("double precision", "integer", Some("the digits of t.a after the point"));
        check("numeric(12,4)", "numeric(12,1)", Some("the digits of t.a beyond 1 after the point"));
        check("numeric", "numeric(12,0)", Some("the digits of t.a beyond 0 after the point"));
        check("numeric(12,4)", "numeric(14,4)", None);
        check("numeric(12,4)", "numeric", None);
        check("integer", "bigint", None);
        check("integer", "double precision", None);
        check("bigint", "real", Some("the digits of t.a beyond the precision of real"));
        check(WITHOUT_ZONE, "date", Some("the time of day in t.a"));
        let fewer = "the fractions of a second in t.a beyond 3 digits";
        check(WITHOUT_ZONE, "timestamp(3) without time zone", Some(fewer));
        check("timestamp(3) without time zone", WITHOUT_ZONE, None);
        check("json", "jsonb", Some("the order of keys, duplicate keys and whitespace in t.a"));
        check("text", "integer", None);
    }
}
