//! Converts the values of a column to another type, and determines what they lose.

use super::mentions;

/// The type of what is in an array, and the brackets behind it; without brackets, the type itself.
pub(super) fn element(kind: &str) -> (&str, &str) {
    kind.split_at(kind.trim_end_matches("[]").len())
}

/// A type without its modifier: `timestamp(3) without time zone` and `timestamp without time zone` are one.
pub(super) fn base(kind: &str) -> String {
    let (kind, array) = element(kind);
    let array = if array.is_empty() { "" } else { "[]" };
    let plain = match (kind.find('('), kind.rfind(')')) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &kind[..from], &kind[to + 1..]),
        _ => kind.to_owned(),
    };
    let plain = if plain.starts_with("interval") { "interval" } else { &plain };
    format!("{plain}{array}")
}

pub(super) const INTEGERS: [&str; 3] = ["smallint", "integer", "bigint"];
const FRACTIONS: [&str; 3] = ["numeric", "real", "double precision"];
pub(super) const TEXTS: [&str; 4] = ["text", "character varying", "character", "name"];
const WITH_ZONE: &str = "timestamp with time zone";
const WITHOUT_ZONE: &str = "timestamp without time zone";
const TIME: &str = "time without time zone";
const TIME_WITH_ZONE: &str = "time with time zone";
const CHAR: &str = "\"char\"";

fn is_number(kind: &str) -> bool {
    INTEGERS.contains(&kind) || FRACTIONS.contains(&kind)
}

/// Is it a text that is stored as `text` is, and as long as it likes?
pub(super) fn is_any_text(kind: &str) -> bool {
    kind == "text" || kind == "character varying" || is_citext(kind)
}

pub(super) fn is_citext(kind: &str) -> bool {
    kind == "citext" || kind.ends_with(".citext")
}

/// Is it the number of a system's object, as `oid` or `regclass`?
pub(super) fn is_oid(kind: &str) -> bool {
    const REGISTERED: &str = " regclass regcollation regconfig regdictionary regnamespace regoper \
        regoperator regproc regprocedure regrole regtype ";
    kind == "oid" || REGISTERED.contains(&format!(" {kind} "))
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
        (WITH_ZONE, TIME_WITH_ZONE) => {
            Some(format!("(({column} AT TIME ZONE 'UTC')::time::text || '+00')::{to}"))
        }
        (WITHOUT_ZONE | TIME_WITH_ZONE | "interval", TIME) | (TIME, "interval") => plain(),
        (TIME, TIME_WITH_ZONE) => Some(format!("({column}::text || '+00')::{to}")),
        ("macaddr", "macaddr8") | ("macaddr8", "macaddr") => plain(),
        ("money", "numeric") | ("numeric" | "integer" | "bigint", "money") => plain(),
        ("bit", "integer" | "bigint") | ("integer" | "bigint", "bit") => plain(),
        ("integer", CHAR) | (CHAR, "integer") => plain(),
        ("jsonb", "boolean") => plain(),
        ("jsonb", number) if is_number(number) => plain(),
        (range, ranges) if range.strip_suffix("range") == ranges.strip_suffix("multirange") => {
            range.ends_with("range").then(plain)?
        }
        _ => None,
    }
}

/// A value of one type as an expression of another one, to be put into an array or taken out of it. A text is as
/// long as it is, so that one that is too long for the array is refused and not cut off.
pub(super) fn within(value: &str, from: &str, to: &str) -> String {
    match using(value, from, to) {
        Some(expression) => expression,
        None if base(from) == base(to) => value.to_owned(),
        None if TEXTS.contains(&&*base(to)) => format!("{value}::text"),
        None => format!("{value}::{to}"),
    }
}

/// In which time zone times are read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// The statement says so.
    Utc,
    /// That of the session: no expression leads to the values of an array.
    Session,
}

/// Does the cast read or write times as they are in a zone?
pub(super) fn zone(from: &str, to: &str) -> Option<Zone> {
    let ((from, was_array), (to, array)) = (element(from), element(to));
    let named = |text: String| text.contains("AT TIME ZONE") || text.contains("'+00'");
    let zone = match was_array.is_empty() || array.is_empty() {
        true => Zone::Utc,
        false => Zone::Session,
    };
    using("", from, to).is_some_and(named).then_some(zone)
}

