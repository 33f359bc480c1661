//! One declaration a row: `row!` makes the struct, its table and columns, how it is written and hashed, and how it is
//! read back. The migration, `docs/JOURNAL.md` and the second implementation in the tests are written by hand and compared.

use std::sync::Arc;

/// A column's type; there are no others, and no NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// `BIGINT`.
    Integer,
    /// `TEXT`.
    Text,
    /// `BYTEA`.
    Bytes,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Column {
    pub name: &'static str,
    pub kind: ColumnType,
}

/// How rows of a table come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// A row of the journal: its position goes before the row's own columns. Rows are only added.
    Journal,
    /// A row beside the journal. Rows are only added.
    Beside,
    /// The present state of something: a row replaces the one with the same first columns, this many.
    State(usize),
}

/// A table that batches write.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// `ledger_…`.
    pub name: &'static str,
    /// The row's own columns; a journal's `position` stands before them.
    pub own_columns: &'static [Column],
    /// How its rows come and go.
    pub keeping: Keeping,
}

/// Where a row of the journal stands.
pub const POSITION: Column = Column { name: "position", kind: ColumnType::Integer };

impl Table {
    /// All columns in the order in which they are written.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = Column> + Clone {
        let has_position = self.keeping == Keeping::Journal;
        let count = self.own_columns.len() + usize::from(has_position);
        (0..count).map(move |index| match index.checked_sub(usize::from(has_position)) {
            Some(own) => self.own_columns[own],
            None => POSITION,
        })
    }
}

/// What takes the cells of a row, one after the other: the journal's hash, or the columns of a batch.
pub trait Sink {
    /// Takes a whole number.
    fn integer(&mut self, value: i64);
    /// Takes a text.
    fn text(&mut self, value: &str);
    /// Takes bytes.
    fn bytes(&mut self, value: &[u8]);
}

/// Cells that were read, one after the other; `None` where there is none, or one of another type.
pub trait Source {
    /// The next cell, a whole number.
    fn integer(&mut self) -> Option<i64>;
    /// The next cell, a text.
    fn text(&mut self) -> Option<&str>;
    /// The next cell, bytes.
    fn bytes(&mut self) -> Option<&[u8]>;
}

/// A value that stands in one cell.
pub trait Value: Sized {
    /// The cell's type.
    const TYPE: ColumnType;
    /// Writes the cell.
    fn put(&self, sink: &mut impl Sink);
    /// Reads the cell; `None` where it holds what the ledger never writes.
    fn take(source: &mut impl Source) -> Option<Self>;
}

/// A row of a table.
pub trait Row: Sized {
    /// Its table.
    fn table() -> &'static Table;
    /// Writes its own cells, in the order of the columns.
    fn put(&self, sink: &mut impl Sink);
    /// Reads its own cells.
    fn take(source: &mut impl Source) -> Option<Self>;
}

impl<T: Row> Row for Box<T> {
    fn table() -> &'static Table {
        T::table()
    }

    fn put(&self, sink: &mut impl Sink) {
        T::put(self, sink);
    }

    fn take(source: &mut impl Source) -> Option<Self> {
        T::take(source).map(Box::new)
    }
}

impl Value for i64 {
    const TYPE: ColumnType = ColumnType::Integer;

    fn put(&self, sink: &mut impl Sink) {
        sink.integer(*self);
    }

    fn take(source: &mut impl Source) -> Option<Self> {
        source.integer()
    }
}

impl Value for bool {
    const TYPE: ColumnType = ColumnType::Integer;

    fn put(&self, sink: &mut impl Sink) {
        sink.integer(i64::from(*self));
    }

