//! The API's door: it says of every rejection what all doors say, in the language that the caller asks for.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use axum::middleware::from_fn;
use axum::routing::get;
use page_parts::{Language, rejection};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Problem, in_words};

/// The problem as it is answered to a caller who accepts that, and the language that it is said to be in.
async fn answered(problem: Problem, accepted: Option<&str>) -> (String, Value) {
    let routes = Router::new().route("/", get(move || async move { problem })).layer(from_fn(in_words));
    let mut request = Request::get("/");
    if let Some(accepted) = accepted {
        request = request.header(header::ACCEPT_LANGUAGE, accepted);
    }
    let response = routes.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    let language = response.headers()[header::CONTENT_LANGUAGE].to_str().unwrap().to_owned();
    let length = response.headers().get(header::CONTENT_LENGTH).map(|length| length.to_str().unwrap().to_owned());
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(length.is_none_or(|length| length == body.len().to_string()), "the length is that of the body");
    (language, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn every_rejection_is_told_in_the_language_that_is_asked_for_with_its_code_and_fields() {
    for rejection in rejection::examples() {
        for (accepted, language) in [
            (None, Language::English),
            (Some("fr"), Language::English),
            (Some("en-GB,zh;q=0.5"), Language::English),
            (Some("zh-CN,zh;q=0.9"), Language::SimplifiedChinese),
            (Some("zh-Hant"), Language::TraditionalChinese),
            (Some("zh,zh-TW;q=0.9"), Language::TraditionalChinese),
            (Some("zh-HK"), Language::TraditionalChinese),
        ] {
            for problem in [Problem::from(rejection.clone()), Problem::unknown(rejection.clone())] {
                let (said, body) = answered(problem, accepted).await;
                assert_eq!(
                    (said.as_str(), &body["detail"]),
                    (language.tag(), &json!(rejection::say(language, &rejection)))
                );
                assert_eq!(rejection::read(&body).as_ref(), Some(&rejection), "{body}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_rejection_is_told_in_english_and_says_so() {
    let (language, body) = answered(Problem::forbidden(), Some("zh-TW")).await;
    assert_eq!((language.as_str(), &body["code"]), ("en", &json!("forbidden")));
    assert!(body["detail"].as_str().unwrap().is_ascii());
}