/// What the values of `column` lose, without a failure.
pub(super) fn loses(column: &str, from: &str, to: &str) -> Option<String> {
    let ((from, was_array), (to, array)) = (element(from), element(to));
    if !was_array.is_empty() && array.is_empty() {
        return Some(format!("all elements but the first of {column}"));
    }
    let (was, is) = (&*base(from), &*base(to));
    let beyond = |digits: u32| format!("the digits of {column} beyond {digits} after the point");
    let is_text = TEXTS.contains(&was);
    match (was, is) {
        (fraction, integer) if FRACTIONS.contains(&fraction) && INTEGERS.contains(&integer) => {
            Some(format!("the digits of {column} after the point"))
        }
        (number, "numeric") if FRACTIONS.contains(&number) || number == "money" || is_text => {
            let before = if number == "money" { Some(2) } else { scale(from) };
            let after = scale(to)?;
            before.is_none_or(|before| before > after).then(|| beyond(after))
        }
        ("numeric", "money") => {
            let fits = scale(from).is_some_and(|digits| digits <= 2);
            (!fits).then(|| format!("the digits of {column} beyond those of money"))
        }
        ("bigint" | "numeric", "real" | "double precision")
        | ("integer" | "double precision", "real") => {
            Some(format!("the digits of {column} beyond the precision of {to}"))
        }
        (number, "boolean") if is_number(number) => {
            Some(format!("the numbers in {column}: whether they are 0 is what remains"))
        }
        (WITH_ZONE | WITHOUT_ZONE, "date") => Some(format!("the time of day in {column}")),
        (WITH_ZONE | WITHOUT_ZONE, TIME | TIME_WITH_ZONE) => Some(format!("the date in {column}")),
        ("interval", TIME) => Some(format!("the days in {column}")),
        (TIME_WITH_ZONE, TIME) => Some(format!("the time zone in {column}")),
        ("json", "jsonb") => {
            Some(format!("the order of keys, duplicate keys and whitespace in {column}"))
        }
        ("inet", "cidr") => Some(format!("the host part in {column}")),
        ("integer" | "bigint", "bit") => {
            let (has, after) = (if was == "bigint" { 64 } else { 32 }, length(to));
            (after < has).then(|| format!("the bits of {column} before the last {after}"))
        }
        (_, "bit" | "bit varying") if is_text && (is == "bit" || !modifiers(to).is_empty()) => {
            Some(format!("the bits of {column} behind the first {}", length(to)))
        }
        (_, CHAR) if is_text => Some(format!("all but the first byte of {column}")),
        (_, "name") if is_text && was != "name" && !is_short(from) => {
            Some(format!("what of {column} is longer than 63 bytes"))
        }
        ("interval", "interval") if smallest(from) > smallest(to) => {
            let unit = UNITS.get(smallest(to)).copied().unwrap_or_default();
            let article = if unit == "hour" { "an" } else { "a" };
            Some(format!("what is less than {article} {unit} in {column}"))
        }
        _ => {
            let has_seconds = |kind: &str| kind == "interval" || kind.starts_with("time");
            let after = fraction(to);
            let fewer = has_seconds(is) && (has_seconds(was) || is_text) && fraction(from) > after;
            fewer.then(|| format!("the fractions of a second in {column} beyond {after} digits"))
        }
    }
}

/// Can the cast fail for a value? Where it only loses something, it does not.
pub(super) fn can_fail(from: &str, to: &str) -> bool {
    let (was, is) = (&*base(from), &*base(to));
    let times = [WITH_ZONE, WITHOUT_ZONE, "date", TIME, "interval", TIME_WITH_ZONE];
    let same_time = times.contains(&was) && times.contains(&is);
    let is_truth = |one: &str, other: &str| one == "boolean" && is_number(other);
    !(same_time || is_truth(was, is) || is_truth(is, was) || is == "name")
}

/// The units that an interval can be limited to, the largest first.
const UNITS: [&str; 6] = ["year", "month", "day", "hour", "minute", "second"];

/// The smallest unit of an interval, as an index of the units.
fn smallest(kind: &str) -> usize {
    let plain = kind.split('(').next().unwrap_or_default();
    let named = UNITS.iter().position(|unit| mentions::is_in(unit, last_word(plain)));
    named.unwrap_or(UNITS.len() - 1)
}

fn last_word(text: &str) -> &str {
    text.split_whitespace().next_back().unwrap_or_default()
}

