"""What Lighthouse, as a phone, says of every built page: `make lighthouse` prints a table.

It needs Node.js and Chromium. The book is served on this machine, compressed as a web host does.
The scores for performance depend on how busy the machine is: nothing here passes or fails.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import chromium

SITE = Path(__file__).parents[1] / "_build" / "html"
LIGHTHOUSE = "lighthouse@12.8.2"
COLUMNS = ("performance", "accessibility", "best-practices", "seo", "layout shift", "KiB")
TEXT = (".html", ".css", ".js", ".svg")


class Host(SimpleHTTPRequestHandler):
    """Serve files, text compressed, without a line for each."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        file = Path(self.translate_path(self.path))
        if file.suffix not in TEXT or not file.is_file():
            super().do_GET()
            return
        body = gzip.compress(file.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(file))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def look_at(address):
    """Return a page's scores, its layout shift, and the KiB that it loads."""
    command = ["npx", "--yes", LIGHTHOUSE, address, "--output=json", "--quiet"]
    done = subprocess.run(
        [*command, f"--chrome-flags=--headless {chromium.FLAGS}"], capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    report = json.loads(done.stdout)
    shift, weight = (
        report["audits"][name]["numericValue"]
        for name in ("cumulative-layout-shift", "total-byte-weight")
    )
    scores = [round(100 * report["categories"][name]["score"]) for name in COLUMNS[:4]]
    less = [f"{a['id']}" for a in report["audits"].values() if counts(report, a)]
    return [*scores, f"{shift:.3f}", round(weight / 1024)], less


def counts(report, audit):
    """Tell whether an audit costs a category other than performance its full score."""
    categories = [report["categories"][name] for name in COLUMNS[1:4]]
    weights = {a["id"]: a["weight"] for c in categories for a in c["auditRefs"]}
    return weights.get(audit["id"]) and audit["score"] not in (None, 1)


def main(names):
    if not (chromium.PROGRAM and shutil.which("npx")):
        raise SystemExit("needed: Node.js (npx) and Chromium")
    os.environ["CHROME_PATH"] = chromium.PROGRAM
    files = [p for p in sorted(SITE.rglob("*.html")) if "_static" not in p.parts]
    files = [p for p in files if 'http-equiv="refresh"' not in p.read_text("utf-8")]
    pages = [p.relative_to(SITE).as_posix() for p in files]
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("page", *COLUMNS, sep=" | ")
    for page in [p for p in pages if not names or any(name in p for name in names)]:
        figures, less = look_at(f"http://127.0.0.1:{server.server_port}/{page}")
        print(page, *figures, *less, sep=" | ", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
