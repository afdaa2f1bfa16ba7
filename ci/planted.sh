#!/usr/bin/env bash
# Plants weaker orderings of the core pairs in the text of a copy of the sources, one at a time, and requires that loom finds each:
# planted | found by.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo run -p loom-tests --bin models -- planted