    fn take(source: &mut impl Source) -> Option<Self> {
        match source.integer()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Value for String {
    const TYPE: ColumnType = ColumnType::Text;

    fn put(&self, sink: &mut impl Sink) {
        sink.text(self);
    }

    fn take(source: &mut impl Source) -> Option<Self> {
        source.text().map(str::to_owned)
    }
}

impl Value for Arc<str> {
    const TYPE: ColumnType = ColumnType::Text;

    fn put(&self, sink: &mut impl Sink) {
        sink.text(self);
    }

    fn take(source: &mut impl Source) -> Option<Self> {
        source.text().map(Self::from)
    }
}

impl<const LENGTH: usize> Value for [u8; LENGTH] {
    const TYPE: ColumnType = ColumnType::Bytes;

    fn put(&self, sink: &mut impl Sink) {
        sink.bytes(self);
    }

    fn take(source: &mut impl Source) -> Option<Self> {
        source.bytes()?.try_into().ok()
    }
}

impl Value for Vec<u8> {
    const TYPE: ColumnType = ColumnType::Bytes;

    fn put(&self, sink: &mut impl Sink) {
        sink.bytes(self);
    }

    fn take(source: &mut impl Source) -> Option<Self> {
        source.bytes().map(<[u8]>::to_vec)
    }
}

/// A number that is never negative, or none: −1.
impl Value for Option<i64> {
    const TYPE: ColumnType = ColumnType::Integer;

    fn put(&self, sink: &mut impl Sink) {
        sink.integer(self.unwrap_or(-1));
    }

    fn take(source: &mut impl Source) -> Option<Self> {
        source.integer().map(|value| Some(value).filter(|value| *value >= 0))
    }
}

/// A row: its struct, its table and its columns, in the order in which they are written and hashed.
///
/// `journal`: a row of a record; `beside`: a row next to the journal; `state(N)`: the present state, whose key is the first
/// N columns. A column has the field's name unless another is given after it.
macro_rules! row {
    ($(#[$attribute:meta])* $keeping:ident $(($key:literal))? $table:literal, $name:ident {
        $($(#[$field_attribute:meta])* $field:ident $($column:literal)?: $type:ty,)*
    }) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "a column is described where its name does not say it")]
        pub struct $name {
            $($(#[$field_attribute])* pub $field: $type,)*
        }

        impl $crate::row::Row for $name {
            fn table() -> &'static $crate::row::Table {
                static TABLE: $crate::row::Table = $crate::row::Table {
                    name: $table,
                    own_columns: &[$($crate::row::Column {
                        name: $crate::row::column_name!($field $($column)?),
                        kind: <$type as $crate::row::Value>::TYPE,
                    },)*],
                    keeping: $crate::row::keeping!($keeping $($key)?),
                };
                &TABLE
            }

            fn put(&self, sink: &mut impl $crate::row::Sink) {
                $($crate::row::Value::put(&self.$field, sink);)*
            }

            fn take(source: &mut impl $crate::row::Source) -> Option<Self> {
                Some(Self { $($field: $crate::row::Value::take(source)?,)* })
            }
        }
    };
}

macro_rules! column_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $column:literal) => {
        $column
    };
}

macro_rules! keeping {
    (journal) => {
        $crate::row::Keeping::Journal
    };
    (beside) => {
        $crate::row::Keeping::Beside
    };
    (state $key:literal) => {
        $crate::row::Keeping::State($key)
    };
}

/// A number that names something, as a type of its own: it cannot be taken for the number of something else.
macro_rules! id {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $crate::row::Value for $name {
            const TYPE: $crate::row::ColumnType = $crate::row::ColumnType::Integer;

            fn put(&self, sink: &mut impl $crate::row::Sink) {
                sink.integer(self.0);
            }

            fn take(source: &mut impl $crate::row::Source) -> Option<Self> {
                source.integer().map(Self)
            }
        }

        /// None is −1.
        impl $crate::row::Value for Option<$name> {
            const TYPE: $crate::row::ColumnType = $crate::row::ColumnType::Integer;

            fn put(&self, sink: &mut impl $crate::row::Sink) {
                sink.integer(self.map_or(-1, |id| id.0));
            }

            fn take(source: &mut impl $crate::row::Source) -> Option<Self> {
                source.integer().map(|id| Some($name(id)).filter(|id| id.0 >= 0))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

/// An enum whose variants stand in a cell as the numbers given, which never change.
macro_rules! numbered {
    ($name:ident { $($variant:ident = $number:literal),* $(,)? }) => {
        impl $name {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The number that stands for it in a row.
            pub fn number(self) -> i64 {
                match self {
                    $(Self::$variant => $number,)*
                }
            }

            /// What stands for that number, if anything does.
            pub fn from_number(number: i64) -> Option<Self> {
                Self::ALL.iter().copied().find(|each| each.number() == number)
            }
        }

        impl $crate::row::Value for $name {
            const TYPE: $crate::row::ColumnType = $crate::row::ColumnType::Integer;

            fn put(&self, sink: &mut impl $crate::row::Sink) {
                sink.integer(self.number());
            }

            fn take(source: &mut impl $crate::row::Source) -> Option<Self> {
                source.integer().and_then(Self::from_number)
            }
        }
    };
}

pub(crate) use {column_name, id, keeping, numbered, row};
