//! Who may ask: only a browser or a program that this machine's user has let in, by an address that is the server's own.
//!
//! A page of somebody else can send requests to this machine, also under a name of its own that it makes point here. So the
//! names that the server is reached by are known, whatever says that it comes from elsewhere is refused, and nothing is
//! answered without the token of this start. What writes also needs the token of the page's forms, which no other page has.

use std::net::SocketAddr;

use axum::http::{HeaderMap, Method, StatusCode, Uri, header};

use crate::model::digest_of;

/// Who may ask.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    own: SocketAddr,
    /// The values of `Host` that mean this server.
    hosts: Vec<String>,
    read_only: bool,
    /// Lets in who opens the printed address, and programs.
    token: String,
    /// Lets a browser in. It is sent to other servers of this machine, too: it is no token.
    cookie: String,
    /// What forms bring back.
    form_token: String,
}

/// How somebody was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entrance {
    /// By the cookie of a browser.
    Cookie,
    /// By a header that no page can send elsewhere: it needs no token of a form.
    Bearer,
    /// By the address that the server printed: what is to become the cookie.
    Address,
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused(pub(super) StatusCode, pub(super) &'static str);

/// The header in which a script sends the token of forms.
pub(super) const FORM_HEADER: &str = "x-tracker-token";

impl Access {
    /// Makes the rules of a start: with new secrets.
    pub(super) fn new(own: SocketAddr, names: &[String], read_only: bool, secrets: [String; 3]) -> Self {
        let port = own.port();
        let mut hosts = vec![own.to_string()];
        if own.ip().is_loopback() || own.ip().is_unspecified() {
            hosts.extend(["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{port}")));
        }
        hosts.extend(names.iter().map(|name| match name.contains(':') {
            true => name.to_ascii_lowercase(),
            false => format!("{}:{port}", name.to_ascii_lowercase()),
        }));
        let [token, form_token, cookie] = secrets;
        Self { own, hosts, read_only, token, cookie, form_token }
    }

    /// Returns the address that lets a browser in.
    pub(super) fn address(&self) -> String {
        format!("{}/?token={}", self.origin(), self.token)
    }

    /// Returns where the server is.
    pub(super) fn origin(&self) -> String {
        match self.own.ip() {
            ip if ip.is_unspecified() => format!("http://127.0.0.1:{}", self.own.port()),
            _ => format!("http://{}", self.own),
        }
    }

    /// Returns what lets programs in.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Whether nobody may write.
    #[cfg(feature = "mcp")]
    pub(super) fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// What forms bring back; none where nobody may write.
    pub(super) fn form_token(&self) -> Option<&str> {
        (!self.read_only).then_some(self.form_token.as_str())
    }

    /// Returns what distinguishes this start from others, and is no secret.
    pub(super) fn start(&self) -> String {
        digest_of(self.form_token.as_bytes()).chars().take(8).collect()
    }

    /// Returns the cookie that lets a browser in from now on. Another server on this machine has another name for its own.
    pub(super) fn cookie(&self) -> String {
        format!("{}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie_name(), self.cookie)
    }

    fn cookie_name(&self) -> String {
        format!("tracker-{}", self.own.port())
    }

    /// Lets somebody in, or says why not.
    pub(super) fn judge(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Entrance, Refused> {
        let entrance = self.let_in(method, uri, headers)?;
        if *method == Method::POST && self.read_only {
            return Err(Refused(StatusCode::FORBIDDEN, "this server is read-only"));
        }
        Ok(entrance)
    }

    /// The same for what can be sent to a server that is read-only: whoever answers it writes nothing.
    pub(super) fn let_in(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Entrance, Refused> {
        let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(header::HOST).map(str::to_ascii_lowercase);
        // A name in the first line of a request means more than `Host`, and of two nobody knows which is meant.
        let named = uri.authority().map(|named| named.as_str().to_ascii_lowercase());
        let is_one = headers.get_all(header::HOST).iter().count() == 1
            && named.is_none_or(|named| host == Some(named));
        let Some(host) = host.filter(|host| is_one && self.hosts.contains(host)) else {
            return Err(Refused(StatusCode::MISDIRECTED_REQUEST, "this server is not reached by that name"));
        };
        if !matches!(*method, Method::GET | Method::HEAD | Method::POST) {
            return Err(Refused(StatusCode::METHOD_NOT_ALLOWED, "only GET and POST are served"));
        }
        let is_foreign = headers.get(header::ORIGIN).is_some_and(|origin| {
            origin.to_str().map(str::to_ascii_lowercase).ok() != Some(format!("http://{host}"))
        });
        let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
        let is_visit = *method == Method::GET
            && headers.get("sec-fetch-mode").is_some_and(|mode| mode.as_bytes() == b"navigate");
        let is_elsewhere = matches!(site, Some("cross-site" | "same-site")) && !is_visit;
        if is_foreign || is_elsewhere {
            return Err(Refused(StatusCode::FORBIDDEN, "requests of other sites are refused"));
        }
        self.entrance(method, uri, headers)
    }

    fn entrance(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Entrance, Refused> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
        if let Some((_, given)) = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) {
            return match is_same(given.trim(), &self.token) {
                true => Ok(Entrance::Bearer),
                false => Err(Refused(StatusCode::UNAUTHORIZED, "that is not the token of this start")),
            };
        }
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        if pairs.any(|(name, value)| name == self.cookie_name() && is_same(value, &self.cookie)) {
            return Ok(Entrance::Cookie);
        }
        let mut given =
            uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.strip_prefix("token="));
        if *method == Method::GET && given.any(|given| is_same(given, &self.token)) {
            return Ok(Entrance::Address);
        }
        Err(Refused(StatusCode::UNAUTHORIZED, "open the address that `tracker serve` has printed"))
    }

    /// Whether what writes brings the token of a form.
    pub(super) fn is_own_form(&self, given: Option<&str>) -> bool {
        given.is_some_and(|given| is_same(given, &self.form_token))
    }
}

/// Compares two secrets in a time that does not show how much of them is the same.
fn is_same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::{Access, Entrance};
    use axum::http::{HeaderMap, HeaderName, Method, Uri};

    fn access(read_only: bool) -> Access {
        let secrets = ["open", "form", "jar"].map(str::to_owned);
        Access::new("127.0.0.1:4000".parse().unwrap(), &["dev.box".to_owned()], read_only, secrets)
    }

    fn judged(access: &Access, method: &str, uri: &str, headers: &str) -> Result<Entrance, u16> {
        let pairs = headers.lines().map(|line| line.split_once(": ").unwrap());
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let (method, uri): (Method, Uri) = (method.parse().unwrap(), uri.parse().unwrap());
        access.judge(&method, &uri, &headers).map_err(|refused| refused.0.as_u16())
    }

    #[test]
    fn only_who_was_let_in_by_a_name_of_its_own_is_answered() {
        let access = access(false);
        let cookie = "host: localhost:4000\ncookie: a=b; tracker-4000=jar";
        for (expected, method, uri, headers) in [
            (Ok(Entrance::Cookie), "GET", "/", cookie),
            (Ok(Entrance::Cookie), "GET", "/", "host: [::1]:4000\ncookie: tracker-4000=jar"),
            (Ok(Entrance::Cookie), "GET", "/", "host: dev.box:4000\ncookie: tracker-4000=jar"),
            (Ok(Entrance::Bearer), "POST", "/", "host: 127.0.0.1:4000\nauthorization: Bearer open"),
            (Ok(Entrance::Address), "GET", "/x?token=open", "host: 127.0.0.1:4000"),
            (Ok(Entrance::Bearer), "GET", "/", "host: 127.0.0.1:4000\nauthorization: bearer open"),
            // The cookie goes to every port of this machine: it is worth nothing as a token.
            (Err(401), "GET", "/", "host: 127.0.0.1:4000\nauthorization: Bearer jar"),
            (Err(401), "GET", "/", "host: localhost:4000\ncookie: tracker-4000=open"),
            // Whatever is let in by its address reads: a form could be sent there by any page.
            (Err(401), "POST", "/x?token=open", "host: 127.0.0.1:4000"),
            (Err(401), "GET", "/", "host: localhost:4000"),
            (Err(401), "GET", "/", "host: localhost:4000\ncookie: tracker-4001=jar"),
            (Err(401), "GET", "/", "host: localhost:4000\ncookie: tracker-4000=jam"),
            (Err(401), "GET", "/", "host: localhost:4000\nauthorization: Bearer "),
            (Err(421), "GET", "/", "host: evil.example:4000\ncookie: tracker-4000=jar"),
            (Err(421), "GET", "/", "host: localhost\ncookie: tracker-4000=jar"),
            (Err(421), "GET", "/", "cookie: tracker-4000=jar"),
            (Ok(Entrance::Cookie), "GET", "http://localhost:4000/", cookie),
            (Err(421), "GET", "http://evil.example:4000/", cookie),
            (Err(421), "GET", "/", "host: localhost:4000\nhost: evil.example\ncookie: tracker-4000=jar"),
            (Err(421), "GET", "/", "host: localhost:4000\nhost: localhost:4000\ncookie: tracker-4000=jar"),
            (Err(405), "DELETE", "/", cookie),
        ] {
            assert_eq!(judged(&access, method, uri, headers), expected, "{method} {uri} {headers}");
        }
    }

    #[test]
    fn requests_of_other_sites_are_refused() {
        let access = access(false);
        let with = |more: &str| format!("host: localhost:4000\ncookie: tracker-4000=jar\n{more}");
        for (expected, method, more) in [
            (Ok(Entrance::Cookie), "POST", "origin: http://localhost:4000"),
            (Ok(Entrance::Cookie), "POST", "sec-fetch-site: same-origin"),
            (Ok(Entrance::Cookie), "GET", "sec-fetch-site: cross-site\nsec-fetch-mode: navigate"),
            (Err(403), "POST", "origin: http://localhost:4001"),
            (Err(403), "POST", "origin: https://localhost:4000"),
            (Err(403), "POST", "origin: null"),
            (Err(403), "GET", "origin: http://evil.example"),
            (Err(403), "GET", "sec-fetch-site: cross-site\nsec-fetch-mode: no-cors"),
            (Err(403), "POST", "sec-fetch-site: cross-site\nsec-fetch-mode: navigate"),
            // Another port of this machine is another site's page, too.
            (Err(403), "GET", "sec-fetch-site: same-site\nsec-fetch-mode: cors"),
        ] {
            assert_eq!(judged(&access, method, "/", &with(more)), expected, "{method} {more}");
        }
    }

    #[test]
    fn a_server_that_is_read_only_takes_nothing() {
        let access = access(true);
        let headers = "host: localhost:4000\nauthorization: Bearer open";
        assert_eq!(judged(&access, "POST", "/", headers), Err(403));
        assert_eq!(judged(&access, "GET", "/", headers), Ok(Entrance::Bearer));
        assert_eq!(access.form_token(), None);
    }
}
