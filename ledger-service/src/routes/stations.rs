//! `GET /v1/stations/{station}/catalogue`

use axum::Json;
use axum::extract::State;
use baoyulan_ledger::Rejection;
use baoyulan_ledger::shop::OfferKind;
use baoyulan_ledger::store::offer::CatalogueItem;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::page::Page;
use super::{Amount, Segment};
use crate::auth::Caller;
use crate::auth::permissions::Place;
use crate::auth::permissions::stations::READ_CATALOGUE;
use crate::problem::{CommonProblems, Problem, ProblemBody};
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(catalogue))
}

/// An offer, and what a station has left of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CatalogueEntry {
    /// The offer's code.
    sku: String,
    /// Its name, in the town's own language.
    name: String,
    /// `goods`, `service` or `voucher`.
    kind: &'static str,
    /// Points for one piece.
    points: Amount,
    /// The version of its terms; every change of price makes a new one.
    version: i64,
    /// Pieces that one person may have in a month; 0 where there is no limit.
    monthly_limit: i64,
    /// Pieces or places that the station has left.
    pieces_left: Amount,
}

impl CatalogueEntry {
    fn of(item: CatalogueItem) -> Option<Self> {
        let terms = item.offer.terms;
        Some(Self {
            pieces_left: Amount::pieces(item.pieces_left?, &terms.sku),
            sku: terms.sku,
            name: terms.name,
            kind: match terms.kind {
                OfferKind::Goods => "goods",
                OfferKind::Service => "service",
                OfferKind::Voucher => "voucher",
            },
            points: Amount::points(terms.points),
            version: item.offer.version,
            monthly_limit: terms.monthly_limit,
        })
    }
}

/// What a station has to offer, in the order of the codes, with what is left of it. Everything is on one page.
#[utoipa::path(
    get,
    path = "/v1/stations/{station}/catalogue",
    operation_id = "list_offers",
    tag = "stations",
    params(("station" = String, Path, description = "The station's code")),
    responses(
        CommonProblems,
        (status = 200, description = "The offers whose stock this station keeps", body = Page<CatalogueEntry>),
        (status = 404, description = "There is no such station", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn catalogue(
    State(app): State<App>,
    caller: Caller,
    Segment(station): Segment,
) -> Result<Json<Page<CatalogueEntry>>, Problem> {
    caller.may(READ_CATALOGUE, Place { station: Some(&station), member: None })?;
    let ledger = app.ledger()?;
    if !ledger.station_names().await?.contains_key(&station) {
        return Err(Problem::unknown(Rejection::UnknownStation { station }));
    }
    let items = ledger.catalogue(&station).await?;
    Ok(Json(Page { data: items.into_iter().filter_map(CatalogueEntry::of).collect(), next_cursor: None }))
}
