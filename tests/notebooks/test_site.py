"""The site: every page is there, every link leads somewhere, nothing is asked of the network."""

from __future__ import annotations

import configparser
import doctest
import importlib
import json
import pkgutil
import re
from importlib.metadata import packages_distributions
from itertools import pairwise
from pathlib import Path

import pytest

from gradcheck.findings.registry import rules
from gradcheck.mask_laws.registry import LAWS
from tests import shown
from tests.notebooks.built import Document, needs_the_extra, once

pytestmark = [pytest.mark.slow, needs_the_extra]
ASKS = re.compile(r"url\(|@import|https?:|//[a-z]")


@pytest.fixture(scope="session")
def site(tmp_path_factory, worker_id):
    from notebooks.site.build import build

    own = tmp_path_factory.getbasetemp()
    return once(own if worker_id == "master" else own.parent, build)


@pytest.fixture(scope="session")
def documents(site):
    return {path.relative_to(site).as_posix(): Document(path) for path in site.rglob("*.html")}


def index_of(site):
    text = (site / "search-index.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("window.SITE_INDEX=").removesuffix(";\n"))


def test_every_finding_law_page_notebook_and_module_has_its_page(site):
    from notebooks.site.api import modules

    expected = [*(f"findings/{code}" for code in rules()), *(f"laws/{law.name}" for law in LAWS),
                *(f"guide/{page.stem}" for page in shown.PAGES), "index",
                *(f"homework/{path.stem}" for path in Path(shown.ROOT, "notebooks").glob(
                    "scripts/*.py")), *(f"api/{module}" for module in modules())]
    assert not [name for name in expected if not (site / f"{name}.html").is_file()]
    assert {"layers", "gradcheck.report", "nets.optim"} <= set(modules())


def test_no_link_leads_nowhere(site):
    from notebooks.site.dead import dead_links

    assert dead_links(site) == []


def test_a_link_to_no_page_or_no_anchor_is_found(tmp_path):
    from notebooks.site.dead import dead_links

    (tmp_path / "a.html").write_text('<p id="here"><a href="#here"></a><a href="b/c.html#x"></a>'
                                     '<a href="b/c.html#y"></a><img src="no.png"></p>')
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.html").write_text('<p id="x"><a href="../a.html#there"></a></p>')
    assert dead_links(tmp_path) == ["a.html: b/c.html#y", "a.html: no.png",
                                    "b/c.html: ../a.html#there"]


def test_every_page_is_html_with_headings_in_order_and_anchors_of_its_own(documents):
    assert not {path: page.wrong for path, page in documents.items() if page.wrong}
    for path, page in documents.items():
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert (levels[0], levels.count(1)) == (1, 1), path
        assert all(after <= before + 1 for before, after in pairwise(levels)), path
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids)), path
        assert all(attributes.get("alt") for attributes in page.of("img")), path


def test_no_page_asks_the_network(site, documents):
    kinds = {"script": "src", "img": "src", "link": "href", "source": "srcset", "iframe": "src"}
    asked = [(path, attributes[name]) for path, page in documents.items()
             for kind, name in kinds.items() for attributes in page.of(kind)
             if name in attributes and ASKS.match(attributes[name])]
    assert not asked
    assert not ASKS.search((site / "site.css").read_text(encoding="utf-8"))
    assert not [path.name for path in site.glob("*.js") if path.name != "search-index.js"
                and re.search(r"https?:|fetch\(|XMLHttp", path.read_text(encoding="utf-8"))]


def test_formulae_are_mathml_and_none_is_left_in_latex(documents):
    left = {path: text for path, page in documents.items() for text in page.texts if "$" in text}
    assert not left
    assert documents["homework/2_layers.html"].of("mfrac")
    assert not [path for path, page in documents.items() for text in page.texts
                if re.search(r"\\(frac|sum|mathrm|partial)\b", text)]


def test_the_page_of_a_finding_has_both_programs_with_what_they_print_and_the_edit(site):
    text = (site / "findings" / "scaled.html").read_text(encoding="utf-8")
    order = ["right up to one constant factor", "How to recognise it", "The wrong program",
             "scaled in dx: analytic = 0.60000 x numeric everywhere",
             '<span class="removed">-    return dout * (mask &gt; 0)', "The right program",
             "dropout_forward: passed", "<code>gradcheck explain scaled</code>"]
    places = [text.find(words) for words in order]
    assert places == sorted(places)
    assert -1 not in places


def test_the_page_of_a_law_has_its_kind_and_what_its_wrong_program_shows(site):
    text = (site / "laws" / "rate.html").read_text(encoding="utf-8")
    assert "Found in nearly every run: p off by" in text
    assert re.search(r"failed +rate: kept 0\.\d+ of the units where 0\.7 was expected", text)
    assert re.search(r"passed +rate", text)
    assert "../guide/conformance.html" in text


def test_links_between_texts_of_the_repository_become_links_between_pages(site):
    start = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="guide/codes.html"' in start
    assert ".md\"" not in start
    assert 'href="../findings/scaled.html"' in (site / "guide" / "codes.html").read_text("utf-8")


def test_a_notebooks_solutions_are_folded_away_and_the_page_says_that_it_was_not_run(site):
    text = (site / "homework" / "2_layers.html").read_text(encoding="utf-8")
    assert "Not executed" in text
    assert text.index("# YOUR CODE HERE") < text.index("<summary>Solution</summary>")
    assert "BEGIN SOLUTION" not in text
    assert "HIDDEN TESTS" not in text


