"""Firefox without a window, driven by WebDriver BiDi: opens a page, and evaluates scripts on it."""

import json
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

PROGRAM = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)


class Page:
    """One tab."""

    def __init__(self, socket):
        self.socket, self.last = socket, 0
        self.call("session.new", capabilities={})
        self.tab = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method, **params):
        """Send a command; return its result."""
        self.last += 1
        self.socket.send(json.dumps({"id": self.last, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv())).get("id") != self.last:
            pass
        if answer["type"] == "error":
            raise RuntimeError(answer["message"])
        return answer["result"]

    def goto(self, address):
        self.call("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    def evaluate(self, body):
        """Run the body of an async function on the page; return what it returns."""
        script = f"(async () => JSON.stringify(await (async () => {{ {body} }})()))()"
        target = {"context": self.tab}
        told = self.call("script.evaluate", expression=script, target=target, awaitPromise=True)
        if told["type"] != "success":
            raise RuntimeError(told["exceptionDetails"]["text"])
        return json.loads(told["result"].get("value", "null"))


@contextmanager
def page():
    """Start Firefox; end it afterwards."""
    from websocket import create_connection  # JupyterLab brings it

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [PROGRAM, "--headless", "--profile", profile, "--remote-debugging-port", "0"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, **quiet) as started:
            told = Path(profile, "WebDriverBiDiServer.json")  # where it listens
            while not (told.exists() and told.stat().st_size) and started.poll() is None:
                time.sleep(0.1)
            place = json.loads(told.read_text("utf8"))
            address = f"ws://{place['ws_host']}:{place['ws_port']}/session"
            socket = create_connection(address, timeout=600, suppress_origin=True)
            try:
                yield Page(socket)
            finally:
                socket.close()
                started.terminate()
