# One image for every process of ours; the command says which. See docker-compose.yml.

FROM python:3.12.12-slim-bookworm AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

# Dependencies first: this layer changes only when a lock file does.
COPY requirements/uv.txt requirements/build.txt requirements/runtime.txt requirements/
RUN pip install --require-hashes -r requirements/uv.txt -r requirements/build.txt \
 && uv venv /opt/orders \
 && VIRTUAL_ENV=/opt/orders uv pip install --no-cache --require-hashes -r requirements/runtime.txt

COPY . .
RUN pip wheel --no-index --no-deps --no-build-isolation --wheel-dir dist . \
 && VIRTUAL_ENV=/opt/orders uv pip install --no-cache --offline --no-deps dist/*.whl \
 && /opt/orders/bin/python -m compileall -q /opt/orders/lib

FROM python:3.12.12-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin orders \
 && install --directory --owner=orders --group=orders /data
COPY --from=build /opt/orders /opt/orders
ENV PATH=/opt/orders/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /data
VOLUME /data
USER 10001
CMD ["orders", "--help"]
