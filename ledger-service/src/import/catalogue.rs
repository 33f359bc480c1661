//! `catalogue.csv`: what points are exchanged for.

use std::path::Path;

use baoyulan_ledger::book::QUANTITY_MAX;
use baoyulan_ledger::command::Command;
use baoyulan_ledger::proof::receipt::SKU_LENGTH_MAX;
use baoyulan_ledger::shop::{OfferKind, OfferTerms};

use super::fault::Fault;
use super::sheet::{Layout, Row};
use super::table::Table;

pub static LAYOUT: Layout = Layout {
    file: "catalogue.csv",
    row: "SKU",
    columns: &["sku", "name", "points", "kind", "cost_fen", "limit_per_person_per_month"],
    personal: false,
};

pub fn read(folder: &Path) -> Result<Table<OfferTerms>, Fault> {
    Table::read(folder, &LAYOUT, |row, keys| {
        let sku = row.field("sku")?;
        Ok(OfferTerms {
            sku: keys.add(&sku.receipt_code(SKU_LENGTH_MAX)?, &sku)?,
            name: row.field("name")?.title()?,
            points: row.field("points")?.integer(1..=QUANTITY_MAX)?,
            kind: kind(row)?,
            cost_fen: row.field("cost_fen")?.integer(0..=QUANTITY_MAX)?,
            monthly_limit: row.field("limit_per_person_per_month")?.integer(0..=QUANTITY_MAX)?,
        })
    })
}

fn kind(row: Row<'_>) -> Result<OfferKind, Fault> {
    row.field("kind")?.word(&["goods", "service", "voucher"], OfferKind::from_name)
}

pub fn command(terms: &OfferTerms) -> Command {
    Command::SetOffer(terms.clone())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{expect_faults, expect_read, out_of_range, read_changed, real_town, repeated};
    use super::*;

    #[test]
    fn what_is_no_offer_is_a_fault() {
        expect_faults(
            &LAYOUT,
            &[
                ("G01", "G00000001", "line 2, column sku: the text is 9 characters long; shorten it to at most 8"),
                ("G01", "G#1", "line 2, column sku: the text \"G#1\" is not a code; use only"),
                ("G02", "G01", &repeated(3, "sku", "SKU \"G01\"", 2)),
                (
                    "goods",
                    "Goods",
                    "line 2, column kind: this column does not know the word \"Goods\"; write one of: goods, service, voucher",
                ),
                (",450,", ",-1,", &out_of_range("cost_fen", "-1", "0 to")),
                (",450,4", ",450,-1", &out_of_range("limit_per_person_per_month", "-1", "0 to")),
            ],
        );
        expect_read(&LAYOUT, &[("V12,", "aZ9._:/-,x,1,goods,0,0\nV12,")]);
    }

    #[test]
    fn a_price_is_a_whole_number_of_points() {
        // Full-width digits are digits; the rest is no way to write a whole number.
        expect_read(&LAYOUT, &[(",30,", ",\u{3000}３０,")]);
        for text in ["３．０", "+30", "30.0", "3 0", "-", "1,000"] {
            let whole = format!("line 2, column points: the text \"{text}\" is not a whole number; write");
            expect_faults(&LAYOUT, &[(",30,", &format!(",\"{text}\","), &whole)]);
        }
        for text in ["0", "-30", "-0", "9007199254740992", "99999999999999999999"] {
            let range = out_of_range("points", text, "1 to 9007199254740991");
            expect_faults(&LAYOUT, &[(",30,", &format!(",{text},"), &range)]);
        }
        expect_faults(&LAYOUT, &[(",30,", ",,", "line 2, column points: the field is empty")]);
        let highest = read_changed(&LAYOUT, ",30,", ",9007199254740991,").unwrap();
        assert_eq!(highest.catalogue.rows[0].content.points, QUANTITY_MAX);
    }

    #[test]
    fn an_offer_without_a_limit_has_zero() {
        assert_eq!(real_town().catalogue.rows[24].content.monthly_limit, 1);
        let unlimited = read_changed(&LAYOUT, ",450,4", ",450,0").unwrap();
        assert_eq!(unlimited.catalogue.rows[0].content.monthly_limit, 0);
    }
}
