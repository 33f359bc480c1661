//! For tests alone: the n-th statement fails. Statements are counted over all connections to an address, from the moment
//! somebody calls [`Cuts::arm`], and opening a connection counts as one.
//!
//! SQLite runs the statements of a text one by one, so each of them counts, and if one of them is to fail that is not at the
//! text's end, they are sent one by one. A text counts as one on PostgreSQL: if the server fails within it, nothing of it
//! remains.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::dialect::Engine;
use super::target::Target;
use crate::fault::Fault;

/// How a statement fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The connection breaks, and the engine never gets the statement.
    Before,
    /// The engine carries the statement out, and the connection breaks before anybody hears of it.
    After,
    /// The engine refuses the statement, because the disk is full, and the connection stays.
    Refused,
    /// The engine is still at work on the statement when somebody calls [`Cuts::break_off`], and then the connection breaks.
    Amid,
}

/// What is sent to one address, and what of it is to fail.
#[derive(Debug, Default)]
pub struct Cuts {
    state: Mutex<State>,
    broken_off: tokio::sync::Notify,
}

#[derive(Debug, Default)]
struct State {
    sent: usize,
    armed: Option<(usize, Cut)>,
}

/// The addresses at which something may fail.
static PLACES: Mutex<BTreeMap<String, Arc<Cuts>>> = Mutex::new(BTreeMap::new());

