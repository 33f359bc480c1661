//! A slip as a camera sees it: larger or smaller, askew, out of focus; and what it reads from it.

use super::super::picture::Picture;

/// White paper around the slip.
const MARGIN_DOTS: usize = 60;
/// One, in the fixed-point numbers below.
const ONE: i64 = 1 << 16;

pub struct Photograph {
    width: usize,
    height: usize,
    greys: Vec<u8>,
}

impl Photograph {
    /// As it is, on white.
    pub fn of(picture: &Picture) -> Self {
        let (width, height) = (picture.width_dots() + 2 * MARGIN_DOTS, picture.height_dots() + 2 * MARGIN_DOTS);
        let is_black = |x: usize, y: usize| match (x.checked_sub(MARGIN_DOTS), y.checked_sub(MARGIN_DOTS)) {
            (Some(x), Some(y)) => picture.is_black(x, y),
            _ => false,
        };
        let greys = (0..width * height).map(|at| if is_black(at % width, at / width) { 0 } else { 255 }).collect();
        Self { width, height, greys }
    }

    /// So many hundredths of the size.
    pub fn scaled(&self, hundredths: usize) -> Self {
        let (width, height) = (self.width * hundredths / 100, self.height * hundredths / 100);
        let step = ONE * 100 / hundredths as i64;
        self.resampled(width, height, |x, y| (x * step, y * step))
    }

    /// Turned by two degrees around its middle.
    pub fn askew(&self) -> Self {
        // The cosine and sine of 2°.
        let (cosine, sine) = (65_496, 2_287);
        let (middle_x, middle_y) = (self.width as i64 / 2, self.height as i64 / 2);
        self.resampled(self.width, self.height, |x, y| {
            let (x, y) = (x - middle_x, y - middle_y);
            (middle_x * ONE + x * cosine + y * sine, middle_y * ONE - x * sine + y * cosine)
        })
    }

    /// Every point is the mean of the nine around it.
    pub fn blurred(&self) -> Self {
        let mean = |x: i64, y: i64| {
            let around = (0..9).map(|place| self.grey(x + place % 3 - 1, y + place / 3 - 1));
            (around.sum::<i64>() / 9) as u8
        };
        let points = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x as i64, y as i64)));
        Self { greys: points.map(|(x, y)| mean(x, y)).collect(), ..*self }
    }

    /// What a decoder that is not ours reads from it: ZBar's, as many phones and scanners have it.
    pub fn texts(&self) -> Vec<String> {
        let size = (self.width.try_into().unwrap(), self.height.try_into().unwrap());
        let mut image = zedbar::Image::from_gray(&self.greys, size.0, size.1).unwrap();
        let mut scanner = zedbar::Scanner::with_config(zedbar::DecoderConfig::new().enable(zedbar::config::QrCode));
        let found = scanner.scan(&mut image);
        found.symbols().iter().map(|symbol| symbol.data_string().unwrap().to_owned()).collect()
    }

    /// The one code's text, or nothing.
    pub fn text(&self) -> Option<String> {
        match self.texts().as_mut_slice() {
            [only] => Some(std::mem::take(only)),
            _ => None,
        }
    }

    /// A point of the result is where `source` says, in [`ONE`]ths; between four points it is their mean by distance.
    fn resampled(&self, width: usize, height: usize, source: impl Fn(i64, i64) -> (i64, i64)) -> Self {
        let greys = (0..height * width).map(|at| {
            let (x, y) = source((at % width) as i64, (at / width) as i64);
            let (left, top, right_share, low_share) = (x >> 16, y >> 16, x & (ONE - 1), y & (ONE - 1));
            let row = |y| self.grey(left, y) * (ONE - right_share) + self.grey(left + 1, y) * right_share;
            ((row(top) / ONE * (ONE - low_share) + row(top + 1) / ONE * low_share) / ONE) as u8
        });
        Self { greys: greys.collect(), width, height }
    }

    fn grey(&self, x: i64, y: i64) -> i64 {
        let inside = usize::try_from(x).ok().zip(usize::try_from(y).ok());
        let inside = inside.filter(|(x, y)| *x < self.width && *y < self.height);
        inside.map_or(255, |(x, y)| i64::from(self.greys[y * self.width + x]))
    }
}
