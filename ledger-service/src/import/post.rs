//! Pass two of an import: posts a checked folder in the order of its files, and reports what was refused.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context;
use baoyulan_ledger::book::commodity::{MINUTE, POINT};
use baoyulan_ledger::command::{Channel, Envelope, Key};
use baoyulan_ledger::earn::AttendanceSheetRow;
use baoyulan_ledger::poster::{Sequence, Submitted};
use baoyulan_ledger::{Ledger, Posted, Rejection, Stopped, private};
use page_parts::{Language, rejection};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::attendance::{self, AttendanceRows};
use super::plan::Planned;
use crate::cells::Cells;
use crate::refused_rows::{RefusedRow, Wording};

/// The actor of every record that the command line's import makes.
pub const ACTOR: &str = "import";
/// How many rows are posted together. Two such chunks are in memory at a time.
const CHUNK_ROWS: usize = 4096;

/// What has become of the files so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Summary {
    /// How many rows of the other files have changed the bank, by file. Those of the policy are one, under the first of its files.
    #[serde(default)]
    pub changed: BTreeMap<String, u64>,
    /// Rows that were posted, accepted or not.
    pub rows: u64,
    /// Rows of these that the ledger accepted.
    pub accepted: u64,
    /// Service time that the accepted rows recorded, in minutes.
    pub minutes: i64,
    /// Points that the accepted rows earned.
    pub points: i64,
    /// Points of these that nobody could spend any more when they were posted: those of years long ago.
    #[serde(default)]
    pub points_expired: i64,
    /// How many rows the ledger refused, by the rejection's code.
    pub refused: BTreeMap<String, u64>,
}

impl Summary {
    /// How many commands have changed the bank.
    fn changes(&self) -> usize {
        usize::try_from(self.changed.values().sum::<u64>() + self.accepted).unwrap_or(usize::MAX)
    }

    /// Whether nothing of it came to anything, although there were rows, and none was there from before.
    pub fn is_in_vain(&self) -> bool {
        self.rows > 0 && self.accepted == 0 && !self.refused.contains_key(&Rejection::AlreadyRecorded.code())
    }
}

/// Posts everything but the attendance, and counts what has changed the bank. What the bank has already stays as it is.
///
/// # Errors
/// The first row that the bank refuses for another reason, with its file and line.
pub async fn register(
    ledger: &Ledger,
    planned: Vec<Planned>,
    actor: &str,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    let mut planned = planned.into_iter().peekable();
    while planned.peek().is_some() {
        let chunk: Vec<Planned> = planned.by_ref().take(CHUNK_ROWS).collect();
        let places: Vec<(&'static str, u64)> = chunk.iter().map(|planned| (planned.file, planned.line)).collect();
        let envelopes = chunk.into_iter().map(|planned| envelope(planned, actor)).collect();
        let posted = ledger.post_all(envelopes).await;
        let outcomes = posted.map_err(|Stopped { outcomes, fault }| {
            fault.after(summary.changes() + outcomes.iter().filter(|outcome| outcome.is_ok()).count())
        })?;
        for (outcome, (file, line)) in outcomes.into_iter().zip(places) {
            match outcome {
                Ok(_) => *summary.changed.entry(file.to_owned()).or_default() += 1,
                Err(Rejection::AlreadyRegistered { .. } | Rejection::StockOpen { .. }) => {}
                Err(rejection) => return Err(RefusedRow { file, line, rejection }.into()),
            }
        }
    }
    Ok(())
}

fn envelope(planned: Planned, actor: &str) -> Envelope {
    Envelope::unkeyed(actor, Channel::Import, planned.command)
}

/// The file that lists refused rows, if one is asked for: see [`crate::refused_rows`].
pub struct Report(Option<Cells<BufWriter<File>, 4>>, Wording);

impl Report {
    /// Makes the file before anything is posted, or reports nothing if there is no path.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn create(path: Option<&Path>, wording: Wording) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self(None, wording)) };
        has_rows(path, wording)?;
        let file = private::create(path).with_context(|| format!("the report {}", path.display()))?;
        Ok(Self(Some(Cells::new(BufWriter::new(file), wording.header())?), wording))
    }

    fn refused(&mut self, (row, line): &Numbered, code: &str, rejection: &Rejection) -> anyhow::Result<()> {
        match &mut self.0 {
            Some(cells) => {
                cells.row([row.into(), code.into(), (&self.1.cell(rejection)).into(), (&line.to_string()).into()])
            }
            None => Ok(()),
        }
    }

    fn finish(self) -> anyhow::Result<()> {
        if let Some(cells) = self.0 {
            cells.finish().context("the report")?;
        }
        Ok(())
    }
}

