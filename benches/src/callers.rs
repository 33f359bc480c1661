//! Makes calls from many callers at once. Each waits for its answer before it asks again.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

/// How fast the answers came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Answers a second, over all callers.
    pub rate: u64,
    /// The median: half of the answers were at least this fast.
    pub p50: Duration,
    /// 99 of 100 answers were at least this fast.
    pub p99: Duration,
    /// The slowest answer.
    pub max: Duration,
}

impl Measured {
    /// Works out the figures from the number of calls, the whole time, and the time of each answer.
    pub fn of(count: usize, elapsed: Duration, mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        let at = |hundredths: usize| latencies.get(latencies.len() * hundredths / 100).copied().unwrap_or_default();
        let max = latencies.last().copied().unwrap_or_default();
        Self { rate: rate(count, elapsed), p50: at(50), p99: at(99), max }
    }
}

/// How many calls a second, rounded down.
pub fn rate(count: usize, elapsed: Duration) -> u64 {
    let per_second = count as u128 * 1_000_000_000 / elapsed.as_nanos().max(1);
    u64::try_from(per_second).unwrap_or(u64::MAX)
}

/// Makes calls and waits for each answer.
pub trait Caller: Send + 'static {
    /// Makes the call with this number.
    ///
    /// # Errors
    /// The call's own error.
    fn call(&mut self, number: usize) -> impl Future<Output = Result<()>> + Send;
}

impl<Call, Answer> Caller for Call
where
    Call: Fn(usize) -> Answer + Send + 'static,
    Answer: Future<Output = Result<()>> + Send,
{
    fn call(&mut self, number: usize) -> impl Future<Output = Result<()>> + Send {
        self(number)
    }
}

/// Shares `commands` calls, numbered from 0, among this many callers.
///
/// # Errors
/// The first call that fails.
pub async fn measure<Call: Caller + Clone>(callers: usize, commands: usize, call: Call) -> Result<Measured> {
    measure_each(vec![call; callers], commands).await
}

/// Shares `commands` calls, numbered from 0, among these callers. Each makes its next call as soon as it has an answer.
///
/// # Errors
/// The first call that fails.
pub async fn measure_each(callers: Vec<impl Caller>, commands: usize) -> Result<Measured> {
    let each = 2 * commands / callers.len().max(1);
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for mut caller in callers {
        let next = Arc::clone(&next);
        tasks.spawn(async move {
            let mut latencies = Vec::with_capacity(each);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= commands {
                    return Ok(latencies);
                }
                let asked = Instant::now();
                caller.call(number).await?;
                latencies.push(asked.elapsed());
            }
        });
    }
    finish(start, commands, tasks).await
}

/// Makes `commands` calls, one every `interval`, whether or not the earlier ones are answered. A latency counts from
/// the instant at which the call was due, so waiting for a free caller is part of it.
///
/// # Errors
/// The first call that fails.
pub async fn measure_open(callers: Vec<impl Caller>, commands: u32, interval: Duration) -> Result<Measured> {
    let next = Arc::new(AtomicU32::new(0));
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for mut caller in callers {
        let next = Arc::clone(&next);
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= commands {
                    return Ok(latencies);
                }
                let due = start + interval * number;
                tokio::time::sleep_until(due.into()).await;
                caller.call(number as usize).await?;
                latencies.push(due.elapsed());
            }
        });
    }
    finish(start, commands as usize, tasks).await
}

async fn finish(start: Instant, count: usize, mut tasks: JoinSet<Result<Vec<Duration>>>) -> Result<Measured> {
    let mut latencies = Vec::with_capacity(count);
    while let Some(ended) = tasks.join_next().await {
        latencies.extend(ended??);
    }
    Ok(Measured::of(count, start.elapsed(), latencies))
}
