#!/usr/bin/env bash
# Installs the official Python client, pinned, into a virtual environment under target/ and
# prints the interpreter that has it. Exit status 3: there is no Python to do it with.
#
#   python.sh VERSION
set -euo pipefail
version=$1
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
place="${CARGO_TARGET_DIR:-target}/clients/python-$version"
python="$place/bin/python"
if [ ! -e "$place/complete" ]; then
    command -v python3 >/dev/null || { echo "there is no python3" >&2; exit 3; }
    rm -rf "$place"
    python3 -m venv "$place" >&2 || { echo "python3 has no venv" >&2; exit 3; }
    "$python" -m pip install --quiet "oso-cloud==$version" >&2
    touch "$place/complete"
fi
echo "$python"
