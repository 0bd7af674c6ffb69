"""The local Functions host: serves what `function_app.app` declares the way the real host would."""
