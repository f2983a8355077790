# The server over stdio: docker run -i --rm -e SENTRY_AUTH_TOKEN -e SENTRY_ORG sentry-runbook
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY server server
COPY prompts prompts
# Byte code is made here: a read-only container would otherwise compile on every start.
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir --compile .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="sentry-runbook" \
      org.opencontainers.image.licenses="MIT" \
      io.modelcontextprotocol.server.name="io.github.sentry-runbook/sentry-runbook"
COPY --from=build /opt/venv /opt/venv
RUN useradd --create-home --uid 10001 runbook
USER runbook
ENTRYPOINT ["/opt/venv/bin/sentry-runbook"]
