//! `tracker serve`

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::ReadArgs;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::Output;
use crate::ops::{self, ContainerFile};
use crate::process::Program;
use crate::server::{Argument, ROUTES, Route, ServeRequest, Server};
use crate::store::Workspace;

/// Serve pages and an API for this repository, on this machine
///
/// The pages are live: what anybody on this machine writes shows in all of them. Only a browser that opens the printed address
/// is let in, and programs that send its token. You act as who git is configured as. See `tracker help serve`.
///
/// Example: tracker serve --open
///
/// Example: tracker serve ../shop ../api
#[derive(Debug, Args)]
pub(in crate::cli) struct Serve {
    /// Working trees to serve, several for several repositories [default: this one]
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Print a file that serves a repository in a container, and serve nothing: save them as Dockerfile and compose.yaml
    #[arg(long, value_name = "FILE")]
    print: Option<FileName>,
    /// Port to listen on; 0 for one that is free
    #[arg(long, value_name = "PORT", default_value = "4040")]
    port: u16,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// Let nobody write
    #[arg(long)]
    read_only: bool,
    /// Address to listen on; any other than that of this machine lets the network in
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), hide_default_value = true)]
    address: IpAddr,
    /// Name that the server is also reached by, such as that of a proxy; can be repeated
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FileName {
    Dockerfile,
    Compose,
}

/// A file that was printed. Of serving there is nothing: the answers are those of HTTP.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Served {
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl Command for Serve {
    type Response = Served;

    fn run(self, context: &Context) -> Reply<Served> {
        if let Some(file) = self.print {
            let file = match file {
                FileName::Dockerfile => ContainerFile::Dockerfile,
                FileName::Compose => ContainerFile::Compose,
            };
            let session = context.read(&ReadArgs::default())?;
            return Ok(Answer::of(Served { text: Some(ops::container_file(&session, file)) }));
        }
        let workspaces: Result<Vec<Workspace>, ops::Error> = match self.folders.as_slice() {
            [] => ops::open(context.env()).map(|own| vec![own]),
            all => all.iter().map(|folder| ops::open(context.moved_to(folder).env())).collect(),
        };
        let workspaces = workspaces?;
        let openapi = openapi().to_string();
        let Self { port, open, read_only, address, hosts, folders: _, print: _ } = self;
        let request = ServeRequest { address, port, read_only, hosts, openapi };
        let server = Server::listen(context.shared_env(), &workspaces, request).map_err(
            |source| match source.kind() {
                std::io::ErrorKind::AddrInUse => Failure::usage_message(
                    format!("port {port} is in use"),
                    "another `tracker serve` may run: open its address, or take a free port with --port 0",
                ),
                _ => Failure::cannot_serve(&source),
            },
        )?;
        let page = server.address();
        if !address.is_loopback() {
            context.say(&format!(
                "{address} is reached from outside of this machine: whoever has the token below acts as you, and nothing is \
                 encrypted on the way"
            ));
        }
        // At once: the command does not end.
        let mut stdout = std::io::stdout();
        let (agents, token) = (server.agents(), server.token());
        let line = match context.format().is_human() {
            true => format!("{page}\n"),
            false => format!("{}\n", json!({ "address": page, "mcp": agents, "token": token })),
        };
        let printed = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush());
        printed.map_err(|source| Failure::cannot_serve(&source))?;
        if context.format().is_human() {
            for address in &agents {
                context.say(&format!(
                    "agents: MCP at {address} with the header `Authorization: Bearer {token}`"
                ));
            }
            context.say("press Ctrl-C to stop");
        }
        if open && !opened(&page) {
            context.say("no browser could be opened: open the address above");
        }
        server.serve().map_err(|source| Failure::cannot_serve(&source))?;
        Ok(Answer::of(Served { text: None }))
    }
}

impl View for Served {
    fn show(&self, out: &mut Output) {
        out.raw(self.text.as_deref().unwrap_or_default());
    }
}

/// Opens an address in the user's browser, by what the system has for it.
fn opened(page: &str) -> bool {
    let opens = |program: &&str| {
        Program::new(program, "open the browser")
            .args([page])
            .output()
            .is_ok_and(|output| output.is_success())
    };
    ["xdg-open", "open"].iter().any(opens)
}

