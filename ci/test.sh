#!/usr/bin/env bash
# The test command of the README: unit, integration, documentation and loom tests.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo test --workspace
