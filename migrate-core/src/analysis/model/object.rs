//! Describes an object of the model and its dependencies.

use std::rc::Rc;

use super::{FileSpan, Key};

pub(in crate::analysis) type Id = u32;

/// The name of the object for a column's generation expression.
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
    /// Ranges, base types and shell types.
    OtherType,
    Column,
    Constraint,
    /// The default of a column.
    Default,
    Trigger,
    Policy,
    Rule,
    /// A function or a procedure. Its name includes its arguments.
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

    /// Whether it has a row type.
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

/// The namespace in which a name must be unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::analysis) enum Namespace {
    Schema,
    Relation,
    Type,
    Column,
    Constraint,
    /// The constraints of all tables in a schema. Names that the server chooses must differ from
    /// them.
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

/// The kind of a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) enum DependencyKind {
    /// The dependent is dropped automatically.
    Auto,
    /// The same, and it cannot be dropped by itself.
    Internal,
    /// The dependent prevents the drop, unless it cascades.
    Normal,
    /// There may be a dependency.
    Guess,
    /// The dependent is a child table. It behaves like `Normal`, or like `Auto` for a partition.
    Child { partition: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) struct Need {
    pub(in crate::analysis) on: Id,
    pub(in crate::analysis) how: DependencyKind,
}

/// What is known of an object apart from its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) enum Detail {
    None,
    Table {
        partitioned: bool,
        temporary: bool,
    },
    /// `kind` and `not_null` are `None` if unknown.
    Column {
        kind: Option<Rc<str>>,
        not_null: Option<bool>,
        /// Where its type or its NOT NULL was last changed.
        changed: FileSpan,
    },
    /// `columns` is `None` if not all of them are known.
    Constraint {
        kind: ConstraintClass,
        columns: Option<Vec<Id>>,
    },
    /// Whether foreign keys can reference its columns.
    Index {
        columns: Option<Vec<Id>>,
        is_key: bool,
    },
    /// Each value, and where it was added.
    Enum {
        labels: Vec<(Rc<str>, FileSpan)>,
    },
    Routine {
        arguments: Vec<ArgumentType>,
        /// `None` if unknown.
        shape: Option<RoutineShape>,
    },
    /// The name of the function that it calls, without a schema.
    Trigger {
        function: Rc<str>,
    },
}

/// The type of an argument, as far as it distinguishes overloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) enum ArgumentType {
    /// A type of the chain, whatever its current name is, and whether this is an array of it.
    Own(Id, bool),
    /// Any other type, as the server displays it. For a type of an extension, its unqualified name.
    Other(Rc<str>),
}

/// The properties of a routine that `CREATE OR REPLACE` cannot change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) struct RoutineShape {
    pub(in crate::analysis) is_procedure: bool,
    /// The names of its arguments, as far as they have names.
    pub(in crate::analysis) names: Vec<Option<Rc<str>>>,
    /// The number of arguments with a default.
    pub(in crate::analysis) defaults: usize,
    /// Its return type; `None` if unclear.
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
    /// The object that contains it: the schema of a relation, the table of a column, etc.
    pub(in crate::analysis) home: Option<Id>,
    /// The table of an index. (The home of an index is its schema.)
    pub(in crate::analysis) table: Option<Id>,
    /// Whether it certainly exists.
    pub(in crate::analysis) is_certain: bool,
    /// Whether it may have existed before the statement that creates it.
    pub(in crate::analysis) is_old: bool,
    /// Whether all its members are known, such as the columns of a table.
    pub(in crate::analysis) complete: bool,
    /// The same for the other parts of a table: constraints and triggers.
    pub(in crate::analysis) parts_complete: bool,
    /// The same for the keys that foreign keys may reference.
    pub(in crate::analysis) keys_complete: bool,
    /// Since when it is known to exist under its name.
    pub(in crate::analysis) since: u32,
    /// Since when all its members are known, if they are.
    pub(in crate::analysis) whole_since: u32,
    pub(in crate::analysis) place: FileSpan,
    pub(in crate::analysis) detail: Detail,
    pub(in crate::analysis) dependencies: Vec<Need>,
}

impl Object {
    /// An object that certainly exists.
    pub(in crate::analysis) fn new(
        class: ObjectKind,
        name: Rc<str>,
        home: Option<Id>,
        place: FileSpan,
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

    /// The names that it occupies.
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
