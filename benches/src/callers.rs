//! Many callers at once: each waits for its answer before it asks again.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

/// What the callers saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Answers a second, all callers together.
    pub rate: u64,
    /// Half of the answers took no longer.
    pub p50: Duration,
    /// 99 in 100 answers took no longer.
    pub p99: Duration,
}

impl Measured {
    /// From what was done in the whole time, and how long each answer took.
    pub fn of(count: usize, elapsed: Duration, mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        let at = |hundredths: usize| latencies.get(latencies.len() * hundredths / 100).copied().unwrap_or_default();
        Self { rate: rate(count, elapsed), p50: at(50), p99: at(99) }
    }
}

/// How many a second.
pub fn rate(count: usize, elapsed: Duration) -> u64 {
    let per_second = count as u128 * 1_000_000_000 / elapsed.as_nanos().max(1);
    u64::try_from(per_second).unwrap_or(u64::MAX)
}

/// Makes `commands` calls, numbered from 0, by so many callers.
///
/// # Errors
/// The first call that fails.
pub async fn measure<Call, Answer>(callers: usize, commands: usize, call: Call) -> Result<Measured>
where
    Call: Fn(usize) -> Answer + Clone + Send + 'static,
    Answer: Future<Output = Result<()>> + Send,
{
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (call, next) = (call.clone(), Arc::clone(&next));
        tasks.spawn(async move {
            let mut latencies = Vec::with_capacity(2 * commands / callers);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= commands {
                    return Ok::<_, anyhow::Error>(latencies);
                }
                let asked = Instant::now();
                call(number).await?;
                latencies.push(asked.elapsed());
            }
        });
    }
    let mut latencies = Vec::with_capacity(commands);
    while let Some(ended) = tasks.join_next().await {
        latencies.extend(ended??);
    }
    Ok(Measured::of(commands, start.elapsed(), latencies))
}
