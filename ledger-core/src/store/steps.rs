//! The one way to a database: every text that the ledger sends to an engine passes through [`Steps::send`], and so does every
//! connection that is opened. As a rule that is nothing but the sending itself. Where the feature `fault-injection` is
//! switched on, as it is for tests alone, [`super::cuts`] can let any of them fail.

#[cfg(not(feature = "fault-injection"))]
pub(super) use sending::Steps;

#[cfg(feature = "fault-injection")]
pub(super) use super::cuts::Steps;

#[cfg(not(feature = "fault-injection"))]
mod sending {
    use crate::store::dialect::Engine;
    use crate::store::target::Target;

    /// A connection's way to its database.
    #[derive(Debug, Clone, Default)]
    pub(in crate::store) struct Steps(());

    impl Steps {
        /// The way to this bank.
        #[inline]
        pub(in crate::store) fn of(_: &Target) -> Self {
            Self(())
        }

        /// Sends a text of so many statements. `told` makes the engine's error what the caller is told.
        #[inline]
        pub(in crate::store) fn send<F: Future<Output = Result<T, E>>, T, E>(
            &self,
            _: usize,
            sending: F,
            _: fn(sqlx::Error) -> E,
        ) -> F {
            sending
        }

        /// The parts in which a text is sent, each with how many statements it has.
        #[inline]
        pub(in crate::store) fn parts<'t>(&self, _: Engine, text: &'t str) -> [(&'t str, usize); 1] {
            [(text, 1)]
        }

        /// Whether a text of so many statements has to be sent statement by statement.
        #[inline]
        pub(in crate::store) fn is_cut_within(&self, _: usize) -> bool {
            false
        }

        /// Whether the connection was cut.
        #[inline]
        pub(in crate::store) fn is_cut(&self) -> bool {
            false
        }
    }
}
