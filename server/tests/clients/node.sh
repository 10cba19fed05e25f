#!/usr/bin/env bash
# Installs the official Node client, pinned, under target/ and prints where it is. Exit
# status 3: there is no Node to do it with.
#
#   node.sh VERSION
set -euo pipefail
version=$1
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
mkdir -p "${CARGO_TARGET_DIR:-target}/clients"
place="$(cd "${CARGO_TARGET_DIR:-target}/clients" && pwd)/node-$version"
for tool in node npm; do
    command -v "$tool" >/dev/null || { echo "there is no $tool" >&2; exit 3; }
done
if [ ! -e "$place/complete" ]; then
    rm -rf "$place"
    mkdir -p "$place"
    echo '{"private": true}' >"$place/package.json"
    (cd "$place" && npm install --silent --no-audit --no-fund "oso-cloud@$version" >&2)
    touch "$place/complete"
fi
echo "$place/node_modules"
