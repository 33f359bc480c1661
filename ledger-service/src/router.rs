//! All routes: those of the API, the pages, and what stands around both.

use std::process::ExitCode;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use crate::output::print;
use crate::problem::Problem;
use crate::state::App;
use crate::{pages, problem, routes};

/// The head of the API's description.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Baoyulan points bank",
        description = "Volunteers' hours and points: see docs/API.md for the conventions.",
        license(name = "MIT OR Apache-2.0")
    ),
    modifiers(&Credential)
)]
struct Api;

struct Credential;

impl utoipa::Modify for Credential {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token as `credential add` prints it"));
        let components = api.components.get_or_insert_with(Default::default);
        components.add_security_scheme("credential", SecurityScheme::Http(bearer.build()));
    }
}

/// The API's routes and their description: a line for each noun.
fn api(upload_bytes_max: usize) -> (Router<App>, utoipa::openapi::OpenApi) {
    let (routes, mut description) = OpenApiRouter::with_openapi(Api::openapi())
        .merge(routes::bank::routes())
        .merge(routes::checks::routes())
        .merge(routes::health::routes())
        .merge(routes::imports::routes(upload_bytes_max))
        .merge(routes::keys::routes())
        .merge(routes::receipts::routes())
        .merge(routes::redemptions::routes())
        .merge(routes::reversals::routes())
        .merge(routes::stations::routes())
        .merge(routes::visits::routes())
        .merge(routes::volunteers::routes())
        .split_for_parts();
    problem::promise_the_edge(&mut description);
    (routes, description)
}

/// Prints the API's description as it is committed.
pub fn print_openapi() -> anyhow::Result<ExitCode> {
    print(&api(0).1.to_pretty_json()?)?;
    Ok(ExitCode::SUCCESS)
}

pub fn router(app: App) -> Router {
    let limits = &app.settings().limits;
    let bytes = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
    let (api, description) = api(bytes(limits.upload_bytes_max));
    // One stack, the outermost layer first: a router would box each request's future once for every layer of its own.
    let around = ServiceBuilder::new()
        .layer(DefaultBodyLimit::max(bytes(limits.body_bytes_max)))
        .layer(CatchPanicLayer::custom(|_| Problem::broken("panic").into_response()))
        .layer(middleware::from_fn(problem::in_words));
    let docs_policy = HeaderValue::from_static(DOCS_CONTENT_SECURITY_POLICY);
    let docs_policy = SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, docs_policy);
    let docs = Router::from(SwaggerUi::new("/v1/docs").url("/v1/openapi.json", description));
    let docs = docs.layer(middleware::map_response(no_file));
    api.merge(docs.layer(docs_policy))
        .merge(pages::router(&app))
        .fallback(get(pages::no_page).fallback(no_route))
        .method_not_allowed_fallback(wrong_method)
        .layer(around)
        .with_state(app)
}

/// The page of the API's description writes one style into itself; a new version of Swagger UI may need another hash.
const DOCS_CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                                            form-action 'self'; frame-ancestors 'none'; style-src 'self' \
                                            'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='";

async fn no_route() -> Problem {
    Problem::not_found("not_found", "there is nothing at this address; /v1/docs lists what there is")
}

/// Swagger UI answers what it does not have without a word.
async fn no_file(response: Response) -> Response {
    if response.status() == StatusCode::NOT_FOUND { no_route().await.into_response() } else { response }
}

async fn wrong_method() -> Problem {
    Problem::method_not_allowed()
}