/// Moves an earlier report of that name aside, under a number of its own: somebody may not have worked through it yet. Gives its
/// new name; a report without rows is left to be replaced.
///
/// # Errors
/// If the file is no report, or cannot be moved.
pub fn keep_earlier(path: &Path, wording: Wording) -> anyhow::Result<Option<PathBuf>> {
    if !has_rows(path, wording)? {
        return Ok(None);
    }
    let end = path.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
    let mut names = (1_u32..).map(|number| path.with_extension(format!("{number}{end}")));
    let Some(kept) = names.find(|name| !name.exists()) else { return Ok(None) };
    std::fs::rename(path, &kept).map_err(|error| anyhow::anyhow!("the report {}: {error}", path.display()))?;
    Ok(Some(kept))
}

/// Says where an earlier report is now.
pub fn say_kept(language: Language, kept: &Path) -> String {
    let kept = kept.display();
    match language {
        Language::SimplifiedChinese => format!("以前的报告改名留着：{kept}"),
        Language::TraditionalChinese => format!("以前的報告改名留著：{kept}"),
        Language::English => format!("the earlier report is kept as {kept}"),
    }
}

/// Whether an earlier report is there, with rows. The report takes the place of an earlier one, and of nothing else: the name
/// may have been mistyped, and be that of a sheet or of the bank.
fn has_rows(path: &Path, wording: Wording) -> anyhow::Result<bool> {
    let mut found = Vec::new();
    // A pipe or a terminal would be waited for.
    let is_other = std::fs::metadata(path).is_ok_and(|there| !there.is_file());
    anyhow::ensure!(!is_other, "the report {}: this is not an ordinary file; choose another name", path.display());
    match File::open(path) {
        Ok(file) => file.take(64).read_to_end(&mut found)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(anyhow::anyhow!("the report {}: {error}", path.display())),
    };
    // A report of an earlier version has fewer columns.
    let [row, code, words, _] = wording.header();
    let is_report = found.is_empty() || found.starts_with([row, code, words].join(",").as_bytes());
    anyhow::ensure!(
        is_report,
        "the report {}: there is another file of that name; choose another name",
        path.display()
    );
    let rows = found.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default();
    Ok(!rows.trim_ascii().is_empty())
}

/// On whose behalf the attendance is posted.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The actor that the records name.
    pub actor: String,
    /// The scope of the rows' ids; without a scope, rows have no ids. With ids, an import that was broken off goes on
    /// where it stopped, and still tells what became of each row when it was first posted.
    pub scope: Option<String>,
}

impl Origin {
    /// An import of the command line. When it is repeated, it reports what was accepted before as `already_recorded`.
    pub fn counter() -> Self {
        Self { actor: ACTOR.to_owned(), scope: None }
    }

    fn envelope(&self, attendance: AttendanceSheetRow, number: u64) -> Envelope {
        let key = self.scope.as_ref().map(|scope| Key {
            credential: scope.as_str().into(),
            // Numbers keep the bank's index in the order of the rows.
            id: Uuid::from_u128(u128::from(number)),
        });
        Envelope { key, ..Envelope::unkeyed(&self.actor, Channel::Import, attendance::command(attendance)) }
    }
}

/// What the file calls a row, and the line on which it starts.
type Numbered = (String, u64);
/// A chunk that is being posted: its rows, and their outcomes to come.
type Posting = (Vec<Numbered>, Submitted);

/// Posts the attendance in the file's order, and goes on with the summary. While one chunk is posted, the next is read; behind one
/// that a fault has met, nothing is posted.
///
/// # Errors
/// If the file, the report or the bank fails. What was posted until then stays, and the import may be repeated.
pub async fn post_attendance(
    ledger: &Ledger,
    folder: &Path,
    origin: &Origin,
    mut report: Report,
    mut summary: Summary,
    mut on_progress: impl FnMut(&Summary),
) -> anyhow::Result<Summary> {
    on_progress(&summary);
    let sequence = Sequence::default();
    let mut rows_read = 0;
    let mut sheet = AttendanceRows::open(folder)?;
    let mut posting: Option<Posting> = None;
    loop {
        let mut numbers = Vec::with_capacity(CHUNK_ROWS);
        let mut envelopes = Vec::with_capacity(CHUNK_ROWS);
        for row in sheet.by_ref().take(CHUNK_ROWS) {
            let row = row?;
            numbers.push((row.row, row.line));
            envelopes.push(origin.envelope(row.attendance, rows_read));
            rows_read += 1;
        }
        // The rows' order is the order of the queue: a chunk is in it before the next one is read.
        let next =
            if envelopes.is_empty() { None } else { Some((numbers, ledger.submit_in(&sequence, envelopes).await?)) };
        let Some((numbers, outcomes)) = std::mem::replace(&mut posting, next) else {
            if posting.is_none() {
                break;
            }
            continue;
        };
        // Whoever has changed something must not hear that nothing was changed.
        let outcomes = outcomes.outcomes().await.map_err(|fault| fault.after(summary.changes()))?;
        tally(&mut summary, &mut report, &numbers, outcomes)?;
        on_progress(&summary);
    }
    report.finish()?;
    Ok(summary)
}

