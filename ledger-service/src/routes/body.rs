//! JSON bodies. If one is wrong, the answer says where.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::typed::Object;
use crate::problem::Problem;
use crate::state::App;

pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !media_type.is_some_and(is_json) {
            return Err(Problem::unsupported_media_type("application/json"));
        }
        let limits = &app.settings().limits;
        let bytes = Bytes::from_request(request, app).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(limits.body_bytes_max),
            _ => Problem::bad_body("", "it ended early"),
        })?;
        parse(&bytes).map(Self)
    }
}

/// JSON is UTF-8 (RFC 8259, section 8.1): a body that says it is in another encoding would be misread.
fn is_json(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(str::trim);
    let is_utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) && parts.all(is_utf8)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let Object(value) = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        Problem::bad_body(pointer, without_values(&error.into_inner()))
    })?;
    reader.end().map_err(|error| Problem::bad_body("", without_values(&error)))?;
    Ok(value)
}

/// An RFC 6901 JSON pointer.
fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Unknown => {}
        }
    }
    pointer
}

/// What serde says, without the values of the body, which may be card numbers or PINs.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.find("invalid type: ").or_else(|| text.find("invalid value: ")) {
        Some(_) => {
            let expected = text.split("expected ").nth(1).unwrap_or("something else");
            format!("expected {expected}")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Wish {
        card: String,
        lines: Vec<u32>,
    }

    #[test]
    fn what_is_wrong_is_placed_and_not_repeated() {
        let details = |text: &str| format!("{:?}", parse::<Wish>(text.as_bytes()).unwrap_err());
        assert!(details(r#"{"card":"1","lines":[1,"4829"]}"#).contains(r#"pointer: "/lines/1""#));
        for (text, secret) in [(r#"{"card":4829}"#, "4829"), (r#"{"card":"1","lines":["4829"]}"#, "4829")] {
            assert!(!details(text).contains(secret), "{text}");
        }
        assert!(details(r#"{"card":"1"}"#).contains("lines"));
        assert!(details(r#"{"card":"1","lines":[],"pin":1}"#).contains("pin"));
        assert!(parse::<Wish>(br#"{"card":"1","lines":[]} x"#).is_err());
        assert!(parse::<Wish>(&[0xff]).is_err());
    }

    #[test]
    fn an_array_is_no_object() {
        #[derive(Debug, Deserialize)]
        #[allow(dead_code)]
        struct Order {
            #[serde(deserialize_with = "crate::routes::typed::objects")]
            wishes: Vec<Wish>,
        }
        let details = |text: &str| format!("{:?}", parse::<Order>(text.as_bytes()).unwrap_err());
        let wish = r#"{"card":"1","lines":[]}"#;
        assert_eq!(parse::<Order>(format!(r#"{{"wishes":[{wish},{wish}]}}"#).as_bytes()).unwrap().wishes.len(), 2);
        assert!(details(&format!("[[{wish}]]")).contains("expected an object"));
        let nested = details(&format!(r#"{{"wishes":[{wish},["1",[]]]}}"#));
        assert!(nested.contains(r#"pointer: "/wishes/1""#) && nested.contains("expected an object"), "{nested}");
        let inner = details(r#"{"wishes":[{"card":"1","lines":["x"]}]}"#);
        assert!(inner.contains(r#"pointer: "/wishes/0/lines/0""#), "{inner}");
    }

    #[test]
    fn json_is_utf_8() {
        for taken in ["application/json", "Application/JSON ; charset=\"UTF-8\"", "application/json; a=b;charset=utf-8"]
        {
            assert!(is_json(taken), "{taken}");
        }
        for refused in ["text/plain", "application/json; charset=gbk", "application/json;a=b; Charset = latin1", ""] {
            assert!(!is_json(refused), "{refused}");
        }
    }
}
