"""A Chromium that a test drives over its own protocol: real keys, real clicks, real pixels."""

import base64
import itertools
import json
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from websockets.sync.client import connect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
_CODES = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
_CODES |= {"Enter": 13, "Tab": 9, "Escape": 27, "Delete": 46}
_SHIFT = 8


class Tab:
    """A page: what it asked for and complained of is kept in `requests` and `complaints`."""

    def __init__(self, socket):
        self._socket, self._numbers = socket, itertools.count(1)
        self.requests, self.complaints = [], []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=60))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self._hear(message.get("method"), message.get("params"))

    def _hear(self, method, told):
        if method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(told["exceptionDetails"])
        elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.complaints.append(told["entry"])
        elif method == "Page.javascriptDialogOpening" or (
            method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning")
        ):
            self.complaints.append(told)

    def ask(self, question):
        """Return the value of an expression; a promise is waited for."""
        done = self.call(
            "Runtime.evaluate", expression=question, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def await_(self, condition, limit_s=20):
        """Wait until an expression is true, looking at every frame; it fails after the limit."""
        self.ask(
            "new Promise((good, bad) => { const start = performance.now(); const look = () => {"
            f"let found = false; try {{ found = {condition} }} catch {{ }} if (found) good();"
            f"else if (performance.now() - start > {limit_s * 1000})"
            f"bad(new Error({json.dumps(condition)}));"
            "else requestAnimationFrame(look); }; look(); })"
        )

    def window(self, width, height, *, dark=False):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, address):
        self.call("Page.navigate", url="about:blank")
        self.requests.clear()
        self.complaints.clear()
        self.call("Page.navigate", url=address)

    def key(self, name, *, shift=False):
        text = name if len(name) == 1 else {"Enter": "\r"}.get(name, "")
        common = {
            "key": name,
            "modifiers": _SHIFT if shift else 0,
            "windowsVirtualKeyCode": _CODES.get(name, ord(name[0].upper())),
        }
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        self.call("Input.dispatchKeyEvent", **down, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def press(self, x, y, *, drag_to=None):
        """Press the mouse at a point, move it if told where, and let go."""
        mouse = {"button": "left", "buttons": 1, "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, **mouse)
        if drag_to is not None:
            x = drag_to
            self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, **mouse)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=x, y=y, **mouse)

    def click(self, selector):
        where = self.ask(
            f"(() => {{ const r = document.querySelector({json.dumps(selector)})"
            ".getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        self.press(*where)

    def picture(self, path, *, whole=False):
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        Path(path).write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def chromium():
    """Start a browser, and give its page."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [CHROMIUM, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as browser:
            try:
                line = next(line for line in browser.stderr if "DevTools listening on" in line)
                with _page(line.split()[-1]) as tab:
                    yield tab
            finally:
                browser.terminate()
                browser.stderr.close()


@contextmanager
def _page(address):
    """Connect to the one page of a browser."""
    with connect(address, proxy=None) as socket:
        socket.send(json.dumps({"id": 0, "method": "Target.getTargets"}))
        while "result" not in (told := json.loads(socket.recv(timeout=60))):
            pass
    (target,) = [one for one in told["result"]["targetInfos"] if one["type"] == "page"]
    place = address.rpartition("/devtools/")[0]
    page = f"{place}/devtools/page/{target['targetId']}"
    with connect(page, proxy=None, max_size=None) as socket:
        yield Tab(socket)
