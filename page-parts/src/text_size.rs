//! The sizes of text.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TextSize {
    /// 大, where nothing else is asked for.
    #[default]
    Large,
    /// 特大
    Larger,
    /// 超大
    Largest,
}

impl TextSize {
    /// All of them, the smallest first.
    pub const ALL: [Self; 3] = [Self::Large, Self::Larger, Self::Largest];

    /// Its name in links, cookies and style sheets.
    pub fn code(self) -> &'static str {
        match self {
            Self::Large => "large",
            Self::Larger => "larger",
            Self::Largest => "largest",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.code() == code)
    }
}
