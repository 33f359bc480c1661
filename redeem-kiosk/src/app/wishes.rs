//! What a person can have here: at once, soon, or not now.

use super::answer::Offer;
use super::model::{Model, Wish};

/// Offers on one screen.
pub const PER_PAGE: usize = 4;
/// The most that can be asked for at once.
const PIECES_MAX: i64 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    Now,
    /// With so many more points.
    Soon(i64),
    /// They have had this month's limit of it.
    HadEnough,
    SoldOut,
}

/// How far an offer is for this person: what the service would say, in the order in which it asks.
fn reach(model: &Model, offer: &Offer) -> Reach {
    let points = points_spendable(model);
    if offer.pieces_left < 1 {
        Reach::SoldOut
    } else if of_month(model, offer) < 1 {
        Reach::HadEnough
    } else if offer.points > points {
        Reach::Soon(offer.points - points)
    } else {
        Reach::Now
    }
}

/// Points that this person can spend.
pub fn points_spendable(model: &Model) -> i64 {
    model.volunteer().map_or(0, |volunteer| volunteer.points_spendable)
}

/// How many of it the month has left for this person.
fn of_month(model: &Model, offer: &Offer) -> i64 {
    if offer.monthly_limit < 1 {
        return PIECES_MAX;
    }
    let had = model.volunteer().and_then(|volunteer| volunteer.pieces_had.get(&offer.sku));
    offer.monthly_limit - had.copied().unwrap_or(0)
}

/// What the station has, for this person: what can be had first, the best of it at the top; then what is nearest; then
/// what they have had enough of; then what is sold out.
pub fn shelf(model: &Model) -> Vec<(&Offer, Reach)> {
    let mut offers: Vec<_> = model.catalogue.iter().map(|offer| (offer, reach(model, offer))).collect();
    offers.sort_by_key(|(offer, reach)| (*reach, -offer.points, offer.sku.clone()));
    offers
}

/// How many pages the shelf has; one at least.
pub fn pages(model: &Model) -> usize {
    model.catalogue.len().div_ceil(PER_PAGE).max(1)
}

/// How many of it this person can ask for; 0 where none.
pub fn pieces_max(model: &Model, offer: &Offer) -> i64 {
    let of_points = if offer.points > 0 { points_spendable(model) / offer.points } else { PIECES_MAX };
    of_points.min(of_month(model, offer)).min(offer.pieces_left).clamp(0, PIECES_MAX)
}

/// So many of an offer, as a wish; `None` where it cannot be had.
pub fn wish(model: &Model, sku: &str, pieces: i64) -> Option<Wish> {
    let offer = model.offer(sku)?;
    let points = offer.points.checked_mul(pieces)?;
    (1..=pieces_max(model, offer)).contains(&pieces).then(|| Wish {
        sku: offer.sku.clone(),
        name: offer.name.clone(),
        pieces,
        points,
        points_before: points_spendable(model),
    })
}
