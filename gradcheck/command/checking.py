"""The targets of a command, checked one after the other; a name that is asked for may be in any."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from gradcheck.command.files import UsageError
from gradcheck.command.options import given_settings
from gradcheck.command.terminal import progress
from gradcheck.output.record import Record


def check_targets(options: argparse.Namespace) -> tuple[list[Record], list[str], bool]:
    """Check what a command names.

    Parameters
    ----------
    options : Namespace
        Those of `check` or `watch`.

    Returns
    -------
    records : list of Record
        Of every target with something to check, and of those that cannot be imported.
    nothing : list of str
        Why there is nothing to check in a target, or of a name that none of them has.
    single : bool
        Whether there is one target, and no folder.

    Raises
    ------
    UsageError
        A setting is none.
    """
    from gradcheck.target.check import check_sources
    from gradcheck.target.errors import NoneWantedError, NothingToCheckError, TargetError
    from gradcheck.target.remote import Deadline
    from gradcheck.target.settings import Settings, WrongSettingError
    from gradcheck.target.sources import sources_of
    from gradcheck.target.wanted import Wanted

    given, deadline, wanted = given_settings(options), Deadline(options.timeout), Wanted()
    records: list[Record] = []
    nothing, left_out = [], []
    single = len(options.targets) == 1
    try:
        installed = Settings.of(given).installed
        for target in options.targets:
            try:
                sources = sources_of(target, installed)
                wanted.alone = len(options.targets) == len(sources) == 1
                records += check_sources(sources, given, deadline, options.memory, progress(),
                                         wanted)
                single = single and not any(Path(target) in Path(source.where).parents
                                            for source in sources)
            except TargetError as error:
                wanted.unread = True
                records.append(Record("check", target, error=str(error), fault="target"))
            except NoneWantedError as error:
                left_out.append(f"left out: {error}")
            except NothingToCheckError as error:
                nothing.append(str(error))
    except WrongSettingError as error:
        raise UsageError(str(error)) from error
    if wanted.unfound and wanted.unfound not in nothing:
        nothing.insert(0, wanted.unfound)
    if records and left_out:
        records[-1] = replace(records[-1], notes=(*records[-1].notes, *left_out))
    return records, [] if options.pass_without_layers else nothing, single
