//! A name in an address: a segment of its path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use baoyulan_ledger::text::code_from_path;

use crate::problem::Problem;
use crate::state::App;

/// The code that a segment of the path names; [`baoyulan_ledger::text::in_path`] writes it.
pub struct Segment(pub String);

impl FromRequestParts<App> for Segment {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, app).await;
        let Path(segment) = path.map_err(|_| Problem::unreadable_address())?;
        Ok(Self(code_from_path(&segment)))
    }
}
