# An image of Floe that serves the data directory /data.
#
#   docker build --tag floe .
#   docker run --rm --volume floe:/data floe key create --data /data
#   docker run --publish 8080:8080 --volume floe:/data --name floe floe
#   docker exec floe floe backup --data /data /data/backup
#
# The second line prints a key, which nobody keeps; a server with an address that others reach
# does not start without one.

FROM rust:1.90-slim-bookworm AS build
WORKDIR /floe
COPY . .
RUN cargo build --release --locked --bin floe

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --no-create-home floe \
    && install --directory --owner floe --group floe --mode 0700 /data
COPY --from=build /floe/target/release/floe /usr/local/bin/floe
# By number, so that who runs it can tell that it is not root.
USER 10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["floe"]
CMD ["serve", "--data", "/data", "--listen", "0.0.0.0:8080"]
