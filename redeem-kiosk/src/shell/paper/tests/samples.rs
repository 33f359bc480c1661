//! Slips to try things on. Nobody in them exists.

use std::sync::OnceLock;

use jiff::tz::TimeZone;
use page_parts::Language;

use super::super::fonts::Fonts;
use super::super::picture::{Drawn, Picture, Roll, draw};
use super::super::slip::{JournalHead, Slip};
use crate::app::answer::ReceiptFacts;
use crate::app::effect::PrintJob;
use crate::shell::effects;

pub const ROLLS: [(Roll, &str); 2] = [(Roll::Millimetres58, "58mm"), (Roll::Millimetres80, "80mm")];
pub const OCCASIONS: [&str; 3] = ["redemption", "reversal", "copy"];

/// The redemption among the test vectors of the receipt's format.
const TOKEN: &str = "eyJhbGciOiJFZDI1NTE5IiwidHlwIjoicGJyMSIsImtpZCI6IkJKQVgtQlBxcUVxIn0.eyJpc3MiOiJ2ZWN0b3JzLmV4YW1wbGUiLCJybm8iOiJTMDEtMjYtMDAwMDAxIiwiaWF0IjoxNzgxNDk2MDAwLCJzdG4iOiJTMDEiLCJzZXEiOjEwLCJzdWIiOiI0YmRrN3NiMGdwZXM5M3d3IiwibG4iOltbIkcxMCIsMSwzMDBdXSwicHRzIjozMDAsImJhbCI6MTg3LCJwcnYiOiJHYk5RS2U3TGltY1c4MTdFSU9xaFRtYklsLVB0T2I3TFVuQkRfc3NTLXZvIn0.hYEAWpsmH6ec5sFmswaDH9q5pDT8LR12hJlfWb0nVeiIePBrgJ7QJjNecw16hbRcLol2ns3jnOghz8swEFVvAw";

/// 24 November 2026, 15:04 at the bank.
const ISSUED_AT: i64 = 1_795_503_840;

/// A redemption, a reversal, a redemption's copy, or the copy of one that was reversed in whole or in part, as the agent makes it.
pub fn slip(language: Language, occasion: &str) -> Slip {
    let journal = JournalHead { size: 184_207, root_start: "9f3c01ab".to_owned() };
    effects::slip(job(language, occasion), Some(journal), "东紫园")
}

fn job(language: Language, occasion: &str) -> PrintJob {
    let names = match language {
        Language::SimplifiedChinese => ["东北大米 5 kg", "植物精油洗衣皂（三块装）"],
        Language::TraditionalChinese => ["東北大米 5 kg", "植物精油洗衣皂（三塊裝）"],
        Language::English => ["Rice from the north, 5 kg", "Laundry soap, three bars"],
    };
    let receipt = ReceiptFacts {
        number: "S01-26-000042".to_owned(),
        issuer: "baoyulan".to_owned(),
        station: "S01".to_owned(),
        subject: "7f3a".to_owned(),
        reverses: String::new(),
        is_reversal: occasion == "reversal",
        token: TOKEN.to_owned(),
        url: format!("https://bank.example/v#{TOKEN}"),
        issued_at: ISSUED_AT,
        position: 184_207,
        lines: vec![("G10".to_owned(), 1, 300), ("G01".to_owned(), 2, 45)],
        points: 390,
        points_left: Some(187),
        is_reversed: occasion == "reversed",
        returned: if occasion == "partly" { vec![("G01".to_owned(), 1)] } else { Vec::new() },
    };
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let is_copy = matches!(occasion, "copy" | "reversed" | "partly");
    PrintJob { receipt, names: names.map(str::to_owned).to_vec(), is_copy, language, zone }
}

/// The same slip with a URL of this many bytes.
pub fn slip_with_url(url_bytes: usize) -> Slip {
    let mut slip = slip(Language::SimplifiedChinese, "redemption");
    // Not one letter again and again: a code should have to hold something.
    let letters = TOKEN.chars().filter(|letter| *letter != '.').cycle();
    slip.receipt_url = "https://bank.example/v#".chars().chain(letters).take(url_bytes).collect();
    slip
}

/// Every sample: its name, the slip and the roll.
pub fn all() -> Vec<(String, Slip, Roll)> {
    let mut samples = Vec::new();
    for language in Language::ALL {
        for (roll, roll_name) in ROLLS {
            for occasion in OCCASIONS {
                samples.push((format!("{}-{roll_name}-{occasion}", language.tag()), slip(language, occasion), roll));
            }
        }
    }
    samples
}

pub fn fonts() -> Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(|| Fonts::find(None).unwrap()).clone()
}

pub fn drawn(slip: &Slip, roll: Roll) -> Drawn {
    draw(slip, roll, &fonts()).unwrap()
}

pub fn picture(slip: &Slip, roll: Roll) -> Picture {
    drawn(slip, roll).picture
}
