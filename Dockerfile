# The server over stdio: docker run -i --rm -e SENTRY_AUTH_TOKEN -e SENTRY_ORG sentry-runbook
# The base is one release of Python on one release of Debian, so that a build is repeated and moves only by a commit.
# Who mirrors or verifies images gives it with its digest: docker build --build-arg PYTHON=python@sha256:…
ARG PYTHON=python:3.13.18-slim-trixie

FROM ${PYTHON} AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY server server
COPY prompts prompts
# Byte code is made here: a read-only container would otherwise compile on every start.
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir --compile .

FROM ${PYTHON}
LABEL org.opencontainers.image.title="sentry-runbook" \
      org.opencontainers.image.description="From a Sentry alert link to severity, cause, safe resolution, messages and a postmortem." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.url="https://github.com/sentry-runbook/sentry-runbook" \
      org.opencontainers.image.source="https://github.com/sentry-runbook/sentry-runbook" \
      org.opencontainers.image.documentation="https://github.com/sentry-runbook/sentry-runbook#readme" \
      io.modelcontextprotocol.server.name="io.github.sentry-runbook/sentry-runbook"
COPY --from=build /opt/venv /opt/venv
RUN useradd --create-home --uid 10001 runbook
# By number: Kubernetes' runAsNonRoot does not look a name up.
USER 10001
WORKDIR /home/runbook
ENTRYPOINT ["/opt/venv/bin/sentry-runbook"]
