# The program and nothing else; `make image` builds it. There is no shell in it and
# nobody but an ordinary user.
FROM scratch
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY stress /usr/bin/stress
# /work: scenarios are read from here, and runs are written to results below it.
# /data: a volume that is made for it takes its owner: `stress serve --data /data`.
# /tmp, for every user: data of scenarios while a run needs it, and the streams of `stress run --agents`.
COPY --chown=65534:65534 directories /
ENV PATH=/usr/bin HOME=/work
WORKDIR /work
USER 65534:65534
ENTRYPOINT ["/usr/bin/stress"]
CMD ["--help"]
