#!/usr/bin/env bash
# Replays what the real etcd, kube-apiserver, kubectl, controllers and scheduler answered against clusters of ours:
#   scripts/e2e/parity.sh DIRECTORY [REPLAY…]     (all of them: see the functions below)
# Three lanes side by side, each with a cluster of its own, for most replays wait more than they work. Each must reach
# the share below, in percent; raise it when the figures in the README rise.
# KEELSON_PARITY_STORE=etcd has the API server of api, fuzz, webhooks and cel over the etcd that is installed: the figures are the same.
set -uo pipefail
parity=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")/../.."

declare -A least=([etcd]=100 [api]=99 [fuzz]=98 [webhooks]=99 [cel]=98 [kubectl]=98 [controllers]=97 [scheduler]=66 [scheduler-random]=66)
data=$(mktemp -d)
port=${KEELSON_PARITY_PORT:-26443}
wanted=" $* "
keelson() { node packages/launcher/dist/src/main.js "$@"; }
wants() { [ "$wanted" = "  " ] || [[ "$wanted" == *" $1 "* ]]; }

stop_clusters() {
  for directory in "$data"/*/; do [ -d "$directory" ] && keelson down --data-dir "$directory" >/dev/null 2>&1; done
  for pid in "$data"/*.pid; do [ -e "$pid" ] && kill "$(cat "$pid")" 2>/dev/null; done
  rm -rf "$data"
}
trap 'code=$?; stop_clusters; exit $code' EXIT

up() { # up LANE PORT [FLAG…]: a cluster without nodes, with the addresses of upstream
  keelson up --data-dir "$data/$1" --port-base "$2" --nodes 0 --stores 1 --detach \
    --service-cluster-ip-range 10.96.0.0/16 --cluster-cidr 10.244.0.0/16 "${@:3}" >/dev/null
}

over_etcd() { # over_etcd LANE PORT: the lane's API server again, with the same flags, over etcd where its store was
  local pki=$data/$1/pki store="https://127.0.0.1:$(($2 + 20))" peer="https://127.0.0.1:$(($2 + 21))" pid command
  pid=$(keelson status --data-dir "$data/$1" | awk '$1 == "apiserver" { print $3 }')
  mapfile -d '' command <"/proc/$pid/cmdline" || return 1
  keelson down --data-dir "$data/$1" >/dev/null || return 1
  etcd --name store-0 --data-dir "$data/etcd-data" --log-level error \
    --listen-client-urls "$store" --advertise-client-urls "$store" --listen-peer-urls "$peer" \
    --initial-advertise-peer-urls "$peer" --initial-cluster "store-0=$peer" --client-cert-auth --peer-client-cert-auth \
    --cert-file "$pki/etcd/server-store-0.crt" --key-file "$pki/etcd/server-store-0.key" --trusted-ca-file "$pki/etcd/ca.crt" \
    --peer-cert-file "$pki/etcd/peer-store-0.crt" --peer-key-file "$pki/etcd/peer-store-0.key" \
    --peer-trusted-ca-file "$pki/etcd/peer-ca.crt" >"$data/etcd.log" 2>&1 &
  echo $! >"$data/etcd.pid"
  "${command[@]}" >"$data/apiserver.log" 2>&1 &
  echo $! >"$data/apiserver.pid"
  until [ "$(curl -s --cacert "$pki/ca.crt" --cert "$pki/admin.crt" --key "$pki/admin.key" "https://127.0.0.1:$2/readyz")" = ok ]; do
    kill -0 "$(cat "$data/etcd.pid")" && kill -0 "$(cat "$data/apiserver.pid")" || { tail -5 "$data"/*.log; return 1; }
    sleep 0.5
  done
}

replay() { # replay NAME LINES COMMAND…: says what came of it, and how its last LINES lines read
  local name=$1 lines=$2 begin=$SECONDS out code
  shift 2
  wants "$name" || return 0
  out=$("$@" 2>&1)
  code=$?
  printf '== %s (%s s)\n%s\n' "$name" "$((SECONDS - begin))" "$(grep -v '^ ' <<<"$out" | tail -n "$lines")" >>"$data/$name.out"
  [ "$code" -eq 0 ] || echo "below ${least[$name]} %, or it did not end well (exit code $code)" >>"$data/$name.out"
  return "$code"
}

run_store() {
  wants etcd || return 0
  local client=$((port + 200)) peer=$((port + 201)) code
  node packages/store/dist/src/main.js --name parity --data-dir "$data/etcd-store" --log-level warn \
    --listen-client-urls "http://127.0.0.1:$client" --advertise-client-urls "http://127.0.0.1:$client" \
    --listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" \
    --initial-cluster "parity=http://127.0.0.1:$peer" &
  echo $! >"$data/store.pid"
  until (echo >"/dev/tcp/127.0.0.1/$client") 2>/dev/null; do
    kill -0 "$(cat "$data/store.pid")" || return 1
    sleep 0.2
  done
  replay etcd 25 node "$parity/replay-etcd.mjs" --endpoints "127.0.0.1:$client" --fail-under "${least[etcd]}" "$parity/etcd/"
  code=$?
  kill "$(cat "$data/store.pid")"
  rm "$data/store.pid"
  return $code
}

run_apiserver() {
  local failed=0 kubeconfig=$data/apiserver/kubeconfig
  wants api || wants fuzz || wants webhooks || wants cel || return 0
  up apiserver "$port" --disable scheduler,controller-manager || return 1
  case ${KEELSON_PARITY_STORE:-own} in
    own) ;;
    etcd) over_etcd apiserver "$port" || return 1 ;;
    *) echo "error: KEELSON_PARITY_STORE is own or etcd" >&2 && return 1 ;;
  esac
  replay api 45 node "$parity/replay-api.mjs" --kubeconfig "$kubeconfig" --jobs 4 --fail-under-core "${least[api]}" "$parity/api/" || failed=1
  replay fuzz 70 node "$parity/replay-fuzz.mjs" --kubeconfig "$kubeconfig" --jobs 4 --fail-under-core "${least[fuzz]}" "$parity/fuzz/" || failed=1
  replay webhooks 8 node "$parity/replay-webhooks.mjs" --kubeconfig "$kubeconfig" --jobs 4 --fail-under "${least[webhooks]}" "$parity/webhooks/" || failed=1
  replay cel 35 node "$parity/replay-cel.mjs" --kubeconfig "$kubeconfig" --jobs 4 --fail-under "${least[cel]}" "$parity/cel/" || failed=1
  return $failed
}

run_controllers() {
  local failed=0 kubeconfig=$data/controllers/kubeconfig
  wants kubectl || wants controllers || return 0
  up controllers "$((port + 400))" || return 1
  replay kubectl 60 node "$parity/replay-kubectl.mjs" --kubeconfig "$kubeconfig" --fail-under "${least[kubectl]}" "$parity/kubectl/" || failed=1
  replay controllers 110 node "$parity/replay-cluster.mjs" --kubeconfig "$kubeconfig" --kind controllers --fail-under "${least[controllers]}" "$parity/controllers/" || failed=1
  return $failed
}

run_scheduler() {
  local failed=0 kubeconfig=$data/scheduler/kubeconfig
  wants scheduler || wants scheduler-random || return 0
  up scheduler "$((port + 800))" || return 1
  replay scheduler 90 node "$parity/replay-cluster.mjs" --kubeconfig "$kubeconfig" --kind scheduler --fail-under "${least[scheduler]}" "$parity/scheduler/" || failed=1
  replay scheduler-random 30 node "$parity/replay-sched.mjs" --kubeconfig "$kubeconfig" --fail-under "${least[scheduler-random]}" "$parity/scheduler-random/" || failed=1
  return $failed
}

if (wants kubectl || wants controllers || wants scheduler) && ! command -v kubectl >/dev/null; then
  echo "error: kubectl is not installed; name the replays that do without it: etcd api fuzz webhooks scheduler-random" >&2
  exit 1
fi
lanes=()
(run_store; store=$?; run_apiserver && [ "$store" -eq 0 ]) & lanes+=($!)
run_controllers & lanes+=($!)
run_scheduler & lanes+=($!)
failed=0
for lane in "${lanes[@]}"; do wait "$lane" || failed=1; done
cat "$data"/*.out
exit $failed
