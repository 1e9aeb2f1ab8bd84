"""A page for every finding, from the registry, and the list of them by family."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from gradcheck.findings.explain import said_of
from gradcheck.findings.registry import families
from gradcheck.findings.rule import Rule
from notebooks.codes import TITLES
from notebooks.site.examples import Subject, page_of
from notebooks.site.links import ROOT, Addresses
from notebooks.site.page import Page
from notebooks.site.programs import Program

SECTION = ("Findings", "findings/index.html")
FILLED_IN = re.compile(r"\{[^{}]*\}")


def path_of(code: str) -> str:
    """Return the path of a finding's page."""
    return f"findings/{code}.html"


def subjects() -> list[Subject]:
    """Return what there is a page about, family by family."""
    return [Subject(rule.code, path_of(rule.code), "finding", TITLES.get(family, family),
                    said_of(rule), rule.wrong_program, rule.right_program, _source(family, rule),
                    remedies_of(rule))
            for family, rules in families().items() for rule in rules]


def remedies_of(rule: Rule) -> list[str]:
    """Return what the messages of a finding tell to do, where a number is filled in an ellipsis.

    >>> from gradcheck.findings.registry import rules
    >>> remedies_of(rules()["not-normalized"])[0]
    'Remedy: divide dscores by the number of samples.'
    """
    told = (*rule.clues, *rule.shape_clues, *rule.breaches.values())
    return [f"Remedy: {FILLED_IN.sub('...', remedy)}."
            for remedy in dict.fromkeys(message.remedy for message in told) if remedy]


def pages(printed: Mapping[Program, str], addresses: Addresses) -> Iterator[Page]:
    """Yield the page of every finding."""
    for subject in subjects():
        yield page_of(subject, printed, addresses, section=SECTION)


def _source(family: str, rule: Rule) -> str:
    module = f"gradcheck.findings.{family}.{rule.code.replace('-', '_')}"
    return Path(inspect.getfile(sys.modules[module])).relative_to(ROOT).as_posix()
