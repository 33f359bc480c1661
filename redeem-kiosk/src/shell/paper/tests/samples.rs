//! Slips to try things on. Nobody in them exists.

use std::sync::OnceLock;

use page_parts::Language;

use super::super::fonts::Fonts;
use super::super::picture::{Drawn, Picture, Roll, draw};
use super::super::slip::{JournalHead, Kind, Line, Slip};

pub const ROLLS: [(Roll, &str); 2] = [(Roll::Millimetres58, "58mm"), (Roll::Millimetres80, "80mm")];
pub const OCCASIONS: [&str; 3] = ["redemption", "reversal", "copy"];

/// The redemption among the test vectors of the receipt's format.
const TOKEN: &str = "eyJhbGciOiJFZDI1NTE5IiwidHlwIjoicGJyMSIsImtpZCI6IkJKQVgtQlBxcUVxIn0.eyJpc3MiOiJ2ZWN0b3JzLmV4YW1wbGUiLCJybm8iOiJTMDEtMjYtMDAwMDAxIiwiaWF0IjoxNzgxNDk2MDAwLCJzdG4iOiJTMDEiLCJzZXEiOjEwLCJzdWIiOiI0YmRrN3NiMGdwZXM5M3d3IiwibG4iOltbIkcxMCIsMSwzMDBdXSwicHRzIjozMDAsImJhbCI6MTg3LCJwcnYiOiJHYk5RS2U3TGltY1c4MTdFSU9xaFRtYklsLVB0T2I3TFVuQkRfc3NTLXZvIn0.hYEAWpsmH6ec5sFmswaDH9q5pDT8LR12hJlfWb0nVeiIePBrgJ7QJjNecw16hbRcLol2ns3jnOghz8swEFVvAw";

/// A redemption, a reversal or a redemption's copy.
pub fn slip(language: Language, occasion: &str) -> Slip {
    let [title, station, rice, soap] = match language {
        Language::SimplifiedChinese => ["积分兑换回执", "宝玉兰驿站", "东北大米 5 kg", "植物精油洗衣皂（三块装）"],
        Language::TraditionalChinese => ["積分兌換回執", "寶玉蘭驛站", "東北大米 5 kg", "植物精油洗衣皂（三塊裝）"],
        Language::English => ["Points receipt", "Baoyulan", "Rice from the north, 5 kg", "Laundry soap, three bars"],
    };
    let line = |name: &str, pieces, points_each| Line { name: name.to_owned(), pieces, points_each };
    Slip {
        language,
        title: title.to_owned(),
        receipt_number: "S01-26-000042".to_owned(),
        station: station.to_owned(),
        time: "2026-11-24 15:04".to_owned(),
        kind: if occasion == "reversal" { Kind::Reversal } else { Kind::Redemption },
        lines: vec![line(rice, 1, 300), line(soap, 2, 45)],
        points: 390,
        points_left: Some(187),
        receipt_url: format!("https://bank.example/v#{TOKEN}"),
        journal: Some(JournalHead { size: 184_207, root_start: "9f3c01ab".to_owned() }),
        is_copy: occasion == "copy",
    }
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
