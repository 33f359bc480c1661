//! The pictures as they were when somebody looked at them: `redeem-kiosk/tests/slips`. `cargo xtask slips` draws them anew.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use page_parts::Language;

use super::super::picture::{Picture, Roll};
use super::super::slip::Slip;
use super::pictures::inked;
use super::samples;

/// Set to `write`, the pictures are drawn anew instead of compared.
const VARIABLE: &str = "REDEEM_KIOSK_SLIPS";
/// The height of a line of text, about; differences are counted in every stretch as high as this.
const STRETCH_DOTS: usize = 40;
/// So many dots may differ in a stretch: another machine's arithmetic may draw an edge elsewhere. One digit is more than this.
const OTHER_DOTS_MAX: usize = 20;

#[test]
fn slips_look_as_they_did_when_they_were_looked_at() {
    let is_writing = std::env::var(VARIABLE).is_ok_and(|value| value == "write");
    let mut others = Vec::new();
    for (name, slip, roll) in looked_at() {
        let picture = samples::picture(&slip, roll);
        let path = folder().join(&name).with_extension("png");
        if is_writing {
            write(&path, &picture);
        }
        if is_another(&read(&path), &picture) {
            others.push(name);
        }
    }
    assert!(others.is_empty(), "other than committed: {others:?}; draw them with `cargo xtask slips` and look at them");
    let committed = fs::read_dir(folder()).unwrap().count();
    assert_eq!(committed, looked_at().len(), "each picture is of one sample");
}

#[test]
fn a_picture_with_one_other_digit_or_without_one_row_is_told_apart() {
    let changes: [fn(&mut Slip); 8] = [
        |slip| slip.title.replace_range(..3, "寶"),
        |slip| slip.receipt_number = slip.receipt_number.replace("42", "47"),
        |slip| slip.time = slip.time.replace("15:04", "16:04"),
        |slip| slip.lines[0].pieces = 7,
        |slip| slip.points = 396,
        |slip| slip.points_left = Some(181),
        |slip| slip.journal.iter_mut().for_each(|head| head.size += 1),
        |slip| slip.journal.iter_mut().for_each(|head| head.root_start = "9f3cO1ab".to_owned()),
    ];
    for (roll, name) in samples::ROLLS {
        let slip = samples::slip(Language::SimplifiedChinese, "redemption");
        let picture = samples::picture(&slip, roll);
        assert!(!is_another(&picture, &picture));
        for (number, change) in changes.into_iter().enumerate() {
            let mut other = slip.clone();
            change(&mut other);
            assert!(is_another(&picture, &samples::picture(&other, roll)), "{name}: change {number}");
        }
        let (width, mut erased) = (picture.width_bytes(), 0);
        for (begin, end) in inked(&picture).into_iter().filter(|(begin, end)| end - begin > 2) {
            let mut bytes = picture.bytes().to_vec();
            bytes[begin * width..end * width].fill(0);
            assert!(is_another(&picture, &Picture::new(picture.width_dots(), bytes)), "{name}: {begin}–{end}");
            erased += 1;
        }
        assert!(erased > 12, "{name}: {erased} rows");
    }
}

/// Every sample, the longest code, and none.
fn looked_at() -> Vec<(String, Slip, Roll)> {
    let mut samples = samples::all();
    for (name, url_bytes) in [("longest-code", 997), ("without-code", 998)] {
        samples.push((format!("zh-Hans-58mm-{name}"), samples::slip_with_url(url_bytes), Roll::Millimetres58));
    }
    samples
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slips")
}

fn is_another(left: &Picture, right: &Picture) -> bool {
    let differences = differences(left, right);
    let stretches = differences.windows(STRETCH_DOTS);
    left.height_dots() != right.height_dots()
        || stretches.map(|rows| rows.iter().sum::<usize>()).any(|others| others > OTHER_DOTS_MAX)
}

/// Row by row.
fn differences(left: &Picture, right: &Picture) -> Vec<usize> {
    let rows = left.bytes().chunks(left.width_bytes()).zip(right.bytes().chunks(right.width_bytes()));
    rows.map(|(left, right)| {
        let bytes = left.iter().zip(right);
        bytes.map(|(left, right)| (left ^ right).count_ones() as usize).sum()
    })
    .collect()
}

/// In a PNG of one bit, 1 is white.
fn write(path: &Path, picture: &Picture) {
    let file = BufWriter::new(File::create(path).unwrap());
    let (width, height) = (picture.width_dots().try_into().unwrap(), picture.height_dots().try_into().unwrap());
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::High);
    let bytes: Vec<u8> = picture.bytes().iter().map(|byte| !byte).collect();
    encoder.write_header().unwrap().write_image_data(&bytes).unwrap();
}

fn read(path: &Path) -> Picture {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask slips`", path.display()));
    let mut reader = png::Decoder::new(BufReader::new(file)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Grayscale, png::BitDepth::One));
    Picture::new(info.width as usize, bytes.iter().map(|byte| !byte).collect())
}
