# The command `migrate`, and nothing else but the certificates of the authorities that everybody trusts.
#
#   docker build -t migrate .
#   docker run --rm -v "$PWD/migrations:/work/migrations:ro" -e DATABASE_URL migrate upgrade --wait 1min
FROM rust:1.95-alpine AS build
RUN apk add --no-cache build-base
WORKDIR /src
COPY . .
RUN cargo build --release --locked -p migrate-cli

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /src/target/release/migrate /migrate
WORKDIR /work
ENTRYPOINT ["/migrate"]
