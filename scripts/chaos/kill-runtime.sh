#!/bin/sh
# See `npm run keelson -- chaos --help`. Flags are passed on: scripts/chaos/kill-runtime.sh --data-dir DIR
exec npm run --silent --prefix "$(dirname "$0")/../.." chaos -- kill-runtime "$@"
