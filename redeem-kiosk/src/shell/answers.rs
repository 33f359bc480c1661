//! The bodies that the service answers with, as far as the agent reads them.

use baoyulan_ledger::proof::{Receipt, ReceiptKind};
use baoyulan_ledger::text::harmless;
use data_encoding::HEXLOWER;
use jiff::tz::TimeZone;
use page_parts::rejection;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::paper::JournalHead;
use crate::app::answer::{Admission, Offer, ReceiptFacts, Refusal, Staff, Volunteer};
use crate::app::secret::Secret;

/// Quantities are within this, so that every JSON reader keeps them.
const QUANTITY_MAX: i64 = (1 << 53) - 1;
/// Hexadecimal digits of a root, and how many of them stand on paper.
const ROOT_DIGITS: usize = 64;
const ROOT_DIGITS_PRINTED: usize = 8;

#[derive(Deserialize)]
pub(super) struct AmountBody {
    quantity: i64,
    commodity: String,
}

impl AmountBody {
    fn of(&self, commodity: &str) -> Option<i64> {
        (self.commodity == commodity && self.quantity.abs() <= QUANTITY_MAX).then_some(self.quantity)
    }

    fn points(&self) -> Option<i64> {
        self.of("POINT")
    }

    /// The offer's code, and how many of it.
    fn pieces(&self) -> Option<(String, i64)> {
        Some((self.commodity.strip_prefix("ITEM:")?.to_owned(), self.of(&self.commodity)?))
    }
}

