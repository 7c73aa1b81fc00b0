# Two images, each one static binary on nothing:
#   docker build --target worker -t ddump-worker .
#   docker build --target cli    -t ddump .
# The worker needs NET_RAW (Docker's default set has it) and, to see the host's traffic, --network=host.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
COPY tools/setup.sh tools/
RUN tools/setup.sh build setcap
COPY . .
# As root in the builder; setcap comes after the strip, which would drop the capability.
RUN make && make install DESTDIR=/out PREFIX= DOCDIR=/ && \
    mkdir /worker /cli && cp /out/NOTICE /worker/ && cp /out/NOTICE /cli/ && \
    mv /out/bin/ddump-worker /worker/ && mv /out/bin/ddump /cli/ && \
    install -D -m 644 /etc/ssl/certs/ca-certificates.crt /cli/etc/ssl/certs/ca-certificates.crt && \
    setcap cap_net_raw=p /worker/ddump-worker

FROM scratch AS cli
COPY --from=build /cli/ /
USER 65534:65534
ENTRYPOINT ["/ddump"]

# The file capability lets the numeric user open packet sockets. A builder that drops extended
# attributes on COPY (the old one of Docker) leaves a worker that says so: run that one with --user 0.
FROM scratch AS worker
COPY --from=build /worker/ /
USER 65534:65534
EXPOSE 8475
ENTRYPOINT ["/ddump-worker"]
