//! The pictures as they were when somebody looked at them: `redeem-kiosk/tests/slips`. `cargo xtask slips` draws them anew.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use super::super::picture::{Picture, Roll};
use super::super::slip::Slip;
use super::samples;

/// Set to `write`, the pictures are drawn anew instead of compared.
const VARIABLE: &str = "REDEEM_KIOSK_SLIPS";
/// Another release of the fonts may draw an edge elsewhere; another text or place is far more than this.
const OTHER_DOTS_PER_THOUSAND_MAX: usize = 15;

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
        let committed = read(&path);
        let dots = picture.width_dots() * picture.height_dots();
        if committed.height_dots() != picture.height_dots()
            || differences(&committed, &picture) * 1000 > dots * OTHER_DOTS_PER_THOUSAND_MAX
        {
            others.push(name);
        }
    }
    assert!(others.is_empty(), "other than committed: {others:?}; draw them with `cargo xtask slips` and look at them");
    let committed = fs::read_dir(folder()).unwrap().count();
    assert_eq!(committed, looked_at().len(), "each picture is of one sample");
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

fn differences(left: &Picture, right: &Picture) -> usize {
    let bytes = left.bytes().iter().zip(right.bytes());
    bytes.map(|(left, right)| (left ^ right).count_ones() as usize).sum()
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
