#!/usr/bin/env bash
# Brings the cluster up as containers, runs an example on it and takes it down. Starts a Docker daemon if none runs, and
# makes the base image from this machine, so that no registry of images is needed.
set -euo pipefail
cd "$(dirname "$0")/../.."

daemon=
started=
cleanup() {
  code=$?
  if [ "$code" -ne 0 ] && [ -n "$started" ]; then compose logs --tail 20 >&2 || true; fi
  if [ -n "$started" ]; then compose down --volumes >/dev/null 2>&1 || true; fi
  if [ -n "$daemon" ]; then kill "$daemon" && wait "$daemon" || true; fi
  exit "$code"
}
trap cleanup EXIT

compose() {
  if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}

within() { # within SECONDS COMMAND…: again and again until it succeeds
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    if [ "$SECONDS" -ge "$end" ]; then
      echo "error: not in time: $*" >&2
      return 1
    fi
    sleep 1
  done
}

# The client that belongs to the daemon, where several are installed.
if [ -x /usr/bin/docker ]; then PATH=/usr/bin:$PATH; fi
if ! docker info >/dev/null 2>&1; then
  dockerd >/tmp/keelson-dockerd.log 2>&1 &
  daemon=$!
  within 30 docker info >/dev/null 2>&1
fi

export COMPOSE_PROJECT_NAME=keelson-e2e KEELSON_IMAGE=keelson:e2e
base=$(scripts/e2e/base-image.sh keelson-base:local)
docker build --quiet --network host --build-arg BASE_IMAGE="$base" -t "$KEELSON_IMAGE" . >/dev/null
echo "image built"
started=yes
compose up -d --no-build
keelctl() { compose exec -T certs keelctl --kubeconfig /pki/kubeconfig --server apiserver:6444 "$@"; }
all_ready() { [ "$(keelctl get nodes --no-headers 2>/dev/null | grep -c ' Ready ')" = 3 ]; }
within 120 all_ready
keelctl get nodes
keelctl apply -f - < examples/web.yaml
web_available() { [ "$(keelctl get deployment web -o 'jsonpath={.status.availableReplicas}' 2>/dev/null)" = 3 ]; }
within 90 web_available
keelctl get pods -o wide
pod=$(keelctl get pods -l app=web -o name | head -n 1)
answer=$(keelctl exec "$pod" -- node -e 'fetch(`http://${process.env.POD_IP}:8080/`).then((r) => r.text()).then((t) => process.stdout.write(t))')
echo "$answer"
case $answer in "hello from web-"*) ;; *) echo "error: the example does not answer" >&2; exit 1 ;; esac
within 90 keelctl top pods
[ "$(keelctl top nodes --no-headers | grep -c '%')" = 3 ] || { echo "error: not all nodes say what is used" >&2; exit 1; }
echo "compose: three nodes ready, the example answers, and its use is seen"
