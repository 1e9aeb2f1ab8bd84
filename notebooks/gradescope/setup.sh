#!/usr/bin/env bash
# Gradescope runs this once, when it builds the autograder's image from the zip.
set -euo pipefail

apt-get update
apt-get install -y --no-install-recommends python3 python3-venv

python3 -m venv /autograder/venv
# Python 3.10 reads the table of points with tomli.
/autograder/venv/bin/pip install --no-cache-dir /autograder/source/maskgrad \
    'tomli>=2; python_version < "3.11"'

# The reference: no copy stays behind, and the one that is installed is for the grader alone.
rm -rf /autograder/source/maskgrad
for name in layers gradcheck nets; do
    chmod -R go= /autograder/venv/lib/python3*/site-packages/"$name"
done
