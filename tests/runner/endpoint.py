"""An OpenAI-compatible endpoint on 127.0.0.1, whose worker mostly says the same."""

import json
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

ANSWER = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {"id": "1", "type": "function", "function": {"name": "close_for_today", "arguments": "{}"}}
    ],
}


class Endpoint(ThreadingHTTPServer):
    """Counts the requests it answers, and refuses more than `patience` of them.

    The first `busy` requests are asked to come again at once. `bodies` are those it answered.
    """

    daemon_threads = True
    patience = 10**6
    counts_tokens = True
    answered = 0
    busy = 0

    def __init__(self, *where):
        super().__init__(*where)
        self.bodies = []

    def handle_error(self, request, address):
        """Say nothing of a client that was killed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, address)

    def says(self, _request):
        """The message that answers a request."""
        return ANSWER

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # header and body in one packet

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = json.loads(body)
        if self.server.busy:
            self.server.busy -= 1
            self._reply(503, {"error": {"message": "busy"}}, {"Retry-After": "0"})
            return
        if self.server.answered >= self.server.patience:
            self._reply(401, {"error": {"message": "no such key"}})
            return
        self.server.answered += 1
        self.server.bodies.append(body)
        usage = {"prompt_tokens": 1000, "completion_tokens": 10, "total_tokens": 1010}
        said = {"index": 0, "message": self.server.says(request), "finish_reason": "tool_calls"}
        head = {"id": "1", "object": "chat.completion", "created": 0, "model": "worker-1"}
        told = {"usage": usage} if self.server.counts_tokens else {}
        self._reply(200, {**head, "choices": [said], **told})

    def _reply(self, status, content, headers=None):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def serving(server):
    """Let a server answer in a thread of its own."""
    with server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def endpoint():
    """Serve an endpoint of this kind; a context manager."""
    return serving(Endpoint(("127.0.0.1", 0), _Handler))