#[derive(Deserialize)]
pub(super) struct ProblemBody {
    pub(super) status: u16,
    pub(super) code: String,
    /// What a rejection names beside its code.
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl ProblemBody {
    pub(super) fn refusal(self) -> Refusal {
        let mut problem = self.fields;
        problem.insert("code".to_owned(), self.code.clone().into());
        match (rejection::read(&Value::Object(problem)), self.code.as_str()) {
            (Some(rejection), _) => Refusal::Rejected(rejection),
            (None, "pin_wrong") => Refusal::PinWrong,
            (None, "not_staff") => Refusal::NotStaff,
            (None, _) => Refusal::Unknown(self.code),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct BankBody {
    issuer: String,
    zone: String,
    journal: JournalBody,
    credential: CredentialBody,
}

/// Whose token it is that the service was shown.
#[derive(Deserialize)]
struct CredentialBody {
    role: String,
    station: Option<String>,
}

#[derive(Deserialize)]
struct JournalBody {
    size: u64,
    root: String,
}

impl BankBody {
    /// The bank's name and zone; none where there is no such zone.
    pub(super) fn facts(&self) -> Option<(String, TimeZone)> {
        Some((self.issuer.clone(), TimeZone::get(&self.zone).ok()?))
    }

    /// Whose token it is, where it is not that of a device of this station.
    pub(super) fn other_credential(&self, station: &str) -> Option<String> {
        let CredentialBody { role, station: own } = &self.credential;
        let of = own.as_ref().map(|own| format!(" at the station {own:?}")).unwrap_or_default();
        (role != "device" || own.as_deref() != Some(station)).then(|| format!("the role {role:?}{of}"))
    }

    /// How many records the journal has; `None` where that makes no sense.
    pub(super) fn journal_size(&self) -> Option<i64> {
        i64::try_from(self.journal.size).ok()
    }

    /// Where the journal stood; `None` where that makes no sense, or the record at that position is not in it.
    pub(super) fn head_after(&self, position: i64) -> Option<JournalHead> {
        let JournalBody { size, root } = &self.journal;
        let is_root = root.len() == ROOT_DIGITS && root.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
        let covers = u64::try_from(position).is_ok_and(|position| position < *size);
        let root_start = root.get(..ROOT_DIGITS_PRINTED)?.to_owned();
        (is_root && covers).then_some(JournalHead { size: *size, root_start })
    }
}

#[derive(Deserialize)]
pub(super) struct AttendantBody {
    actor: String,
    visit: Secret,
}

impl AttendantBody {
    pub(super) fn staff(self) -> Staff {
        Staff { actor: self.actor, visit: self.visit }
    }
}

/// Of a PIN, or of staff who vouch.
#[derive(Deserialize)]
pub(super) struct AdmissionBody {
    visit: Secret,
    volunteer: VolunteerBody,
}

impl AdmissionBody {
    /// None where it is somebody else, or makes no sense.
    pub(super) fn admission(self, card: &Secret) -> Option<Admission> {
        Some(Admission { volunteer: self.volunteer.volunteer(card)?, visit: self.visit })
    }
}

#[derive(Deserialize)]
struct VolunteerBody {
    card: Secret,
    card_state: String,
    name: String,
    pseudonym: String,
    pieces_had: Vec<AmountBody>,
    points_spendable: AmountBody,
}

impl VolunteerBody {
    /// None where it is somebody else, or makes no sense.
    fn volunteer(self, card: &Secret) -> Option<Volunteer> {
        let points_spendable = self.points_spendable.points()?;
        let pieces_had = self.pieces_had.iter().map(AmountBody::pieces).collect::<Option<_>>()?;
        let is_blocked = match self.card_state.as_str() {
            "active" => false,
            "blocked" => true,
            _ => return None,
        };
        let is_theirs = self.card == *card && !self.pseudonym.is_empty();
        let Self { name, pseudonym, .. } = self;
        let name = harmless(&name).into_owned();
        is_theirs.then_some(Volunteer { name, pseudonym, points_spendable, pieces_had, is_blocked })
    }
}

#[derive(Deserialize)]
pub(super) struct CatalogueBody {
    data: Vec<OfferBody>,
}

#[derive(Deserialize)]
struct OfferBody {
    sku: String,
    name: String,
    kind: String,
    points: AmountBody,
    monthly_limit: i64,
    pieces_left: AmountBody,
}

impl CatalogueBody {
    /// None where one of them makes no sense.
    pub(super) fn offers(self) -> Option<Vec<Offer>> {
        self.data.into_iter().map(OfferBody::offer).collect()
    }
}

impl OfferBody {
    fn offer(self) -> Option<Offer> {
        let points = self.points.points().filter(|points| *points >= 0)?;
        let pieces_left = self.pieces_left.of(&format!("ITEM:{}", self.sku))?;
        let is_service = self.kind != "goods";
        let is_good = self.monthly_limit >= 0 && !self.sku.is_empty();
        is_good.then_some(Offer {
            sku: self.sku,
            name: harmless(&self.name).into_owned(),
            points,
            monthly_limit: self.monthly_limit,
            pieces_left,
            is_service,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct ReceiptBody {
    receipt_number: String,
    kind: String,
    pub(super) receipt: String,
    receipt_url: String,
    /// Whether all of it has come back.
    #[serde(default)]
    reversed: bool,
    #[serde(default)]
    returns: Vec<ReturnBody>,
}

/// A reversal of it, whole or in part.
#[derive(Deserialize)]
struct ReturnBody {
    lines: Vec<ReturnedLineBody>,
}

#[derive(Deserialize)]
struct ReturnedLineBody {
    pieces: AmountBody,
}

impl ReceiptBody {
    /// Whether its address is one of the web, and holds it.
    fn is_url_good(&self) -> bool {
        let scheme = self.receipt_url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        let is_web = matches!(scheme.as_deref(), Some("http" | "https"));
        is_web && self.receipt_url.ends_with(&format!("#{}", self.receipt))
    }

    /// What its verified token says; `None` where what stands beside it says something else.
    pub(super) fn facts(self, receipt: Receipt) -> Option<ReceiptFacts> {
        let (kind, is_reversal) = match receipt.kind {
            ReceiptKind::Redemption => ("redemption", false),
            ReceiptKind::Reversal => ("reversal", true),
        };
        let agrees = self.kind == kind && self.receipt_number == receipt.number;
        // The bank has signed it all the same: without a good address it is shown and printed without its code.
        let url = if self.is_url_good() { self.receipt_url } else { String::new() };
        let lines = self.returns.iter().flat_map(|one| &one.lines);
        let returned: Option<Vec<(String, i64)>> = lines.map(|line| line.pieces.pieces()).collect();
        let returned = returned?;
        agrees.then_some(ReceiptFacts {
            number: receipt.number,
            issuer: receipt.issuer,
            station: receipt.station,
            subject: receipt.subject,
            reverses: receipt.reference.map(|digest| HEXLOWER.encode(&digest)).unwrap_or_default(),
            is_reversal,
            token: self.receipt,
            url,
            issued_at: receipt.issued_at,
            position: receipt.position,
            lines: receipt.lines.into_iter().map(|line| (line.sku, line.pieces, line.points_each)).collect(),
            points: receipt.points,
            points_left: receipt.balance,
            is_reversed: self.reversed,
            returned,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bank(zone: &str, size: u64, root: &str) -> BankBody {
        BankBody {
            issuer: "baoyulan".to_owned(),
            zone: zone.to_owned(),
            journal: JournalBody { size, root: root.to_owned() },
            credential: CredentialBody { role: "device".to_owned(), station: Some("S01".to_owned()) },
        }
    }

    #[test]
    fn a_token_is_this_station_s_device_s_or_it_is_said_whose_it_is() {
        let other = |role: &str, station: Option<&str>, own: &str| {
            let credential = CredentialBody { role: role.to_owned(), station: station.map(str::to_owned) };
            BankBody { credential, ..bank("", 1, "") }.other_credential(own)
        };
        assert_eq!(other("device", Some("S01"), "S01"), None);
        let told = [
            (other("device", Some("S01"), "s01"), "the role \"device\" at the station \"S01\""),
            (other("device", Some("S01"), "S99"), "the role \"device\" at the station \"S01\""),
            (other("teller", Some("S01"), "S01"), "the role \"teller\" at the station \"S01\""),
            (other("administrator", None, "S01"), "the role \"administrator\""),
        ];
        for (credential, expected) in told {
            assert_eq!(credential.as_deref(), Some(expected));
        }
    }

    #[test]
    fn an_address_is_one_of_the_web_that_ends_with_its_receipt() {
        let is_good = |url: &str| {
            let (kind, receipt_number) = ("redemption".to_owned(), "S01-26-000001".to_owned());
            let (receipt, receipt_url) = ("a.b.c".to_owned(), url.to_owned());
            let body = ReceiptBody { receipt_number, kind, receipt, receipt_url, reversed: false, returns: Vec::new() };
            body.is_url_good()
        };
        for good in ["https://points.example/v#a.b.c", "HTTP://points.example/v#a.b.c"] {
            assert!(is_good(good), "{good}");
        }
        for wrong in ["points.example/v#a.b.c", "ftp://points.example/v#a.b.c", "https://points.example/v#a.b", ""] {
            assert!(!is_good(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_refusal_is_told_from_its_code_and_fields() {
        let refusal = |body: &str| serde_json::from_str::<ProblemBody>(body).map(ProblemBody::refusal).unwrap();
        for rejection in rejection::examples() {
            let mut body = serde_json::to_value(&rejection).unwrap();
            body["status"] = 422.into();
            body["detail"] = "in anybody's words".into();
            assert_eq!(refusal(&body.to_string()), Refusal::Rejected(rejection));
        }
        assert_eq!(refusal(r#"{"status":422,"code":"pin_wrong"}"#), Refusal::PinWrong);
        assert_eq!(refusal(r#"{"status":422,"code":"not_staff"}"#), Refusal::NotStaff);
        for unknown in ["something_new", "out_of_stock"] {
            let body = format!(r#"{{"status":422,"code":"{unknown}"}}"#);
            assert_eq!(refusal(&body), Refusal::Unknown(unknown.to_owned()), "without what it needs");
        }
    }

    #[test]
    fn names_turn_nothing_around() {
        let body = r#"{"data":[{"sku":"G1","name":"\u202e大米\u2069\u2028","kind":"goods","monthly_limit":0,
            "points":{"quantity":1,"commodity":"POINT"},"pieces_left":{"quantity":1,"commodity":"ITEM:G1"}}]}"#;
        let offers = serde_json::from_str::<CatalogueBody>(body).unwrap().offers().unwrap();
        assert_eq!(offers[0].name, "大米");
        let body = r#"{"card":"1000186983","card_state":"active","name":"王\u202e*","pseudonym":"p1","pieces_had":[],
            "points_spendable":{"quantity":1,"commodity":"POINT"}}"#;
        let volunteer = serde_json::from_str::<VolunteerBody>(body).unwrap().volunteer(&Secret::new("1000186983"));
        assert_eq!(volunteer.unwrap().name, "王*");
    }

    #[test]
    fn a_zone_is_one_that_is_known() {
        let zone = |body: BankBody| body.facts().map(|(_, zone)| zone);
        assert_eq!(zone(bank("Asia/Shanghai", 1, "")), TimeZone::get("Asia/Shanghai").ok());
        for wrong in ["", "Asia/Nowhere", "+08:00", "../../etc/passwd"] {
            assert_eq!(zone(bank(wrong, 1, "")), None, "{wrong}");
        }
    }

    #[test]
    fn a_head_is_a_whole_root_of_a_journal_with_the_record_in_it() {
        let root = "9f3c01ab".repeat(8);
        let start = |body: BankBody, position| body.head_after(position).map(|head| (head.size, head.root_start));
        assert_eq!(start(bank("", 43, &root), 42), Some((43, "9f3c01ab".to_owned())));
        assert_eq!(start(bank("", 42, &root), 42), None, "as it stood before");
        assert_eq!(start(bank("", 43, &root), -1), None);
        for wrong in ["", "9f3c01ab", &root.to_uppercase(), &format!("{root}0"), &"回".repeat(64), &"g".repeat(64)] {
            assert_eq!(start(bank("", 43, wrong), 42), None, "{wrong}");
        }
    }
}
