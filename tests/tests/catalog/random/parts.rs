//! A schema as SQL. What needs something that is not there is left out.

use std::collections::BTreeMap;

use super::looks::{Class, Column, TABLES, columns, condition, labels, one_of};
use super::slots::{Look, Side, Slot};

/// The statements that make a schema.
pub(crate) fn text(side: &Side) -> String {
    let columns = columns(side);
    let mut sql = Vec::new();
    if columns.contains_key(&1) {
        sql.push("CREATE SCHEMA app".to_owned());
    }
    types(side, &mut sql);
    for (table, columns) in &columns {
        let look = side.get(&Slot::Table(*table)).copied().unwrap_or_default();
        self::table(*table, look, columns, side, &mut sql);
    }
    let mut keys = Vec::new();
    for (slot, look) in side {
        key(*slot, *look, &columns, &mut keys, &mut sql);
    }
    for (slot, look) in side {
        if let Slot::Reference(table, n) = slot {
            // A permanent table can't refer to an unlogged one.
            let logged = |table: u8| side.get(&Slot::Table(table)).is_none_or(|it| it[0] % 5 != 1);
            let keys: Vec<&Referred> = keys.iter().filter(|key| logged(key.table)).collect();
            if logged(*table) {
                reference(*table, *n, *look, &columns, &keys, &mut sql);
            }
        }
    }
    views(side, &columns, &mut sql);
    sql.iter().map(|it| format!("{it};")).collect::<Vec<_>>().join("\n")
}

fn types(side: &Side, sql: &mut Vec<String>) {
    for (slot, look) in side {
        match slot {
            Slot::Enum(n) => {
                let labels =
                    labels(*look).into_iter().map(|it| format!("'{}'", it.replace('\'', "''")));
                let labels = labels.collect::<Vec<_>>().join(", ");
                sql.push(format!("CREATE TYPE e{n} AS ENUM ({labels})"));
                comment(&format!("TYPE e{n}"), look[2], sql);
            }
            Slot::Sequence => {
                let by = look[0] % 3 + 1;
                sql.push(format!("CREATE SEQUENCE s INCREMENT {by}"));
                comment("SEQUENCE s", look[1], sql);
            }
            _ => {}
        }
    }
    if let Some(look) = side.get(&Slot::Function(0)) {
        let kind = if look[0] % 4 == 1 { "bigint" } else { "int" };
        let value = look[1] % 3;
        sql.push(format!(
            "CREATE FUNCTION f0() RETURNS {kind} IMMUTABLE LANGUAGE sql AS 'SELECT {value}::{kind}'"
        ));
        comment("FUNCTION f0()", look[2], sql);
    }
    for (slot, look) in side {
        let Slot::Domain(n) = slot else { continue };
        let base = match look[0] % 5 {
            1 => "text",
            2 if *n == 1 && side.contains_key(&Slot::Domain(0)) => "d0",
            3 if side.contains_key(&Slot::Enum(0)) => "e0",
            _ => "int",
        };
        let whole = base == "int";
        let check = match look[1] % 4 {
            1 if whole => " CHECK (VALUE > 0)",
            2 if whole => " CONSTRAINT positive CHECK (VALUE > 0)",
            3 if whole && side.contains_key(&Slot::Function(0)) => " CHECK (VALUE > f0())",
            _ => "",
        };
        let default = if whole && look[2] % 3 == 1 { " DEFAULT 4" } else { "" };
        let not_null = if look[3] % 5 == 1 { " NOT NULL" } else { "" };
        sql.push(format!("CREATE DOMAIN d{n} AS {base}{default}{not_null}{check}"));
        comment(&format!("DOMAIN d{n}"), look[4], sql);
    }
}

fn comment(on: &str, number: u8, sql: &mut Vec<String>) {
    match number % 4 {
        1 => sql.push(format!("COMMENT ON {on} IS 'x'")),
        2 => sql.push(format!("COMMENT ON {on} IS 'it''s'")),
        _ => {}
    }
}

