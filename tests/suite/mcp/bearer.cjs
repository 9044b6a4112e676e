// Preloaded into a client that cannot be given a header: adds the token of the start to its requests.
const http = require("node:http");
const { syncBuiltinESMExports } = require("node:module");

const bearer = `Bearer ${process.env.TRACKER_BEARER}`;
const { fetch: plainFetch } = globalThis;
globalThis.fetch = (resource, options = {}) => {
  const headers = new Headers(options.headers ?? resource.headers);
  headers.set("authorization", bearer);
  return plainFetch(resource, { ...options, headers });
};
const { request: plainRequest } = http;
http.request = (...words) => {
  const request = plainRequest(...words);
  request.setHeader("authorization", bearer);
  return request;
};
syncBuiltinESMExports();
