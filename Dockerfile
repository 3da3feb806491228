# The program and nothing else; `make image` builds it. There is no shell in it and
# nobody but an ordinary user.
FROM scratch
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY stress /usr/bin/stress
# Scenarios are read from here, and runs are written to results below it.
COPY --chown=65534:65534 work /work
# The broker of `stress run --agents` keeps its streams here while the run goes on.
COPY --chown=65534:65534 work /tmp
# A volume that is made for this directory takes its owner: `stress serve --data /data`.
COPY --chown=65534:65534 work /data
ENV PATH=/usr/bin HOME=/work
WORKDIR /work
USER 65534:65534
ENTRYPOINT ["/usr/bin/stress"]
CMD ["--help"]
