"""The documentation as a static site, made of what is there: ``python -m notebooks.site OUT``.

__main__     The command.
build        The whole site: every page, what they share, and a look at the links.
documents    README, the pages of prose, and other texts in Markdown that these link to.
findings     A page for every finding, from the registry.
laws         A page for every law of the mask, from the registry.
examples     A page about something wrong: what it means, a wrong program, the edit, the right one.
programs     Example programs and what they print.
api          A page for every module, from its docstrings, as pdoc reads them.
docstrings   Docstrings in numpydoc as Markdown.
signatures   The signature of a function as its author wrote it.
homework     The homework notebooks as pages.
sources      The text of files as pages, to which links to files lead.
lists        The pages that list a section.
search       The index that the search looks through.
page         A page of the site, before the layout is put around it.
layout       What stands around every page.
style        The style sheet.
markdown     Markdown as HTML.
mathematics  Formulae in LaTeX as MathML.
code         Code as HTML.
links        Where what a text names stands in the site.
dead         Links that lead nowhere.
"""
