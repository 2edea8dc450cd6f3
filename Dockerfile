# One image for every process of a cluster. The base needs Node.js >= 20.19 with npm, and a shell.
ARG BASE_IMAGE=node:20-bookworm-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /opt/keelson
COPY . .
RUN npm ci && npm run build && npm prune --omit=dev

FROM ${BASE_IMAGE}
COPY --from=build /opt/keelson /opt/keelson
ENV PATH=/opt/keelson/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    NODE_ENV=production
WORKDIR /var/lib/keelson
CMD ["keelson", "--help"]
