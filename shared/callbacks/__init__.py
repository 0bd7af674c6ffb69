"""The room of callbacks: what is sent to addresses that an account names when something of it is done."""
