//! A call of the API as the command that answers it, and the command's answer as that of the call.

use std::collections::BTreeMap;
use std::fmt::{self, Formatter};

use axum::http::StatusCode;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::routes::{Argument, ROUTES, Route};
use crate::ops::ErrorKind;
use crate::pages::{self, decoded};

/// The fields of a call: of its query, or of its body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields(BTreeMap<String, Vec<String>>);

/// What is wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadCall(pub(super) StatusCode, pub(super) String);

/// Longest argument of a command, in bytes: the system takes 128 KiB with its end.
const LONGEST: usize = 120_000;
/// The field in which a form brings its token.
pub(super) const TOKEN_FIELD: &str = "form_token";
/// The field in which a form says which page it is of.
const BACK_FIELD: &str = "back";

fn bad(message: impl Into<String>) -> BadCall {
    BadCall(StatusCode::UNPROCESSABLE_ENTITY, message.into())
}

impl Fields {
    /// Makes fields of the pairs of a query or a form. An empty field of a form is one that nobody filled in.
    pub(super) fn of_pairs(pairs: Vec<(String, String)>) -> Self {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in pairs {
            fields.entry(name).or_default().push(value);
        }
        Self(fields)
    }

    /// Reads a JSON object, whose values are texts, numbers, or lists of these.
    pub(super) fn of_json(bytes: &[u8]) -> Result<Self, BadCall> {
        let Members(members) = match bytes.trim_ascii() {
            [] => return Ok(Self::default()),
            bytes => serde_json::from_slice(bytes)
                .map_err(|error| bad(format!("the body is not a JSON object: {error}")))?,
        };
        let text = |name: &str, value: Value| match value {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(bad(format!("`{name}` is neither text nor a number, nor a list of these"))),
        };
        let mut fields = BTreeMap::new();
        for (name, value) in members {
            let values = match value {
                Value::Null => Vec::new(),
                Value::Array(values) => {
                    values.into_iter().map(|value| text(&name, value)).collect::<Result<_, _>>()?
                }
                value => vec![text(&name, value)?],
            };
            if fields.insert(name.clone(), values).is_some() {
                return Err(bad(format!("`{}` is given several times", name.escape_debug())));
            }
        }
        Ok(Self(fields))
    }

    /// Takes a field that is about the call, not about the command.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)?.pop()
    }

    /// Takes what a form says besides: which page it is of.
    pub(super) fn take_back(&mut self) -> Option<String> {
        self.take(BACK_FIELD)
    }

    /// Returns the only value of a field; none where it is not given, or empty.
    fn one(&self, name: &str) -> Result<Option<&str>, BadCall> {
        match self.0.get(name).map(Vec::as_slice).unwrap_or_default() {
            [] => Ok(None),
            [value] => Ok(Some(value.as_str()).filter(|value| !value.is_empty())),
            _ => Err(bad(format!("`{name}` is given several times"))),
        }
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).into_iter().flatten().map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// The members of a JSON object as they are written: one name twice is seen.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, to: &mut Formatter<'_>) -> fmt::Result {
                to.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// The values in a path, by their names.
