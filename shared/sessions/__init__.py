"""Sessions of people who signed in with a browser: opening one, finding it again, ending it."""
