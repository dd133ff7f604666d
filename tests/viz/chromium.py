"""A real browser for tests: Chromium, told what to do through its DevTools protocol over a pipe.

It needs nothing but the browser. Every message, request and error of a page is kept for the tests to see.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
)  # fmt: skip
#: What keys are called in DevTools: the code of the physical key, the old number, and what it types.
KEYS = {
    "Enter": ("Enter", 13, "\r"), "Escape": ("Escape", 27, ""), "Tab": ("Tab", 9, ""),
    " ": ("Space", 32, " "), "ArrowLeft": ("ArrowLeft", 37, ""), "ArrowUp": ("ArrowUp", 38, ""),
    "ArrowRight": ("ArrowRight", 39, ""), "ArrowDown": ("ArrowDown", 40, ""), "Home": ("Home", 36, ""),
    "End": ("End", 35, ""),
}  # fmt: skip
#: Starts the browser with the pipe's ends where it looks for them.
_START = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def found() -> str | None:
    """The path of a browser on this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """A running browser. ``page(path)`` opens a file in it."""

    def __init__(self, folder: Path, patience: float = 60.0):
        self.patience = patience
        self.number = 0
        self.answers: dict[int, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.unread = b""
        ours, theirs = _pipe(), _pipe()  # what it reads, what it writes
        self.write, self.read = ours[1], theirs[0]
        flags = (*FLAGS, "--remote-debugging-pipe", f"--user-data-dir={folder}")
        with open(folder / "stderr.txt", "wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _START, str(ours[0]), str(theirs[1]), found(), *flags],
                pass_fds=(ours[0], theirs[1]),
                stdout=said,
                stderr=said,
            )
        os.close(ours[0])
        os.close(theirs[1])

    def tell(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Send a command and return its result; events that come first are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        message |= {"sessionId": session} if session else {}
        left = json.dumps(message).encode() + b"\0"
        while left:
            left = left[os.write(self.write, left) :]
        until = time.monotonic() + self.patience
        while self.number not in self.answers:
            self._listen(until - time.monotonic())
        answer = self.answers.pop(self.number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _listen(self, patience: float) -> None:
        ready, _, _ = select.select([self.read], [], [], max(patience, 0.0))
        more = os.read(self.read, 1 << 20) if ready else b""
        if not more:
            raise TimeoutError("the browser does not answer")
        *messages, self.unread = (self.unread + more).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self.answers[message["id"]] = message
            else:
                self.events.append(message)

    def page(self, path: Path, width: int = 1400, height: int = 1000) -> Page:
        """Open a file and wait until it is loaded."""
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, target, session, path, width, height)

    def close(self) -> None:
        """End the browser."""
        try:
            self.tell("Browser.close")
            self.process.wait(self.patience)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self.write)
            os.close(self.read)


class Page:
    """An open page."""

    def __init__(self, browser: Browser, target: str, session: str, path: Path, width: int, height: int):
        self.browser, self.target, self.session = browser, target, session
        self.url = path.as_uri()
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.tell(f"{domain}.enable")
        self.resize(width, height)
        self.tell("Page.navigate", url=self.url)
        self.wait("document.readyState === 'complete' && location.protocol === 'file:'")

    def tell(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command to this page."""
        return self.browser.tell(method, self.session, **params)

    def resize(self, width: int, height: int, scale: float = 1.0) -> None:
        """Set the size of the window in CSS pixels; ``scale`` is what 200 % zoom sets to 2."""
        self.tell(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )

    def prefer(self, **features: str) -> None:
        """Say what the reader prefers: ``prefers_color_scheme="dark"``."""
        chosen = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.tell("Emulation.setEmulatedMedia", features=chosen)

    def ask(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""
        answer = self.tell("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until a JavaScript expression is true."""
        until = time.monotonic() + self.browser.patience
        while not self.ask(f"Boolean({condition})"):
            if time.monotonic() > until:
                raise TimeoutError(f"never became true: {condition}")
            time.sleep(0.02)

    def click(self, selector: str, count: int = 1) -> None:
        """Click in the middle of the first element of a CSS selector, as a mouse does."""
        where = self._place(selector, 0.5, 0.5)
        for kind in ("mousePressed", "mouseReleased"):
            self._mouse(kind, where, button="left", clickCount=count)

    def hover(self, selector: str, across: float, down: float) -> None:
        """Move the mouse over an element, to a place in fractions of its size."""
        self._mouse("mouseMoved", self._place(selector, across, down))

    def _place(self, selector: str, across: float, down: float) -> list[float]:
        """Where an element stands in the window, which it is scrolled into, when all is drawn."""
        self.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))")
        return self.ask(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});"
            "const r = e.getBoundingClientRect();"
            f"return [r.x + r.width * {across}, r.y + r.height * {down}]; }})()"
        )

    def _mouse(self, kind: str, where: list[float], **more: Any) -> None:
        self.tell("Input.dispatchMouseEvent", type=kind, x=where[0], y=where[1], **more)

    def press(self, key: str, shift: bool = False) -> None:
        """Press a key: one of `KEYS`, or a letter or sign."""
        code, number, text = KEYS.get(key, ("", ord(key.upper()[0]), key))
        event = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": 8 if shift else 0}
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        self.tell("Input.dispatchKeyEvent", **down, **event)
        self.tell("Input.dispatchKeyEvent", type="keyUp", **event)

    def write(self, text: str) -> None:
        """Type a text where the focus is."""
        self.tell("Input.insertText", text=text)

    def picture(self, whole: bool = True) -> bytes:
        """A PNG of the whole page, or of what the window shows."""
        shot = self.tell("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])

    def printed(self) -> bytes:
        """The page as a PDF."""
        return base64.b64decode(self.tell("Page.printToPDF", printBackground=True)["data"])

    def _events(self, method: str) -> list[dict[str, Any]]:
        self.ask("0")  # what is on its way comes first
        mine = (e for e in self.browser.events if e.get("sessionId") == self.session)
        return [event["params"] for event in mine if event["method"] == method]

    @property
    def complaints(self) -> list[Any]:
        """Errors and messages of the console, breaches of the Content-Security-Policy among them."""
        logs = [each["entry"] for each in self._events("Log.entryAdded")]
        return [*self._events("Runtime.exceptionThrown"), *self._events("Runtime.consoleAPICalled"), *logs]

    @property
    def requests(self) -> list[str]:
        """The addresses of everything that the page asked for, itself included."""
        return [each["request"]["url"] for each in self._events("Network.requestWillBeSent")]

    def close(self) -> None:
        """Close the page."""
        self.browser.tell("Target.closeTarget", targetId=self.target)


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are no small numbers: the browser's own are 3 and 4."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return high