fn tally(
    summary: &mut Summary,
    report: &mut Report,
    rows: &[Numbered],
    outcomes: Vec<Result<Posted, Rejection>>,
) -> anyhow::Result<()> {
    for (row, outcome) in rows.iter().zip(outcomes) {
        summary.rows += 1;
        match outcome {
            Ok(posted) => {
                summary.accepted += 1;
                summary.minutes += posted.moved(MINUTE);
                summary.points += posted.moved(POINT);
                summary.points_expired += expired(&posted);
            }
            Err(rejection) => {
                let code = rejection.code();
                report.refused(row, &code, &rejection)?;
                *summary.refused.entry(code).or_default() += 1;
            }
        }
    }
    Ok(())
}

/// What a posting gave into a lot that had expired by then.
fn expired(posted: &Posted) -> i64 {
    let over = posted.entries.iter().filter(|entry| entry.lot != 0 && entry.lot <= posted.posted_at);
    over.map(|entry| entry.quantity.abs()).sum()
}

impl Summary {
    /// What has become of the rows, with the words of each code.
    pub fn say(&self, language: Language) -> String {
        let mut said = self.one_reason(language).unwrap_or_default();
        said += &self.counts(language);
        for (code, rows) in &self.refused {
            let words = rejection::say_code(language, code).unwrap_or_default();
            said += format!("  {rows:>7} {code}  {words}").trim_end();
            said.push('\n');
        }
        said + &self.say_changed(language) + "\n"
    }

    /// How many rows of the other files have changed the bank.
    pub fn say_changed(&self, language: Language) -> String {
        let files: Vec<String> = self.changed.iter().map(|(file, rows)| format!("{file} {rows}")).collect();
        let none = files.is_empty();
        match language {
            Language::SimplifiedChinese if none => "其他文件没有带来改动".to_owned(),
            Language::SimplifiedChinese => format!("其他文件带来改动的行数：{}", files.join("，")),
            Language::TraditionalChinese if none => "其他檔案沒有帶來改動".to_owned(),
            Language::TraditionalChinese => format!("其他檔案帶來改動的筆數：{}", files.join("，")),
            Language::English if none => "the other files changed nothing".to_owned(),
            Language::English => format!("rows of the other files that changed the bank: {}", files.join(", ")),
        }
    }

    fn counts(&self, language: Language) -> String {
        let refused: u64 = self.refused.values().sum();
        let Self { rows, accepted, minutes, points, points_expired, .. } = self;
        let (counts, expired) = match language {
            Language::SimplifiedChinese => (
                format!(
                    "共 {rows} 行：收下 {accepted} 行，没收 {refused} 行\n服务时间 {minutes} 分钟，积分 {points} 分"
                ),
                format!("，其中 {points_expired} 分已经过期，不能用了"),
            ),
            Language::TraditionalChinese => (
                format!(
                    "共 {rows} 筆：收下 {accepted} 筆，沒收 {refused} 筆\n服務時間 {minutes} 分鐘，積分 {points} 分"
                ),
                format!("，其中 {points_expired} 分已經過期，不能用了"),
            ),
            Language::English => (
                format!(
                    "{rows} rows: {accepted} accepted, {refused} refused\n{minutes} minutes of service, {points} points"
                ),
                format!(", of which {points_expired} have expired already and cannot be spent"),
            ),
        };
        counts + if *points_expired > 0 { &expired } else { "" } + "\n"
    }

    /// A hint where one reason has refused half of the rows or more: no row alone shows that a whole column is wrong.
    fn one_reason(&self, language: Language) -> Option<String> {
        let recorded = Rejection::AlreadyRecorded.code();
        let is_most = |entry: &(&String, &u64)| entry.1 * 2 >= self.rows && *entry.0 != recorded;
        let (code, _) = self.refused.iter().find(is_most)?;
        Some(match language {
            Language::SimplifiedChinese => {
                format!("一半以上的行因为同一个原因没有收下（{code}）：可能是整列都不对。请改好这一列，再导入一次。\n")
            }
            Language::TraditionalChinese => {
                format!(
                    "一半以上的資料因為同一個原因沒有收下（{code}）：可能是整欄都不對。請改好這一欄，再匯入一次。\n"
                )
            }
            Language::English => format!(
                "half of the rows or more were refused for one reason ({code}): a whole column may be wrong. Correct it, and import the folder again.\n"
            ),
        })
    }
}
