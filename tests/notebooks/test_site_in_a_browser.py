"""The site in a headless Chromium, from file://: the search runs, nothing is wider than a phone."""

from __future__ import annotations

import html
import re
import subprocess

import pytest

from tests.gradcheck.output.html.browser import CHROMIUM
from tests.notebooks.built import needs_the_extra
from tests.notebooks.test_site import index_of
from tests.notebooks.test_site import site as site  # the fixture

pytestmark = [
    pytest.mark.slow, needs_the_extra,
    pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed: apt install chromium")]
PHONE = 390
MEASURE = """
<script>addEventListener("load", () => {
  const wide = [...document.querySelectorAll("iframe")].filter((frame) => (
    frame.contentDocument.documentElement.scrollWidth > frame.width)).map((frame) => frame.title);
  document.title = `wide: ${wide.join(" ") || "none"}`;
});</script>"""


def loaded(page, folder, *options):
    """Return a page's text once its scripts have run, and what it wrote on the console."""
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}",
         "--enable-logging=stderr", "--v=0", "--virtual-time-budget=5000", "--dump-dom", *options,
         page], capture_output=True, text=True, timeout=300, check=True)
    return done.stdout, re.findall(r"CONSOLE\S*\] (.*)", done.stderr)


@pytest.mark.parametrize(("asked", "kind", "url"), [
    ("scaled", "finding", "findings/scaled.html"),
    ("mask+shift", "finding", "findings/mask-shifted.html"),
    ("dropout_forward", "api", "api/layers.dropout.html#dropout_forward"),
    ("grade+nbgrader", "guide", "guide/nbgrader.html"),
])
def test_the_search_finds_first_what_is_called_so(site, tmp_path, asked, kind, url):
    text, console = loaded(f"{(site / 'search.html').as_uri()}?q={asked}", tmp_path)
    hits = re.findall(r'<a class="hit" href="([^"]*)".*?<small>(\w+)</small>', text)
    assert hits[0] == (url, kind)
    assert not console


@pytest.mark.parametrize(("asked", "url", "most"), [
    ("forgot+to+divide+by+N", "findings/not-normalized.html", 5),
    ("divide+by+N", "findings/not-normalized.html", 4),
    ("hard-coded+padding", "findings/padding-crop.html", 1),
    ("setting+ignored", "findings/setting-ignored.html", 1),
    ("to+the", "", 100),
])
def test_the_search_finds_by_what_the_words_mean(site, tmp_path, asked, url, most):
    text, _ = loaded(f"{(site / 'search.html').as_uri()}?q={asked}", tmp_path)
    hits = re.findall(r'<a class="hit" href="([^"]*)"', text)
    assert [hit for hit in hits[:most] if hit.startswith(url)]


def test_the_search_marks_whole_words_and_puts_what_is_internal_last(site, tmp_path):
    text, _ = loaded(f"{(site / 'search.html').as_uri()}?q=divide+by+N", tmp_path)
    marked = {word.lower() for word in re.findall("<mark>(.*?)</mark>", text)}
    assert marked
    assert not [word for word in marked if not word.startswith("divid")]
    kind_of = {url: kind for _, kind, url, _ in index_of(site)}
    kinds = [kind_of[url] == "inside" for url in re.findall(r'class="hit" href="([^"]*)"', text)]
    assert kinds == sorted(kinds)


def test_what_is_not_there_is_said_so_and_no_query_is_taken_for_html(site, tmp_path):
    page = f"{(site / 'search.html').as_uri()}?q=%3Cimg+xsrc=x+onerror=qlert(1)%3E"
    text, console = loaded(page, tmp_path)
    assert html.escape("Nothing is found for “<img xsrc=x onerror=qlert(1)>”", quote=False) in text
    assert not console


def test_no_page_is_wider_than_a_phone(site, tmp_path):
    pages = [path.relative_to(site).as_posix() for path in site.rglob("*.html")
             if path.parent.name in ("guide", "homework", site.name)]
    pages += ["findings/scaled.html", "findings/index.html", "laws/rate.html", "api/index.html",
              "api/gradcheck.html", "api/layers.dropout.html", "source/layers/dropout.py.html"]
    frames = "".join(f'<iframe title="{page}" src="{page}" width="{PHONE}"></iframe>'
                     for page in pages)
    harness = site / "phone.htm"
    harness.write_text(f"<title>none</title>{frames}{MEASURE}", encoding="utf-8")
    text, _ = loaded(harness.as_uri(), tmp_path, "--allow-file-access-from-files")
    harness.unlink()
    assert re.search(r"<title>(.*?)</title>", text)[1] == "wide: none"
