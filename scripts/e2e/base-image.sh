#!/usr/bin/env bash
# Makes a base image of this machine's Node.js and npm, for places where no registry of images can be reached:
#   scripts/e2e/base-image.sh keelson-base:local
# It holds node with its libraries, npm, busybox' tools and the machine's CA certificates.
set -euo pipefail
image=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,sbin,usr/bin,usr/lib/node_modules,etc/ssl/certs,tmp,root,proc,sys,dev,var/tmp}
chmod 1777 "$root/tmp" "$root/var/tmp"

copy_with_libraries() {
  cp -L "$1" "$root$2"
  ldd "$1" | grep -o '/[^ ]*' | sort -u | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -Ln "$library" "$root$library"
  done
}

node=$(readlink -f "$(command -v node)")
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
copy_with_libraries "$node" /usr/bin/node
cp -r "$npm" "$root/usr/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/bin/npx"
cp -L "$(command -v busybox)" "$root/bin/busybox"
chroot "$root" /bin/busybox --install -s /bin
ln -sf /bin/env "$root/usr/bin/env"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' > "$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' > "$root/etc/group"
# The C library's other parts: for names, and for native modules.
libraries=$(dirname "$(ldd "$node" | grep -o '/[^ ]*/libc\.so\.6')")
for part in librt.so.1 libutil.so.1 libresolv.so.2 libnss_dns.so.2 libnss_files.so.2; do
  if [ -e "$libraries/$part" ]; then cp -Ln "$libraries/$part" "$root$libraries/"; fi
done
tar -C "$root" -c . | docker import \
  --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' \
  --change 'ENV PATH=/usr/bin:/bin:/sbin' - "$image" >/dev/null
echo "$image"
