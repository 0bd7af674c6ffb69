// Loaded before Azurite (node --require): ends it when the process that started it is gone, however that one died.
// The starter holds the other end of our standard input; the system closes it, even after SIGKILL.
process.stdin.resume();
process.stdin.unref(); // or it would keep Azurite alive after it has closed everything else
process.stdin.on("error", () => {});
process.stdin.on("close", () => {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.exit(0), 3000).unref();
});
