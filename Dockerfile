# The command line in a container: docker build -t evitrail . && docker run --rm -v "$PWD/data:/data" evitrail demo
FROM python:3.11-slim
WORKDIR /evitrail
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY traces traces
COPY evidence_store evidence_store
COPY retrieval retrieval
COPY agent agent
COPY eval eval
COPY workbench workbench
COPY src src
RUN pip install --no-cache-dir --constraint constraints.txt torch \
    && pip install --no-cache-dir --constraint constraints.txt ".[postgres]"
WORKDIR /data
ENTRYPOINT ["evitrail"]
