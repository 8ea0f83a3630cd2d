//! A chain climbed one revision at a time: does each downgrade undo its upgrade, exactly?

mod error;

use std::fmt;

use migrate_core::chain::Down;
use migrate_core::{Chain, Migration, Runner, Target};
use migrate_scratch::{Error, Server};
use postgres::Client;

use self::error::failed;
use crate::catalog::{Catalog, CatalogError};

pub use self::error::StaircaseError;

/// Climbs a chain on a fresh database, up, down and up again at each revision, then all the way down.
///
/// After each of these the whole catalog is compared with the one that has to be there: a downgrade gives the catalog
/// from before its upgrade, and the second upgrade gives that of the first. One test is enough for a chain:
///
/// ```no_run
/// # use actorhub_schema as my_schema;
/// use migrate_testkit::{Server, staircase};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let climbed = staircase(Server::shared()?, &my_schema::migrations::CHAIN)?;
/// assert!(climbed.irreversible.is_empty());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// With the revision, the direction, and the differences line by line; or when a migration fails.
pub fn staircase(server: &Server, chain: &Chain<'static>) -> Result<Climbed, StaircaseError> {
    Staircase::new(chain).climb(server)
}

/// The same with something to set up before, or with catalogs that are known from elsewhere.
///
/// ```no_run
/// # use actorhub_schema as my_schema;
/// use migrate_testkit::{Server, Staircase};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let climbed = Staircase::new(&my_schema::migrations::CHAIN)
///     .prepare("CREATE EXTENSION pgcrypto; CREATE SCHEMA reports")
///     .climb(Server::shared()?)?;
/// println!("{climbed}");
/// # Ok(())
/// # }
/// ```
pub struct Staircase<'a> {
    chain: &'a Chain<'static>,
    prepare: String,
    expected: Box<Expected<'a>>,
}

/// The catalog after a revision, or before the first.
type Expected<'a> = dyn Fn(Option<&str>) -> Option<Catalog> + 'a;

/// What a climb has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Climbed {
    /// How often a revision was applied: twice each, once where it can't be undone.
    pub upgrades: usize,
    /// How often a revision was undone.
    pub downgrades: usize,
    /// How often the catalog was compared with the one that had to be there.
    pub comparisons: usize,
    /// The revisions that say that they can't be undone. The way down ends above the last of them.
    pub irreversible: Vec<String>,
}

/// A step of the climb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// Applied.
    Up,
    /// Undone.
    Down,
    /// Applied again.
    UpAgain,
    /// Undone on the way from head to base.
    DownToBase,
}

impl<'a> Staircase<'a> {
    /// A climb of this chain.
    pub fn new(chain: &'a Chain<'static>) -> Self {
        Staircase { chain, prepare: String::new(), expected: Box::new(|_| None) }
    }

    /// Runs this SQL on the fresh database first: what the chain takes for granted.
    #[must_use]
    pub fn prepare(mut self, sql: impl Into<String>) -> Self {
        self.prepare = sql.into();
        self
    }

    /// Compares the schema `public` with these catalogs too: the one after a revision, and the one before the first for
    /// `None`. Where it gives none, nothing more is compared.
    #[must_use]
    pub fn expect(mut self, expected: impl Fn(Option<&str>) -> Option<Catalog> + 'a) -> Self {
        self.expected = Box::new(expected);
        self
    }

    /// Climbs.
    ///
    /// # Errors
    ///
    /// As [`staircase`].
    pub fn climb(&self, server: &Server) -> Result<Climbed, StaircaseError> {
        let database = server.database("staircase")?;
        let mut client = database.connect()?;
        let action = "prepare the database for the staircase".to_owned();
        client.batch_execute(&self.prepare).map_err(|source| Error::Postgres { action, source })?;
        let mut climb = Climb { staircase: self, client, climbed: Climbed::default() };
        let mut landings = vec![climb.look()?];
        climb.compare_expected(None, (self.chain.base(), Way::Up))?;
        for migration in self.chain.migrations() {
            let above = climb.revision(migration, &landings[landings.len() - 1])?;
            landings.push(above);
        }
        // The catalog before each revision, from the last on.
        for (migration, below) in self.chain.migrations().iter().zip(&landings).rev() {
            if is_irreversible(migration) {
                break;
            }
            climb.go(migration, Way::DownToBase, Some(below))?;
        }
        Ok(climb.climbed)
    }
}

