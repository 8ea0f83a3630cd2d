//! What an object is, and what it hangs on.

use std::rc::Rc;

use super::{Key, Place};

pub(in crate::analysis) type Id = u32;

/// The name of what a generated column is generated from.
pub(in crate::analysis) const GENERATED: &str = "generated";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::analysis) enum ObjectKind {
    Schema,
    Table,
    ForeignTable,
    View,
    MaterializedView,
    Index,
    Sequence,
    Composite,
    Enum,
    Domain,
    /// Ranges, base types, shells.
    OtherType,
    Column,
    Constraint,
    /// Where the value of a column comes from.
    Default,
    Trigger,
    Policy,
    Rule,
    /// A function or a procedure; its name has its arguments.
    Routine,
    Extension,
}

impl ObjectKind {
    pub(in crate::analysis) const fn word(self) -> &'static str {
        match self {
            ObjectKind::Schema => "schema",
            ObjectKind::Table => "table",
            ObjectKind::ForeignTable => "foreign table",
            ObjectKind::View => "view",
            ObjectKind::MaterializedView => "materialized view",
            ObjectKind::Index => "index",
            ObjectKind::Sequence => "sequence",
            ObjectKind::Composite | ObjectKind::Enum | ObjectKind::OtherType => "type",
            ObjectKind::Domain => "domain",
            ObjectKind::Column => "column",
            ObjectKind::Constraint => "constraint",
            ObjectKind::Default => "default",
            ObjectKind::Trigger => "trigger",
            ObjectKind::Policy => "policy",
            ObjectKind::Rule => "rule",
            ObjectKind::Routine => "function",
            ObjectKind::Extension => "extension",
        }
    }

    pub(in crate::analysis) const fn namespace(self) -> Option<Namespace> {
        Some(match self {
            ObjectKind::Schema => Namespace::Schema,
            ObjectKind::Table
            | ObjectKind::ForeignTable
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Index
            | ObjectKind::Sequence
            | ObjectKind::Composite => Namespace::Relation,
            ObjectKind::Enum | ObjectKind::Domain | ObjectKind::OtherType => Namespace::Type,
            ObjectKind::Column => Namespace::Column,
            ObjectKind::Constraint => Namespace::Constraint,
            ObjectKind::Default => return None,
            ObjectKind::Trigger => Namespace::Trigger,
            ObjectKind::Policy => Namespace::Policy,
            ObjectKind::Rule => Namespace::Rule,
            ObjectKind::Routine => Namespace::Routine,
            ObjectKind::Extension => Namespace::Extension,
        })
    }

    /// Whether a row of it is a type.
    pub(in crate::analysis) const fn has_row_type(self) -> bool {
        matches!(
            self,
            ObjectKind::Table
                | ObjectKind::ForeignTable
                | ObjectKind::View
                | ObjectKind::MaterializedView
                | ObjectKind::Composite
        )
    }

    pub(in crate::analysis) const fn is_type(self) -> bool {
        matches!(
            self,
            ObjectKind::Composite | ObjectKind::Enum | ObjectKind::Domain | ObjectKind::OtherType
        )
    }
}

/// What a name must be the only one in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::analysis) enum Namespace {
    Schema,
    Relation,
    Type,
    Column,
    Constraint,
    /// The constraints of all tables of a schema: automatic names are unlike them.
    ConstraintInSchema,
    Trigger,
    Policy,
    Rule,
    Routine,
    Extension,
}

impl Namespace {
    pub(in crate::analysis) const ALL: [Namespace; 11] = [
        Namespace::Schema,
        Namespace::Relation,
        Namespace::Type,
        Namespace::Column,
        Namespace::Constraint,
        Namespace::ConstraintInSchema,
        Namespace::Trigger,
        Namespace::Policy,
        Namespace::Rule,
        Namespace::Routine,
        Namespace::Extension,
    ];
}

/// How something hangs on something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) enum DependencyKind {
    /// It goes with it.
    Auto,
    /// The same, and it can't be dropped by itself.
    Internal,
    /// It keeps it from being dropped, or goes with it if that cascades.
    Normal,
    /// It may hang on it.
    Guess,
    /// A child of a table; as `Normal` or, for a partition, as `Auto`.
    Child { partition: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) struct Need {
    pub(in crate::analysis) on: Id,
    pub(in crate::analysis) how: DependencyKind,
}