def test_a_notebook_that_is_executed_shows_its_outputs_and_says_so(tmp_path, monkeypatch):
    import nbformat

    from notebooks.site import homework
    from notebooks.site.links import Addresses
    from notebooks.site.markdown import Markdown
    from notebooks.site.programs import processes

    cells = [nbformat.v4.new_markdown_cell("# A sum\n\nOf $1 + 1$."),
             nbformat.v4.new_code_cell("### BEGIN SOLUTION\nfound = 1 + 1\n### END SOLUTION",
                                       metadata={"nbgrader": {"solution": True}}),
             nbformat.v4.new_code_cell("print('it is', found)\nfound")]
    path = tmp_path / "sum.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    monkeypatch.setattr(homework, "files", lambda: [path])
    with processes(1) as workers:
        [page] = homework.pages(Markdown(Addresses()), workers)
    assert "Executed when this site was built" in page.body
    assert "it is 2" in page.body
    assert re.search(r'class="output"[^>]*><code>2\b', page.body)
    assert page.body.index("YOUR CODE HERE") < page.body.index("<summary>Solution")


def test_the_search_index_finds_findings_laws_guides_notebooks_and_functions(site):
    found = {title: (kind, url) for title, kind, url, _ in index_of(site)}
    assert found["scaled"] == ("finding", "findings/scaled.html")
    assert found["rate"] == ("law", "laws/rate.html")
    assert found["layers.dropout.dropout_forward"] == (
        "api", "api/layers.dropout.html#dropout_forward")
    assert {kind for kind, _ in found.values()} == {
        "finding", "law", "guide", "homework", "api", "inside"}


def test_the_search_index_has_the_remedies_of_findings(site):
    texts = {title: text for title, kind, _, text in index_of(site) if kind in ("finding", "law")}
    assert "divide dscores by the number of samples" in texts["not-normalized"]
    assert "How to recognise it: analytic = N x numeric" in texts["not-normalized"]
    assert "How to recognise it" in texts["rate"]
    assert not [text for text in texts.values() if re.search(r"\{[a-z_]+(:[^}]*)?\}", text)]


def test_the_api_lists_what_to_import_from_first_and_folds_what_is_inside(site):
    text = (site / "api" / "index.html").read_text(encoding="utf-8")
    main = text[text.index("<h1>"):]
    public, _, inside = main.partition("<details>")
    for module in ("layers.dropout", "nets.solver", "gradcheck.check", "gradcheck.adapters"):
        assert f'href="{module}.html"><code>{module}</code>' in public
    assert 'href="gradcheck.findings.registry.html"' in inside
    assert 'href="gradcheck.findings.registry.html"' not in public


def test_a_name_breaks_behind_underscores_and_hyphens_only(site):
    text = (site / "laws" / "rate.html").read_text(encoding="utf-8")
    assert "<code>backward_<wbr>where_<wbr>x_<wbr>is_<wbr>zero</code>" in text
    style = (site / "site.css").read_text(encoding="utf-8")
    assert re.search(r"\.side code,[^{]*\{[^}]*overflow-wrap:normal", style)


def test_a_picture_leads_to_itself_in_full_size(site):
    text = (site / "index.html").read_text(encoding="utf-8")
    assert re.search(r'<a href="([^"]*report\.png)"><img src="\1"', text)


def test_the_extra_names_every_package_that_the_site_needs():
    from notebooks.site.__main__ import NEEDED

    settings = configparser.ConfigParser()
    settings.read(Path(shown.ROOT, "setup.cfg"), encoding="utf-8")
    extra = set(re.findall(r"^[\w-]+", settings["options.extras_require"]["site"], re.MULTILINE))
    providers = {module: {name.lower() for name in names}
                 for module, names in packages_distributions().items()}
    assert {"pytest", "pdoc"} <= set(NEEDED)
    assert not [name for name in NEEDED if not extra & providers[name]]


def test_a_build_that_fails_leaves_an_older_site_and_makes_no_folder(tmp_path, monkeypatch):
    from notebooks.site import build

    def fails(pool, execute):
        raise ImportError("no such module")

    monkeypatch.setattr(build, "_pages", fails)
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "search-index.js").write_text("old")
    for name in ("old", "new"):
        with pytest.raises(ImportError):
            build.build(tmp_path / name)
    assert (tmp_path / "old" / "search-index.js").read_text() == "old"
    assert not (tmp_path / "new").exists()


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path, capsys):
    from notebooks.site.__main__ import main

    (tmp_path / "thesis.txt").write_text("mine")
    assert main([str(tmp_path)]) == 2
    assert "Remedy" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_link_to_a_file_that_is_not_there_stops_the_build():
    from notebooks.site.links import Addresses, NoSuchFileError
    from notebooks.site.markdown import Markdown

    with pytest.raises(NoSuchFileError, match=r"pages/no\.md: got a link to it; expected a file"):
        Markdown(Addresses()).rendered("[here](no.md)", "index.html", "notebooks/pages")


def test_what_no_extra_installed_is_told_with_the_command_that_does(monkeypatch, capsys, tmp_path):
    from notebooks.site import __main__ as command

    monkeypatch.setattr(command, "NEEDED", ("no_such_package",))
    assert command.main([str(tmp_path / "out")]) == 2
    assert "no_such_package. Remedy: python -m pip install -e '.[site]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["notebooks.build", "notebooks.codes", "notebooks.site"])
def test_examples_in_docstrings_are_right(name):
    package = importlib.import_module(name)
    modules = [package, *(importlib.import_module(module.name) for module in pkgutil.iter_modules(
        getattr(package, "__path__", []), f"{name}."))]
    results = [doctest.testmod(module) for module in modules]
    assert not sum(result.failed for result in results)
    assert sum(result.attempted for result in results)
