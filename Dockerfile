# The service as a container, for a Premium plan or for Kubernetes (infra/kubernetes/). `python3 dev models` comes first: the weights of
# the image models are fetched and not committed, and a build without them ends here.
#
# The tag moves with each patch of the Functions host and of Python 3.11, which is what an image that is built anew wants. A build that must
# be the same again takes the digest: `docker buildx imagetools inspect mcr.microsoft.com/azure-functions/python:4-python3.11` shows it, and
# `FROM mcr.microsoft.com/azure-functions/python:4-python3.11@sha256:<digest>` holds it.
FROM mcr.microsoft.com/azure-functions/python:4-python3.11

ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    FUNCTIONS_WORKER_RUNTIME=python \
    AzureWebJobsDisableHomepage=true \
    PYTHON_THREADPOOL_THREAD_COUNT=32 \
    ASPNETCORE_URLS=http://+:8080

COPY requirements.txt /home/site/
RUN pip install --no-cache-dir --requirement /home/site/requirements.txt

COPY . /home/site/wwwroot
RUN cd /home/site/wwwroot && python -c "import hashlib, json, pathlib; weights = pathlib.Path('shared/image_analysis/weights'); \
recorded = json.loads((weights / 'checksums.json').read_text()); \
assert all(hashlib.sha256((weights / name).read_bytes()).hexdigest() == each['sha256'] for name, each in recorded.items())" \
    && python -m compileall -q shared function_app.py

EXPOSE 8080
