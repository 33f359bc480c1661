//! `post`: one request a line, one answer a line, in order.
//!
//! Lines are read and posted in batches of what has come by then: a pause in the input holds up no answer, and a file is posted
//! as fast as the writer takes it. While one batch is being posted, the next is read.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::ExitCode;

use anyhow::Context;
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
    answers.print(&ledger.dry_run(requests).await?)
}

/// Posts the lines, and prints the answers in their order.
async fn post_lines(ledger: &Ledger, mut lines: mpsc::Receiver<Line>) -> anyhow::Result<()> {
    let mut posting: VecDeque<Posting> = VecDeque::new();
    let (mut chunk, mut is_over) = (Vec::new(), false);
    while !(is_over && posting.is_empty()) {
        let may_read = !is_over && posting.len() < CHUNKS_MAX;
        tokio::select! {
            biased;
            outcomes = first(&mut posting) => {
                let Some(posted) = posting.pop_front() else { continue };
                match outcomes {
                    Ok(outcomes) => posted.answers.print(&outcomes)?,
                    Err(stopped) => {
                        posted.answers.print(&stopped.outcomes)?;
                        return Err(Fault::from(stopped).into());
                    }
                }
            }
            read = lines.recv_many(&mut chunk, CHUNK_LINES), if may_read => {
                is_over = read == 0;
                let (answers, requests) = Answers::of(std::mem::take(&mut chunk));
                let submitted = ledger.submit_requests(requests).await?;
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

    /// Prints the answers, up to the first line whose outcome is not known.
    fn print(self, outcomes: &[Outcome]) -> anyhow::Result<()> {
        let mut text = Vec::new();
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
        }
        let mut output = std::io::stdout().lock();
        output.write_all(&text)?;
        Ok(output.flush()?)
    }
}
