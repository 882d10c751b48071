"""Asks with Python's requests, and prints each reply on a line. BASE, TOKEN; proxies and authorities by their variables."""

import json
import os
import sys

import requests

base = os.environ["BASE"]
session = requests.Session()
session.headers["User-Agent"] = "differential"
if "TOKEN" in os.environ:
    # `auth` is what overrides a .netrc; a header alone would not.
    session.auth = lambda request: request.headers.update({"Authorization": f"Bearer {os.environ['TOKEN']}"}) or request


def ask(method, path, **how):
    reply = session.request(method, base + path, timeout=30, **how)
    kept = {name.lower(): value for name, value in reply.headers.items()}
    shown = {name: kept.get(name) for name in ("content-type", "content-range", "etag")}
    json.dump([method, path, reply.status_code, shown, len(reply.content), reply.text[:300], len(reply.history)], sys.stdout)
    print()


ask("GET", "/text")
ask("HEAD", "/json")
ask("GET", "/json", params={"q": "1 2", "r": "é&"})
ask("GET", "/chunked")
ask("GET", "/gzip")
ask("GET", "/range", headers={"Range": "bytes=2-4"})
ask("GET", "/moved")
ask("GET", "/error")
ask("GET", "/large?lines=2500")
ask("POST", "/a", json={"one": [1, "ü"]})
ask("POST", "/a", data={"a": "1", "b": "ü &"})
ask("PUT", "/a", data=(piece for piece in [b"in ", b"chunks"]))
ask("PATCH", "/a", data=b"x" * 2_000_000)
ask("DELETE", "/a/caf%C3%A9")
ask("OPTIONS", "/a")
