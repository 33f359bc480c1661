//! `post`: one request a line, one answer a line, in order.
//!
//! Lines are read and posted in batches of what has come by then: a pause in the input holds up no answer, and a file is posted
//! as fast as the writer takes it. While one batch is being posted, the next is read. All are one sequence: behind a line that a
//! fault has met, nothing is posted.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::ExitCode;

use anyhow::Context;
use baoyulan_ledger::poster::Sequence;
use baoyulan_ledger::{Fault, Ledger, Options, Outcome, Request, Stopped};
use clap::Args;
use page_parts::Language;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::bank::BankArguments;
use crate::locale;
use crate::requests::{Answer, Line, Lines, Unreadable, answer};

/// How many lines are posted together at most.
const CHUNK_LINES: usize = 4096;
/// How many such chunks are on their way at a time.
const CHUNKS_MAX: usize = 2;

#[derive(Debug, Args)]
pub struct PostArguments {
    /// A file with one request a line, JSON; - is standard input
    #[arg(default_value = "-", value_name = "FILE")]
    file: PathBuf,
    /// Answers what would happen, once all lines are read, and posts nothing
    #[arg(long)]
    dry_run: bool,
}

/// An answer with its line.
#[derive(Serialize)]
struct Answered {
    line: u64,
    #[serde(flatten)]
    answer: Answer,
}

