//! Webhooks: which events are sent where, how they are signed, and when one that was not taken is sent again. The form is that
//! of Standard Webhooks.

use std::time::Duration;

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::{EventKind, KindPattern};

/// `[webhooks.NAME]`: where events are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where to: `https`, or `http` on this machine.
    pub url: String,
    /// Which kinds.
    pub events: Vec<KindPattern>,
    /// The variable that has the secret which they are signed with.
    pub secret: String,
}

impl Webhook {
    /// Whether events of a kind are sent. Those of webhooks themselves are not.
    #[must_use]
    pub fn sends(&self, kind: EventKind) -> bool {
        kind.can_trigger() && self.events.iter().any(|pattern| pattern.matches(kind))
    }
}

/// How often an event is sent at most.
pub const MOST_ATTEMPTS: u32 = 10;

/// Returns how long to wait after an attempt that has failed, counted from 1; none after the last.
#[must_use]
pub fn retry_in(attempt: u32) -> Option<Duration> {
    /// In seconds: at once, 5 s, 5 min, 30 min, and then hours.
    const WAITS: [u64; MOST_ATTEMPTS as usize - 1] =
        [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
    let at = usize::try_from(attempt).ok()?.checked_sub(1)?;
    WAITS.get(at).copied().map(Duration::from_secs)
}

/// Reads a secret as it is given: base 64, with or without `whsec_` before it.
#[must_use]
pub fn secret_key(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let text = text.strip_prefix("whsec_").unwrap_or(text);
    BASE64.decode(text.as_bytes()).ok().filter(|key| key.len() >= 16)
}

/// Signs what is sent: its id, the seconds since 1970 at which it is, and the body.
#[must_use]
pub fn sign(key: &[u8], id: &str, at: i64, body: &str) -> String {
    format!("v1,{}", BASE64.encode(&hmac(key, format!("{id}.{at}.{body}").as_bytes())))
}

/// HMAC with SHA-256, as RFC 2104 has it.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    /// Bytes of a block of SHA-256.
    const BLOCK: usize = 64;
    let mut block = [0; BLOCK];
    let hashed = Sha256::digest(key);
    let key = if key.len() > BLOCK { hashed.as_slice() } else { key };
    block[..key.len()].copy_from_slice(key);
    let padded = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

/// Whether events may be sent to an address: over TLS, or to a program on this machine.
#[must_use]
pub fn is_webhook_url(url: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_graphic() && c != '\\';
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    let is_own = |host: String| {
        let name = host.rsplit_once(':').map_or(host.as_str(), |(name, port)| {
            if port.bytes().all(|c| c.is_ascii_digit()) { name } else { host.as_str() }
        });
        matches!(name, "localhost" | "127.0.0.1" | "[::1]")
    };
    url.chars().all(is_plain)
        && match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
            (Some(rest), _) => !host(rest).is_empty() && !host(rest).contains('@'),
            (None, Some(rest)) => is_own(host(rest)),
            (None, None) => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_that_others_make() {
        // The example that libraries of Standard Webhooks are tested with.
        let key = secret_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(key, secret_key("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap());
        let signature = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        // RFC 4231, case 6: a key that is longer than a block.
        let long = hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert!(crate::model::to_hex(&long).starts_with("60e431591ee0b67f0d8a26aacbf5b77f"));
        for weak in ["", "whsec_", "secret", "c2hvcnQ=", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"] {
            assert_eq!(secret_key(weak), None, "{weak}");
        }
    }

    #[test]
    fn nothing_is_sent_in_the_clear_to_another_machine() {
        for url in
            ["https://example.com/hook?a=b", "http://localhost:8080/x", "http://127.0.0.1", "http://[::1]:9/"]
        {
            assert!(is_webhook_url(url), "{url}");
        }
        for url in [
            "http://example.com/",
            "http://localhost.example.com/",
            "http://127.0.0.1@example.com/",
            "http://example.com:80#@localhost",
            "https://",
            "https://user:secret@example.com/",
            "ftp://example.com",
            "https://example.com/\n",
            "file:///etc/passwd",
        ] {
            assert!(!is_webhook_url(url), "{url}");
        }
    }

    #[test]
    fn what_is_not_taken_is_sent_again_later_and_later_and_given_up() {
        let waits: Vec<u64> = (1..).map_while(retry_in).map(|wait| wait.as_secs()).collect();
        assert_eq!(waits.len() + 1, MOST_ATTEMPTS as usize);
        assert!(waits.is_sorted() && waits[0] == 5 && waits.iter().sum::<u64>() > 3 * 86_400);
    }
}
