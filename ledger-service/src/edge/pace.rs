//! How long requests may take: a body must keep pace, and a request must end.
//!
//! A body may take ten seconds, and one second more for every `body_bytes_per_second_min` bytes that have come. So a large upload
//! over a slow line may take long, but a body that trickles is given up. The time of the request itself starts again with every
//! piece of its body.
//!
//! If little of a body is left when its request has been answered, the rest is read and thrown away: a client may lose the
//! answer if the connection is closed while it still sends.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::pages;
use crate::problem::Problem;
use crate::state::App;

/// How long a body may take before its pace counts.
const GRACE: Duration = Duration::from_secs(10);

/// How many bytes are thrown away after an answer.
const LEFT_BYTES_MAX: u64 = 256 * 1024;
/// How long throwing them away may take.
const LEFT_PATIENCE: Duration = Duration::from_secs(2);

/// Shared by a request and its body.
struct Pace {
    bytes_per_second_min: u64,
    patience: Duration,
    deadline: Mutex<Instant>,
    too_slow: AtomicBool,
}

impl Pace {
    fn deadline(&self) -> Instant {
        self.deadline.lock().map_or_else(|_| Instant::now(), |deadline| *deadline)
    }

    fn begin_anew(&self) {
        if let Ok(mut deadline) = self.deadline.lock() {
            *deadline = Instant::now() + self.patience;
        }
    }
}

/// Answers in time, whatever the route and the client do.
pub async fn in_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let limits = &app.settings().limits;
    let patience = Duration::from_secs(limits.request_seconds_max.get().into());
    let pace = Arc::new(Pace {
        bytes_per_second_min: limits.body_bytes_per_second_min.get().into(),
        patience,
        deadline: Mutex::new(Instant::now() + patience),
        too_slow: AtomicBool::new(false),
    });
    let (parts, body) = request.into_parts();
    // Whoever waits for a page is told on a page.
    let reader = pages::wants_page(&parts).then(|| parts.clone());
    let refused = |problem: Problem| match &reader {
        Some(parts) => pages::refused(&app, parts, problem),
        None => problem.into_response(),
    };
    let request = Request::from_parts(parts, body);
    let request =
        request.map(|body| if body.is_end_stream() { body } else { Body::new(Paced::new(body, Arc::clone(&pace))) });
    let answer = next.run(request);
    tokio::pin!(answer);
    loop {
        let deadline = pace.deadline();
        tokio::select! {
            biased;
            response = &mut answer => {
                // Whatever the route answered to a body that was given up.
                let is_too_slow = pace.too_slow.load(Ordering::Relaxed);
                return if is_too_slow { refused(Problem::too_slow()) } else { response };
            }
            () = sleep_until(deadline) => {
                if pace.deadline() <= deadline {
                    return refused(Problem::unavailable("it takes too long; the same request may be sent again"));
                }
            }
        }
    }
}

/// A body that must keep pace.
struct Paced {
    body: Body,
    pace: Arc<Pace>,
    bytes: u64,
    begun: Option<Instant>,
    alarm: Pin<Box<Sleep>>,
}

impl Paced {
    fn new(body: Body, pace: Arc<Pace>) -> Self {
        Self { body, pace, bytes: 0, begun: None, alarm: Box::pin(sleep(GRACE)) }
    }

    /// Ready once the body is too slow.
    fn poll_too_slow(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        while self.alarm.as_mut().poll(context).is_ready() {
            let end = begun + GRACE + Duration::from_secs(self.bytes / self.pace.bytes_per_second_min);
            if end <= Instant::now() {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(end);
        }
        Poll::Pending
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.begun.get_or_insert_with(Instant::now);
            this.pace.begin_anew();
            let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
            this.bytes = this.bytes.saturating_add(data.map_or(0, |data| data.len() as u64));
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        if this.poll_too_slow(context).is_pending() {
            return Poll::Pending;
        }
        this.pace.too_slow.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err("the body came too slowly".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Paced {
    fn drop(&mut self) {
        let is_little = self.body.size_hint().lower() <= LEFT_BYTES_MAX;
        if is_little && !self.body.is_end_stream() && !self.pace.too_slow.load(Ordering::Relaxed) {
            let body = std::mem::take(&mut self.body);
            tokio::spawn(tokio::time::timeout(LEFT_PATIENCE, throw_away(body)));
        }
    }
}

async fn throw_away(mut body: Body) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        if bytes > LEFT_BYTES_MAX {
            return;
        }
    }
}