/// Is a text of this type never longer than a name can be, whatever characters it has?
fn is_short(kind: &str) -> bool {
    modifiers(kind).first().is_some_and(|length| *length <= 15)
}

/// The length of a string of bits.
fn length(kind: &str) -> u32 {
    modifiers(kind).first().copied().unwrap_or(1)
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
    let texts = TEXTS.contains(&&*base(kind));
    modifiers(kind).first().copied().filter(|_| !texts).unwrap_or(6)
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
        check(
            "numeric(10,4)[]",
            "numeric(10,1)[]",
            Some("the digits of t.a beyond 1 after the point"),
        );
        check("numeric", "integer[]", Some("the digits of t.a after the point"));
        check("integer[]", "integer", Some("all elements but the first of t.a"));
        check(WITHOUT_ZONE, "date[]", Some("the time of day in t.a"));
        let none = "the fractions of a second in t.a beyond 0 digits";
        check(WITH_ZONE, "timestamp(0) without time zone", Some(none));
        check(WITHOUT_ZONE, "timestamp(0) with time zone", Some(none));
        check(TIME, "interval(0)", Some(none));
        check("text", "timestamp(0) with time zone", Some(none));
        check("character varying(3)", WITH_ZONE, None);
        check("date", "timestamp(0) without time zone", None);
        check("money", "numeric(10,0)", Some("the digits of t.a beyond 0 after the point"));
        check("money", "numeric(10,2)", None);
        check("numeric(10,2)", "money", None);
        check("numeric", "money", Some("the digits of t.a beyond those of money"));
        check("text", "numeric(10,1)", Some("the digits of t.a beyond 1 after the point"));
        check("integer", "bit(3)", Some("the bits of t.a before the last 3"));
        check("integer", "bit(32)", None);
        check("bigint", "bit(32)", Some("the bits of t.a before the last 32"));
        check("text", "bit(3)", Some("the bits of t.a behind the first 3"));
        check("text", "bit varying", None);
        check("bit(5)", "bit(3)", None);
        check("text", CHAR, Some("all but the first byte of t.a"));
        check("text", "name", Some("what of t.a is longer than 63 bytes"));
        check("character varying(15)", "name", None);
        check("name", "text", None);
        check("text[]", "character varying(3)[]", None);
        check("interval", "interval year to month", Some("what is less than a month in t.a"));
        check("interval", "interval day to hour", Some("what is less than an hour in t.a"));
        check("interval year to month", "interval year", Some("what is less than a year in t.a"));
        check("interval day to second(2)", "interval(2)", None);
        check(
            "interval",
            "interval second(2)",
            Some("the fractions of a second in t.a beyond 2 digits"),
        );
        check(WITH_ZONE, TIME_WITH_ZONE, Some("the date in t.a"));
    }

    #[test]
    fn texts_that_are_stored_alike() {
        let check = |kind: &str, expected: bool| assert_eq!(is_any_text(kind), expected, "{kind}");
        check("text", true);
        check("character varying", true);
        check("public.citext", true);
        check("character varying(9)", false);
        check("character(9)", false);
        check("public.my_citext", false);
        check("text[]", false);
    }

    #[test]
    fn a_zone_is_named_where_it_can_be() {
        let check = |from: &str, to: &str, expected: Option<Zone>| {
            assert_eq!(zone(from, to), expected, "{from} {to}");
        };
        let array = |kind: &str| format!("{kind}[]");
        check(WITHOUT_ZONE, WITH_ZONE, Some(Zone::Utc));
        check(WITH_ZONE, "date[]", Some(Zone::Utc));
        check(&array(WITHOUT_ZONE), &array(WITH_ZONE), Some(Zone::Session));
        check(&array(WITH_ZONE), "date[]", Some(Zone::Session));
        check("date", WITHOUT_ZONE, None);
        check("date[]", &array(WITHOUT_ZONE), None);
    }

    #[test]
    fn what_goes_into_an_array_is_not_cut_off() {
        let check =
            |from: &str, to: &str, expected: &str| assert_eq!(within("a", from, to), expected);
        check("integer", "character varying(3)", "a::text");
        check("character varying(9)", "character varying(3)", "a");
        check("integer", "bigint", "a::bigint");
        check(WITH_ZONE, "date", "(a AT TIME ZONE 'UTC')::date");
        check("int4range", "int4multirange", "a::int4multirange");
    }
}
