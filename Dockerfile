# The service. `docker build --tag noteatlas .` builds it; without more it keeps its store in the volume /data:
#
#     docker run --rm --publish 127.0.0.1:8765:8765 --volume noteatlas:/data noteatlas

FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY graph ./graph
COPY loaders ./loaders
COPY viz ./viz
COPY api ./api
COPY notes ./notes
RUN python -m venv /opt/noteatlas \
    && /opt/noteatlas/bin/pip install --no-cache-dir --disable-pip-version-check --constraint constraints.txt '.[neo4j]'

FROM python:3.13-slim
RUN useradd --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin noteatlas
COPY --from=build /opt/noteatlas /opt/noteatlas
ENV PATH=/opt/noteatlas/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NOTEATLAS_STORE=/data
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8765
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8765/healthz', timeout=4)"]
CMD ["noteatlas", "serve", "--host", "0.0.0.0", "--port", "8765", "--allow-remote"]
