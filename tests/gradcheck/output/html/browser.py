"""A headless Chromium that opens a page: what it logs, asks for, and how wide the page becomes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CHROMIUM = next(filter(None, map(shutil.which, (
    "chromium", "chromium-browser", "google-chrome", "chrome"))), "")
# What the browser itself asks for, whatever page is open.
OWN = ("google.com", "googleapis.com", "gstatic.com")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--enable-logging=stderr", "--allow-file-access-from-files")
THEMES = {"dark": 0, "light": 1}
SECONDS = 120
# A frame of the page's own width, which tells how wide its content is.
FRAME = """<!doctype html><body><iframe id="f" width="{width}" height="800" src="{page}"></iframe>
<script>document.getElementById("f").onload = function () {{
  const root = this.contentDocument.documentElement;
  const focus = this.contentDocument.querySelectorAll("a[href],summary,[tabindex='0']").length;
  document.body.dataset.found = JSON.stringify({{wide: root.scrollWidth, focus: focus}});
}}</script></body>"""


@dataclass(frozen=True)
class Visit:
    """What a visit shows: lines on the console, addresses asked for, width, what can be reached."""

    console: tuple[str, ...]
    asked: tuple[str, ...]
    wide: int
    focus: int


def run(folder: Path, url: str, *flags: str) -> subprocess.CompletedProcess:
    """Run the browser with a profile of its own."""
    environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
    return subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", *flags, url],
        capture_output=True, text=True, timeout=SECONDS, env=environment, check=False)


def visited(page: Path, folder: Path, width: int = 1280) -> Visit:
    """Open a page in a frame, and tell what was seen."""
    frame, log = folder / "frame.html", folder / "net.json"
    frame.write_text(FRAME.format(width=width, page=page.resolve().as_uri()), encoding="utf-8")
    done = run(folder, frame.as_uri(), f"--log-net-log={log}", "--virtual-time-budget=5000",
               "--dump-dom")
    _, _, rest = done.stdout.partition('data-found="')
    found = json.loads(rest.partition('">')[0].replace("&quot;", '"'))
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    return Visit(tuple(console), tuple(_asked(log)), found["wide"], found["focus"])


def _asked(log: Path) -> list[str]:
    """Return the addresses that were asked for, but for the browser's own."""
    events = json.loads(log.read_text(encoding="utf-8"))["events"]
    urls = {event["params"]["url"] for event in events
            if isinstance(event.get("params"), dict) and "url" in event["params"]}
    return sorted(url for url in urls if urlsplit(url).scheme in ("http", "https", "ws", "wss")
                  and not str(urlsplit(url).hostname).endswith(OWN))


def picture(page: Path, folder: Path, width: int, height: int, theme: str, to: Path) -> None:
    """Take a picture of a page in one of the themes."""
    run(folder, page.resolve().as_uri(), f"--window-size={width},{height}",
        f"--blink-settings=preferredColorScheme={THEMES[theme]}", f"--screenshot={to}")
