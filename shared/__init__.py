"""The service."""
import os

# onnxruntime for Linux reports to Microsoft's servers, outside of any region, which version ran which kind of model; its own
# `disable_telemetry_events` comes too late to stop it. It asks for this when it is loaded, and all code of ours loads this first.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