impl Cuts {
    /// What may fail at this address, for connections that are opened from now on.
    ///
    /// # Errors
    /// [`Fault::BadUrl`].
    pub fn at(url: &str) -> Result<Arc<Self>, Fault> {
        let place = place(&Target::parse(url)?);
        let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(places.entry(place).or_default()))
    }

    /// Counts from 0 again, and lets the `statement`-th from now on fail, the first being 1.
    pub fn arm(&self, statement: usize, cut: Cut) {
        *self.lock() = State { sent: 0, armed: Some((statement, cut)) };
    }

    /// Lets nothing fail from now on. Returns whether something has.
    pub fn disarm(&self) -> bool {
        self.lock().armed.take().is_none()
    }

    /// Breaks the connection on which the statement of [`Cut::Amid`] is under way.
    pub fn break_off(&self) {
        self.broken_off.notify_one();
    }

    /// How many statements were sent since [`Self::arm`].
    pub fn sent(&self) -> usize {
        self.lock().sent
    }

    /// Counts a text of so many statements, and says whether it fails.
    fn pass(&self, statements: usize) -> Option<Cut> {
        let mut state = self.lock();
        let before = state.sent;
        state.sent += statements;
        let (_, cut) = state.armed.filter(|(at, _)| (before + 1..=state.sent).contains(at))?;
        state.armed = None;
        Some(cut)
    }

    /// Whether a text of so many statements fails where it can only if they are sent one by one.
    fn is_within(&self, statements: usize) -> bool {
        let state = self.lock();
        let (first, last) = (state.sent + 1, state.sent + statements);
        state.armed.is_some_and(|(at, cut)| match cut {
            Cut::Before | Cut::Refused | Cut::Amid => (first + 1..=last).contains(&at),
            Cut::After => (first..last).contains(&at),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address as it is known here. A file that has another name until it is whole is known by its final one.
fn place(target: &Target) -> String {
    let shown = target.file().map_or_else(|| target.shown().to_owned(), |file| file.display().to_string());
    shown.split(".unfinished-").next().unwrap_or_default().to_owned()
}

/// A connection's way to its database; `None` where nothing is to fail.
#[derive(Debug, Clone, Default)]
pub(super) struct Steps(Option<Arc<Way>>);

#[derive(Debug)]
struct Way {
    cuts: Arc<Cuts>,
    is_cut: AtomicBool,
}

impl Steps {
    /// The way to this bank.
    pub(super) fn of(target: &Target) -> Self {
        let places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
        let way = |cuts| Arc::new(Way { cuts: Arc::clone(cuts), is_cut: AtomicBool::new(false) });
        Self(places.get(&place(target)).map(way))
    }

    /// Sends a text of so many statements, unless it fails. `told` makes the engine's error what the caller is told.
    pub(super) async fn send<T, E>(
        &self,
        statements: usize,
        sending: impl Future<Output = Result<T, E>>,
        told: fn(sqlx::Error) -> E,
    ) -> Result<T, E> {
        let Some(way) = &self.0 else { return sending.await };
        match way.cuts.pass(statements) {
            None => return sending.await,
            Some(Cut::Refused) => return Err(told(sqlx::Error::Database(Box::new(Full)))),
            Some(Cut::Before) => {}
            // Whatever the engine answers, nobody hears it.
            Some(Cut::After) => drop(sending.await),
            Some(Cut::Amid) => {
                tokio::select! {
                    _ = sending => {}
                    () = way.cuts.broken_off.notified() => {}
                }
            }
        }
        way.is_cut.store(true, Ordering::Relaxed);
        Err(told(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()))
    }

    /// The parts in which a text is sent, each with how many statements it has.
    pub(super) fn parts<'t>(&self, engine: Engine, text: &'t str) -> Vec<(&'t str, usize)> {
        let Some(way) = self.0.as_ref().filter(|_| engine == Engine::Sqlite) else { return vec![(text, 1)] };
        let statements = statements(text);
        if way.cuts.is_within(statements.len()) {
            return statements.into_iter().map(|statement| (statement, 1)).collect();
        }
        vec![(text, statements.len())]
    }

    /// Whether a text of so many statements has to be sent statement by statement.
    pub(super) fn is_cut_within(&self, statements: usize) -> bool {
        self.0.as_ref().is_some_and(|way| way.cuts.is_within(statements))
    }

    /// Whether the connection was cut.
    pub(super) fn is_cut(&self) -> bool {
        self.0.as_ref().is_some_and(|way| way.is_cut.load(Ordering::Relaxed))
    }
}

/// The statements of a text. A semicolon within quotes or in a comment ends none.
fn statements(text: &str) -> Vec<&str> {
    let (mut statements, mut start, mut is_quoted, mut is_comment) = (Vec::new(), 0, false, false);
    for (index, character) in text.char_indices() {
        match character {
            '\n' => is_comment = false,
            _ if is_comment => {}
            '\'' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '-' => is_comment = text[index..].starts_with("--"),
            ';' => {
                statements.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    statements.push(&text[start..]);
    statements.retain(|statement| has_words(statement));
    statements
}

/// Whether there is more than comments.
fn has_words(statement: &str) -> bool {
    statement.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--"))
}

/// What an engine says when the disk is full; the code is PostgreSQL's or SQLite's.
#[derive(Debug, thiserror::Error)]
#[error("no room is left")]
struct Full;

impl sqlx::error::DatabaseError for Full {
    fn message(&self) -> &str {
        "no room is left"
    }

    fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
        Some("53100".into())
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> sqlx::error::ErrorKind {
        sqlx::error::ErrorKind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart_into_its_statements() {
        assert_eq!(statements("SELECT 1"), ["SELECT 1"]);
        assert_eq!(
            statements("BEGIN; INSERT INTO a VALUES ('x;y'); COMMIT;\n"),
            ["BEGIN", " INSERT INTO a VALUES ('x;y')", " COMMIT"]
        );
        let text = "-- Tables; and more.\nCREATE TABLE a (b TEXT); -- it's; that\nDROP TABLE a;\n-- The end; really.\n";
        assert_eq!(statements(text).len(), 2);
    }

    #[test]
    fn the_one_statement_fails_that_was_asked_for() {
        let cuts = Cuts::default();
        cuts.arm(4, Cut::Before);
        assert_eq!((cuts.pass(1), cuts.is_within(2), cuts.pass(2)), (None, false, None));
        assert_eq!((cuts.is_within(2), cuts.pass(2)), (false, Some(Cut::Before)), "the text's first statement");
        assert_eq!((cuts.pass(1), cuts.sent(), cuts.disarm()), (None, 6, true));
        cuts.arm(2, Cut::After);
        assert!(cuts.is_within(3) && !cuts.is_within(2));
        assert_eq!((cuts.pass(1), cuts.disarm(), cuts.pass(1)), (None, false, None));
    }
}