/// Describes the API: its calls, and what they answer.
fn openapi() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    let mut schemas: Map<String, Value> = Map::new();
    for route in &ROUTES {
        let command = command_of(route);
        if !schemas.contains_key(command) {
            add_schema(&mut schemas, command);
        }
        let path = paths.entry(format!("/api/v1{}", route.path)).or_insert_with(|| json!({}));
        path[if route.is_post { "post" } else { "get" }] = operation(route, command);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "git-native tracker",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the command line does, over HTTP. Answers are those of `--format json`.",
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

/// Adds the schema of a command's answers, and the types that it names beside it: a reference is looked for in the whole
/// document.
fn add_schema(schemas: &mut Map<String, Value>, command: &str) {
    let mut schema = super::schema(command);
    point_at_components(&mut schema, command);
    let defined = schema.as_object_mut().and_then(|schema| schema.remove("$defs"));
    if let Some(Value::Object(defined)) = defined {
        schemas.extend(defined.into_iter().map(|(name, schema)| (format!("{command}.{name}"), schema)));
    }
    schemas.insert(command.to_owned(), schema);
}

/// Makes references to types of one schema those of the document.
fn point_at_components(value: &mut Value, command: &str) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value.as_str().and_then(|text| text.strip_prefix("#/$defs/")).filter(|_| key == "$ref")
                {
                    Some(name) => *value = format!("#/components/schemas/{command}.{name}").into(),
                    None => point_at_components(value, command),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| point_at_components(value, command)),
        _ => {}
    }
}

/// Returns the command whose answers a call has.
fn command_of(route: &Route) -> &'static str {
    let word = |argument: &Argument| match argument {
        Argument::Word(word) => Some(*word),
        _ => None,
    };
    route.arguments.iter().find_map(word).unwrap_or_default()
}

fn operation(route: &Route, command: &str) -> Value {
    let parameter = |name: &str, place: &str, required: bool| json!({ "name": name, "in": place, "required": required, "schema": { "type": "string", "minLength": 1 } });
    let mut parameters = Vec::new();
    let (mut properties, mut required) = (Map::new(), Vec::new());
    let mut is_open = false;
    // A number of a body is taken as its text; a query is text.
    let text = if route.is_post { json!(["string", "number"]) } else { json!("string") };
    for argument in route.arguments {
        let (name, shape, is_needed) = match *argument {
            Argument::Word(_) => continue,
            Argument::Path(name) => {
                parameters.push(parameter(name, "path", true));
                continue;
            }
            Argument::Fields => {
                is_open = true;
                continue;
            }
            Argument::Option(name, _) => (name, json!({ "type": text }), false),
            Argument::Value(name) | Argument::Needed(name, _) => {
                (name, json!({ "type": text, "minLength": 1 }), true)
            }
            Argument::Flag(name, _) => (name, json!({ "type": "boolean" }), false),
            Argument::Options(name, _) | Argument::Values(name) => {
                (name, json!({ "type": "array", "items": { "type": text } }), false)
            }
        };
        if route.is_post {
            properties.insert(name.to_owned(), shape);
            required.extend(is_needed.then_some(name));
        } else {
            parameters.push(json!({ "name": name, "in": "query", "required": is_needed, "schema": shape }));
        }
    }
    let mut operation = json!({ "summary": route.about, "parameters": parameters, "responses": responses(command, route.follow.is_some()) });
    if route.is_post {
        let mut schema = json!({ "type": "object", "properties": properties, "required": required });
        schema["additionalProperties"] = if is_open { json!({ "type": text }) } else { json!(false) };
        operation["requestBody"] = json!({ "required": !required.is_empty(), "content": { "application/json": { "schema": schema } } });
    }
    operation
}

/// What a call can answer, by status.
fn responses(command: &str, goes_on: bool) -> Value {
    let answer = json!({
        "description": "The answer of the command",
        "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{command}") } } },
    });
    let problem =
        |about: &str| json!({ "description": about, "content": { "application/problem+json": {} } });
    let mut responses = json!({
        "400": problem("The request is malformed"),
        "401": problem("Without the token"),
        "403": problem("Of another site, or the server is read-only"),
        "404": problem("Nothing has this name"),
        "405": problem("The path takes the other method: `Allow` says which"),
        "409": problem("The rules say no, or it has changed since"),
        "413": problem("The body or a value is too long"),
        "421": problem("The server is not reached by the name in `Host`"),
        "422": problem("A value cannot be what it is"),
        "423": problem("Somebody else writes"),
        "502": problem("A remote does not answer, or says no"),
        "503": problem("Git or the system cannot do it now"),
    });
    let status = if goes_on { "202" } else { "200" };
    responses[status] = answer;
    if goes_on {
        let place = json!({ "description": "Where it is followed", "schema": { "type": "string" } });
        responses[status]["headers"] = json!({ "Location": place });
    }
    responses
}
