"""An agent over HTTP, with nothing but Python: python http_agent.py 8000

tenure run vending/week --agent http://127.0.0.1:8000/agent
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

answers = {}  # by episode and step: a request that comes again is answered the same


def decide(observation):
    return {"name": "wait_for_next_day", "arguments": {}}  # your agent's thoughts go here


class Agent(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps the connection open between steps
    wbufsize = -1  # sends header and body at once

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {}  # begin, recall and end want nothing of an agent without a memory
        if message["type"] == "act":
            turn = message["episode"], message["step"]
            if turn not in answers:
                answers[turn] = {"action": decide(message["observation"])}
            answer = answers[turn]
        elif message["type"] == "end":
            for turn in [turn for turn in answers if turn[0] == message["episode"]]:
                del answers[turn]
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Agent).serve_forever()