/// Everything that there is between two steps.
type Landing = migrate_core::schema::catalog::Catalog;

/// A climb on its way.
struct Climb<'s, 'a> {
    staircase: &'s Staircase<'a>,
    client: Client,
    climbed: Climbed,
}

impl Climb<'_, '_> {
    /// Climbs one revision, from the catalog below to the one above.
    fn revision(
        &mut self,
        migration: &Migration<'static>,
        below: &Landing,
    ) -> Result<Landing, StaircaseError> {
        let above = self.go(migration, Way::Up, None)?;
        if is_irreversible(migration) {
            self.climbed.irreversible.push(migration.id.to_string());
        } else {
            self.go(migration, Way::Down, Some(below))?;
            self.go(migration, Way::UpAgain, Some(&above))?;
        }
        Ok(above)
    }

    /// Takes one step, and compares where it leads with where it has to.
    fn go(
        &mut self,
        migration: &Migration<'static>,
        way: Way,
        expected: Option<&Landing>,
    ) -> Result<Landing, StaircaseError> {
        let runner = Runner::new(self.staircase.chain);
        let id = migration.id.as_str();
        let done = if way.is_down() {
            self.climbed.downgrades += 1;
            runner.downgrade_to(&mut self.client, Target::Relative(-1))
        } else {
            self.climbed.upgrades += 1;
            runner.upgrade_to(&mut self.client, Target::Relative(1))
        };
        done.map_err(|error| failed(id, way, error))?;
        let found = self.look()?;
        if let Some(expected) = expected {
            self.climbed.comparisons += 1;
            let lines = expected.differences(&found).iter().map(ToString::to_string).collect();
            differ(id, way, lines)?;
        }
        // In the order of the chain, the revision before is the one that is left.
        let chain = self.staircase.chain;
        let at = chain
            .position(id)
            .and_then(|at| if way.is_down() { at.checked_sub(1) } else { Some(at) });
        let here = at.map(|at| chain.migrations()[at].id.as_str());
        self.compare_expected(here, (migration, way))?;
        Ok(found)
    }

    /// Compares with the catalog that is known from elsewhere, if one is.
    fn compare_expected(
        &mut self,
        revision: Option<&str>,
        (migration, way): (&Migration<'static>, Way),
    ) -> Result<(), StaircaseError> {
        let Some(expected) = (self.staircase.expected)(revision) else { return Ok(()) };
        self.climbed.comparisons += 1;
        let found = Catalog::read(&mut self.client)?;
        differ(migration.id.as_str(), way, expected.differences(&found))
    }

    fn look(&mut self) -> Result<Landing, StaircaseError> {
        let whole = Landing::read(&mut self.client).map_err(CatalogError::from)?;
        Ok(whole.without(|name| Catalog::BOOKKEEPING.contains(&name.name.as_str())))
    }
}

fn is_irreversible(migration: &Migration<'_>) -> bool {
    matches!(migration.down, Down::Irreversible(_))
}

fn differ(revision: &str, way: Way, differences: Vec<String>) -> Result<(), StaircaseError> {
    if differences.is_empty() {
        return Ok(());
    }
    Err(StaircaseError::Differs { revision: revision.to_owned(), way, differences })
}

impl Way {
    fn is_down(self) -> bool {
        matches!(self, Way::Down | Way::DownToBase)
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Way::Up => "up",
            Way::Down => "down",
            Way::UpAgain => "up again",
            Way::DownToBase => "down, on the way to base",
        })
    }
}

impl fmt::Display for Climbed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Climbed { upgrades, downgrades, comparisons, irreversible } = self;
        write!(f, "{upgrades} upgrades, {downgrades} downgrades, {comparisons} catalogs compared")?;
        match irreversible.as_slice() {
            [] => Ok(()),
            ids => write!(f, "; can't be undone: {}", ids.join(", ")),
        }
    }
}

impl fmt::Debug for Staircase<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = &self.chain.head().id;
        f.debug_struct("Staircase").field("head", head).finish_non_exhaustive()
    }
}