fn table(table: u8, look: Look, columns: &[Column], side: &Side, sql: &mut Vec<String>) {
    let name = TABLES[usize::from(table)];
    let unlogged = if look[0] % 5 == 1 { "UNLOGGED " } else { "" };
    let with = match look[1] % 4 {
        1 => " WITH (fillfactor = 70)",
        2 => " WITH (autovacuum_enabled = false, fillfactor = 80)",
        _ => "",
    };
    let shown: Vec<String> =
        columns.iter().map(|it| format!("{} {}", it.name, it.definition)).collect();
    sql.push(format!("CREATE {unlogged}TABLE {name} ({}){with}", shown.join(", ")));
    comment(&format!("TABLE {name}"), look[2], sql);
    if look[3] % 4 == 1 {
        sql.push(format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"));
    }
    for (slot, look) in side {
        let Slot::Column(of, n) = slot else { continue };
        let own =
            columns.iter().find(|it| it.name == ["a", "b", "\"order\"", "d", "e"][usize::from(*n)]);
        if let Some(it) = own.filter(|_| *of == table) {
            comment(&format!("COLUMN {name}.{}", it.name), look[5] / 4, sql);
        }
    }
}

/// A key that others can refer to.
struct Referred {
    table: u8,
    column: Column,
}

fn key(
    slot: Slot,
    look: Look,
    columns: &BTreeMap<u8, Vec<Column>>,
    keys: &mut Vec<Referred>,
    sql: &mut Vec<String>,
) {
    let (Slot::Key(table) | Slot::Unique(table, _) | Slot::Exclusion(table)) = slot else { return };
    let Some(of) = columns.get(&table).filter(|it| !it.is_empty()) else { return };
    let usable: Vec<&Column> = of.iter().filter(|it| !it.is_virtual).collect();
    let Some(first) = one_of(&usable, look[0]).copied() else { return };
    if matches!(slot, Slot::Exclusion(_)) && !matches!(first.class, Class::Number | Class::Text) {
        return;
    }
    let second = usable.get(usize::from(look[1] % 8)).copied().filter(|it| it.name != first.name);
    let list = second.map_or(first.name.to_owned(), |it| format!("{}, {}", first.name, it.name));
    let name = TABLES[usize::from(table)];
    let later = match look[2] % 5 {
        1 => " DEFERRABLE",
        2 => " DEFERRABLE INITIALLY DEFERRED",
        _ => "",
    };
    let (key, body) = match slot {
        Slot::Key(_) => {
            (["pk", "\"The Key\""][usize::from(look[3] % 2)], format!("PRIMARY KEY ({list})"))
        }
        Slot::Unique(_, 0) => ("uq", format!("UNIQUE ({list})")),
        Slot::Unique(_, _) => ("un", format!("UNIQUE ({list})")),
        _ => ("ex", format!("EXCLUDE USING btree ({} WITH =)", first.name)),
    };
    let key =
        format!("{key}{table}").replace("\"0", "0\"").replace("\"1", "1\"").replace("\"2", "2\"");
    sql.push(format!("ALTER TABLE {name} ADD CONSTRAINT {key} {body}{later}"));
    comment(&format!("CONSTRAINT {key} ON {name}"), look[4], sql);
    if second.is_none() && later.is_empty() && !matches!(slot, Slot::Exclusion(_)) {
        keys.push(Referred { table, column: first.clone() });
    }
}

fn reference(
    table: u8,
    n: u8,
    look: Look,
    columns: &BTreeMap<u8, Vec<Column>>,
    keys: &[&Referred],
    sql: &mut Vec<String>,
) {
    let Some(of) = columns.get(&table) else { return };
    let all = of.iter().flat_map(|own| {
        // A domain over an enum can't be referred to.
        let is_domain = own.kind.starts_with('d');
        let fits =
            move |key: &&&Referred| key.column.kind == own.kind && !own.generated && !is_domain;
        keys.iter().filter(fits).map(move |key| (own, *key))
    });
    let all: Vec<(&Column, &Referred)> = all.collect();
    let Some((own, key)) = one_of(&all, look[0]) else { return };
    let name = TABLES[usize::from(table)];
    let rest = match look[1] % 7 {
        1 => " ON DELETE CASCADE",
        2 => " ON DELETE SET NULL",
        3 => " DEFERRABLE INITIALLY DEFERRED",
        4 => " NOT VALID",
        5 => " ON UPDATE RESTRICT",
        _ => "",
    };
    let other = TABLES[usize::from(key.table)];
    let to = key.column.name;
    let fk = format!("fk{n}_{}", look[2] % 2);
    sql.push(format!(
        "ALTER TABLE {name} ADD CONSTRAINT {fk} FOREIGN KEY ({}) REFERENCES {other} ({to}){rest}",
        own.name
    ));
    comment(&format!("CONSTRAINT {fk} ON {name}"), look[3], sql);
}

fn views(side: &Side, columns: &BTreeMap<u8, Vec<Column>>, sql: &mut Vec<String>) {
    let mut shown: BTreeMap<String, Column> = BTreeMap::new();
    for (slot, look) in side {
        match slot {
            Slot::Check(table, n) => {
                let Some(it) = columns.get(table).and_then(|it| one_of(it, look[0])) else {
                    continue;
                };
                let name = TABLES[usize::from(*table)];
                let valid =
                    [" NOT VALID", " NO INHERIT"].get(usize::from(look[2] % 6)).unwrap_or(&"");
                let check = format!("ck{n}_{}", look[3] % 2);
                let on = condition(side, it, look[1]);
                sql.push(format!("ALTER TABLE {name} ADD CONSTRAINT {check} CHECK ({on}){valid}"));
            }
            Slot::Index(table, n) => index(*table, *n, *look, side, columns, sql),
            Slot::Statistics(table) => {
                let Some([one, two, ..]) = columns.get(table).map(Vec::as_slice) else { continue };
                let kind = ["ndistinct", "mcv", "dependencies"][usize::from(look[0] % 3)];
                let name = TABLES[usize::from(*table)];
                sql.push(format!(
                    "CREATE STATISTICS st{table} ({kind}) ON {}, {} FROM {name}",
                    one.name, two.name
                ));
                comment(&format!("STATISTICS st{table}"), look[1], sql);
            }
            Slot::View(n) => view(*n, *look, side, columns, &mut shown, sql),
            Slot::Policy(table) => {
                let Some(it) = columns.get(table).and_then(|it| one_of(it, look[0])) else {
                    continue;
                };
                let name = TABLES[usize::from(*table)];
                let command = ["ALL", "SELECT", "DELETE"][usize::from(look[1] % 3)];
                let on = condition(side, it, look[2]);
                sql.push(format!("CREATE POLICY p ON {name} FOR {command} USING ({on})"));
                comment(&format!("POLICY p ON {name}"), look[3], sql);
            }
            Slot::Rule(table) => {
                let Some(it) = columns.get(table).and_then(|it| one_of(it, look[0])) else {
                    continue;
                };
                let name = TABLES[usize::from(*table)];
                let on = condition(side, it, look[1]).replace(it.name, &format!("old.{}", it.name));
                sql.push(format!(
                    "CREATE RULE r AS ON DELETE TO {name} WHERE {on} DO INSTEAD NOTHING"
                ));
            }
            Slot::Trigger(table) => {
                let Some(it) = columns.get(table).and_then(|it| one_of(it, look[0])) else {
                    continue;
                };
                if !side.contains_key(&Slot::Function(1)) {
                    continue;
                }
                let name = TABLES[usize::from(*table)];
                let of = if look[1] % 2 == 1 { format!(" OF {}", it.name) } else { String::new() };
                let when = if look[2] % 3 == 1 && !it.generated {
                    let on = condition(side, it, 0).replace(it.name, &format!("new.{}", it.name));
                    format!(" WHEN ({on})")
                } else {
                    String::new()
                };
                sql.push(format!("CREATE TRIGGER g BEFORE UPDATE{of} ON {name} FOR EACH ROW{when} EXECUTE FUNCTION f1()"));
                comment(&format!("TRIGGER g ON {name}"), look[3], sql);
                if look[4] % 4 == 1 {
                    sql.push(format!("ALTER TABLE {name} DISABLE TRIGGER g"));
                }
            }
            Slot::Function(1) => {
                let value = look[0] % 3;
                sql.push(format!(
                    "CREATE FUNCTION f1() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; /* {value} */ END'"
                ));
            }
            Slot::Function(2) => {
                let kind = match look[0] % 4 {
                    1 if side.contains_key(&Slot::Enum(0)) => "e0",
                    2 if side.contains_key(&Slot::Domain(0)) => "d0",
                    _ => "int",
                };
                let default = if look[1] % 3 == 1 { " DEFAULT NULL" } else { "" };
                sql.push(format!(
                    "CREATE FUNCTION f2(x {kind}{default}) RETURNS {kind} LANGUAGE sql AS 'SELECT x'"
                ));
            }
            _ => {}
        }
    }
}

fn index(
    table: u8,
    n: u8,
    look: Look,
    side: &Side,
    columns: &BTreeMap<u8, Vec<Column>>,
    sql: &mut Vec<String>,
) {
    let Some(of) = columns.get(&table) else { return };
    let usable: Vec<&Column> = of.iter().filter(|it| !it.is_virtual).collect();
    let Some(it) = one_of(&usable, look[0]).copied() else { return };
    let name = TABLES[usize::from(table)];
    let unique = if look[1] % 4 == 1 { "UNIQUE " } else { "" };
    let key = match (look[2] % 6, it.class) {
        (1, Class::Text) => format!("lower({})", it.name),
        (1, Class::Number) => format!("({} + 1)", it.name),
        (2, Class::Number) if side.contains_key(&Slot::Function(0)) => {
            format!("({} + f0())", it.name)
        }
        (3, _) => format!("{} DESC", it.name),
        _ => it.name.to_owned(),
    };
    let include = one_of(&usable, look[3]).filter(|_| look[3] % 6 > 3);
    let include = include.map_or_else(String::new, |it| format!(" INCLUDE ({})", it.name));
    let only = if look[4] % 4 == 1 {
        format!(" WHERE {}", condition(side, it, look[4]))
    } else {
        String::new()
    };
    let index = format!("ix{table}_{n}{}", if look[5] % 8 == 1 { "_b" } else { "" });
    sql.push(format!("CREATE {unique}INDEX {index} ON {name} ({key}){include}{only}"));
    let index = if table == 1 { format!("app.{index}") } else { index };
    comment(&format!("INDEX {index}"), look[5] / 8, sql);
}

fn view(
    n: u8,
    look: Look,
    side: &Side,
    columns: &BTreeMap<u8, Vec<Column>>,
    shown: &mut BTreeMap<String, Column>,
    sql: &mut Vec<String>,
) {
    let mut sources: Vec<(String, Column)> = Vec::new();
    for (table, columns) in columns {
        let name = TABLES[usize::from(*table)];
        sources.extend(columns.iter().map(|it| (name.to_owned(), it.clone())));
    }
    sources.extend(shown.iter().map(|(view, it)| (view.clone(), it.clone())));
    let Some((from, it)) = one_of(&sources, look[0]) else { return };
    let only = if look[1] % 3 == 1 {
        format!(" WHERE {}", condition(side, it, look[4]))
    } else {
        String::new()
    };
    let call = match side.contains_key(&Slot::Function(0)) && look[2] % 3 == 1 {
        true => ", f0() AS called",
        false => "",
    };
    let kind = if look[3] % 4 == 1 { "MATERIALIZED VIEW" } else { "VIEW" };
    // A later one may show an earlier one that stands behind it in the alphabet.
    let view = ["z", "y", "x"][usize::from(n)];
    sql.push(format!("CREATE {kind} {view} AS SELECT {}{call} FROM {from}{only}", it.name));
    comment(&format!("{kind} {view}"), look[5], sql);
    if kind == "MATERIALIZED VIEW" && look[5] % 2 == 1 {
        sql.push(format!("CREATE INDEX {view}_ix ON {view} ({})", it.name));
    }
    shown.insert(view.to_owned(), it.clone());
}
