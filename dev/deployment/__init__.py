"""Commands that put the service into Azure: they call `az` and `azd`, and say so where these are missing."""
