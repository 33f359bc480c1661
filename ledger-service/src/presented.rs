//! A receipt that somebody presents, as a number or as a whole, and what the bank says of it.
//!
//! Two receipts may carry one number: after a restore from an old backup, or with a stolen key. So a whole receipt is compared
//! with the stored one, byte for byte; its number only leads to the place where it would be.

use baoyulan_ledger::proof::receipt::{ReceiptKind, token_digest};
use baoyulan_ledger::proof::typed::{Typed, TypedNumber};
use baoyulan_ledger::proof::{Digest, Receipt, ReceiptNumber};
use baoyulan_ledger::store::chain::{IssuedReceipt, Returned};
use baoyulan_ledger::text::code_as_typed;
use baoyulan_ledger::{Fault, Ledger};

use crate::problem::Problem;
use crate::state::App;

/// The number under the station's own spelling of its code; `None` where no station has it.
pub async fn of_a_station(ledger: &Ledger, number: &TypedNumber) -> Result<Option<ReceiptNumber>, Fault> {
    let stations = ledger.station_names().await?;
    Ok(number.at_one_of(stations.keys().map(String::as_str)))
}

/// The number as it is printed, of one that somebody typed: every door reads it like the page `/v`. What is no number of a station
/// is left for the ledger to refuse.
pub async fn as_printed(ledger: &Ledger, typed: &str) -> Result<String, Fault> {
    let number = match Typed::read(typed) {
        Typed::Number(number) => of_a_station(ledger, &number).await?,
        Typed::Nothing | Typed::Unread | Typed::Several | Typed::Incomplete | Typed::Token(_) => None,
    };
    Ok(number.map_or_else(|| code_as_typed(typed).into_owned(), |number| number.to_string()))
}

/// A receipt that the bank has, with what it says.
pub struct Held {
    pub issued: IssuedReceipt,
    pub receipt: Receipt,
}

/// How it stands with a receipt that the bank has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing of the redemption has come back.
    Stands,
    /// Some of its pieces have come back; it stands for the others.
    PartlyReturned,
    /// The redemption has been reversed: every piece has come back.
    Reversed,
    /// It is the receipt of a reversal.
    Reversal,
}

impl Held {
    fn of(issued: IssuedReceipt) -> Result<Self, Problem> {
        let receipt = Receipt::read_unverified(&issued.token).ok_or_else(|| Problem::broken("damaged"))?;
        Ok(Self { issued, receipt })
    }

    pub fn standing(&self) -> Standing {
        Standing::of(self.receipt.kind, self.issued.returned)
    }

    /// The numbers of the receipts that reverse this one, or of the one that this one reverses.
    pub fn others(&self) -> Vec<String> {
        let reversals = self.issued.returns.iter().map(|one| &one.receipt);
        self.issued.reverses.iter().chain(reversals).map(ToString::to_string).collect()
    }
}

impl Standing {
    /// How it stands with a receipt of that kind, of which so much has come back.
    pub fn of(kind: ReceiptKind, returned: Returned) -> Self {
        match (kind, returned) {
            (ReceiptKind::Reversal, _) => Self::Reversal,
            (ReceiptKind::Redemption, Returned::All) => Self::Reversed,
            (ReceiptKind::Redemption, Returned::Partly) => Self::PartlyReturned,
            (ReceiptKind::Redemption, Returned::Nothing) => Self::Stands,
        }
    }
}

/// The receipt of that number. Numbers can be guessed, so whoever asks here counts what was asked.
pub async fn by_number(app: &App, number: &TypedNumber) -> Result<Option<Held>, Problem> {
    match of_a_station(app.ledger()?, number).await? {
        Some(number) => app.ledger()?.issued_receipt(&number).await?.map(Held::of).transpose(),
        None => Ok(None),
    }
}

/// The receipt of that id (the SHA-256 of its token), which stands under that number; `None` where another one stands there.
pub async fn by_id(app: &App, number: &ReceiptNumber, id: &Digest) -> Result<Option<Held>, Problem> {
    let issued = app.ledger()?.issued_receipt(number).await?;
    issued.filter(|issued| token_digest(&issued.token) == *id).map(Held::of).transpose()
}

/// The same of a number that somebody typed.
pub async fn by_typed_id(app: &App, number: &TypedNumber, id: &Digest) -> Result<Option<Held>, Problem> {
    match of_a_station(app.ledger()?, number).await? {
        Some(number) => by_id(app, &number, id).await,
        None => Ok(None),
    }
}
