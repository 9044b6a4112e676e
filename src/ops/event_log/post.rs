//! One request over HTTP, on a thread of its own: nobody waits for a server.

use std::sync::mpsc::{Receiver, channel};

/// What is sent.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

/// What has come of it: the status, or why there is none.
pub(super) type Posted = Result<u16, String>;

/// Sends it.
pub(super) fn post(post: Post) -> Receiver<Posted> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        // Nobody listens any more when the process ends.
        let _ = send.send(send_now(&post));
    });
    receive
}

#[cfg(feature = "webhooks")]
fn send_now(post: &Post) -> Posted {
    /// How long a server may take, all in all.
    const LIMIT: std::time::Duration = std::time::Duration::from_secs(15);
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(LIMIT))
        // Whoever is sent elsewhere would send a signed event to whom nobody has configured.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("git-native-tracker/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    let mut request = agent.post(&post.url).content_type("application/json");
    for (name, value) in &post.headers {
        request = request.header(*name, value);
    }
    let response = request.send(post.body.as_bytes());
    response.map(|response| response.status().as_u16()).map_err(|error| error.to_string())
}

#[cfg(not(feature = "webhooks"))]
fn send_now(_post: &Post) -> Posted {
    Err("this program was built without the feature `webhooks`".to_owned())
}
