#!/usr/bin/env node
import { cli } from "./cli.ts";

// `millrace inspect ... | head` closes the pipe early, which is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await cli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  stdout: process.stdout,
  stderr: process.stderr,
});