pub async fn post(bank: &BankArguments, arguments: &PostArguments) -> anyhow::Result<ExitCode> {
    let input = open(&arguments.file)?;
    let options = if arguments.dry_run { Options::read_only() } else { Options::existing() };
    let ledger = bank.open(options).await?;
    let (sender, lines) = mpsc::channel(CHUNK_LINES);
    let actor = bank.actor.clone();
    let reading = tokio::task::spawn_blocking(move || read_lines(input, &actor, &sender));
    let outcome = if arguments.dry_run { dry_run(&ledger, lines).await } else { post_lines(&ledger, lines).await };
    ledger.close().await;
    outcome?;
    reading.await?.with_context(|| arguments.file.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}

fn open(file: &Path) -> anyhow::Result<Box<dyn BufRead + Send>> {
    if file == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let file = File::open(file).with_context(|| file.display().to_string())?;
    Ok(Box::new(BufReader::new(file)))
}

/// Reads the lines to their end, or until nobody wants them any more.
fn read_lines(input: impl BufRead, actor: &str, lines: &mpsc::Sender<Line>) -> std::io::Result<()> {
    for line in Lines::new(input, actor) {
        if lines.blocking_send(line?).is_err() {
            break;
        }
    }
    Ok(())
}

/// Answers what would happen. The requests see each other, so all are read before the first is answered.
async fn dry_run(ledger: &Ledger, mut lines: mpsc::Receiver<Line>) -> anyhow::Result<()> {
    let mut chunk = Vec::new();
    while lines.recv_many(&mut chunk, CHUNK_LINES).await > 0 {}
    let (answers, requests) = Answers::of(chunk);
    answers.print(&ledger.dry_run(requests).await?)?;
    Ok(())
}

/// Posts the lines, and prints the answers in their order.
async fn post_lines(ledger: &Ledger, mut lines: mpsc::Receiver<Line>) -> anyhow::Result<()> {
    let mut posting: VecDeque<Posting> = VecDeque::new();
    let (mut chunk, mut is_over) = (Vec::new(), false);
    let (sequence, mut told) = (Sequence::default(), Told::default());
    while !(is_over && posting.is_empty()) {
        let may_read = !is_over && posting.len() < CHUNKS_MAX;
        tokio::select! {
            biased;
            outcomes = first(&mut posting) => {
                let Some(posted) = posting.pop_front() else { continue };
                match outcomes {
                    Ok(outcomes) => told.print(posted.answers, &outcomes)?,
                    Err(Stopped { outcomes, fault }) => {
                        told.print(posted.answers, &outcomes)?;
                        return Err(told.stop(fault));
                    }
                }
            }
            read = lines.recv_many(&mut chunk, CHUNK_LINES), if may_read => {
                is_over = read == 0;
                told.sent = chunk.last().map_or(told.sent, |line| line.number);
                let (answers, requests) = Answers::of(std::mem::take(&mut chunk));
                let submitted = ledger.submit_requests_in(&sequence, requests).await?;
                posting.push_back(Posting { answers, outcomes: Box::pin(submitted.outcomes()) });
            }
        }
    }
    Ok(())
}

type Outcomes = Result<Vec<Outcome>, Stopped<Outcome>>;

/// A chunk that is being posted.
struct Posting {
    answers: Answers,
    outcomes: Pin<Box<dyn Future<Output = Outcomes> + Send>>,
}

/// The outcomes of the first chunk. Without one, it never ends.
async fn first(posting: &mut VecDeque<Posting>) -> Outcomes {
    match posting.front_mut() {
        Some(first) => (&mut first.outcomes).await,
        None => std::future::pending().await,
    }
}

/// What has been told of the lines so far.
#[derive(Default)]
struct Told {
    /// The last line whose answer is printed.
    line: u64,
    /// How many of them the ledger has answered.
    outcomes: usize,
    /// The last line that was sent to the ledger.
    sent: u64,
}

impl Told {
    fn print(&mut self, answers: Answers, outcomes: &[Outcome]) -> anyhow::Result<()> {
        let (first, language) = (self.line + 1, answers.language);
        let printed = answers.print(outcomes);
        let last = printed.map_err(|error| error.context(say_unprinted(language, first, self.sent)))?;
        self.line = last.unwrap_or(self.line);
        self.outcomes += outcomes.len();
        Ok(())
    }

    /// Says why the lines behind these have no answers. Whoever has answers must not hear that nothing was changed.
    fn stop(&self, fault: Fault) -> anyhow::Error {
        let error = anyhow::Error::from(fault.after(self.outcomes));
        if self.line == 0 { error } else { error.context(say_stopped(locale::language(), self.line)) }
    }
}

fn say_unprinted(language: Language, first: u64, last: u64) -> String {
    match language {
        Language::SimplifiedChinese => format!(
            "第 {first} 行到第 {last} 行已经送去记账，只是结果没能打印出来：请用同样的 id 再送一次，就能看到结果"
        ),
        Language::TraditionalChinese => {
            format!("第 {first} 列到第 {last} 列已經送去記帳，只是結果沒能印出來：請用同樣的 id 再送一次，就能看到結果")
        }
        Language::English => format!(
            "lines {first} to {last} were sent to be posted, and only printing their answers failed: send them again under the same ids to see them"
        ),
    }
}

fn say_stopped(language: Language, last: u64) -> String {
    match language {
        Language::SimplifiedChinese => format!("第 1 行到第 {last} 行的结果在上面；后面的请用同样的 id 再送一次"),
        Language::TraditionalChinese => format!("第 1 列到第 {last} 列的結果在上面；後面的請用同樣的 id 再送一次"),
        Language::English => {
            format!("lines 1 to {last} have their answers; send those after them again, under the same ids")
        }
    }
}

/// The lines of a chunk, with the answers that are known without the ledger.
struct Answers {
    lines: Vec<(u64, Option<Unreadable>)>,
    language: Language,
}

impl Answers {
    /// The answers to come, and the requests for which the ledger has them.
    fn of(chunk: Vec<Line>) -> (Self, Vec<Request>) {
        let mut requests = Vec::with_capacity(chunk.len());
        let lines = chunk.into_iter().map(|Line { number, request }| match request {
            Ok(request) => {
                requests.push(request);
                (number, None)
            }
            Err(unreadable) => (number, Some(unreadable)),
        });
        let lines = lines.collect();
        (Self { lines, language: locale::language() }, requests)
    }

    /// Prints the answers, up to the first line whose outcome is not known. Gives the last line that has one.
    fn print(self, outcomes: &[Outcome]) -> anyhow::Result<Option<u64>> {
        let (mut text, mut last) = (Vec::new(), None);
        let mut outcomes = outcomes.iter();
        for (line, unreadable) in self.lines {
            let answer = match unreadable {
                Some(unreadable) => unreadable.into(),
                None => match outcomes.next() {
                    Some(outcome) => answer(outcome, self.language),
                    None => break,
                },
            };
            serde_json::to_writer(&mut text, &Answered { line, answer })?;
            text.push(b'\n');
            last = Some(line);
        }
        let mut output = std::io::stdout().lock();
        output.write_all(&text)?;
        output.flush()?;
        Ok(last)
    }
}