/// What is known of an object beside its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) enum Detail {
    None,
    Table {
        partitioned: bool,
        temporary: bool,
    },
    /// `kind` and `not_null` are nothing where they are not known.
    Column {
        kind: Option<Rc<str>>,
        not_null: Option<bool>,
        /// Where it has got its type, or has got or lost its NOT NULL, last.
        changed: Place,
    },
    /// `columns` is nothing where not all are known.
    Constraint {
        kind: ConstraintClass,
        columns: Option<Vec<Id>>,
    },
    /// Whether foreign keys can refer to the columns of it.
    Index {
        columns: Option<Vec<Id>>,
        is_key: bool,
    },
    /// Each value, and where it was added.
    Enum {
        labels: Vec<(Rc<str>, Place)>,
    },
    Routine {
        arguments: Vec<ArgumentType>,
        /// Nothing where it is not known.
        shape: Option<RoutineShape>,
    },
    /// The name of the function that it runs, without a schema.
    Trigger {
        function: Rc<str>,
    },
}

/// The type of an argument, as far as it tells one routine from another of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) enum ArgumentType {
    /// One of the chain's, whatever its name is by now; whether it is an array of it.
    Own(Id, bool),
    /// As the server shows it; of an extension's type the bare name.
    Other(Rc<str>),
}

/// What `CREATE OR REPLACE` can't change of a routine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) struct RoutineShape {
    pub(in crate::analysis) is_procedure: bool,
    /// The names of its arguments, where they have some.
    pub(in crate::analysis) names: Vec<Option<Rc<str>>>,
    /// How many arguments have a default.
    pub(in crate::analysis) defaults: usize,
    /// What it returns; nothing where that is not clear.
    pub(in crate::analysis) given: Option<Given>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) enum Given {
    One(ArgumentType),
    Rows(ArgumentType),
    Table(Vec<(Rc<str>, ArgumentType)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) enum ConstraintClass {
    Primary,
    Unique,
    Foreign,
    Check,
    Exclude,
    NotNull,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) struct Object {
    pub(in crate::analysis) class: ObjectKind,
    pub(in crate::analysis) name: Rc<str>,
    /// The schema of a relation, the table of a column, and so on.
    pub(in crate::analysis) home: Option<Id>,
    /// The table of an index, which is at home in a schema.
    pub(in crate::analysis) table: Option<Id>,
    /// Whether it is there at all.
    pub(in crate::analysis) is_certain: bool,
    /// Whether it may have been there before the statement that made it.
    pub(in crate::analysis) is_old: bool,
    /// Whether nothing is in it but what is known to be: the columns of a table.
    pub(in crate::analysis) complete: bool,
    /// The same for what else hangs on a table: constraints, triggers.
    pub(in crate::analysis) parts_complete: bool,
    /// The same for the keys that others may refer to.
    pub(in crate::analysis) keys_complete: bool,
    /// Since when it is known to be there under its name.
    pub(in crate::analysis) since: u32,
    /// Since when all that is in it is known, where it is.
    pub(in crate::analysis) whole_since: u32,
    pub(in crate::analysis) place: Place,
    pub(in crate::analysis) detail: Detail,
    pub(in crate::analysis) dependencies: Vec<Need>,
}

impl Object {
    /// An object that is surely there.
    pub(in crate::analysis) fn new(
        class: ObjectKind,
        name: Rc<str>,
        home: Option<Id>,
        place: Place,
    ) -> Self {
        let inside = !matches!(
            class.namespace(),
            Some(Namespace::Schema | Namespace::Relation | Namespace::Type)
        );
        let hangs = home.filter(|_| inside && class != ObjectKind::Routine);
        Object {
            class,
            name,
            home,
            table: None,
            is_certain: true,
            is_old: false,
            complete: true,
            parts_complete: true,
            keys_complete: true,
            since: 0,
            whole_since: 0,
            place,
            detail: Detail::None,
            dependencies: hangs
                .map(|on| Need { on, how: DependencyKind::Auto })
                .into_iter()
                .collect(),
        }
    }

    #[must_use]
    pub(in crate::analysis) fn with(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }

    pub(in crate::analysis) fn need(&mut self, on: Id, how: DependencyKind) {
        let need = Need { on, how };
        if !self.dependencies.contains(&need) {
            self.dependencies.push(need);
        }
    }

    /// The names that it takes.
    pub(super) fn keys(&self, schema: Option<Id>) -> Vec<Key> {
        let mut keys = Vec::new();
        if let Some(namespace) = self.class.namespace() {
            keys.push((namespace, self.home, self.name.clone()));
        }
        if self.class == ObjectKind::Constraint {
            keys.push((Namespace::ConstraintInSchema, schema, self.name.clone()));
        }
        keys
    }
}
