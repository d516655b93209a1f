#!/usr/bin/env bash
# Installs test/oracles/node and test/oracles/peers, and makes test/oracles/.venv, the environments of the peers that some tests compare with, from pinned versions. About a
# minute and 450 MB; does nothing when it is up to date. Tests that need it say so and skip where it is absent.
#   PYTHON=python3.11 bash test/oracles/setup.sh
set -euo pipefail
cd "$(dirname "$0")"

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "oracles: Python 3.11 or later is needed ($python is not it); set PYTHON, or go without: the tests then skip" >&2
  exit 1
fi

# The reference of Hugging Face's tokenizers, 67 MB with the binaries of all platforms inside.
(cd node && npm ci --no-audit --no-fund >/dev/null)
# Packages whose tokenizer objects fromTransformers fits, 80 MB; in a folder of their own for the overrides they need.
(cd peers && npm ci --ignore-scripts --no-audit --no-fund >/dev/null)

wanted="$("$python" --version) $(cksum < requirements.txt)"
if [ "$(cat .venv/made-from 2>/dev/null || true)" = "$wanted" ]; then
  echo "oracles: up to date"
  exit 0
fi

rm -rf .venv
if ! "$python" -m venv .venv || ! .venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt; then
  rm -rf .venv
  echo "oracles: the packages could not be installed (no PyPI?); go without: the tests then skip" >&2
  exit 1
fi
echo "$wanted" > .venv/made-from
echo "oracles: ready in $(pwd)/.venv"
