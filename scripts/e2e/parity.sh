#!/usr/bin/env bash
# Replays recorded exchanges of the real etcd, kube-apiserver, kubectl, controllers and scheduler against a cluster of
# ours:  scripts/e2e/parity.sh DIRECTORY
# Each replay must reach the share below; raise it when the figures in the README rise.
set -euo pipefail
parity=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."

declare -A least=([etcd]=100 [api]=50 [kubectl]=75 [controllers]=50 [scheduler]=60)
data=$(mktemp -d)
port=${KEELSON_PARITY_PORT:-26443}
keelson() { node packages/launcher/dist/src/main.js "$@"; }
trap 'code=$?; keelson down --data-dir "$data/cluster" >/dev/null 2>&1 || true; kill "${store:-}" 2>/dev/null || true; rm -rf "$data"; exit $code' EXIT

node packages/store/dist/src/main.js --name parity --data-dir "$data/store" --log-level warn \
  --listen-client-urls "http://127.0.0.1:$((port + 200))" --advertise-client-urls "http://127.0.0.1:$((port + 200))" \
  --listen-peer-urls "http://127.0.0.1:$((port + 201))" --initial-advertise-peer-urls "http://127.0.0.1:$((port + 201))" \
  --initial-cluster "parity=http://127.0.0.1:$((port + 201))" &
store=$!
until (echo > "/dev/tcp/127.0.0.1/$((port + 200))") 2>/dev/null; do sleep 0.2; done
echo "== etcd"
node "$parity/replay-etcd.mjs" --endpoints "127.0.0.1:$((port + 200))" --fail-under "${least[etcd]}" "$parity/etcd/" | tail -n 25
kill "$store"

up() { keelson up --data-dir "$data/cluster" --port-base "$port" --nodes 0 --stores 1 --detach \
  --service-cluster-ip-range 10.96.0.0/16 --cluster-cidr 10.244.0.0/16 "$@" >/dev/null; }
kubeconfig=$data/cluster/kubeconfig

up --disable scheduler,controller-manager
echo "== api"
node "$parity/replay-api.mjs" --kubeconfig "$kubeconfig" --jobs 4 --fail-under-core "${least[api]}" "$parity/api/" | tail -n 30
keelson down --data-dir "$data/cluster" >/dev/null
rm -rf "$data/cluster"

up
if command -v kubectl >/dev/null; then
  echo "== kubectl"
  node "$parity/replay-kubectl.mjs" --kubeconfig "$kubeconfig" --fail-under "${least[kubectl]}" "$parity/kubectl/" | grep -v '^ ' | tail -n 60
  for kind in controllers scheduler; do
    echo "== $kind"
    node "$parity/replay-cluster.mjs" --kubeconfig "$kubeconfig" --kind "$kind" --fail-under "${least[$kind]}" "$parity/$kind/" | grep -v '^ ' | tail -n 110
  done
fi
