#!/usr/bin/env bash
# The test command of the README: unit, integration, documentation and loom tests.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo test --workspace
# In the workspace's build the feature is on: the tables alone are built and tested without it.
cargo test -p debug-tables
