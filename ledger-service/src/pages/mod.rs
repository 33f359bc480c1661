//! Pages for people: one page a file.

use axum::Router;

use crate::state::App;

/// All pages.
pub fn router() -> Router<App> {
    Router::new()
}
