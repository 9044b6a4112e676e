"""Drives every tool of `tracker mcp`, or of a `tracker serve` whose address and token are given, with the client of PyPI's
`mcp`, in both eras, and prints what it was answered."""

import asyncio
import os
import sys

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client


async def day(program, folder, mode, address=None, token=None):
    if address:
        head = {"Authorization": f"Bearer {token}"}
        server = streamable_http_client(address, http_client=httpx2.AsyncClient(headers=head, timeout=60))
    else:
        server = StdioServerParameters(command=program, args=["mcp"], cwd=folder, env=dict(os.environ))
    async with Client(server, mode=mode) as client:
        print("version", client.protocol_version)
        tools = await client.list_tools()
        print("tools", *[tool.name for tool in tools.tools])

        async def call(name, **arguments):
            result = await client.call_tool(name, arguments)
            text = result.content[0].text
            assert not result.is_error, text
            assert result.structured_content, text
            print(name, text.splitlines()[0])
            return result.structured_content

        ready = await call("next")
        made = await call("write", ops=[{"op": "new", "title": f"From {mode}"}])
        task = made["tasks"][0]["id"]
        await call("move", action="start", ids=[task])
        await call("get", ids=[task])
        assert (await call("find", query=f"id:{task}"))["matched"] == 1
        await call("vote", id="d4rk", verdict="approve", notes=mode)
        run = await call("run", action="start", workflow="w", wait=30)
        assert run["state"] == "success", run
        assert ready["person"] == "Ada Lovelace", ready
        read = await client.read_resource(f"tracker://task/{task}")
        assert task in read.contents[0].text
        prompts = await client.list_prompts()
        print("prompts", *[prompt.name for prompt in prompts.prompts])
        refused = await client.call_tool("get", {"ids": ["zzzz"]})
        assert refused.is_error and "zzzz" in refused.content[0].text


asyncio.run(day(*sys.argv[1:]))
