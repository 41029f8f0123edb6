#!/usr/bin/env python3
"""A language server that knows nothing, for what the real one cannot show on demand.

Every hover is null (the negative control: a check that passes here proves nothing). `forethought/chat` streams three
words and then never ends by itself. A pass runs until it is cancelled. SCRIPTED_LOG collects the methods received.
"""

import json
import os
import sys
from typing import Any

CANCELLED = -32800


def main() -> None:
    chats: list[Any] = []
    with open(os.environ["SCRIPTED_LOG"], "a", encoding="utf-8") as log:
        while (message := read()) is not None:
            method = message.get("method", "answer")
            print(method, file=log, flush=True)
            if method == "exit":
                return
            if method == "forethought/chat":
                chats.append(message["id"])
                for word in ("Three ", "words ", "only"):
                    notify("$/progress", {"token": message["params"]["partialResultToken"], "value": {"delta": word}})
            elif method == "$/cancelRequest" and message["params"]["id"] in chats:
                chats.remove(message["params"]["id"])
                error = {"code": CANCELLED, "message": "cancelled"}
                write({"id": message["params"]["id"], "error": error})
            elif method == "initialized":
                write({"id": "pass", "method": "window/workDoneProgress/create", "params": {"token": "pass"}})
                progress = {"kind": "begin", "title": "Thinking", "cancellable": True}
                notify("$/progress", {"token": "pass", "value": progress})
            elif method == "window/workDoneProgress/cancel":
                notify("$/progress", {"token": "pass", "value": {"kind": "end"}})
                notify("forethought/didChangeStatus", status("idle"))
            elif method != "answer" and "id" in message:
                write({"id": message["id"], "result": answer(method)})


def answer(method: str) -> Any:
    if method == "initialize":
        capabilities = {"hoverProvider": True, "textDocumentSync": 1, "executeCommandProvider": {"commands": []}}
        return {"capabilities": capabilities, "serverInfo": {"name": "forethought"}}
    return status("thinking") if method == "forethought/status" else None


def status(state: str) -> dict[str, Any]:
    return {"state": state, "message": "", "roots": [], "queue": 0, "next": [], "engine": None}


def notify(method: str, params: Any) -> None:
    write({"method": method, "params": params})


def read() -> dict[str, Any] | None:
    length = 0
    while line := sys.stdin.buffer.readline().strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def write(message: dict[str, Any]) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
