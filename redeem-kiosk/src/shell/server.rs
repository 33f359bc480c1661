//! The page's routes. Every press is a form's `POST`, answered with a redirect to the one page there is.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Form, Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::agent::Inbox;
use super::entry::Entry;
use super::{assets, clips, guard};
use crate::app::control::Control;
use crate::app::model::Overlay;
use crate::app::secret::Secret;
use crate::app::{Input, Model};
use crate::screens;

/// A form is a few short fields.
const FORM_BYTES_MAX: usize = 4096;

#[derive(Clone)]
pub struct Shell {
    pub(super) entry: Entry,
    pub(super) inbox: Inbox,
    pub(super) model: watch::Receiver<Arc<Model>>,
    pub(super) clips: clips::Clips,
    pub(super) stopping: CancellationToken,
}

pub fn router(shell: Shell) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/input", post(input))
        .route("/scan", post(scan))
        .route("/changes", get(changes))
        .route("/start/{token}", get(start))
        .route("/assets/{name}", get(async |Path(name): Path<String>| assets::answer(&name)))
        .route("/clips/{language}/{name}", get(clip))
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(middleware::from_fn_with_state(shell.clone(), guard::guard))
        .with_state(shell)
}

async fn page(State(shell): State<Shell>) -> Html<String> {
    let model = Arc::clone(&shell.model.borrow());
    Html(screens::view(&model).into_string())
}

#[derive(Deserialize)]
struct Press {
    revision: u64,
    control: String,
}

/// What is no control of ours does nothing, like what was pressed on an older page.
async fn input(State(shell): State<Shell>, Form(press): Form<Press>) -> Redirect {
    if let Some(control) = Control::parse(&press.control) {
        shell.inbox.take(Input::Tapped { revision: press.revision, control, fresh: Uuid::now_v7() }).await;
    }
    Redirect::to("/")
}

/// A code that was scanned, or pasted.
#[derive(Deserialize)]
struct Code {
    text: Secret,
}

async fn scan(State(shell): State<Shell>, Form(code): Form<Code>) -> Redirect {
    shell.inbox.take(Input::Scanned(code.text)).await;
    Redirect::to("/")
}

/// The number of the picture whenever it changes, and the seconds of a count-down.
async fn changes(State(shell): State<Shell>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut last = None;
    let pulses = WatchStream::new(shell.model.clone()).filter_map(move |model| {
        let seconds = match model.overlay {
            Some(Overlay::Idle { seconds }) => seconds,
            _ => 0,
        };
        let pulse = Some((model.changes, seconds));
        let is_new = std::mem::replace(&mut last, pulse) != pulse;
        let data = format!("{{\"changes\":\"{}\",\"seconds\":{seconds}}}", model.changes);
        std::future::ready(is_new.then(|| Ok(Event::default().data(data))))
    });
    Sse::new(pulses.take_until(shell.stopping.cancelled_owned())).keep_alive(KeepAlive::default())
}

/// Whoever shows the launch token gets the cookie.
async fn start(State(shell): State<Shell>, Path(token): Path<String>) -> Response {
    let cookie = shell.entry.cookie_for(&token).and_then(|cookie| HeaderValue::try_from(cookie).ok());
    match cookie {
        Some(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response(),
        None => (StatusCode::FORBIDDEN, Html(screens::no_entry().into_string())).into_response(),
    }
}

async fn clip(State(shell): State<Shell>, Path((language, name)): Path<(String, String)>) -> Response {
    match shell.clips.read(&format!("{language}/{name}")) {
        Some(bytes) => ([(header::CONTENT_TYPE, clips::MEDIA_TYPE)], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