pub(super) type PathValues = Vec<(&'static str, String)>;

/// Finds the call of a path below `/api/v1`, and the values in it.
pub(super) fn find(is_post: bool, path: &str) -> Result<(&'static Route, PathValues), BadCall> {
    let mut is_other_method = false;
    for route in &ROUTES {
        let Some(values) = values_in(route.path, path) else { continue };
        if route.is_post == is_post {
            return Ok((route, values));
        }
        is_other_method = true;
    }
    match is_other_method {
        true => {
            let other = if is_post { "GET" } else { "POST" };
            Err(BadCall(StatusCode::METHOD_NOT_ALLOWED, format!("`{path}` takes {other}")))
        }
        false => Err(BadCall(StatusCode::NOT_FOUND, format!("there is no call `{path}`"))),
    }
}

/// Returns the values in a path where it is the route's.
fn values_in(route: &'static str, path: &str) -> Option<PathValues> {
    let (mut expected, mut given) = (route.split('/'), path.split('/'));
    let mut values = Vec::new();
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return Some(values),
            (Some(part), Some(value)) => {
                match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Some(name) if !value.is_empty() => values.push((name, decoded(value)?)),
                    None if part == value => {}
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
}

/// A command that is put together.
#[derive(Debug, Default)]
struct Words {
    /// Its words, the values in the path, and options with their values.
    first: Vec<String>,
    /// What comes after `--`.
    last: Vec<String>,
    /// The fields that it has taken.
    known: Vec<String>,
}

/// Returns the command of a call. What is given never becomes an option: values stand behind their options in one argument,
/// or after `--`.
pub(super) fn command(
    route: &Route,
    values: &[(&'static str, String)],
    fields: &Fields,
) -> Result<Vec<String>, BadCall> {
    let mut words = Words::default();
    for argument in route.arguments {
        words.add(*argument, values, fields)?;
    }
    let Words { mut first, last, known } = words;
    if let Some(other) = fields.0.keys().find(|name| !known.contains(name)) {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(bad(format!("unknown field `{}` (expected {known})", other.escape_debug())));
    }
    if first.iter().chain(&last).any(|argument| argument.contains('\0')) {
        return Err(bad("a value contains a NUL byte"));
    }
    if let Some(longest) = first.iter().chain(&last).find(|argument| argument.len() > LONGEST) {
        let message = format!("a value is longer than {LONGEST} bytes: it has {}", longest.len());
        return Err(BadCall(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    first.push("--format=json".to_owned());
    if !last.is_empty() {
        first.push("--".to_owned());
        first.extend(last);
    }
    Ok(first)
}

impl Words {
    fn add(
        &mut self,
        argument: Argument,
        values: &[(&'static str, String)],
        fields: &Fields,
    ) -> Result<(), BadCall> {
        let needed = |name| fields.one(name)?.ok_or_else(|| bad(format!("`{name}` is missing")));
        let name = match argument {
            Argument::Word(word) => {
                self.first.push(word.to_owned());
                return Ok(());
            }
            Argument::Path(name) => {
                let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
                let value = value.unwrap_or_default();
                // The command line also takes the paths of files: a call takes names.
                if value.starts_with(['-', '.', '@']) || value.contains(['/', '\\']) {
                    return Err(BadCall(StatusCode::NOT_FOUND, format!("there is no {name} `{value}`")));
                }
                self.first.push(value.to_owned());
                return Ok(());
            }
            Argument::Fields => return self.add_fields(fields),
            Argument::Option(name, option) => {
                self.first.extend(fields.one(name)?.map(|value| format!("{option}={value}")));
                name
            }
            Argument::Needed(name, option) => {
                self.first.push(format!("{option}={}", needed(name)?));
                name
            }
            Argument::Flag(name, option) => {
                match fields.one(name)? {
                    Some("true" | "1" | "on") => self.first.push(option.to_owned()),
                    None | Some("false" | "0") => {}
                    Some(other) => return Err(bad(format!("`{name}` is true or false, not `{other}`"))),
                }
                name
            }
            Argument::Options(name, option) => {
                self.first.extend(fields.all(name).map(|value| format!("{option}={value}")));
                name
            }
            Argument::Value(name) => {
                self.last.push(needed(name)?.to_owned());
                name
            }
            Argument::Values(name) => {
                self.last.extend(fields.all(name).map(str::to_owned));
                name
            }
        };
        self.known.push(name.to_owned());
        Ok(())
    }

    /// Adds all fields, each as `NAME=VALUE`: an empty value takes a field away.
    fn add_fields(&mut self, fields: &Fields) -> Result<(), BadCall> {
        for (name, given) in &fields.0 {
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if name.is_empty() || !name.bytes().all(is_name) {
                return Err(bad(format!("`{}` is no field", name.escape_debug())));
            }
            self.last.extend(given.iter().map(|value| format!("{name}={value}")));
            self.known.push(name.clone());
        }
        Ok(())
    }
}

/// Returns the status of a command's answer.
pub(super) fn status_of(exit: Option<i32>, answer: &Value) -> StatusCode {
    let error = answer.get("error");
    let kind = error.and_then(|error| ErrorKind::deserialize(error.get("kind")?).ok());
    let status = match (exit, error, kind) {
        // A list with a broken document is a list, and a considered no is an answer: the body says which.
        (Some(0), _, _) | (Some(1), None, _) => return StatusCode::OK,
        (_, _, Some(kind)) => StatusCode::from_u16(pages::status_of(kind)).ok(),
        _ => None,
    };
    status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use super::{Fields, command, find};
    use axum::http::StatusCode;

    fn called(method: &str, path: &str, body: &str) -> Result<String, u16> {
        let of = |bad: super::BadCall| bad.0.as_u16();
        let (route, values) = find(method == "POST", path).map_err(of)?;
        let fields = Fields::of_json(body.as_bytes()).map_err(of)?;
        command(route, &values, &fields).map(|words| words.join(" ")).map_err(of)
    }

    #[test]
    fn what_is_given_is_never_an_option() {
        let call = |method, path, body| called(method, path, body).unwrap();
        assert_eq!(call("GET", "/tasks", r#"{"q":"-x --at=y"}"#), "list --format=json -- -x --at=y");
        assert_eq!(call("POST", "/tasks", r#"{"title":"--help"}"#), "new --format=json -- --help");
        assert_eq!(
            call("POST", "/tasks/T-1/notes", r#"{"text":"--x"}"#),
            "note --message=--x T-1 --format=json"
        );
        assert_eq!(call("POST", "/tasks/T-1/set", r#"{"title":"-a"}"#), "set T-1 --format=json -- title=-a");
        assert_eq!(called("POST", "/tasks/-h/start", ""), Err(404));
        assert_eq!(called("POST", "/tasks/%2d-help/start", ""), Err(404));
        // Nor the path of a file.
        for name in ["%2Ftmp%2Fw.yaml", "..%2Fw.yaml", "..", ".hidden", "a%5Cb", "@file"] {
            assert_eq!(called("POST", &format!("/workflows/{name}/start"), ""), Err(404), "{name}");
        }
        let long = |bytes: usize| format!(r#"{{"text":"{}"}}"#, "x".repeat(bytes));
        assert!(called("POST", "/tasks/T-1/notes", &long(100_000)).is_ok());
        assert_eq!(called("POST", "/tasks/T-1/notes", &long(131_072)), Err(413));
        assert_eq!(called("POST", "/tasks/T-1/set", r#"{"--help":"-a"}"#), Err(422));
        assert_eq!(called("POST", "/tasks/T-1/notes", "{\"text\":\"a\\u0000b\"}"), Err(422));
    }

    #[test]
    fn what_is_wrong_with_a_call_is_refused_before_anything_runs() {
        for (expected, method, path, body) in [
            (404, "GET", "/nothing", ""),
            (404, "GET", "/tasks/a/b", ""),
            (404, "GET", "/tasks/", ""),
            (405, "POST", "/board", ""),
            (405, "GET", "/tasks/T-1/start", ""),
            (422, "POST", "/tasks", ""),
            (422, "POST", "/tasks", "[]"),
            (422, "POST", "/tasks", "{"),
            (422, "POST", "/tasks", r#"{"title":{}}"#),
            (422, "POST", "/tasks", r#"{"title":false}"#),
            (422, "POST", "/tasks", r#"{"title":"a","title":"b"}"#),
            (422, "POST", "/tasks", r#"{"title":["a","b"]}"#),
            (422, "POST", "/tasks", r#"{"title":"a","colour":"b"}"#),
            (422, "GET", "/tasks", r#"{"all":"perhaps"}"#),
        ] {
            assert_eq!(called(method, path, body), Err(expected), "{method} {path} {body}");
        }
    }

    #[test]
    fn exit_codes_become_statuses() {
        let status =
            |exit, kind: &str| super::status_of(Some(exit), &serde_json::json!({"error": {"kind": kind}}));
        let answered = |exit| super::status_of(Some(exit), &serde_json::json!({"result": {}}));
        assert_eq!((answered(0), answered(1)), (StatusCode::OK, StatusCode::OK));
        assert_eq!(status(1, "refused"), StatusCode::CONFLICT);
        assert_eq!(status(2, "not_found"), StatusCode::NOT_FOUND);
        assert_eq!(status(2, "usage"), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(status(2, "io"), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(3, "locked"), StatusCode::LOCKED);
        assert_eq!(status(70, ""), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
