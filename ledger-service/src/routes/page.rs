//! Pages of lists: an opaque cursor, and a limit.

use baoyulan_ledger::language::Language;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

/// How many items a page has unless the caller says otherwise.
const LIMIT: usize = 50;
const LIMIT_MAX: usize = 200;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// The `next_cursor` of the page before. Without it, the first page is meant.
    #[param(min_length = 1, pattern = "^[A-Za-z0-9_-]+$")]
    pub cursor: Option<String>,
    /// How many items the page has at most, 1 to 200; 50 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<usize>,
    /// The language of words; `zh-Hans` if it is left out.
    #[param(inline)]
    pub language: Option<WordsLanguage>,
}

/// The language of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
pub enum WordsLanguage {
    /// 简体中文
    #[serde(rename = "zh-Hans")]
    SimplifiedChinese,
    /// 繁體中文
    #[serde(rename = "zh-Hant")]
    TraditionalChinese,
    /// English
    #[serde(rename = "en")]
    English,
}

impl From<WordsLanguage> for Language {
    fn from(language: WordsLanguage) -> Self {
        match language {
            WordsLanguage::SimplifiedChinese => Self::SimplifiedChinese,
            WordsLanguage::TraditionalChinese => Self::TraditionalChinese,
            WordsLanguage::English => Self::English,
        }
    }
}

impl PageQuery {
    pub fn limit(&self) -> Result<usize, Problem> {
        let limit = self.limit.unwrap_or(LIMIT);
        if (1..=LIMIT_MAX).contains(&limit) {
            Ok(limit)
        } else {
            Err(Problem::bad_request("invalid_query", format!("limit is 1 to {LIMIT_MAX}")))
        }
    }

    /// The numbers in the cursor; `None` on the first page, 400 if it is a cursor of another list.
    pub fn cursor(&self, list: &str) -> Result<Option<Vec<i64>>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let numbers = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok().and_then(|bytes| {
            let text = String::from_utf8(bytes).ok()?;
            text.strip_prefix(list)?.strip_prefix(':')?.split(',').map(|number| number.parse().ok()).collect()
        });
        numbers.map(Some).ok_or_else(|| Problem::bad_request("invalid_cursor", "the cursor is not one of this list's"))
    }

    /// The language to word things in.
    pub fn language(&self) -> Language {
        self.language.map_or(Language::SimplifiedChinese, Language::from)
    }
}

/// A cursor that only this list takes.
pub fn cursor(list: &str, numbers: &[i64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    BASE64URL_NOPAD.encode(format!("{list}:{}", numbers.join(",")).as_bytes())
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub data: Vec<T>,
    /// The cursor of the next page; null on the last one.
    pub next_cursor: Option<String>,
}
